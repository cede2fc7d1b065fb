"""What one agent card reads: each function one query over an index, whatever the size of the installation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from bridge.store.clusters import Cluster, Membership, Rejection
from bridge.store.events import Event
from bridge.store.memberships import is_live
from bridge.store.remedies import PlanRevision, RemedyPlan
from bridge.store.sync import SyncState
from bridge.store.tickets import Ticket

MANY = 50
_Undo = aliased(Event)


def tickets_called(
    session: Session, names: Sequence[str], url: str | None, readable: ColumnElement[bool]
) -> list[Ticket]:
    """Live tickets with one of these ids, or this address, that the reader may see."""
    query = select(Ticket).where(col(Ticket.deleted_at).is_(None), readable).order_by(col(Ticket.id))
    if url is not None and (found := session.exec(query.where(Ticket.url == url).limit(MANY)).all()):
        return list(found)
    return list(session.exec(query.where(col(Ticket.source_id).in_(names)).limit(MANY))) if names else []


def ticket_at(session: Session, connection: str, source_id: str, readable: ColumnElement[bool]) -> Ticket | None:
    query = select(Ticket).where(
        Ticket.connection == connection, Ticket.source_id == source_id, col(Ticket.deleted_at).is_(None), readable
    )
    return session.exec(query).first()


def place_of(session: Session, ticket_id: int) -> tuple[Membership, Cluster] | None:
    query = (
        select(Membership, Cluster)
        .join(Cluster, col(Cluster.id) == col(Membership.cluster_id))
        .where(Membership.ticket_id == ticket_id)
    )
    return session.exec(query).first()


def live_members(session: Session, cluster_id: int) -> int:
    query = (
        select(func.count())
        .select_from(Membership)
        .join(Ticket, col(Ticket.id) == col(Membership.ticket_id))
        .where(Membership.cluster_id == cluster_id, *is_live())
    )
    return session.exec(query).one()


def attributes_since(session: Session, cluster_id: int, released_at: datetime) -> list[dict[str, Any]]:
    """What the desk noted of tickets that were written after the release, at most ``MANY``, newest first."""
    query = (
        select(col(Ticket.attributes))
        .join(Membership, col(Membership.ticket_id) == col(Ticket.id))
        .where(Membership.cluster_id == cluster_id, *is_live(), col(Ticket.created_at) > released_at)
        .order_by(col(Ticket.created_at).desc())
        .limit(MANY)
    )
    return [dict(attributes) for attributes in session.exec(query)]


def plans_with_revisions(
    session: Session, cluster_ids: Collection[int]
) -> dict[int, tuple[RemedyPlan, dict[int, PlanRevision]]]:
    """By cluster: its plan, with the newest and the approved revision by number."""
    query = (
        select(RemedyPlan, PlanRevision)
        .join(PlanRevision, col(PlanRevision.plan_id) == col(RemedyPlan.id))
        .where(
            col(RemedyPlan.cluster_id).in_(cluster_ids),
            (col(PlanRevision.revision) == col(RemedyPlan.revision))
            | (col(PlanRevision.revision) == col(RemedyPlan.approved_revision)),
        )
    )
    found: dict[int, tuple[RemedyPlan, dict[int, PlanRevision]]] = {}
    for plan, row in session.exec(query):
        found.setdefault(plan.cluster_id, (plan, {}))[1][row.revision] = row
    return found


def merged_here(session: Session, cluster_id: int) -> list[tuple[Cluster, Event]]:
    """The issues that were merged into this one, with the events that tell of it, newest first."""
    losers = select(Cluster).where(Cluster.merged_into == cluster_id).order_by(col(Cluster.id).desc()).limit(MANY)
    by_subject = {f"cluster:{loser.id}": loser for loser in session.exec(losers)}
    if not by_subject:
        return []
    query = (
        select(Event)
        .where(col(Event.subject).in_(by_subject), Event.kind == "cluster.merged")
        .order_by(col(Event.id).desc())
    )
    return [(by_subject[event.subject], event) for event in session.exec(query)]


def last_placement(
    session: Session, ticket_id: int, kinds: Collection[str], actor: str, since: datetime
) -> Event | None:
    """The person's newest decision about where the ticket belongs that nobody has taken back."""
    undone = exists().where(col(_Undo.undoes) == col(Event.id))
    query = (
        select(Event)
        .where(col(Event.kind).in_(kinds), Event.actor == actor, col(Event.at) >= since, ~undone)
        .order_by(col(Event.id).desc())
        .limit(MANY)
    )
    return next((event for event in session.exec(query) if ticket_id in event.after["tickets"]), None)


def rejected_issues(session: Session, ticket_id: int) -> list[int]:
    """What a person has called wrong for this ticket."""
    return list(session.exec(select(Rejection.cluster_id).where(Rejection.ticket_id == ticket_id)))


def events_of(
    session: Session, subjects: Sequence[str], kinds: Collection[str], actor: str, since: datetime
) -> list[Event]:
    """What a person did about these since then, newest first."""
    query = (
        select(Event)
        .where(
            col(Event.subject).in_(subjects),
            col(Event.kind).in_(kinds),
            Event.actor == actor,
            col(Event.at) >= since,
        )
        .order_by(col(Event.id).desc())
        .limit(MANY)
    )
    return list(session.exec(query))


def read_at(session: Session, connection: str | None) -> datetime | None:
    """When tickets were last read: of one connection, or the oldest last success of all that are read."""
    query = select(SyncState.connection, func.max(col(SyncState.last_success_at)))
    query = query.where(SyncState.stream == "tickets").group_by(col(SyncState.connection))
    if connection is not None:
        query = query.where(SyncState.connection == connection)
    times = [at for _, at in session.exec(query) if at is not None]
    return min(times, default=None)
