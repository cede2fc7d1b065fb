"""How a remedy went, told by who used it, and who wants to hear of a plan. Ids only: no text of anybody.

Rule: the same person, ticket, plan revision and day is one event, however often a button is pressed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlmodel import Session, col, select

from bridge.service.access import Actor, Permission, require
from bridge.service.card_scope import own_ticket, visible_issues
from bridge.service.clusters import living
from bridge.service.errors import ServiceError, UnknownId
from bridge.store.access import Watch
from bridge.store.card_queries import events_of
from bridge.store.clusters import Cluster
from bridge.store.events import Event, record
from bridge.store.plans import plan_of
from bridge.store.remedies import RemedyPlan
from bridge.words import display_id

ACTS = {
    "used": "plan.used",
    "still_affected": "customer.still_affected",
    "fix_confirmed": "customer.fix_confirmed",
    "ask_owner": "plan.asked",
}
"""What an agent can say of a plan -> the event that it becomes."""

BY_KIND = {kind: act for act, kind in ACTS.items()}
SHOWN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class WatchedIssue:
    """An issue that the reader asked about, whose plan has changed since they knew it."""

    issue: str
    cluster_id: int
    revision: int


def tell(
    session: Session, actor: Actor, act: str, cluster_id: int, *, at: datetime, ticket_id: int | None = None
) -> Event:
    """Note what happened with the plan of an issue, at a ticket where there is one. Raises ServiceError."""
    require(actor, Permission.GIVE_FEEDBACK)
    if act not in ACTS:
        raise ServiceError(f"{act!r} is nothing that can be told: use {', '.join(ACTS)}")
    cluster, ticket = _issue(session, actor, cluster_id), None
    if ticket_id is not None:
        ticket = own_ticket(session, actor, ticket_id).id
    plan = plan_of(session, cluster.id or 0)
    told = {"ticket": ticket, "revision": plan.approved_revision or plan.revision if plan else 0}
    midnight = datetime.combine(at.astimezone(UTC).date(), time.min, UTC)
    for event in events_of(session, [_subject(cluster)], [ACTS[act]], actor.name, midnight):
        if event.after == told:
            return event
    return record(session, ACTS[act], _subject(cluster), actor=actor.name, at=at, after=told)


def watch(session: Session, actor: Actor, cluster_id: int, *, at: datetime) -> None:
    """Tell the actor when the plan changes; twice is once."""
    require(actor, Permission.GIVE_FEEDBACK)
    cluster = _issue(session, actor, cluster_id)
    if actor.user_id is None:
        raise ServiceError(f"{actor.name} is no user here, so nobody could be told: sign in, or name a user by --as")
    if session.get(Watch, (actor.user_id, cluster.id)) is None:
        plan = plan_of(session, cluster.id or 0)
        seen = (plan.approved_revision or 0) if plan else 0
        session.add(Watch(user_id=actor.user_id, cluster_id=cluster.id or 0, seen_revision=seen, at=at))


def unwatch(session: Session, actor: Actor, cluster_id: int) -> None:
    require(actor, Permission.GIVE_FEEDBACK)
    row = session.get(Watch, (actor.user_id, cluster_id)) if actor.user_id is not None else None
    if row is not None:
        session.delete(row)


def seen(session: Session, actor: Actor, cluster_id: int) -> None:
    """The actor knows the plan as it stands now."""
    require(actor, Permission.READ_CARD)
    row = session.get(Watch, (actor.user_id, cluster_id)) if actor.user_id is not None else None
    plan = plan_of(session, cluster_id)
    if row is not None and plan is not None:
        row.seen_revision = plan.approved_revision or 0
        session.add(row)


def changed(session: Session, actor: Actor, limit: int = 10) -> Sequence[WatchedIssue]:
    """Watched issues whose approved plan is newer than what the actor knows, newest first."""
    require(actor, Permission.READ_CARD)
    if actor.user_id is None:
        return []
    query = (
        select(Watch.cluster_id, RemedyPlan.approved_revision)
        .join(RemedyPlan, col(RemedyPlan.cluster_id) == col(Watch.cluster_id))
        .where(Watch.user_id == actor.user_id, col(RemedyPlan.approved_revision) > col(Watch.seen_revision))
        .order_by(col(RemedyPlan.id).desc())
        .limit(limit)
    )
    rows = session.exec(query).all()
    visible = visible_issues(session, actor, [cluster_id for cluster_id, _ in rows])
    return [WatchedIssue(display_id(id_), id_, revision or 0) for id_, revision in rows if id_ in visible]


def _issue(session: Session, actor: Actor, cluster_id: int) -> Cluster:
    cluster = living(session, cluster_id)
    if not visible_issues(session, actor, [cluster.id or 0]):
        raise UnknownId(f"there is no issue {display_id(cluster_id)} here: search by the customer's words")
    return cluster


def _subject(cluster: Cluster) -> str:
    return f"cluster:{cluster.id}"
