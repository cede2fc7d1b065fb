"""May an agent quote the plan? One answer, in words, for the list, the issue page and the card.

Rule: every page asks here; none decides by itself from state, dates or conflicts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bridge.analysis.remedy_states import review_due
from bridge.analysis.remedy_trust import PERMISSION, Doubt, Light, Standing, doubts, light
from bridge.store.boards import PlanRow
from bridge.words import Confidence, RemedyState

STATE_WORD = {state: state.value.replace("_", " ").capitalize() for state in RemedyState}


@dataclass(frozen=True, slots=True)
class Trust:
    """``word`` names the state, ``permission`` what an agent may do. ``due``: until when it may be quoted.

    ``doubts`` stand gravest first. ``confirmed_by`` is None while nobody approved.
    """

    state: RemedyState
    light: Light
    word: str
    permission: str
    doubts: tuple[Doubt, ...] = ()
    confirmed_at: datetime | None = None
    confirmed_by: str | None = None
    due: datetime | None = None
    eta_latest: date | None = None
    owner: str | None = None

    @property
    def quotable(self) -> bool:
        return self.light is Light.GREEN

    @property
    def suggested(self) -> bool:
        """The tracker or a draft says so, nobody has approved it."""
        return Doubt.UNAPPROVED in self.doubts


def trust(
    state: RemedyState,
    confidence: Confidence | None,
    confirmed_at: datetime | None,
    *,
    at: datetime,
    confirmed_by: str | None = None,
    conflict: bool = False,
    regression: bool = False,
    owner: str | None = None,
    eta_latest: date | None = None,
) -> Trust:
    """``confidence`` and the rest are those of the approved revision, or of the newest while none is approved or the
    newest was withdrawn; ``confidence`` None: there is no plan.
    """
    plan = Standing(state, confidence, confirmed_at, owner, conflict, regression, eta_latest)
    shown = light(plan, at)
    approved = confidence is Confidence.APPROVED
    return Trust(
        state=state,
        light=shown,
        word=STATE_WORD[state],
        permission=PERMISSION[shown],
        doubts=doubts(plan, at),
        confirmed_at=confirmed_at if approved else None,
        confirmed_by=confirmed_by if approved else None,
        due=review_due(state, confirmed_at) if approved and confirmed_at else None,
        eta_latest=eta_latest,
        owner=owner,
    )


def trust_of_plan(plan: PlanRow | None, *, at: datetime, regression: bool = False) -> Trust:
    """The same from a plan as it is stored."""
    if plan is None:
        return trust(RemedyState.UNREVIEWED, None, None, at=at)
    latest = plan.fields.get("eta.latest")
    return trust(
        RemedyState(plan.state),
        Confidence(plan.confidence),
        plan.at,
        at=at,
        confirmed_by=plan.actor,
        conflict=plan.conflict,
        regression=regression,
        owner=plan.fields.get("owner"),
        eta_latest=date.fromisoformat(latest) if latest else None,
    )
