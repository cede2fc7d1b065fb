"""Which tickets and issues have a card for whom. Rule: what a supplier's agent may not see looks unknown."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, true
from sqlmodel import Session, col, select

from bridge.analysis.remedy_fields import for_suppliers
from bridge.service.access import Actor
from bridge.service.errors import UnknownId
from bridge.service.scope import may_read, readable_tickets
from bridge.store.card_queries import plans_with_revisions
from bridge.store.clusters import Membership
from bridge.store.tickets import Ticket


def card_tickets(session: Session, actor: Actor) -> ColumnElement[bool]:
    """Own people look up every ticket, though they may not read the text of each; a supplier's agents their own."""
    return readable_tickets(session, actor) if actor.is_outsourced else true()


def unknown_ticket(name: str) -> UnknownId:
    return UnknownId(f"there is no ticket {name} here: check the number, or search by the customer's words")


def own_ticket(session: Session, actor: Actor, ticket_id: int) -> Ticket:
    """The live ticket, if the actor may read it. Raises UnknownId."""
    ticket = session.get(Ticket, ticket_id)
    if ticket is None or ticket.deleted_at is not None or not may_read(session, actor, ticket):
        raise unknown_ticket("of that kind")
    return ticket


def readable_issues(session: Session, actor: Actor, cluster_ids: Collection[int]) -> set[int]:
    """Those with a ticket that the actor may read: their titles are the words of such a ticket's issue."""
    if not actor.is_outsourced:
        return set(cluster_ids)
    query = (
        select(Membership.cluster_id)
        .join(Ticket, col(Ticket.id) == col(Membership.ticket_id))
        .where(col(Membership.cluster_id).in_(cluster_ids), readable_tickets(session, actor))
        .distinct()
    )
    return set(session.exec(query))


def visible_issues(session: Session, actor: Actor, cluster_ids: Collection[int]) -> set[int]:
    """Own people see every issue; a supplier's agents those of their tickets and those with a plan for them."""
    seen = readable_issues(session, actor, cluster_ids)
    if not actor.is_outsourced:
        return seen
    plans = plans_with_revisions(session, cluster_ids)
    return seen | {
        cluster_id
        for cluster_id, (plan, rows) in plans.items()
        if (row := rows.get(plan.approved_revision or 0)) and for_suppliers(row.fields)
    }
