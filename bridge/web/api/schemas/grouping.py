"""How tickets are grouped, what people are asked about it, and what they answer. Rule: similarities, never vectors."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from bridge.web.api.schemas.common import In, IssueId, Out, Why
from bridge.web.api.schemas.operations import ProgressOut
from bridge.words import Granularity

Kind = Literal["merge", "split"]
Mark = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]


class QuestionQuery(In):
    limit: int = Field(20, ge=1, le=200, description="How many questions at most")


class AskedLineOut(Out):
    """``alike``: mean cosine of the two issues, or of the two halves. ``tickets`` of each issue."""

    kind: Kind
    issues: list[str]
    tickets: list[int]
    alike: float


class Questions(Out):
    """The question that teaches most comes first. After each answer the list is another."""

    items: list[AskedLineOut]


class AskedQuoteOut(Out):
    text: str
    ticket: str
    url: str | None
    priority: str
    at: datetime
    account: str | None


class AskedSideOut(Out):
    """An issue, or a half of one; ``id`` is null for the half that would be new. ``accounts`` is empty for readers
    who may not read names.
    """

    id: str | None
    title: str
    phrases: list[str]
    tickets: int
    account_count: int | None
    accounts: list[str]
    rank: int | None
    published: bool
    stays: bool
    quotes: list[AskedQuoteOut]


class AskedOut(Out):
    """Send ``mark`` back with the answer: what has changed since is refused then. ``effects``: what a yes does."""

    kind: Kind
    issues: list[str]
    mark: str
    sides: list[AskedSideOut]
    alike: float
    effects: list[str]
    left: int


class NextQuestion(Out):
    """``question`` is null where nothing is left to ask."""

    question: AskedOut | None


class AnswerIn(In):
    """yes: merge the two, or split the one. no: keep them apart, or keep it whole. later: ask again in a day."""

    kind: Kind
    issues: list[IssueId] = Field(min_length=1, max_length=2)
    answer: Literal["yes", "no", "later"]
    mark: Mark | None = None


class Answered(Out):
    """``answer`` is its number, to be taken back; null where it was put off."""

    answer: int | None
    words: str


class TakenBack(Out):
    words: str


class ChosenOut(Out):
    """``event`` can be taken back; null: nobody has set it."""

    granularity: Granularity
    at: datetime | None
    by: str | None
    why: str | None
    event: int | None


class CalibrationOut(Out):
    """Below ``needed`` answers nothing is shown as a percentage, and ``error`` is null."""

    answers: int
    needed: int
    percentages: bool
    agreed: int
    fellow: float
    shipped: float
    error: float | None


class StateOut(Out):
    """``issues`` have two tickets or more; ``kept`` tickets stay whatever the setting."""

    chosen: ChosenOut
    model: str
    grouped_at: datetime | None
    anchored_at: datetime | None
    drift: float | None
    tickets: int
    issues: int
    singles: int
    unplaced: int
    kept: int
    automatic: int
    review: int
    new: int
    confirmed: int
    calibration: CalibrationOut
    asked: ProgressOut | None


class SettingOut(Out):
    """Against the present setting, on the tickets that were tried."""

    granularity: Granularity
    present: bool
    issues: int
    singles: int
    moved: int
    top_changed: int
    examples: list[str]


class EffectOut(Out):
    """What each setting would do, tried on ``tickets`` of ``all_tickets``; nothing is changed by looking."""

    tickets: int
    all_tickets: int
    top: int
    kept: int
    settings: list[SettingOut]


class Dial(Why):
    granularity: Granularity
