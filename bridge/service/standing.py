"""How far an agent may trust the plan of an issue, with the revision that they may be told.

Rule: pages that show a single issue ask here, so that card, search and issue page show one light.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from bridge.analysis.card_text import versions_out
from bridge.analysis.remedy_fields import for_suppliers
from bridge.analysis.remedy_text import Quote
from bridge.analysis.versions import is_behind, version_in
from bridge.service.access import Actor
from bridge.service.remedies import RELEASED, quote
from bridge.service.trust import Trust, trust
from bridge.store.card_queries import attributes_since, plans_with_revisions
from bridge.store.clusters import Cluster
from bridge.store.remedies import PlanRevision, RemedyPlan
from bridge.words import Confidence, RemedyState


@dataclass(frozen=True, slots=True)
class Standing:
    """``quote`` None: there is no plan that this reader may see. ``reports_since``: tickets after the release."""

    trust: Trust
    quote: Quote | None = None
    conflict: str | None = None
    reports_since: int = 0
    released_at: datetime | None = None
    revision: int = 0


def standings(session: Session, actor: Actor, clusters: Sequence[Cluster], at: datetime) -> dict[int, Standing]:
    """By cluster. A plan for our own people alone does not exist for agents of suppliers."""
    plans = plans_with_revisions(session, [cluster.id or 0 for cluster in clusters])
    found = {}
    for cluster in clusters:
        plan, rows = plans.get(cluster.id or 0, (None, {}))
        row = _shown(plan, rows) if plan else None
        if plan is None or row is None or (actor.is_outsourced and not for_suppliers(row.fields)):
            found[cluster.id or 0] = Standing(trust(RemedyState.UNREVIEWED, None, None, at=at))
        else:
            found[cluster.id or 0] = _standing(session, cluster, plan, row, at)
    return found


def _shown(plan: RemedyPlan, rows: dict[int, PlanRevision]) -> PlanRevision | None:
    """The approved revision, or the newest while none is approved or somebody has withdrawn it."""
    newest = rows.get(plan.revision)
    if newest is not None and newest.confidence == Confidence.WITHDRAWN:
        return newest
    return rows.get(plan.approved_revision or 0) or newest


def _standing(session: Session, cluster: Cluster, plan: RemedyPlan, row: PlanRevision, at: datetime) -> Standing:
    state, latest = RemedyState(row.state), row.fields.get("eta.latest")
    reports = reports_since_release(session, plan, row) if state in RELEASED else 0
    judged = trust(
        state,
        Confidence(row.confidence),
        row.at,
        at=at,
        confirmed_by=row.actor,
        conflict=plan.tracker_conflict is not None,
        regression=reports > 0,
        owner=row.fields.get("owner"),
        eta_latest=date.fromisoformat(latest) if latest else None,
    )
    return Standing(judged, quote(cluster, row), plan.tracker_conflict, reports, plan.released_at, row.revision)


def reports_since_release(session: Session, plan: RemedyPlan, row: PlanRevision) -> int:
    """Tickets that were written after the release by customers who are not known to run an older version."""
    if plan.released_at is None:
        return 0
    fixed = versions_out(row.fields)
    noted = attributes_since(session, plan.cluster_id, plan.released_at)
    return sum(is_behind(version_in(attributes), fixed) is not True for attributes in noted)
