"""Plans and their revisions: the newest, the approved, and how another one is added."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from bridge.store.outbox import TrackerItem, TrackerLink
from bridge.store.remedies import PlanRevision, RemedyPlan


def plan_of(session: Session, cluster_id: int) -> RemedyPlan | None:
    return session.exec(select(RemedyPlan).where(RemedyPlan.cluster_id == cluster_id)).first()


def ensure_plan(session: Session, cluster_id: int) -> RemedyPlan:
    """The cluster's one plan, opened if it has none."""
    plan = plan_of(session, cluster_id)
    if plan is None:
        plan = RemedyPlan(cluster_id=cluster_id)
        session.add(plan)
        session.flush()
    return plan


def revision(session: Session, plan: RemedyPlan, number: int | None) -> PlanRevision | None:
    query = select(PlanRevision).where(PlanRevision.plan_id == plan.id, PlanRevision.revision == number)
    return session.exec(query).first() if number else None


def revisions(session: Session, plan: RemedyPlan) -> list[PlanRevision]:
    query = select(PlanRevision).where(PlanRevision.plan_id == plan.id).order_by(col(PlanRevision.revision))
    return list(session.exec(query))


def add_revision(
    session: Session,
    plan: RemedyPlan,
    *,
    state: str,
    confidence: str,
    fields: Mapping[str, Any],
    actor: str,
    at: datetime,
    reason: str | None = None,
) -> PlanRevision:
    """The next revision of a plan; older ones stay as they are."""
    plan.revision += 1
    row = PlanRevision(
        plan_id=plan.id or 0,
        revision=plan.revision,
        state=state,
        confidence=confidence,
        fields={name: value for name, value in fields.items() if value is not None},
        actor=actor,
        reason=reason,
        at=at,
    )
    if plan.approved_revision is None:
        plan.state = state
    session.add(plan)
    session.add(row)
    session.flush()
    return row


def linked_items(session: Session) -> Iterator[tuple[int, list[tuple[TrackerLink, TrackerItem]]]]:
    """(cluster, its links with their tracker items) for every cluster that the tracker knows."""
    query = (
        select(TrackerLink, TrackerItem)
        .join(
            TrackerItem,
            (col(TrackerItem.connection) == col(TrackerLink.connection))
            & (col(TrackerItem.remote_id) == col(TrackerLink.remote_id)),
        )
        .where(col(TrackerItem.deleted).is_(False))
        .order_by(col(TrackerLink.cluster_id), col(TrackerLink.connection))
    )
    by_cluster: dict[int, list[tuple[TrackerLink, TrackerItem]]] = {}
    for link, item in session.exec(query):
        by_cluster.setdefault(link.cluster_id, []).append((link, item))
    yield from by_cluster.items()


def plan_states(session: Session) -> dict[int, str]:
    """Cluster -> the state of its plan; a suggestion that nobody approved says so."""
    query = select(RemedyPlan.cluster_id, RemedyPlan.state, RemedyPlan.approved_revision)
    return {c: state if approved else f"{state} (suggested)" for c, state, approved in session.exec(query)}
