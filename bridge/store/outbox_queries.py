"""What people and steps ask of the outbox: put a write in, see what waits, retry or discard what is dead."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from bridge.errors import BridgeError
from bridge.store import events
from bridge.store.outbox import OutboxRow
from bridge.store.sync import fact
from bridge.store.upsert import insert_new
from bridge.words import OutboxState

RESTORED = "restored"
"""WorkspaceFact that a restored backup sets: from then on every write is looked up before its first send."""


class OutboxError(BridgeError):
    """The row is not in a state in which this can be done; the message says what can."""


def enqueue(
    session: Session,
    *,
    key: str,
    stream: str,
    kind: str,
    connection: str,
    payload: dict[str, Any],
    at: datetime,
    subject_id: int | None = None,
    lookup_first: bool = False,
    due_at: datetime | None = None,
) -> OutboxRow | None:
    """Put a write in, in the transaction of the decision. None: the key is there already, and that row stays as is.

    ``due_at``: not to be sent before.
    """
    new = insert_new(
        session,
        OutboxRow,
        key=key,
        stream=stream,
        kind=kind,
        connection=connection,
        subject_id=subject_id,
        payload=payload,
        due_at=due_at or at,
        created_at=at,
        lookup_first=lookup_first or fact(session, RESTORED) is not None,
    )
    return session.exec(select(OutboxRow).where(OutboxRow.key == key)).one() if new else None


def look_up_all_first(session: Session) -> int:
    """After a restored backup: what had not been sent when it was made may have been sent since. Number of rows."""
    waiting = session.exec(select(OutboxRow).where(col(OutboxRow.state).in_(UNSENT)).with_for_update()).all()
    for row in waiting:
        row.lookup_first = True
        session.add(row)
    return len(waiting)


UNSENT = (OutboxState.PENDING.value, OutboxState.SENDING.value, OutboxState.DEAD.value)
"""States of a row that holds back the later rows of its stream."""


def counts(session: Session, connection: str | None = None) -> dict[str, int]:
    """How many rows are in each state; states without rows are left out."""
    query = select(OutboxRow.state, func.count(col(OutboxRow.id))).group_by(OutboxRow.state)
    if connection is not None:
        query = query.where(OutboxRow.connection == connection)
    return dict(session.exec(query).all())


def dead_letters(session: Session, limit: int | None = None) -> list[OutboxRow]:
    """What failed for good and waits for a person, oldest first."""
    query = select(OutboxRow).where(OutboxRow.state == OutboxState.DEAD).order_by(col(OutboxRow.id)).limit(limit)
    return list(session.exec(query).all())


def dead_connections(session: Session) -> set[str]:
    """Connections with a dead letter."""
    return set(session.exec(select(OutboxRow.connection).where(OutboxRow.state == OutboxState.DEAD).distinct()))


def held_back(session: Session, row: OutboxRow) -> int:
    """How many later rows of its stream wait for this one."""
    query = select(func.count(col(OutboxRow.id))).where(
        OutboxRow.stream == row.stream, col(OutboxRow.id) > row.id, col(OutboxRow.state).in_(UNSENT)
    )
    return session.exec(query).one()


def retry(session: Session, row: OutboxRow, *, actor: str, at: datetime, surely_absent: bool = False) -> OutboxRow:
    """Let a dead row go again, with all its attempts before it. Raises OutboxError if it is not dead.

    A row that may have taken effect is looked up before it is sent again. ``surely_absent``: the actor has looked
    on the other side and vouches that it is not there (the only way for a tracker that cannot be searched).
    """
    row = _locked(session, row)
    if row.state != OutboxState.DEAD:
        raise OutboxError(f"outbox row {row.id} is {row.state}: only a dead row can be retried")
    before = {"state": row.state, "attempts": row.attempts}
    if surely_absent:
        row.sending_at, row.lookup_first = None, False
    row.state = (OutboxState.PENDING if row.sending_at is None else OutboxState.SENDING).value
    row.attempts, row.due_at, row.done_at = 0, at, None
    _decided(session, row, "outbox.retried", actor=actor, at=at, before=before)
    return row


def discard(session: Session, row: OutboxRow, *, actor: str, at: datetime, reason: str | None = None) -> OutboxRow:
    """Give a write up, so that its stream goes on without it. Raises OutboxError if it is sent or on its way."""
    row = _locked(session, row)
    on_its_way = row.state == OutboxState.PENDING and row.lease_until is not None and row.lease_until > at
    if row.state not in (OutboxState.DEAD, OutboxState.PENDING) or on_its_way:
        raise OutboxError(
            f"outbox row {row.id} is {'being sent' if on_its_way else row.state}: only a dead or pending row can be"
            " discarded; wait until it is sent or dead"
        )
    before = {"state": row.state, "attempts": row.attempts}
    row.state, row.done_at = OutboxState.DISCARDED.value, at
    _decided(session, row, "outbox.discarded", actor=actor, at=at, before=before, reason=reason)
    return row


def _locked(session: Session, row: OutboxRow) -> OutboxRow:
    return session.get_one(OutboxRow, row.id, with_for_update=True, populate_existing=True)


def _decided(
    session: Session,
    row: OutboxRow,
    kind: str,
    *,
    actor: str,
    at: datetime,
    before: dict[str, Any],
    reason: str | None = None,
) -> None:
    row.lease_owner = row.lease_until = None
    session.add(row)
    after = {"state": row.state, "key": row.key}
    events.record(session, kind, f"outbox:{row.id}", actor=actor, at=at, before=before, after=after, reason=reason)


class Waiting(NamedTuple):
    """Rows of one connection in one state; ``due_at`` is the earliest."""

    connection: str
    state: str
    rows: int
    due_at: datetime


def waiting(session: Session) -> list[Waiting]:
    """What is pending or in doubt, by connection and state."""
    query = (
        select(OutboxRow.connection, OutboxRow.state, func.count(col(OutboxRow.id)), func.min(OutboxRow.due_at))
        .where(col(OutboxRow.state).in_((OutboxState.PENDING.value, OutboxState.SENDING.value)))
        .group_by(OutboxRow.connection, OutboxRow.state)
        .order_by(OutboxRow.connection, OutboxRow.state)
    )
    return [Waiting(*found) for found in session.exec(query).all()]
