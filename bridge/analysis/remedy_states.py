"""The life of a remedy plan (domain.md 3.3): what each state means to enter, how to move, when to look again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from bridge.analysis.remedy_fields import Fields
from bridge.words import RemedyState, WorkaroundKind

S = RemedyState

ORDER: tuple[RemedyState, ...] = (
    S.UNREVIEWED,
    S.TRIAGE,
    S.INVESTIGATING,
    S.KNOWN_ERROR,
    S.PLANNED,
    S.IN_PROGRESS,
    S.FIX_READY,
    S.RELEASED,
    S.VERIFIED,
)

REVIEW_DAYS: Mapping[RemedyState, int | None] = {
    S.UNREVIEWED: 7,
    S.TRIAGE: 7,
    S.INVESTIGATING: 7,
    S.KNOWN_ERROR: 30,
    S.PLANNED: 14,
    S.IN_PROGRESS: 7,
    S.FIX_READY: 7,
    S.RELEASED: 14,
    S.VERIFIED: None,
    S.DECLINED: 180,
    S.DUPLICATE: None,
}

SKELETON: Mapping[RemedyState, str] = {
    S.UNREVIEWED: "We have reported this to our product team; there is no plan yet.",
    S.TRIAGE: "Our product team is reviewing this.",
    S.INVESTIGATING: "We are investigating; you will hear from us again by {review_due}.",
    S.KNOWN_ERROR: "We know the cause.",
    S.PLANNED: "A fix is planned. {eta}",
    S.IN_PROGRESS: "A fix is being worked on. {eta}",
    S.FIX_READY: "This is fixed internally and will be in {fix_version}.",
    S.RELEASED: "This is fixed in {fix_version}.",
    S.VERIFIED: "This is fixed in {fix_version}.",
    S.DECLINED: "We do not plan to change this at present.",
    S.DUPLICATE: "This is tracked together with another issue.",
}

_OWNED = frozenset(ORDER[ORDER.index(S.PLANNED) :])


def missing(state: RemedyState, fields: Fields, tracker_links: int) -> list[str]:
    """What must be filled in before a plan may be approved in this state, in words."""
    needs: list[str] = []
    if state is S.TRIAGE and not (fields.get("owner") or fields.get("support_liaison")):
        needs.append("owner or support_liaison")
    if (state is S.INVESTIGATING or state in _OWNED) and not fields.get("owner"):
        needs.append("owner (a product person)")
    if state is S.KNOWN_ERROR:
        needs += [] if fields.get("cause_known") else ["cause_known=yes"]
        needs += [] if fields.get("workaround.kind") in set(WorkaroundKind) else ["workaround.kind (may be none)"]
    if state is S.PLANNED and not fields.get("eta.kind"):
        needs.append("eta.kind (none says: no date committed)")
    if state is S.IN_PROGRESS and not tracker_links:
        needs.append("an issue in the tracker: publish the cluster")
    if state is S.FIX_READY and not fields.get("fix_version"):
        needs.append("fix_version")
    if state in (S.RELEASED, S.VERIFIED) and not fields.get("fixed_in_channels"):
        needs.append("fixed_in_channels (a release seen in the tracker fills it)")
    if state is S.VERIFIED and not fields.get("evidence"):
        needs.append("evidence")
    if state is S.DECLINED:
        needs += [name for name in ("decline_reason", "say") if not fields.get(name)]
    if state is S.DUPLICATE and not fields.get("duplicate_of"):
        needs.append("duplicate_of (an issue id such as IB-12)")
    return needs


def is_backward(old: RemedyState, new: RemedyState) -> bool:
    """Whether the move takes back something that people may have been told: it needs a reason."""
    if old in (S.DECLINED, S.DUPLICATE):
        return False
    if new in (S.DECLINED, S.DUPLICATE):
        return old is S.VERIFIED
    return ORDER.index(new) < ORDER.index(old)


def is_stale(state: RemedyState, confirmed_at: datetime, at: datetime) -> bool:
    """Whether the plan's time is over: nobody has confirmed it since ``confirmed_at``, and it may not be quoted."""
    due = review_due(state, confirmed_at)
    return due is not None and at > due


def review_due(state: RemedyState, confirmed_at: datetime) -> datetime | None:
    """Until when the plan may be quoted without somebody confirming it; None: no limit."""
    days = REVIEW_DAYS[state]
    return None if days is None else confirmed_at + timedelta(days=days)
