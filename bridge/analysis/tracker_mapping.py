"""What a tracker's issue says about a plan (domain.md 3.7). A suggestion only: a person approves.

Unknown words never suggest anything: they raise a flag. No status alone moves a plan past ``fix_ready``: released
needs a version that the tracker calls released.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.words import RemedyState

S = RemedyState

ITEM_ORDER: tuple[RemedyState, ...] = (
    S.TRIAGE,
    S.KNOWN_ERROR,
    S.PLANNED,
    S.IN_PROGRESS,
    S.FIX_READY,
    S.RELEASED,
)


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """A tracker item. ``versions``: (name, released, due ISO date or None) of its fix versions."""

    status: str
    category: str | None = None
    resolution: str | None = None
    versions: tuple[tuple[str, bool, str | None], ...] = ()
    due: str | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """``state`` None: nothing to suggest. ``flag`` is for people. ``fields`` are plan fields that the item shows."""

    state: RemedyState | None
    flag: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)


_BY_NAME: dict[str, RemedyState] = {
    "new": S.TRIAGE,
    "open": S.TRIAGE,
    "triage": S.TRIAGE,
    "in progress": S.IN_PROGRESS,
    "in_progress": S.IN_PROGRESS,
    "planned": S.PLANNED,
    "resolved": S.FIX_READY,
    "fix_ready": S.FIX_READY,
    "fix ready": S.FIX_READY,
    "feedback": S.IN_PROGRESS,
    "closed": S.FIX_READY,
    "done": S.FIX_READY,
    "released": S.FIX_READY,
    "rejected": S.DECLINED,
    "declined": S.DECLINED,
}
"""Redmine's default statuses, and the words that people type into a Markdown file."""

_JIRA_DECLINED = {"won't do", "won't fix", "declined"}
_JIRA_DONE = {"done", "fixed"}


def suggest(tracker: str, facts: ItemFacts) -> Suggestion:
    """One item's suggestion. ``tracker`` is the connector's type: "jira" has categories, others go by names."""
    return _jira(facts) if tracker == "jira" else _by_name(facts)


def _by_name(facts: ItemFacts) -> Suggestion:
    status = facts.status.strip().lower()
    state = _BY_NAME.get(status)
    if state is None:
        return _unknown(facts)
    if state is S.TRIAGE and facts.versions:
        return Suggestion(S.PLANNED, None, _eta(facts))
    if state is S.FIX_READY and status not in ("resolved", "fix_ready", "fix ready"):
        return _finished(facts)
    flag = "waiting for an answer in the tracker" if status == "feedback" else None
    return Suggestion(state, flag, _eta(facts) if state is S.PLANNED else _version(facts))


def _jira(facts: ItemFacts) -> Suggestion:
    category, resolution = (facts.category or "").lower(), (facts.resolution or "").strip().lower()
    if category == "new":
        return Suggestion(S.PLANNED, None, _eta(facts)) if facts.versions else Suggestion(S.TRIAGE)
    if category == "indeterminate":
        return Suggestion(S.IN_PROGRESS, None, _version(facts))
    if category != "done":
        return _unknown(facts)
    if resolution in _JIRA_DONE:
        return _finished(facts)
    if resolution in _JIRA_DECLINED:
        return Suggestion(S.DECLINED)
    if resolution == "duplicate":
        return Suggestion(S.DUPLICATE, "a duplicate in the tracker: say of which issue")
    if resolution == "cannot reproduce":
        return Suggestion(S.INVESTIGATING, "cannot be reproduced, says the tracker: decide what to do")
    return Suggestion(S.FIX_READY, f"closed in the tracker with resolution {facts.resolution or 'none'}: is it fixed?")


def _unknown(facts: ItemFacts) -> Suggestion:
    return Suggestion(None, f"unknown tracker status {facts.status!r}: set the plan's state yourself")


def _finished(facts: ItemFacts) -> Suggestion:
    released = [name for name, is_released, _ in facts.versions if is_released]
    if not released:
        return Suggestion(S.FIX_READY, None, _version(facts))
    channels = [{"channel": "release", "version": name} for name in released]
    return Suggestion(S.RELEASED, None, {"fix_version": released[0], "fixed_in_channels": channels})


def _version(facts: ItemFacts) -> dict[str, Any]:
    return {"fix_version": facts.versions[0][0]} if facts.versions else {}


def _eta(facts: ItemFacts) -> dict[str, Any]:
    due = next((due for _, _, due in facts.versions if due), facts.due)
    fields = _version(facts)
    if due:
        return {**fields, "eta.kind": "date", "eta.latest": due, "eta.confidence": "low"}
    return {**fields, "eta.kind": "version"} if fields else {"eta.kind": "none"}


def combine(suggestions: Sequence[Suggestion]) -> Suggestion:
    """Several items of one plan: the least advanced counts; declined ones drop out unless all are declined.

    Monotone in each item and independent of their order.
    """
    flags = sorted({s.flag for s in suggestions if s.flag})
    flag = "; ".join(flags) or None
    alive = [s for s in suggestions if s.state in ITEM_ORDER]
    if not alive:
        rest = sorted((s for s in suggestions if s.state), key=lambda s: str(s.state))
        return Suggestion(rest[0].state, flag, rest[0].fields) if rest else Suggestion(None, flag)
    least = min(alive, key=lambda s: (ITEM_ORDER.index(s.state or S.TRIAGE), sorted(s.fields.items(), key=str)))
    return Suggestion(least.state, flag, least.fields)


def contradicts(approved: RemedyState, suggested: RemedyState) -> bool:
    """Whether the tracker says something that makes an approved plan untrue: it moved back, or it was declined."""
    if suggested in (S.DECLINED, S.DUPLICATE):
        return approved is not suggested
    if approved in (S.DECLINED, S.DUPLICATE):
        return suggested in ITEM_ORDER[ITEM_ORDER.index(S.IN_PROGRESS) :]
    shown = S.RELEASED if approved is S.VERIFIED else approved
    if shown not in ITEM_ORDER or suggested not in ITEM_ORDER:
        return False
    return ITEM_ORDER.index(suggested) < ITEM_ORDER.index(shown) and shown in (S.FIX_READY, S.RELEASED)
