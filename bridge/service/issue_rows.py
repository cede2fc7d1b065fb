"""One row of the list, made for one reader: what they may see of an issue, and nothing else."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from sqlmodel import Session, col, select

from bridge.analysis.remedy_states import SKELETON
from bridge.analysis.remedy_text import Quote, say_text
from bridge.analysis.rounding import rounded
from bridge.analysis.value import UNIDENTIFIED
from bridge.service.access import Actor, Permission, may
from bridge.service.issue_board import Board
from bridge.service.issue_entries import Entry, Need
from bridge.service.issue_filters import Filters, places
from bridge.service.issue_money import Money, Segment, Sight, money_of, segments_of, sight_of
from bridge.service.sticky import Held, for_list
from bridge.service.trust import Trust
from bridge.store.accounts import Account
from bridge.store.boards import LinkRow
from bridge.words import RemedyState, display_id

KEPT_AT_ONCE = 100
"""Rows of a page are kept for the next reader; those of an export are not, and lack what a page unfolds."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """The issue in a tracker; ``key`` None: on its way."""

    connection: str
    key: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Largest:
    """The account that most of the score rests on. ``renews_in`` days, below 0 once that day is over."""

    name: str
    share: float
    renews_in: int | None


@dataclass(frozen=True, slots=True)
class WhatIf:
    change: str
    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class Row:
    """``id`` is the number, ``ref`` what people call it. ``up``: places since the earlier ranking, None where that
    did not rank it. ``parts``: (account, amount) that add up to the score, rounded. ``say``: the words that agents may
    quote now. ``place``: where it would stand without the money that the reader leaves out, None where the rank stands.
    """

    id: int
    ref: str
    title: str
    rank: int | None
    place: int | None
    up: int | None
    is_new: bool
    in_top: bool
    changed: bool
    accounts: int
    new_accounts: int
    tickets: int
    open_tickets: int
    weeks: tuple[int, ...]
    severity: str | None
    workaround: str
    badges: tuple[str, ...]
    trust: Trust
    needs: tuple[Need, ...]
    tracked: tuple[Tracked, ...]
    published: bool
    locked: bool
    held: tuple[Held, ...]
    area: str | None
    type: str | None
    suppliers: tuple[str, ...]
    first_at: datetime | None
    last_at: datetime | None
    money: Money
    length: float | None
    segments: tuple[Segment, ...]
    largest: Largest | None
    parts: tuple[tuple[str, int], ...]
    what_if: tuple[WhatIf, ...]
    say: str


def rows_of(
    session: Session, actor: Actor, board: Board, entries: Sequence[Entry], filters: Filters, on: date
) -> tuple[Row, ...]:
    """Made once a board and kind of reader. Accounts are named as they are called now, by one query; without the
    permission none is asked for.
    """
    reader = _Reader(sight_of(actor), may(actor, Permission.READ_INTERNAL), filters, on)
    brief, sight = len(entries) > KEPT_AT_ONCE, reader.sight
    placed = places(board, filters)
    left_out = (filters.unidentified, filters.largest, filters.reranks)
    keys = [(entry.id, sight, reader.internal, left_out, on, brief) for entry in entries]
    missing = [entry for entry, key in zip(entries, keys, strict=True) if key not in board.rows]
    names = _names(session, missing) if sight is Sight.ALL else {}
    made = {entry.id: _row(board, entry, reader, names, place=placed.get(entry.id), brief=brief) for entry in missing}
    rows = tuple(board.rows.get(key) or made[key[0]] for key in keys)
    if not brief:
        board.keep_rows(dict(zip(keys, rows, strict=True)))
    return rows


def _names(session: Session, entries: Sequence[Entry]) -> dict[str, str]:
    keys = {key for entry in entries for key, *_ in entry.summary.get("largest", ())}
    ids = sorted(int(key.partition(":")[2]) for key in keys if key.startswith("account:"))
    if not ids:
        return {}
    found = session.exec(select(Account.id, Account.name).where(col(Account.id).in_(ids)))
    return {f"account:{id_}": name for id_, name in found}


@dataclass(frozen=True, slots=True)
class _Reader:
    sight: Sight
    internal: bool
    filters: Filters
    on: date


def _row(board: Board, e: Entry, reader: _Reader, names: Mapping[str, str], *, place: int | None, brief: bool) -> Row:
    s, sight, internal = e.summary, reader.sight, reader.internal
    money = money_of(e, sight, reader.filters)
    best = board.scores[0] if board.scores else 0.0
    return Row(
        id=e.id,
        ref=display_id(e.id),
        title=e.title,
        rank=e.rank,
        place=place,
        up=s["moved"][0] if s.get("moved") else None,
        is_new=bool(s) and s["moved"] is None and board.review.get("since") is not None,
        in_top=e.in_top,
        changed=e.changed,
        accounts=s.get("accounts", 0),
        new_accounts=s.get("new", 0),
        tickets=e.tickets,
        open_tickets=s.get("open", 0),
        weeks=tuple(s.get("weeks", ())),
        severity=s.get("severity"),
        workaround=s.get("workaround", "none"),
        badges=tuple(s.get("badges", ())),
        trust=e.trust if internal else replace(e.trust, owner=None, eta_latest=None),
        needs=e.needs,
        tracked=tuple(_tracked(link) for link in e.links),
        published=e.published,
        locked=e.locked,
        held=for_list(e.held, board.valid_from, tells=internal),
        area=e.area,
        type=e.type,
        suppliers=e.suppliers,
        first_at=_instant(s.get("first_at")),
        last_at=_instant(s.get("last_at")),
        money=money,
        length=money.amount / best if money.amount is not None and best else None,
        segments=segments_of(e, sight, board.tones, hide=UNIDENTIFIED if reader.filters.unidentified else ""),
        largest=_largest(e, names) if sight is Sight.ALL else None,
        parts=_parts(e, names) if sight is Sight.ALL and not brief else (),
        what_if=_what_if(board, e) if sight is Sight.ALL and not brief else (),
        say="" if brief else _say(e, reader.on),
    )


def _tracked(link: LinkRow) -> Tracked:
    """Only addresses of the web become links."""
    key = f"#{link.remote_id}" if link.remote_id and link.remote_id.isdecimal() else link.remote_id
    return Tracked(
        link.connection, key, link.url if link.url and link.url.startswith(("https://", "http://")) else None
    )


def _instant(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _largest(e: Entry, names: Mapping[str, str]) -> Largest | None:
    for key, amount, renews_in in e.summary.get("largest", ())[:1]:
        if key in names and e.score > 0:
            return Largest(names[key], amount / e.score, renews_in)
    return None


def _parts(e: Entry, names: Mapping[str, str]) -> tuple[tuple[str, int], ...]:
    """The largest accounts and the rest."""
    known = [(names[key], amount) for key, amount, _ in e.summary.get("largest", ()) if key in names]
    others = e.summary.get("accounts", 0) - len(known)
    if others:
        word = "other account" if known else "account"
        known.append((f"{others} {word}{'s' if others > 1 else ''}", e.score - sum(a for _, a in known)))
    return tuple(zip((name for name, _ in known), rounded([a for _, a in known]), strict=True))


def _what_if(board: Board, e: Entry) -> tuple[WhatIf, ...]:
    """Each change alone, and the rank that it would give, all else equal."""
    changes = dict(e.summary.get("what_if", {}))
    if e.summary.get("accounts", 0) > 1:
        changes["without the largest account"] = e.summary["without_largest"]
    return tuple(WhatIf(change, score, _rank_of(board, e, score)) for change, score in changes.items())


def _rank_of(board: Board, e: Entry, score: float) -> int:
    """Scores stand from large to small; the issue's own place is taken out."""
    above = bisect_left(board.scores, -score, key=lambda s: -s)
    return above + 1 - (e.score > score)


def _say(e: Entry, on: date) -> str:
    """Approved words where they may be quoted, else the sentence that is always safe."""
    if not (e.trust.quotable and e.plan):
        return SKELETON[RemedyState.UNREVIEWED]
    plan = e.plan
    return say_text(Quote(e.id, e.title, e.trust.state, plan.fields, plan.revision, plan.actor, plan.at), on)
