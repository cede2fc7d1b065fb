"""The list of issues for programs: from one row on, however the list has changed before it.

Rule: what a reader may not see is not in a row, nor in what names the place to go on from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlmodel import Session

from bridge.service.access import Actor, Permission, require
from bridge.service.issue_board import asked
from bridge.service.issue_filters import Filters, matching
from bridge.service.issue_rows import Row, rows_of


@dataclass(frozen=True, slots=True)
class Place:
    """The last row that was read: where it stood, and which it was."""

    position: int
    cluster_id: int


@dataclass(frozen=True, slots=True)
class Part:
    """``total`` match the filters. ``last`` None: nothing comes after. ``as_of`` None: nothing was ranked yet."""

    rows: tuple[Row, ...]
    total: int
    currency: str
    as_of: datetime | None
    last: Place | None


def issues_from(
    session: Session,
    actor: Actor,
    filters: Filters,
    after: Place | None,
    limit: int,
    *,
    at: datetime,
    planned: bool = False,
) -> Part:
    """``limit`` issues behind ``after``; if that one has gone, behind where it stood. ``planned``: with a plan only."""
    require(actor, Permission.READ_CLUSTERS)
    now = asked(session, filters.day, at)
    found = matching(now, filters)
    if planned:
        found = tuple(entry for entry in found if entry.plan is not None)
    start = 0
    if after is not None:
        start = next((i for i, entry in enumerate(found) if entry.id == after.cluster_id), after.position) + 1
    shown = found[start : start + limit]
    more = start + limit < len(found)
    return Part(
        rows=rows_of(session, actor, now, shown, filters, at.astimezone(UTC).date()),
        total=len(found),
        currency=now.currency,
        as_of=now.run.as_of if now.run else None,
        last=Place(start + limit - 1, shown[-1].id) if more else None,
    )
