"""What a page shows of connections: records a day, who leads, and when each was read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import case, func
from sqlalchemy import select as select_values
from sqlmodel import Session, SQLModel, col, select

from bridge.store.leases import database_now
from bridge.store.outbox import TrackerItem
from bridge.store.owners import is_gone
from bridge.store.sync import LeaseRow, RunSlot
from bridge.store.tickets import Ticket

DAYS = 12
Counts = dict[str, tuple[int, ...]]


class Leader(NamedTuple):
    """The worker that leads. ``beat_at``: when it last said so."""

    host: str
    pid: str
    beat_at: datetime


def tickets_opened(session: Session, until: datetime) -> Counts:
    """Tickets of each connection by the day on which they were opened; the last of the 12 days ends at ``until``."""
    return _per_day(session, Ticket, col(Ticket.connection), col(Ticket.created_at), until)


def items_changed(session: Session, until: datetime) -> Counts:
    """Our issues in trackers by the day of their last change."""
    return _per_day(session, TrackerItem, col(TrackerItem.connection), col(TrackerItem.updated_at), until)


def _per_day(session: Session, table: type[SQLModel], name: Any, at: Any, until: datetime) -> Counts:
    """A sum a day in one query: truncating an instant to its day is written differently on every database."""
    starts = [until - timedelta(days=DAYS - n) for n in range(DAYS)]
    days = [
        func.sum(case(((at >= start) & (at < start + timedelta(days=1)), 1), else_=0)).label(f"day{n}")
        for n, start in enumerate(starts)
    ]
    query = select_values(name, *days).select_from(table).where(at >= starts[0], at < until).group_by(name)
    return {row[0]: tuple(int(count) for count in row[1:]) for row in session.execute(query).all()}


def leader(session: Session, lease_name: str, lease_s: float) -> Leader | None:
    """None while nobody leads."""
    row = session.get(LeaseRow, lease_name)
    if (
        row is None
        or row.owner is None
        or row.until is None
        or row.until <= database_now(session)
        or is_gone(row.owner)
    ):
        return None
    host, _, process = row.owner.partition(":")
    return Leader(host.split("/")[0], process.split(":")[0], row.until - timedelta(seconds=lease_s))


def slots_since(session: Session, jobs: Iterable[str], since: datetime) -> list[RunSlot]:
    """The runs by the clock, the newest first."""
    query = select(RunSlot).where(col(RunSlot.job).in_(list(jobs)), col(RunSlot.started_at) >= since)
    return list(session.exec(query.order_by(col(RunSlot.started_at).desc())).all())
