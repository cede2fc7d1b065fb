"""The words of a remedy: what an agent reads in the ticket, and what is wrong with a text before it is approved.

Rule: a note is rendered from customer fields, the state and rules alone; internal fields cannot reach it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from bridge.analysis.redaction import redact
from bridge.analysis.remedy_fields import FIELDS, Fields, may_leave
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

SHORT_NAME = 3
"""An account's name of so many characters may be an ordinary word."""
NO_DATE = "There is no date that we can share."


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


@dataclass(frozen=True, slots=True)
class Problem:
    """``level`` error stops the approval; warning is shown."""

    level: Literal["error", "warning"]
    field: str
    message: str


def eta_text(fields: Fields) -> str:
    """The ETA as an agent may say it: a date only at high confidence, a month at medium, none at low."""
    kind, latest = fields.get("eta.kind"), fields.get("eta.latest")
    if not fields.get("eta.shareable") or kind in (None, "none"):
        return NO_DATE
    if kind == "version":
        return f"It is meant for {fields['fix_version']}." if fields.get("fix_version") else NO_DATE
    confidence = fields.get("eta.confidence")
    if not latest or confidence not in ("medium", "high"):
        return NO_DATE
    day = date.fromisoformat(latest)
    if kind == "date" and confidence == "high":
        return f"It is expected by {_day(day)}."
    if kind == "quarter" or confidence == "high":
        return f"It is expected in Q{(day.month + 2) // 3} {day.year}."
    return f"It is expected in {day.strftime('%B %Y')}."


def say_text(quote: Quote) -> str:
    """What to tell the customer, with {eta}, {fix_version} and {review_due} filled in by rule."""
    text = str(_public(quote.fields, "say") or SKELETON[quote.state])
    due = review_due(quote.state, quote.approved_at)
    filled = (
        text.replace("{eta}", eta_text(quote.fields))
        .replace("{fix_version}", str(_public(quote.fields, "fix_version") or "the next release"))
        .replace("{review_due}", _day(due.date()) if due else "our next update")
    )
    return " ".join(filled.split())


def note_text(quote: Quote) -> str:
    """The internal note for one ticket: everything an agent needs, in the order in which it is needed."""
    title = _public(quote.fields, "title_customer") or quote.title
    lines = [
        f"{display_id(quote.cluster_id)}: {title}",
        f"Status: {STATE_WORDS[quote.state]}",
        "",
        "Tell the customer:",
        f"  {say_text(quote)}",
        "",
        f"Workaround: {_workaround(quote.fields)}",
        f"Fix: {_fix(quote)}",
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


def _fix(quote: Quote) -> str:
    channels = _public(quote.fields, "fixed_in_channels")
    if channels and quote.state in (RemedyState.RELEASED, RemedyState.VERIFIED):
        return "in " + ", ".join(f"{c['version']} ({c['channel']})" for c in channels)
    if quote.state is RemedyState.FIX_READY:
        return f"will be in {_public(quote.fields, 'fix_version')}"
    if quote.state in (RemedyState.PLANNED, RemedyState.IN_PROGRESS):
        return eta_text(quote.fields)
    return "none at present"


def _until(quote: Quote) -> str:
    due = review_due(quote.state, quote.approved_at)
    return f"; may be quoted until {_day(due.date())}" if due else ""


def _day(day: date) -> str:
    return f"{day.day} {day.strftime('%b %Y')}"


_TYPED_DATE = re.compile(
    r"\b(\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|Q[1-4]\s*/?\s*20\d\d"
    r"|\d{1,2}\.?\s+(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\s+(?:\d{1,2}|20\d\d))\b",
    re.IGNORECASE,
)
_TICKET_KEY = re.compile(r"\b(?!IB-)[A-Z][A-Z0-9]{1,9}-\d+\b")
_INTERNAL_URL = re.compile(r"https?://\S+|\b[\w-]+\.(?:internal|local|intra|corp)\b", re.IGNORECASE)
_WILL_AND_ETA = re.compile(r"\bwill\b", re.IGNORECASE)


def lint(fields: Fields, account_names: Collection[str]) -> list[Problem]:
    """What must not stand in the texts for customers (domain.md 3.2). An account name of one short word is not held
    against a text: it may be an ordinary word.
    """
    problems: list[Problem] = []
    for name, value in fields.items():
        if isinstance(value, str) and value and may_leave(name) and not FIELDS[name].choices:
            problems += _lint_text(name, value, account_names)
    say = str(fields.get("say") or "")
    if "{eta}" in say and not fields.get("eta.shareable"):
        problems.append(Problem("error", "say", "uses {eta}, but eta.shareable is not yes"))
    if "{eta}" in say and _WILL_AND_ETA.search(say) and fields.get("eta.confidence") != "high":
        problems.append(Problem("error", "say", 'says "will" beside {eta}, but eta.confidence is not high'))
    return problems


def _lint_text(name: str, text: str, account_names: Collection[str]) -> list[Problem]:
    problems = []
    found = redact(text)
    if found.counts:
        problems.append(Problem("error", name, f"holds personal data or a secret ({', '.join(sorted(found.counts))})"))
    if name != "fix_version" and (match := _TYPED_DATE.search(text)):
        problems.append(
            Problem("error", name, f"holds the typed date {match.group()!r}: use {{eta}} or {{review_due}}")
        )
    if match := _TICKET_KEY.search(text):
        problems.append(Problem("error", name, f"holds the ticket key {match.group()!r}: customers cannot follow it"))
    if match := _INTERNAL_URL.search(text):
        problems.append(Problem("warning", name, f"holds the address {match.group()!r}: is it public?"))
    lowered = text.lower()
    problems += [
        Problem("error", name, f"names the account {account!r}: other customers will read it")
        for account in account_names
        if len(account) > SHORT_NAME and re.search(rf"\b{re.escape(account.lower())}\b", lowered)
    ]
    return problems
