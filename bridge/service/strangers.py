"""Companies that write and that no account claims: what is at stake there, and saying who they are.

Rule: what a person said stands against every import until it is taken back, and the ranking follows at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from bridge.analysis.account_rows import NAME
from bridge.analysis.cells import CellError, name
from bridge.analysis.ranking import portfolio_of_records
from bridge.analysis.requesters import Strangers, Verdict
from bridge.analysis.resolution import Directory
from bridge.analysis.scoring import ScoringConfig
from bridge.ranked import records
from bridge.service.access import Actor, Permission, may, require
from bridge.service.accounts import currency_of
from bridge.service.cached import Cached
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.reranking import rank_after_decision
from bridge.store import requesters as store
from bridge.store.accounts import Account
from bridge.store.clusters import RankRun
from bridge.store.events import Event, record
from bridge.store.ranking import account_keys, last_run, scoring_config
from bridge.store.sync import bump

PAGE = 50
NAMES = 500
"""So many names of accounts are offered while somebody types."""
RESOLVED = "account.resolved"
SUBJECT = "requesters"
_stakes: Cached[Mapping[str, tuple[float, int]]] = Cached()


@dataclass(frozen=True, slots=True)
class Stranger:
    """``key`` names it to ``resolve``. ``at_stake``: money a year, each account lost once; None before a ranking."""

    key: str
    title: str
    names: tuple[str, ...]
    domains: tuple[str, ...]
    tickets: int
    open_tickets: int
    issues: int
    at_stake: float | None
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Unidentified:
    """One page, the most at stake first. ``alone``: tickets of people at free-mail addresses, and of nobody."""

    rows: list[Stranger]
    total: int
    tickets: int
    at_stake: float
    alone: int
    by_hand: list[store.ByHand]
    names: list[str]
    currency: str
    may_edit: bool
    page: int
    pages: int


def unidentified(session: Session, actor: Actor, *, at: datetime, page: int = 1) -> Unidentified:
    """Companies that no account claims, and what people have said of others before."""
    require(actor, Permission.READ_VALUE)
    found, alone = _strangers(session, at)
    pages = max(1, -(-len(found) // PAGE))
    number = min(max(1, page), pages)
    return Unidentified(
        rows=found[(number - 1) * PAGE : number * PAGE],
        total=len(found),
        tickets=sum(one.tickets for one in found),
        at_stake=sum(one.at_stake or 0.0 for one in found),
        alone=alone,
        by_hand=store.by_hand(session),
        names=list(session.exec(select(Account.name).order_by(col(Account.name)).limit(NAMES))),
        currency=currency_of(session),
        may_edit=may(actor, Permission.EDIT_VALUES),
        page=number,
        pages=pages,
    )


def resolve(session: Session, actor: Actor, key: str, verdict: Verdict, account: str = "", *, at: datetime) -> Event:
    """Say who a company is: an account that is known (by its name), a new one, our own people, or a free-mail domain.

    Raises UnknownId where no such company writes, or no such account is known; ServiceError.
    """
    require(actor, Permission.EDIT_VALUES)
    stranger = next((one for one in _strangers(session, at)[0] if one.key == key), None)
    if stranger is None:
        raise UnknownId(f"nobody called {key[:80]!r} writes without an account: look at the list again")
    domains, account_id = list(stranger.domains), None
    if verdict in (Verdict.ACCOUNT, Verdict.NEW):
        new = verdict is Verdict.NEW
        account_id = _new(session, actor, account or stranger.title, at) if new else _known(session, account)
        store.give(session, account_id, domains, list(stranger.names), actor.name)
    elif not domains:
        raise ServiceError(f"{stranger.title!r} is a name without a domain of its own: say which account it is")
    else:
        store.rule(session, domains, verdict.value, actor.name, at)
    after = {"verdict": verdict.value, "account": account_id, "domains": domains, "names": len(stranger.names)}
    return _follow(session, actor, RESOLVED, at, {}, after)


def take_back(session: Session, actor: Actor, kind: str, value: str, *, at: datetime) -> Event:
    """What a person said of a domain or a name no longer holds. Raises UnknownId."""
    require(actor, Permission.EDIT_VALUES)
    one = next((one for one in store.by_hand(session) if (one.kind, one.value) == (kind, value)), None)
    if one is None:
        raise UnknownId(f"nobody said anything of {value[:80]!r} that could be taken back")
    store.take_back(session, one)
    domains = [one.value] if one.kind != "name" else []
    before = {"verdict": one.verdict, "account": one.account_id, "domains": domains, "names": int(one.kind == "name")}
    return _follow(session, actor, f"{RESOLVED}.undone", at, before, {})


def _follow(
    session: Session, actor: Actor, kind: str, at: datetime, before: dict[str, Any], after: dict[str, Any]
) -> Event:
    event = record(session, kind, SUBJECT, actor=actor.name, at=at, before=before, after=after)
    bump(session, "accounts")
    rank_after_decision(session, at)
    return event


def _known(session: Session, text: str) -> int:
    wanted = text.strip().casefold()
    if not wanted:
        raise ServiceError("say which account it is: write its name")
    found = [id_ for known, id_ in account_keys(session)[0] if known.casefold() == wanted]
    if not found:
        raise UnknownId(f"there is no account {text.strip()[:80]!r}: write its whole name, or make it a new account")
    return found[0]


def _new(session: Session, actor: Actor, text: str, at: datetime) -> int:
    try:
        called = name(NAME, text)
    except CellError as error:
        raise ServiceError(str(error)) from error
    if any(known.casefold() == called.casefold() for known, _ in account_keys(session)[0]):
        raise ServiceError(f"there is an account {called!r} already: say that it is this one, or write another name")
    row = Account(name=called, source=actor.name, as_of=at)
    session.add(row)
    session.flush()
    return row.id or 0


def _strangers(session: Session, at: datetime) -> tuple[list[Stranger], int]:
    """All, the most at stake first; and the tickets of people who stand alone."""
    stored = scoring_config(session)
    config = ScoringConfig.from_dict(stored.params) if stored else ScoringConfig()
    directory = Directory.build(*account_keys(session))
    strangers = Strangers.of(store.reference_pairs(session, at), directory, config, store.rulings(session))
    groups: dict[str, list[store.Requesters]] = defaultdict(list)
    alone = 0
    for row in store.requesters(session):
        if directory.resolve(row.account_ref, row.domain) is not None:
            continue
        if key := strangers.company(row.account_ref, row.domain):
            groups[key].append(row)
        elif strangers.stand_in(row.account_ref, "", row.domain) is not None:
            alone += row.tickets
    stakes = _at_stake(session)
    own = _domains(strangers.companies)
    found = [_stranger(key, rows, own.get(key, ()), stakes) for key, rows in groups.items()]
    return sorted(found, key=lambda one: (-(one.at_stake or 0.0), -one.tickets, one.key)), alone


def _domains(companies: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """By key the domains that are a company's alone."""
    found: dict[str, list[str]] = defaultdict(list)
    for domain, called in companies.items():
        found[f"named:{called}"].append(domain)
    return {key: tuple(sorted(domains)) for key, domains in found.items()}


