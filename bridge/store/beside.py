"""What stands beside a score: estimates that people make of an issue, and how many tickets each supplier handled.

Rule: nothing here is read by the score.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from sqlalchemy import Column, ColumnElement, Float, ForeignKey, Integer, func, not_
from sqlalchemy import select as rows
from sqlmodel import Field, Session, SQLModel, col, select

from bridge.store.clusters import Membership
from bridge.store.columns import instant
from bridge.store.memberships import is_live
from bridge.store.suppliers import GroupMap, all_group_maps, all_suppliers
from bridge.store.tickets import Ticket

WINDOW = timedelta(days=90)


class ClusterEstimate(SQLModel, table=True):
    """``effort`` in person-weeks; ``blocked_share`` in 0..1: what of its accounts' growth waits for this issue. The
    last who said one of them is ``by``.
    """

    __tablename__ = "cluster_estimate"

    cluster_id: int = Field(sa_column=Column(Integer, ForeignKey("cluster.id", ondelete="CASCADE"), primary_key=True))
    effort: float | None = Field(default=None, sa_column=Column(Float(53), nullable=True))
    blocked_share: float | None = Field(default=None, sa_column=Column(Float(53), nullable=True))
    by: str
    at: datetime = instant(nullable=False)


def blocked_shares(session: Session) -> dict[int, float]:
    """By issue, of those that somebody called a need."""
    query = select(ClusterEstimate.cluster_id, ClusterEstimate.blocked_share)
    return {id_: share for id_, share in session.exec(query) if share is not None}


def handled(session: Session, as_of: datetime, own_domains: Sequence[str]) -> dict[int, Counter[str | None]]:
    """By issue: tickets created in the 90 days up to ``as_of``, by the name of the supplier that their group belonged
    to on their first day; None: no single one. Without those of our own people.
    """
    names = {supplier.id or 0: supplier.name for supplier in all_suppliers(session)}
    maps = all_group_maps(session)
    found: dict[int, Counter[str | None]] = {}
    for begin, end in _intervals(maps, as_of):
        holders = _holders(maps, begin.astimezone(UTC).date())
        for cluster_id, group, count in _counted(session, begin, end, own_domains):
            held_by = holders.get(group or "", set())
            name = names[next(iter(held_by))] if len(held_by) == 1 else None
            found.setdefault(cluster_id, Counter())[name] += count
    return found


def _counted(
    session: Session, begin: datetime, end: datetime, own_domains: Sequence[str]
) -> Iterator[tuple[int, str | None, int]]:
    domain = func.coalesce(col(Ticket.requester_domain), "")
    others: list[ColumnElement[bool]] = [domain != own for own in own_domains]
    others += [not_(domain.endswith(f".{own}", autoescape=True)) for own in own_domains]
    query = (
        rows(col(Membership.cluster_id), col(Ticket.group), func.count())
        .join(Ticket, col(Ticket.id) == col(Membership.ticket_id))
        .where(col(Ticket.created_at) >= begin, col(Ticket.created_at) < end, *is_live(), *others)
        .group_by(col(Membership.cluster_id), col(Ticket.group))
    )
    yield from session.execute(query)


def _intervals(maps: Sequence[GroupMap], as_of: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The window, cut where a group changes hands: within a part each group belongs to the same supplier."""
    start, end = as_of - WINDOW, as_of + timedelta(microseconds=1)
    days = {day for one in maps for day in (one.valid_from, one.valid_to) if day is not None}
    cuts = sorted(at for day in days if start < (at := datetime.combine(day, time.min, UTC)) < end)
    yield from pairwise([start, *cuts, end])


def _holders(maps: Sequence[GroupMap], day: date) -> dict[str, set[int]]:
    """As `suppliers.supplier_of` has it for one group."""
    found: dict[str, set[int]] = {}
    for one in maps:
        begun = one.valid_from is None or one.valid_from <= day
        if begun and (one.valid_to is None or one.valid_to > day):
            found.setdefault(one.group, set()).add(one.supplier_id)
    return found
