"""How an outbox row moves while it is delivered: claimed, sending, and out again.

The rule: every move names the claim that it moves under (``lease_owner``, ``lease_until``) and the state that it
comes from, in its WHERE; a worker that lost the row meanwhile changes nothing and is told so by False.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from bridge.store.db import Database
from bridge.store.outbox import OutboxRow
from bridge.store.outbox_queries import UNSENT
from bridge.store.owners import is_gone
from bridge.words import OutboxState

CLAIMABLE = (OutboxState.PENDING.value, OutboxState.SENDING.value)


def claim(db: Database, owner: str, lease_s: float, now: datetime, connections: Collection[str]) -> OutboxRow | None:
    """Take the first due row of these connections whose stream has no earlier unsent row.

    First means lowest id, not earliest due: a row that waited for its retry keeps its place, so that a tracker that
    was away gets everything in the order of the decisions. The row comes detached, as it stands in the database.
    """
    if not connections:
        return None
    free = _free(now, connections)
    taken = {"lease_owner": owner, "lease_until": now + timedelta(seconds=lease_s)}
    with db.write() as session:
        while True:
            first = select(OutboxRow.id).where(*free).order_by(col(OutboxRow.id)).limit(1)
            row_id = session.exec(first).first()
            if row_id is None:
                return None
            statement = update(OutboxRow).where(col(OutboxRow.id) == row_id, *free).values(**taken)
            if session.exec(statement.execution_options(synchronize_session=False)).rowcount == 1:
                return session.get_one(OutboxRow, row_id)


def _free(now: datetime, connections: Collection[str]) -> list[ColumnElement[bool]]:
    earlier = aliased(OutboxRow)
    held_back = exists().where(
        and_(
            col(earlier.stream) == col(OutboxRow.stream),
            col(earlier.id) < col(OutboxRow.id),
            col(earlier.state).in_(UNSENT),
        )
    )
    return [
        col(OutboxRow.state).in_(CLAIMABLE),
        col(OutboxRow.connection).in_(connections),
        col(OutboxRow.due_at) <= now,
        or_(col(OutboxRow.lease_until).is_(None), col(OutboxRow.lease_until) <= now),
        ~held_back,
    ]


def free_the_gone(db: Database) -> int:
    """Free pending rows whose claimer's process has ended, so that a restart need not wait. Number of rows."""
    waiting = (col(OutboxRow.state) == OutboxState.PENDING.value, col(OutboxRow.lease_owner).is_not(None))
    with db.read() as session:
        owners = session.exec(select(OutboxRow.lease_owner).where(*waiting).distinct()).all()
    gone = [owner for owner in owners if owner is not None and is_gone(owner)]
    if not gone:
        return 0
    with db.write() as session:
        statement = update(OutboxRow).where(*waiting, col(OutboxRow.lease_owner).in_(gone))
        return session.exec(statement.values(lease_owner=None, lease_until=None)).rowcount


def move(session: Session, row: OutboxRow, **values: object) -> bool:
    """Change the row if this claim still holds it; ``row`` is brought up to date with it."""
    statement = update(OutboxRow).where(
        col(OutboxRow.id) == row.id,
        col(OutboxRow.state) == row.state,
        col(OutboxRow.lease_owner) == row.lease_owner,
        col(OutboxRow.lease_until) == row.lease_until,
    )
    moved = session.exec(statement.values(**values).execution_options(synchronize_session=False)).rowcount == 1
    if moved:
        for name, value in values.items():
            setattr(row, name, value)
    return moved


def start_sending(session: Session, row: OutboxRow, *, at: datetime, doubt_until: datetime) -> bool:
    """From this commit on the request may be under way. ``doubt_until``: when a look may first be believed."""
    return move(
        session,
        row,
        state=OutboxState.SENDING.value,
        sending_at=at,
        due_at=doubt_until,
        attempts=row.attempts + 1,
    )


def leave(session: Session, row: OutboxRow, **values: object) -> bool:
    """Change the row and give the claim back."""
    return move(session, row, **values, lease_owner=None, lease_until=None)


def back_to_pending(session: Session, row: OutboxRow, **values: object) -> bool:
    """The write has surely not taken effect (again); the row waits for its turn."""
    return leave(session, row, state=OutboxState.PENDING.value, sending_at=None, **values)


def record_sent(session: Session, row: OutboxRow, *, remote_id: str | None, url: str | None, at: datetime) -> bool:
    """The write has taken effect, whoever holds the claim now. False: that was recorded before."""
    current = session.get_one(OutboxRow, row.id, with_for_update=True)
    if current.state == OutboxState.SENT:
        return False
    current.state, current.done_at = OutboxState.SENT.value, at
    current.remote_id, current.remote_url = remote_id, url
    current.lease_owner = current.lease_until = current.sending_at = current.error = None
    session.add(current)
    return True
