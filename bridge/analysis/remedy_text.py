"""The words of a remedy: what an agent reads in the ticket.

Rule: a note is rendered from customer fields, the state and rules alone; internal fields cannot reach it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bridge.analysis.remedy_fields import Fields, may_leave
from bridge.analysis.remedy_states import SKELETON, review_due
from bridge.words import RemedyState, WorkaroundKind, display_id

STATE_WORDS = {
    RemedyState.UNREVIEWED: "not yet reviewed",
    RemedyState.TRIAGE: "being assessed",
    RemedyState.INVESTIGATING: "being investigated",
    RemedyState.KNOWN_ERROR: "cause known, fix not scheduled",
    RemedyState.PLANNED: "fix planned",
    RemedyState.IN_PROGRESS: "fix being built",
    RemedyState.FIX_READY: "fixed, not yet released",
    RemedyState.RELEASED: "released",
    RemedyState.VERIFIED: "released and confirmed",
    RemedyState.DECLINED: "will not be changed for now",
    RemedyState.DUPLICATE: "tracked with another issue",
}

NO_DATE = "There is no date that we can share."
_PLACEHOLDER = re.compile(r"\{(?P<name>eta|fix_version|review_due)\}")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Quote:
    """An approved plan as it may be told: who approved it and when."""

    cluster_id: int
    title: str
    state: RemedyState
    fields: Fields
    revision: int
    approved_by: str
    approved_at: datetime


def eta_text(fields: Fields, on: date) -> str:
    """The ETA as an agent may say it on a day: a date only at high confidence, a month or quarter at medium, none at
    low, and none once it has passed.
    """
    kind, latest, confidence = fields.get("eta.kind"), fields.get("eta.latest"), fields.get("eta.confidence")
    if not fields.get("eta.shareable") or kind in (None, "none") or confidence == "low":
        return NO_DATE
    if kind == "version":
        return f"It is meant for {fields['fix_version']}." if fields.get("fix_version") else NO_DATE
    if not latest or confidence not in ("medium", "high"):
        return NO_DATE
    day = date.fromisoformat(latest)
    if day < on:
        return NO_DATE
    if kind == "date" and confidence == "high":
        return f"It is expected by {_day(day)}."
    if kind == "quarter" or confidence == "high":
        return f"It is expected in Q{(day.month + 2) // 3} {day.year}."
    return f"It is expected in {MONTHS[day.month - 1]} {day.year}."


def say_text(quote: Quote, on: date | None = None) -> str:
    """What to tell the customer ``on`` a day (default: that of the approval), placeholders filled in by rule."""
    return filled(str(_public(quote.fields, "say") or SKELETON[quote.state]), quote, on or quote.approved_at.date())


def filled(text: str, quote: Quote, on: date) -> str:
    """The text with its placeholders filled in by rule, on one line."""
    due = review_due(quote.state, quote.approved_at)
    words = {
        "eta": eta_text(quote.fields, on),
        "fix_version": str(_public(quote.fields, "fix_version") or "the next release"),
        "review_due": _day(due.date()) if due else "our next update",
    }
    return " ".join(_PLACEHOLDER.sub(lambda found: words[found["name"]], text).split())


def note_text(quote: Quote, on: date | None = None) -> str:
    """The internal note for one ticket: everything an agent needs, in the order in which it is needed."""
    title = _public(quote.fields, "title_customer") or quote.title
    lines = [
        f"{display_id(quote.cluster_id)}: {title}",
        f"Status: {STATE_WORDS[quote.state]}",
        "",
        "Tell the customer:",
        f"  {say_text(quote, on)}",
        "",
        f"Workaround: {_workaround(quote.fields)}",
        f"Fix: {_fix(quote, on or quote.approved_at.date())}",
        "",
        f"Confirmed by {quote.approved_by} on {_day(quote.approved_at.date())}{_until(quote)}.",
        f"Plan revision {quote.revision}. Internal note: not sent to the customer.",
    ]
    return "\n".join(lines)


def _public(fields: Fields, name: str) -> Any:
    if not may_leave(name):
        raise ValueError(f"{name} is an internal field: it must not be rendered")
    return fields.get(name)


def _workaround(fields: Fields) -> str:
    kind, steps = _public(fields, "workaround.kind"), _public(fields, "workaround.steps_customer")
    if kind in (None, WorkaroundKind.NONE) or not steps:
        return "none known"
    return f"({kind}) {steps}"


def _fix(quote: Quote, on: date) -> str:
    channels = _public(quote.fields, "fixed_in_channels")
    if channels and quote.state in (RemedyState.RELEASED, RemedyState.VERIFIED):
        return "in " + ", ".join(f"{c['version']} ({c['channel']})" for c in channels)
    if quote.state is RemedyState.FIX_READY:
        return f"will be in {_public(quote.fields, 'fix_version')}"
    if quote.state in (RemedyState.PLANNED, RemedyState.IN_PROGRESS):
        return eta_text(quote.fields, on)
    return "none at present"


def _until(quote: Quote) -> str:
    due = review_due(quote.state, quote.approved_at)
    return f"; may be quoted until {_day(due.date())}" if due else ""


def _day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}"