def _stranger(
    key: str, rows: Sequence[store.Requesters], own: tuple[str, ...], stakes: Mapping[str, tuple[float, int]] | None
) -> Stranger:
    names = sorted({row.account_ref.strip() for row in rows if row.account_ref})
    kind, _, rest = key.partition(":")
    value, issues = (stakes or {}).get(key, (0.0, 0))
    return Stranger(
        key=key,
        title=names[0] if names else rest,
        names=tuple(names),
        domains=(rest,) if kind == "domain" else own,
        tickets=sum(row.tickets for row in rows),
        open_tickets=sum(row.open_tickets for row in rows),
        issues=issues,
        at_stake=None if stakes is None else value,
        last_at=max(row.last_at for row in rows),
    )


def _at_stake(session: Session) -> Mapping[str, tuple[float, int]] | None:
    """By company of the last ranking: money at risk, counted once, and issues."""
    run = last_run(session)
    if run is None:
        return None
    return _stakes.get(session, (run.id, run.as_of, run.snapshot), lambda: _read_stakes(session, run))


def _read_stakes(session: Session, run: RankRun) -> dict[str, tuple[float, int]]:
    parts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for found in records(session, run).values():
        for part in found.explanation["contributions"]:
            if part["account"].startswith(("named:", "domain:")):
                parts[part["account"]].append({"contributions": [part]})
    return {key: (portfolio_of_records(records).amount, len(records)) for key, records in parts.items()}
