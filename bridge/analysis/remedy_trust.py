"""Whether an agent may quote a plan (domain.md 3.4): one light for every page, card and program.

Rule: a light never gets better by a doubt, and only green may name a date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from bridge.analysis.remedy_states import ORDER, is_stale
from bridge.words import Confidence, RemedyState

S = RemedyState


class Light(StrEnum):
    """From best to worst."""

    GREEN = "green"
    GREY = "grey"
    AMBER = "amber"
    RED = "red"


class Doubt(StrEnum):
    """Why a plan may not be quoted whole, gravest first."""

    WITHDRAWN = "withdrawn"
    REGRESSION = "regression"
    CONFLICT = "tracker conflict"
    OVERDUE = "overdue"
    STALE = "stale"
    UNAPPROVED = "unapproved"
    NO_OWNER = "no owner"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a plan. ``confidence`` None: nobody wrote one. ``confirmed_at`` is when a person last did.

    ``regression``: customers reported it after the release. ``eta_latest`` is the day that was promised, shareable or
    not.
    """

    state: RemedyState = S.UNREVIEWED
    confidence: Confidence | None = None
    confirmed_at: datetime | None = None
    owner: str | None = None
    conflict: bool = False
    regression: bool = False
    eta_latest: date | None = None


PERMISSION = {
    Light.GREEN: "OK to quote",
    Light.AMBER: "No dates",
    Light.GREY: "Safe sentence only",
    Light.RED: "Do not say “fixed”",
}

_OWNED = frozenset(ORDER[ORDER.index(S.PLANNED) :])
_OUT = frozenset({S.RELEASED, S.VERIFIED})
_SAID_FIXED = frozenset({S.FIX_READY, *_OUT})
_PENDING = frozenset(ORDER[: ORDER.index(S.RELEASED)])


def doubts(plan: Standing, at: datetime) -> tuple[Doubt, ...]:
    """Everything that is wrong with a plan that somebody wrote, gravest first."""
    if plan.confidence is None or plan.state is S.UNREVIEWED:
        return (Doubt.WITHDRAWN,) if plan.confidence is Confidence.WITHDRAWN else ()
    found = {
        Doubt.WITHDRAWN: plan.confidence is Confidence.WITHDRAWN,
        Doubt.REGRESSION: plan.regression and plan.state in _OUT,
        Doubt.CONFLICT: plan.conflict,
        Doubt.OVERDUE: is_overdue(plan, at),
        Doubt.STALE: plan.confirmed_at is None or is_stale(plan.state, plan.confirmed_at, at),
        Doubt.UNAPPROVED: plan.confidence is not Confidence.APPROVED,
        Doubt.NO_OWNER: plan.state in _OWNED and not plan.owner,
    }
    return tuple(doubt for doubt, holds in found.items() if holds)


def light(plan: Standing, at: datetime) -> Light:
    """Red: an earlier promise is wrong now. Grey: product has not looked. Amber: any other doubt."""
    found = doubts(plan, at)
    if Doubt.WITHDRAWN in found or Doubt.REGRESSION in found:
        return Light.RED
    if Doubt.CONFLICT in found and plan.state in _SAID_FIXED:
        return Light.RED
    if plan.confidence is None or plan.state is S.UNREVIEWED:
        return Light.GREY
    return Light.AMBER if found else Light.GREEN


def is_overdue(plan: Standing, at: datetime) -> bool:
    """The promised day is over and the fix is not out."""
    return plan.eta_latest is not None and plan.state in _PENDING and plan.eta_latest < at.astimezone(UTC).date()
