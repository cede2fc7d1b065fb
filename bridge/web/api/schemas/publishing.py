"""What waits to be published."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from bridge.web.api.schemas.common import Line, Out, Why
from bridge.web.api.schemas.decisions import WrittenOut


class InTracker(Why):
    """What to do about an issue in one tracker."""

    do: Literal["approve", "decline", "again", "take_over"]
    seen: Line | None = Field(None, description="The digest of what was read; refused where it reads otherwise now")


class ProposalOut(Out):
    """``needs_title``: a public tracker takes only a title that a person wrote."""

    id: str
    cluster_id: int
    title: str
    tracker: str
    rank: int | None
    since: datetime
    needs_title: bool
    written: WrittenOut


class DeclinedOut(Out):
    id: str
    cluster_id: int
    title: str
    tracker: str
    by: str | None
    at: datetime


class ConflictOut(Out):
    """``fields`` that a person changed in the tracker: title, body, priority, labels."""

    id: str
    cluster_id: int
    title: str
    tracker: str
    key: str
    url: str | None
    fields: list[str]


class WaitingOut(Out):
    """``proposals`` are the first of ``total``."""

    proposals: list[ProposalOut]
    total: int
    declined: list[DeclinedOut]
    conflicts: list[ConflictOut]
