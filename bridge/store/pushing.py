"""What push reads: approved plans that may be quoted, and the open tickets that have not been told yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import exists, update
from sqlmodel import Session, col, select

from bridge.store.clusters import Cluster, Membership
from bridge.store.outbox import OutboxRow
from bridge.store.remedies import Delivery, PlanRevision, RemedyPlan
from bridge.store.tickets import Ticket
from bridge.words import OutboxState, TicketStatus

OPEN = tuple(status.value for status in TicketStatus if status.is_open)


@dataclass(frozen=True, slots=True)
class Untold:
    """An open ticket that is owed the approved revision of a plan."""

    ticket_id: int
    connection: str
    source_id: str


def quotable_plans(session: Session) -> Sequence[tuple[RemedyPlan, PlanRevision, Cluster]]:
    """Plans with an approved revision that nothing contradicts, of living clusters."""
    query = (
        select(RemedyPlan, PlanRevision, Cluster)
        .join(PlanRevision, col(PlanRevision.plan_id) == col(RemedyPlan.id))
        .join(Cluster, col(Cluster.id) == col(RemedyPlan.cluster_id))
        .where(
            col(PlanRevision.revision) == col(RemedyPlan.approved_revision),
            col(RemedyPlan.tracker_conflict).is_(None),
            col(Cluster.merged_into).is_(None),
        )
        .order_by(col(RemedyPlan.id))
    )
    return list(session.exec(query))


def still_stands(session: Session, plan: RemedyPlan) -> bool:
    """Whether the plan, read earlier, is still approved in the same revision without a contradiction."""
    query = select(RemedyPlan.approved_revision, RemedyPlan.tracker_conflict).where(RemedyPlan.id == plan.id)
    return session.exec(query.with_for_update()).one() == (plan.approved_revision, None)


def untold_tickets(session: Session, plan: RemedyPlan, connections: Collection[str]) -> list[Untold]:
    """Open live members on these connections without a delivery of the plan's approved revision."""
    told = exists().where(
        col(Delivery.ticket_id) == col(Ticket.id),
        col(Delivery.plan_id) == plan.id,
        col(Delivery.revision) == plan.approved_revision,
    )
    query = (
        select(Ticket.id, Ticket.connection, Ticket.source_id)
        .join(Membership, col(Membership.ticket_id) == col(Ticket.id))
        .where(
            Membership.cluster_id == plan.cluster_id,
            col(Ticket.connection).in_(connections),
            col(Ticket.status).in_(OPEN),
            col(Ticket.deleted_at).is_(None),
            col(Ticket.merged_into).is_(None),
            ~told,
        )
        .order_by(col(Ticket.id))
    )
    return [Untold(id_ or 0, connection, source_id) for id_, connection, source_id in session.exec(query)]


def close_superseded(session: Session, ticket_id: int) -> None:
    """In the ledger, too: a queued note whose outbox row was overtaken will not be sent."""
    overtaken = select(OutboxRow.key).where(OutboxRow.state == OutboxState.SUPERSEDED)
    session.execute(
        update(Delivery)
        .where(
            col(Delivery.ticket_id) == ticket_id,
            col(Delivery.state) == "queued",
            col(Delivery.outbox_key).in_(overtaken),
        )
        .values(state=OutboxState.SUPERSEDED.value)
    )
