"""The accounts that an issue hurts, the largest part first. Only for people who may read values and names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlmodel import Session, col, select

from bridge.analysis.resolution import Directory
from bridge.service.issue_members import TicketRow
from bridge.service.issue_score import SHOWN_PARTS, account_ids, account_name
from bridge.service.scored import Scored
from bridge.store.accounts import Account, AccountDomain, AccountExternalId

PAGE = 25


@dataclass(frozen=True, slots=True)
class AccountRow:
    """``part`` is its amount in the score, ``share`` that of the whole in 0..1. Values are money per year.

    ``identified`` is False for requesters whom no known account claims.
    """

    id: int | None
    name: str
    identified: bool
    segment: str
    tier: str | None
    value: float
    value_source: str
    value_as_of: datetime | None
    risk_band: str | None
    renewal: date | None
    last_signal: datetime
    is_new: bool
    part: float
    share: float


@dataclass(frozen=True, slots=True)
class AccountsView:
    rows: tuple[AccountRow, ...]
    total: int
    page: int
    pages: int


def load_accounts(session: Session, found: Scored, page: int) -> dict[int, Account]:
    """The accounts that a page names: the first of the waterfall and those of this page of the table."""
    keys = [*found.keys[:SHOWN_PARTS], *_of_page(found.keys, page)]
    by_risk = sorted(found.record["contributions"], key=lambda row: -row["risk_now"])[:SHOWN_PARTS]
    ids = account_ids([*keys, *(row["account"] for row in by_risk)])
    return {a.id or 0: a for a in session.exec(select(Account).where(col(Account.id).in_(ids)))}


def accounts_view(found: Scored, accounts: Mapping[int, Account], page: int) -> AccountsView:
    contributions = dict(zip(found.keys, found.record["contributions"], strict=True))
    pages = max(1, -(-len(found.keys) // PAGE))
    page = min(max(1, page), pages)
    new = found.new_keys
    rows = tuple(_row(found, key, contributions[key], accounts, key in new) for key in _of_page(found.keys, page))
    return AccountsView(rows, len(found.keys), page, pages)


def _of_page(keys: Sequence[str], page: int) -> Sequence[str]:
    return keys[(max(1, page) - 1) * PAGE :][:PAGE]


def _row(found: Scored, key: str, part: Mapping[str, Any], accounts: Mapping[int, Account], new: bool) -> AccountRow:
    ids = account_ids([key])
    account = accounts.get(ids[0]) if ids else None
    amount = part["risk_now"] + part["momentum"]
    signal = max(e.signal for e in found.snapshot.evidence[key])
    return AccountRow(
        id=account.id if account else None,
        name=account_name(key, accounts),
        identified=account is not None,
        segment=part["segment"],
        tier=account.expectation_tier if account else None,
        value=part["V"],
        value_source=account.source if account and "default" not in part["V_source"] else part["V_source"],
        value_as_of=account.as_of if account and "default" not in part["V_source"] else None,
        risk_band=account.risk_band if account else None,
        renewal=account.renewal_date if account else None,
        last_signal=datetime.fromtimestamp(signal, UTC),
        is_new=new,
        part=amount,
        share=amount / found.score.score if found.score.score else 0.0,
    )


def account_names(session: Session, found: Scored, tickets: Sequence[TicketRow]) -> dict[int, str]:
    """The account's name by ticket, as the ranking resolves it, looked for among the accounts of the issue."""
    ids = set(account_ids(found.keys))
    names: list[tuple[str, int]] = []
    external: list[tuple[str, int]] = []
    if any(ticket.account_ref for ticket in tickets):
        names = [(name, id_ or 0) for name, id_ in session.exec(_names(ids))]
        of_these = col(AccountExternalId.account_id).in_(ids)
        external = list(
            session.exec(select(AccountExternalId.external_id, AccountExternalId.account_id).where(of_these))
        )
    asked = {ticket.requester_domain.lower() for ticket in tickets if ticket.requester_domain}
    domains = select(AccountDomain.domain, AccountDomain.account_id).where(col(AccountDomain.domain).in_(asked))
    directory = Directory.build(names, external, list(session.exec(domains)))
    resolved = {t.id: directory.resolve(t.account_ref, t.requester_domain) for t in tickets}
    known = {id_: name for name, id_ in names or session.exec(_names(set(resolved.values()) & ids))}
    return {ticket: known[account] for ticket, account in resolved.items() if account in known}


def _names(ids: Collection[int | None]) -> Any:
    return select(Account.name, Account.id).where(col(Account.id).in_(ids))
