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
    S.INVESTIGATING,
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
    """``state`` None: nothing to suggest. ``flag`` is for people. ``fields`` are plan fields that the item shows.

    ``ask``: the tracker's say is unclear, so that no plan may be quoted until a person has looked.
    """

    state: RemedyState | None
    flag: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    ask: bool = False


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
    if state is S.TRIAGE and _ahead(facts):
        return Suggestion(S.PLANNED, None, _eta(facts))
    if state in (S.TRIAGE, S.DECLINED):
        return Suggestion(state)
    if state is S.FIX_READY and status not in ("resolved", "fix_ready", "fix ready"):
        return _finished(facts)
    flag = "waiting for an answer in the tracker" if status == "feedback" else None
    return Suggestion(state, flag, _eta(facts) if state is S.PLANNED else _version(facts))


def _jira(facts: ItemFacts) -> Suggestion:
    category, resolution = (facts.category or "").lower(), (facts.resolution or "").strip().lower()
    if category == "new":
        return Suggestion(S.PLANNED, None, _eta(facts)) if _ahead(facts) else Suggestion(S.TRIAGE)
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
    flag = f"closed in the tracker with resolution {facts.resolution or 'none'}: is it fixed?"
    return Suggestion(S.FIX_READY, flag, _version(facts), ask=True)


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


def _ahead(facts: ItemFacts) -> list[tuple[str, str | None]]:
    """(name, due) of the versions that are not released yet."""
    return [(name, due) for name, released, due in facts.versions if not released]


def _eta(facts: ItemFacts) -> dict[str, Any]:
    ahead = _ahead(facts)
    due = next((due for _, due in ahead if due), facts.due)
    fields = {"fix_version": ahead[0][0]} if ahead else {}
    if due:
        return {**fields, "eta.kind": "date", "eta.latest": due, "eta.confidence": "low"}
    return {**fields, "eta.kind": "version" if fields else "none"}


def combine(suggestions: Sequence[Suggestion]) -> Suggestion:
    """Several items of one plan: the least advanced counts; declined ones drop out unless all are declined, and so
    do duplicates while another item is alive. An item that says nothing leaves the whole without a suggestion.

    Monotone in each item and independent of their order.
    """
    flag = "; ".join(sorted({s.flag for s in suggestions if s.flag})) or None
    if not suggestions or any(s.state is None for s in suggestions):
        return Suggestion(None, flag)
    least = min(suggestions, key=lambda s: (_WEIGHT[s.state or S.TRIAGE], sorted(map(str, s.fields.items()))))
    return Suggestion(least.state, flag, least.fields, ask=any(s.ask for s in suggestions))


_WEIGHT = {state: place for place, state in enumerate((*ITEM_ORDER, S.DUPLICATE, S.DECLINED))}
"""The least counts. What stands last drops out of any company."""


def contradicts(approved: RemedyState, suggested: RemedyState) -> bool:
    """Whether the tracker says something that makes an approved plan untrue: it moved back, or it was declined.

    A closed item does not contradict a released plan: the tracker may know no versions.
    """
    if suggested in (S.DECLINED, S.DUPLICATE):
        return approved is not suggested
    if approved in (S.DECLINED, S.DUPLICATE):
        return suggested in ITEM_ORDER[ITEM_ORDER.index(S.IN_PROGRESS) :]
    shown = S.RELEASED if approved is S.VERIFIED else approved
    return shown in (S.FIX_READY, S.RELEASED) and suggested in ITEM_ORDER[: ITEM_ORDER.index(S.FIX_READY)]
