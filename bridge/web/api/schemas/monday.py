"""What people hold about an issue, and the Monday review."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from bridge.service.issue_entries import Need
from bridge.web.api.schemas.common import In, Out, Pair, Reason
from bridge.words import Hold, Severity

Because = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", min_length=1, max_length=300)]


class Holding(In):
    """``until`` is the last day (UTC) on which it acts; a mute must have one."""

    reason: Because
    until: date | None = None


class Muting(In):
    """It comes back by itself after the day ``until``."""

    reason: Because
    until: date


class SeverityIn(In):
    """``severity`` null: the tickets say it again."""

    severity: Severity | None
    reason: Because
    until: date | None = None


class HeldOut(Out):
    """A pin, a mute or a severity that a person set. ``acts`` false: its last day is over."""

    kind: Hold
    severity: str | None
    by: str
    at: datetime
    until: date | None
    reason: str | None
    acts: bool


class PlaceOut(Out):
    ref: str
    rank: int | None
    title: str
    needs: list[Need]
    is_done: bool


class MoveOut(Out):
    """``change`` is null for those who may not read values."""

    ref: str
    title: str
    change: float | None
    why: str
    gone: bool


class ReviewOut(Out):
    """``undecided`` must be empty for the review to be done. ``since``: the last finished one, else a ranking."""

    done: int
    top: list[PlaceOut]
    undecided: list[PlaceOut]
    since: datetime | None
    reviewed_by: str | None
    is_monday: bool
    entered: list[MoveOut]
    left: list[MoveOut]
    rise: list[MoveOut]
    fall: list[MoveOut]


class LeftOut(Pair):
    need: str
    issues: int


class FinishedOut(Out):
    id: int
    at: datetime
    by: str
    left: list[LeftOut]
    reason: str | None
    undone_at: datetime | None


class MondayOut(Out):
    review: ReviewOut | None
    unsorted_share: float
    known_share: float | None
    finished: list[FinishedOut]


class Finish(In):
    """Where something is left, the review ends only with a reason."""

    reason: Reason | None = Field(None, description="Why it ends with something undecided")
