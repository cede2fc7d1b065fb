"""What happened to an issue, on one line of time: tickets, the plan, the tracker, and who was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from bridge.service.issue_plan import Plans, TrackerRow
from bridge.service.trust import STATE_WORD
from bridge.store.remedies import Delivery
from bridge.words import Confidence, RemedyState

WEEKS = 12


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened, in words."""

    at: datetime
    word: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The last ``WEEKS`` weeks up to ``end``. ``tickets``: (day, tickets that were opened on it)."""

    start: datetime
    end: datetime
    tickets: tuple[tuple[date, int], ...]
    earlier: int
    plan: tuple[Mark, ...]
    tracker: tuple[Mark, ...]
    told: tuple[Mark, ...]


def begins(at: datetime) -> datetime:
    """The start of a timeline that ends at ``at``."""
    return at - timedelta(weeks=WEEKS)


def timeline(
    session: Session,
    total: int,
    days: tuple[tuple[date, int], ...],
    plans: Plans,
    items: Sequence[TrackerRow],
    *,
    at: datetime,
) -> Timeline:
    """``total``: live tickets of the issue; ``days``: those since the start, the others are only counted."""
    start = begins(at)
    return Timeline(
        start=start,
        end=at,
        tickets=days,
        earlier=total - sum(count for _, count in days),
        plan=_within(start, _plan_marks(plans)),
        tracker=_within(start, _tracker_marks(items)),
        told=_within(start, _told_marks(session, plans)),
    )


def _plan_marks(plans: Plans) -> list[Mark]:
    """Where the state changed, or was approved."""
    marks: list[Mark] = []
    before = None
    for row in plans.rows:
        approved = row.confidence == Confidence.APPROVED
        word = STATE_WORD[RemedyState(row.state)].lower()
        if row.state != before or approved:
            marks.append(Mark(row.at, word if approved else f"{word}, draft"))
        before = row.state
    return marks


def _tracker_marks(items: Sequence[TrackerRow]) -> list[Mark]:
    marks = []
    for item in items:
        if item.opened_at:
            marks.append(Mark(item.opened_at, f"{item.key} opened" if len(item.key) <= 12 else "opened"))  # noqa: PLR2004
        if item.changed_at and item.status:
            marks.append(Mark(item.changed_at, item.status.lower()))
    return sorted(marks, key=lambda mark: mark.at)


def _told_marks(session: Session, plans: Plans) -> list[Mark]:
    if plans.plan is None:
        return []
    query = (
        select(Delivery.revision, func.count(), func.min(Delivery.at))
        .where(Delivery.plan_id == plans.plan.id)
        .group_by(col(Delivery.revision))
        .order_by(col(Delivery.revision))
    )
    rows = session.exec(query).all()
    return [Mark(first, f"revision {n}: {count} ticket{'s' if count > 1 else ''}") for n, count, first in rows]


def _within(start: datetime, marks: Sequence[Mark]) -> tuple[Mark, ...]:
    return tuple(mark for mark in marks if mark.at >= start)
