"""What a page shows of the outbox: counts by what a row waits for, rows by state, what each dead row holds back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, or_
from sqlalchemy import select as select_values
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from bridge.store.clusters import Cluster
from bridge.store.outbox import OutboxRow
from bridge.store.outbox_queries import UNSENT
from bridge.words import OutboxState

DAY = timedelta(hours=24)


class Figures(NamedTuple):
    """``due`` may go now, ``later`` waits for its next try; ``sending`` is under way, ``in_doubt`` has lost its sender.

    ``sent`` and ``superseded`` are of the last 24 hours. ``next_look``: when the first row in doubt is looked up.
    """

    due: int = 0
    later: int = 0
    sending: int = 0
    in_doubt: int = 0
    sent: int = 0
    superseded: int = 0
    dead: int = 0
    next_look: datetime | None = None


def figures(session: Session, now: datetime, connection: str | None = None) -> Figures:
    state, day_ago = col(OutboxRow.state), now - DAY
    is_pending, is_sending = state == OutboxState.PENDING, state == OutboxState.SENDING
    held = and_(col(OutboxRow.lease_until).is_not(None), col(OutboxRow.lease_until) > now)
    recently = col(OutboxRow.done_at) >= day_ago
    query = select_values(
        _count(and_(is_pending, col(OutboxRow.due_at) <= now)),
        _count(and_(is_pending, col(OutboxRow.due_at) > now)),
        _count(and_(is_sending, held)),
        _count(and_(is_sending, ~held)),
        _count(and_(state == OutboxState.SENT, recently)),
        _count(and_(state == OutboxState.SUPERSEDED, recently)),
        _count(state == OutboxState.DEAD),
        func.min(case((and_(is_sending, ~held), col(OutboxRow.due_at)))),
    ).where(or_(state.in_(UNSENT), recently))
    if connection is not None:
        query = query.where(col(OutboxRow.connection) == connection)
    return Figures(*session.execute(query).one())


def rows(
    session: Session,
    states: Collection[OutboxState] | None,
    *,
    limit: int,
    before: int | None = None,
    connection: str | None = None,
) -> list[OutboxRow]:
    """The newest first; None: in whatever state. ``before`` is the id that the page before ended with."""
    query = select(OutboxRow).order_by(col(OutboxRow.id).desc()).limit(limit)
    if states is not None:
        query = query.where(col(OutboxRow.state).in_(states))
    if before is not None:
        query = query.where(col(OutboxRow.id) < before)
    if connection is not None:
        query = query.where(OutboxRow.connection == connection)
    return list(session.exec(query).all())


def held_back_by(session: Session, ids: Iterable[int]) -> dict[int, int]:
    """How many later unsent rows of its stream wait for each of these rows."""
    later = aliased(OutboxRow)
    query = (
        select(OutboxRow.id, func.count())
        .join(
            later,
            and_(
                col(later.stream) == col(OutboxRow.stream),
                col(later.id) > col(OutboxRow.id),
                col(later.state).in_(UNSENT),
            ),
        )
        .where(col(OutboxRow.id).in_(list(ids)))
        .group_by(col(OutboxRow.id))
    )
    return {row_id: count for row_id, count in session.exec(query).all() if row_id is not None}


def titles(session: Session, clusters: Iterable[int]) -> Mapping[int, str]:
    query = select(Cluster.id, Cluster.title).where(col(Cluster.id).in_(list(clusters)))
    return {cluster_id: title for cluster_id, title in session.exec(query).all() if cluster_id is not None}


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
