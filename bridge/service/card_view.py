"""The agent card as data: domain.md 6.1, part by part in its binding order.

Rule: nothing here is money, another customer's name or an internal field; the copy takes ``words.text`` and no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridge.analysis.remedy_trust import Doubt, Light
from bridge.analysis.versions import Fits
from bridge.words import Zone

NO_ISSUE = "No issue yet"
REGRESSION = "Regression"


@dataclass(frozen=True, slots=True)
class TicketRef:
    """``number`` is what the desk calls it; ``subject`` None: the reader may not read the ticket's text."""

    connection: str
    number: str
    url: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Lamp:
    """Part 1. ``confirmed_by`` None: nobody approved. ``since`` is when the issue was first seen, the ticket read."""

    light: Light
    word: str
    permission: str
    doubts: tuple[Doubt, ...] = ()
    confirmed_at: datetime | None = None
    confirmed_by: str | None = None
    since: datetime | None = None
    reports_since: int = 0
    released_in: str | None = None


@dataclass(frozen=True, slots=True)
class Say:
    """Part 2. ``language`` by ISO 639-1; ``other_language``: the ticket is in this one, the words are not."""

    text: str
    language: str | None
    safe: bool
    other_language: str | None = None


@dataclass(frozen=True, slots=True)
class Workaround:
    """Part 3. ``text`` None: there is none to tell."""

    text: str | None
    fits: Fits | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """Part 6. ``words`` are shared by ticket and issue; ``merged_from`` is what the ticket's issue was called before it
    was merged into, or declared a duplicate of, this one. ``zone``: how sure it is; None without a ticket.
    """

    title: str
    words: tuple[str, ...]
    by_person: bool
    alike: int
    merged_from: str | None = None
    zone: Zone | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An issue that the ticket may belong to, and why. ``near``: how near, where the model itself asks for it."""

    issue: str
    title: str
    words: tuple[str, ...]
    light: Light
    state: str
    state_word: str
    near: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What the reader did here already: used, still_affected, fix_confirmed, ask_owner; with whom, and when."""

    act: str
    at: datetime
    whom: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """``issue`` None: the ticket belongs to none yet; then there are ``suggestions``.

    ``read_at``: when the tickets were last read, only where that is too long ago. ``undo``: the reader's own last
    placement of the ticket, while it can be taken back. ``may_place``: whether "same" and "wrong" work.
    ``doubt``: between which issues the model is not sure.
    """

    ticket: TicketRef | None
    issue: str | None
    lamp: Lamp
    say: Say
    workaround: Workaround
    fix: str
    caution: str
    why: Why | None
    escalate: str
    watching: bool = False
    conflict: str | None = None
    read_at: datetime | None = None
    said: tuple[Said, ...] = ()
    undo: int | None = None
    undone_act: str | None = None
    may_place: bool = False
    suggestions: tuple[Suggestion, ...] = ()
    doubt: tuple[str, ...] = ()
