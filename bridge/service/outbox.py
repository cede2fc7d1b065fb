"""What is on its way out and what a person must decide. Rule: ids, states and errors only, never what is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bridge.service.access import Actor, Permission, require
from bridge.service.errors import ServiceError, UnknownId
from bridge.store import outbox_queries, outbox_views
from bridge.store.outbox import OutboxRow
from bridge.store.outbox_views import Figures
from bridge.words import OutboxState, display_id

PAGE = 50
VIEWS: dict[str, tuple[OutboxState, ...] | None] = {
    "open": (OutboxState.DEAD, OutboxState.SENDING, OutboxState.PENDING),
    "dead": (OutboxState.DEAD,),
    "waiting": (OutboxState.PENDING, OutboxState.SENDING),
    "sent": (OutboxState.SENT,),
    "given up": (OutboxState.DISCARDED, OutboxState.SUPERSEDED),
    "all": None,
}
"""What a list may be narrowed to: name -> states."""

_KINDS = {
    "create_issue": "New issue",
    "update_issue": "Update of the issue",
    "comment": "Comment",
    "push_remedy": "Internal note",
    "set_fields": "Ticket tag and fields",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One write. ``about`` is the issue's title, ``target`` where it goes; ``note`` says what happens next.

    ``may_exist``: it failed after it was sent, so that a look on the other side is due. ``may_discard`` is True where
    nothing is under way.
    """

    id: int
    key: str
    kind: str
    what: str
    cluster: str | None
    about: str | None
    connection: str
    target: str | None
    remote_id: str | None
    url: str | None
    state: str
    word: str
    colour: str
    note: str
    holds: int
    tries: int
    created_at: datetime
    due_at: datetime
    done_at: datetime | None
    error: str | None
    may_exist: bool
    may_retry: bool
    may_discard: bool


@dataclass(frozen=True, slots=True)
class OutboxPage:
    """``older``: the id to ask for the next page with; None: this is the last one. ``holds``: behind all dead rows."""

    view: str
    figures: Figures
    lines: tuple[Line, ...]
    older: int | None
    holds: int


def outbox_page(
    session: Session,
    actor: Actor,
    at: datetime,
    *,
    view: str = "open",
    before: int | None = None,
    connection: str | None = None,
    limit: int = PAGE,
) -> OutboxPage:
    """Raises Forbidden, and ServiceError for an unknown view."""
    require(actor, Permission.READ_STATUS)
    if view not in VIEWS:
        raise ServiceError(f"there is no list {view!r}: choose one of {', '.join(VIEWS)}")
    rows = outbox_views.rows(session, VIEWS[view], limit=limit + 1, before=before, connection=connection)
    shown = rows[:limit]
    holds = outbox_views.held_back_by(session, [row.id or 0 for row in shown if row.state == OutboxState.DEAD])
    clusters = {c for row in shown if isinstance(c := row.payload.get("cluster_id"), int)}
    titles = outbox_views.titles(session, clusters) if clusters else {}
    lines = [_line(row, at, holds.get(row.id or 0, 0), titles) for row in shown]
    if view == "open":
        lines.sort(key=lambda line: (_URGENCY[line.word], -line.id))
    figures = outbox_views.figures(session, at, connection)
    return OutboxPage(view, figures, tuple(lines), shown[-1].id if len(rows) > limit else None, sum(holds.values()))


def counts(session: Session, actor: Actor) -> dict[str, int]:
    """How many rows are in each state."""
    require(actor, Permission.READ_STATUS)
    return outbox_queries.counts(session)


def retry(session: Session, actor: Actor, number: int, at: datetime, *, surely_absent: bool = False) -> None:
    """Try a dead write again. What may exist already is looked up first, unless the actor has looked.

    Raises Forbidden, UnknownId, and OutboxError for a row that is not dead.
    """
    require(actor, Permission.OPERATE)
    outbox_queries.retry(session, _row(session, number), actor=actor.name, at=at, surely_absent=surely_absent)


def discard(session: Session, actor: Actor, number: int, at: datetime, reason: str | None) -> None:
    """Give a write up: it is not sent, and what waits behind it goes on.

    Raises Forbidden, UnknownId, and OutboxError for a row that is sent or on its way.
    """
    require(actor, Permission.OPERATE)
    reason = " ".join((reason or "").split())[:300] or None
    outbox_queries.discard(session, _row(session, number), actor=actor.name, at=at, reason=reason)


def _row(session: Session, number: int) -> OutboxRow:
    row = session.get(OutboxRow, number)
    if row is None:
        raise UnknownId(f"there is no row {number} in the outbox: `bridge outbox list --all` shows them")
    return row


_URGENCY = {"Dead": 0, "In doubt": 1, "Sending": 2, "Due": 3, "Later": 4}


def _line(row: OutboxRow, at: datetime, holds: int, titles: Mapping[int, str]) -> Line:
    payload: Mapping[str, Any] = row.payload
    cluster = payload.get("cluster_id")
    word, colour, note = _state(row, at, holds)
    dead = row.state == OutboxState.DEAD
    claimed = row.lease_until is not None and row.lease_until > at
    revision = payload.get("revision")
    return Line(
        id=row.id or 0,
        key=row.key,
        kind=row.kind,
        what=_KINDS.get(row.kind, row.kind) + (f", revision {revision}" if revision else ""),
        cluster=display_id(cluster) if isinstance(cluster, int) else None,
        about=titles.get(cluster) if isinstance(cluster, int) else None,
        connection=row.connection,
        target=payload.get("source_id") or row.remote_id or payload.get("remote_id"),
        remote_id=row.remote_id,
        url=row.remote_url,
        state=row.state,
        word=word,
        colour=colour,
        note=note,
        holds=holds,
        tries=row.attempts,
        created_at=row.created_at,
        due_at=row.due_at,
        done_at=row.done_at,
        error=row.error,
        may_exist=dead and row.sending_at is not None,
        may_retry=dead,
        may_discard=dead or (row.state == OutboxState.PENDING and not claimed),
    )


def _state(row: OutboxRow, at: datetime, holds: int) -> tuple[str, str, str]:
    """Word, colour, and what comes next."""
    held = row.lease_until is not None and row.lease_until > at
    if row.state == OutboxState.DEAD:
        waits = f"holds back {holds} later {'write' if holds == 1 else 'writes'}" if holds else "holds nothing back"
        return "Dead", "red", waits
    if row.state == OutboxState.SENDING and held:
        return "Sending", "grey", "a request is under way"
    if row.state == OutboxState.SENDING:
        return "In doubt", "amber", f"looked up from {row.due_at:%H:%M:%S} UTC on, never sent blind"
    if row.state == OutboxState.PENDING and row.due_at <= at:
        return "Due", "grey", "goes out with the next run"
    if row.state == OutboxState.PENDING:
        return "Later", "grey", f"next try from {row.due_at:%H:%M:%S} UTC on"
    return {
        OutboxState.SENT.value: ("Sent", "green", ""),
        OutboxState.DISCARDED.value: ("Discarded", "grey", "a person gave it up"),
        OutboxState.SUPERSEDED.value: ("Superseded", "grey", "a newer write took its place"),
    }[row.state]
