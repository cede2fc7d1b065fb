"""The agent card and what the one box finds. Nothing here is money, another customer's name or an internal field."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from bridge.analysis.explaining import Likeness, Margin
from bridge.analysis.remedy_trust import Doubt, Light
from bridge.analysis.versions import Fits
from bridge.web.api.schemas.common import Id, In, IssueId, Out
from bridge.words import Zone


class TicketRefOut(Out):
    """``subject`` is null where the reader may not read the ticket's text."""

    connection: str
    number: str
    url: str | None
    subject: str | None


class LampOut(Out):
    light: Light
    word: str
    permission: str
    doubts: list[Doubt]
    confirmed_at: datetime | None
    confirmed_by: str | None
    since: datetime | None
    reports_since: int
    released_in: str | None


class SayOut(Out):
    """``text`` is what may be told to the customer, as it stands."""

    text: str
    language: str | None
    safe: bool
    other_language: str | None


class WorkaroundOut(Out):
    text: str | None
    fits: Fits | None


class WhyOut(Out):
    title: str
    words: list[str]
    by_person: bool
    alike: int
    merged_from: str | None
    zone: Zone | None


class SuggestionOut(Out):
    """``near`` says how near, where the model itself is not sure whether the ticket belongs there."""

    issue: str
    title: str
    words: list[str]
    light: Light
    state: str
    state_word: str
    near: str


class SaidOut(Out):
    act: str
    at: datetime
    whom: str | None


class CardOut(Out):
    """What may be told to this customer. ``issue`` is null while the ticket belongs to none."""

    ticket: TicketRefOut | None
    issue: str | None
    lamp: LampOut
    say: SayOut
    workaround: WorkaroundOut
    fix: str
    caution: str
    why: WhyOut | None
    escalate: str
    watching: bool
    conflict: str | None
    read_at: datetime | None
    said: list[SaidOut]
    undo: int | None
    undone_act: str | None
    may_place: bool
    suggestions: list[SuggestionOut]
    doubt: list[str]


class HitOut(Out):
    issue: str
    title: str
    light: Light
    state: str
    state_word: str
    say: SayOut
    workaround: WorkaroundOut
    fix: str
    words: list[str]
    doubts: list[Doubt]
    confirmed_at: datetime | None
    confirmed_by: str | None


class TicketHitOut(Out):
    """A ticket that the reader may read and that says it; ``words`` is empty where it is alike in meaning only."""

    connection: str
    number: str
    url: str | None
    subject: str
    excerpt: str
    words: list[str]
    status: str
    created_at: datetime
    issue: str | None
    issue_title: str | None


class FoundOut(Out):
    """``tickets``, an ``issue``, or for words ``hits`` (issues) and ``said`` (tickets); ``unknown``: a number or
    address that leads nowhere.
    """

    text: str
    tickets: list[TicketRefOut]
    issue: str | None
    hits: list[HitOut]
    said: list[TicketHitOut]
    unknown: bool


class NearOut(Out):
    connection: str
    number: str
    url: str | None
    subject: str
    alike: Likeness
    words: list[str]


class RunnerUpOut(Out):
    issue: str
    title: str
    margin: Margin


class SentenceOut(Out):
    """A sentence of the ticket; ``tells``: without it the ticket would be markedly less like its issue."""

    text: str
    tells: bool


class AlsoOut(Out):
    """An issue that a ticket speaks of beside its own, in which words; they are empty where they are not yours."""

    issue: str
    title: str
    said: str


class ExplanationOut(Out):
    """Why a ticket is in its issue. Likeness is told in words: it is no probability."""

    connection: str
    number: str
    issue: str
    title: str
    placed: str
    alike: Likeness | None
    fellows: int
    nearest: list[NearOut]
    words: list[str]
    runner_up: RunnerUpOut | None
    parts: list[SentenceOut]
    also: list[AlsoOut]


class Search(In):
    """The one box."""

    q: str = Field(min_length=1, max_length=2000, description="A ticket's number or address, an issue's id, or words")


Tell = Literal["used", "still_affected", "fix_confirmed", "ask_owner"]


class Feedback(In):
    """What happened with the plan."""

    act: Tell


class Watching(In):
    watching: bool


class Place(In):
    """Where the ticket belongs: to ``issue`` (``same``), to none of ours (``new``), or not where it is (``wrong``)."""

    act: Literal["same", "new", "wrong"]
    issue: IssueId | None = None


class TakeBack(In):
    """One's own last placement."""

    event: Id


class WatchedOut(Out):
    """A watched issue whose approved plan is newer than the reader knows."""

    issue: str
    revision: int


class Watched(Out):
    items: list[WatchedOut]
