"""The review queue, its answers, and the log of grouping."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from bridge.web.api.paging import Page
from bridge.web.api.schemas.common import Id, In, IssueId, Out


class OptionOut(Out):
    """An issue that the ticket may belong to: how near it is, and what both say."""

    issue: str
    title: str
    why: str
    phrases: list[str]


class QuestionOut(Out):
    """``doubt`` says between what the model is not sure; ``excerpt`` is without personal data."""

    ticket_id: int
    connection: str
    number: str
    url: str | None
    subject: str
    excerpt: str
    language: str | None
    created_at: datetime
    doubt: str
    options: list[OptionOut]


class GroupOut(Out):
    issue: str
    title: str
    tickets: int


class QueueOut(Out):
    """``by_rank`` is false where the oldest comes first. What is answered leaves the queue: read page 1 again."""

    rows: list[QuestionOut]
    total: int
    page: int
    pages: int
    groups: list[GroupOut]
    issue: str | None
    by_rank: bool


class QueueQuery(In):
    page: int = Field(1, ge=1, le=100_000)
    issue: IssueId | None = Field(None, description="Only tickets of which this is a candidate")


class Answer(In):
    """Where the ticket belongs: to ``issue``, one of its candidates, or to none of them (``neither``)."""

    act: Literal["belongs", "neither"]
    issue: IssueId | None = None


class Several(In):
    """Waiting tickets by their ``ticket_id``."""

    tickets: list[Id] = Field(min_length=1, max_length=200)


class AnswerBack(In):
    """One's own answer."""

    event: Id


class ChangeOut(Out):
    """``kind``: opened, merged, split, emptied."""

    kind: str
    issue: str
    other: str | None
    tickets: int


class RunOut(Out):
    id: int
    at: datetime
    trigger: str
    model: str
    facts: dict[str, int | float | str]
    changes: list[ChangeOut]


class StepOut(Out):
    """``by`` is null where a person said where its only ticket belongs."""

    issue: str
    into: str
    at: datetime | None
    by: str | None


class TrailOut(Out):
    asked: str
    now: str
    steps: list[StepOut]


class GroupingLog(Out):
    """``trail`` is there where an ``issue`` was asked for."""

    items: list[RunOut]
    trail: TrailOut | None
    next: str | None


class LogQuery(Page):
    issue: IssueId | None = Field(None, description="Only runs that changed this issue, and where its id leads")
