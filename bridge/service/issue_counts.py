"""How many live tickets an issue has, and on which days they came. Rule: numbers only, whoever may read the tickets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from bridge.store.clusters import Membership
from bridge.store.columns import utc_day
from bridge.store.memberships import is_live
from bridge.store.pushing import OPEN
from bridge.store.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Counts:
    """Of the live tickets of an issue, whoever may read them."""

    total: int
    open: int
    first_at: datetime | None
    last_signal_at: datetime | None


def counts(session: Session, cluster_id: int) -> Counts:
    opened = func.count().filter(col(Ticket.status).in_(OPEN))
    query = (
        select(func.count(), opened, func.min(Ticket.created_at), func.max(Ticket.last_customer_at))
        .select_from(Membership)
        .join(Ticket, col(Ticket.id) == col(Membership.ticket_id))
        .where(Membership.cluster_id == cluster_id, *is_live())
    )
    return Counts(*session.execute(query).one())


def counts_by_day(
    session: Session, cluster_id: int, start: datetime, end: datetime
) -> tuple[Counts, tuple[tuple[date, int], ...]]:
    """As ``counts``, and (day, tickets opened on it) from ``start`` to ``end``: one walk through the issue."""
    created = col(Ticket.created_at)
    day = utc_day(session, created)
    query = (
        select(  # type: ignore[call-overload]
            day,
            func.count(),
            func.count().filter(col(Ticket.status).in_(OPEN)),
            func.min(created),
            func.max(col(Ticket.last_customer_at)),
            func.count().filter(created >= start, created <= end),
        )
        .select_from(Membership)
        .join(Ticket, col(Ticket.id) == col(Membership.ticket_id))
        .where(Membership.cluster_id == cluster_id, *is_live())
        .group_by(day)
        .order_by(day)
    )
    rows = session.execute(query).all()
    if not rows:
        return Counts(0, 0, None, None), ()
    days, totals, opened, firsts, lasts, within = zip(*rows, strict=True)
    found = Counts(sum(totals), sum(opened), min(firsts), max(lasts))
    return found, tuple((when, count) for when, count in zip(days, within, strict=True) if count)
