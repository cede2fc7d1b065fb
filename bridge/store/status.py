"""Counts for the state of an installation. Rule: a live ticket is neither deleted nor merged into another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from bridge.store.accounts import Account
from bridge.store.clusters import Cluster, Membership
from bridge.store.outbox import OutboxRow
from bridge.store.suppliers import all_group_maps
from bridge.store.sync import SyncState
from bridge.store.tickets import Ticket
from bridge.words import OutboxState, TicketStatus

_LIVE = (col(Ticket.deleted_at).is_(None), col(Ticket.merged_into).is_(None))
_OPEN = [status.value for status in TicketStatus if status.is_open]
_WAITING = (OutboxState.PENDING.value, OutboxState.SENDING.value)


class TicketCounts(NamedTuple):
    live: int
    open: int
    merged: int
    deleted: int


class ClusterCounts(NamedTuple):
    """Living clusters by live tickets: ``issues`` have two or more, ``singles`` have one."""

    issues: int
    singles: int


def ticket_counts(session: Session) -> TicketCounts:
    return TicketCounts(
        live=_tickets(session, *_LIVE),
        open=_tickets(session, *_LIVE, col(Ticket.status).in_(_OPEN)),
        merged=_tickets(session, col(Ticket.deleted_at).is_(None), col(Ticket.merged_into).is_not(None)),
        deleted=_tickets(session, col(Ticket.deleted_at).is_not(None)),
    )


def cluster_counts(session: Session) -> ClusterCounts:
    sizes = (
        select(func.count().label("size"))
        .select_from(Membership)
        .join(Ticket, col(Ticket.id) == col(Membership.ticket_id))
        .join(Cluster, col(Cluster.id) == col(Membership.cluster_id))
        .where(*_LIVE, col(Cluster.merged_into).is_(None))
        .group_by(col(Membership.cluster_id))
        .subquery()
    )
    issues = session.exec(select(func.count()).select_from(sizes).where(sizes.c.size > 1)).one()
    singles = session.exec(select(func.count()).select_from(sizes).where(sizes.c.size == 1)).one()
    return ClusterCounts(issues, singles)


def account_count(session: Session) -> int:
    return session.exec(select(func.count(col(Account.id)))).one()


def requesters(session: Session) -> Iterator[tuple[str | None, str | None, int]]:
    """(account as the desk says it, domain, live tickets), each pair once."""
    columns = col(Ticket.account_ref), col(Ticket.requester_domain)
    query = select(*columns, func.count()).where(*_LIVE).group_by(*columns)
    yield from session.exec(query)


def mapped_tickets(session: Session) -> int:
    """Live tickets whose group belonged to a supplier on the (UTC) day on which they were created."""
    return sum(
        _tickets(
            session,
            *_LIVE,
            col(Ticket.group) == row.group,
            *([col(Ticket.created_at) >= _midnight(row.valid_from)] if row.valid_from else []),
            *([col(Ticket.created_at) < _midnight(row.valid_to)] if row.valid_to else []),
        )
        for row in all_group_maps(session)
    )


def streams(session: Session) -> list[SyncState]:
    return list(session.exec(select(SyncState).order_by(SyncState.connection, SyncState.stream)))


def oldest_waiting(session: Session) -> datetime | None:
    """When the oldest write that is not out yet was put into the outbox."""
    return session.exec(select(func.min(OutboxRow.created_at)).where(col(OutboxRow.state).in_(_WAITING))).one()


def _tickets(session: Session, *where: ColumnElement[bool]) -> int:
    return session.exec(select(func.count(col(Ticket.id))).where(*where)).one()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
