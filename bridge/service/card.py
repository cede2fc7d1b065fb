"""The agent card: what may I tell this customer? Built for one reader, one ticket or issue, one instant.

Rule: everything comes from the own database by a bounded number of queries; nothing waits for a desk or a tracker.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from bridge.service import feedback
from bridge.service.access import Actor, Permission, may, require
from bridge.service.card_issue import Told, told_issue
from bridge.service.card_scope import card_tickets, unknown_ticket, visible_issues
from bridge.service.card_suggestions import suggestions
from bridge.service.card_view import Card, Said, TicketRef
from bridge.service.card_words import (
    caution,
    escalation,
    lamp,
    no_issue_lamp,
    received,
    say,
    what_to_do,
    when_fixed,
    why,
)
from bridge.service.clusters import living
from bridge.service.errors import UnknownId
from bridge.service.placing import CONFIRMED, REJECTED
from bridge.service.scope import may_read
from bridge.store.card_queries import last_placement, live_members, place_of, read_at, ticket_at
from bridge.store.clusters import Cluster, Membership
from bridge.store.tickets import Ticket
from bridge.words import Origin, display_id

FRESH = timedelta(minutes=15)
"""Tickets that were read longer ago make the card say so."""
UNDOABLE = timedelta(days=1)


def card(session: Session, actor: Actor, connection: str, number: str, *, at: datetime) -> Card:
    """The card of a ticket. Raises UnknownId for one that is not there, or is none of the reader's business."""
    require(actor, Permission.READ_CARD)
    ticket = ticket_at(session, connection, number, card_tickets(session, actor))
    if ticket is None:
        raise unknown_ticket(number)
    readable = may_read(session, actor, ticket)
    ref = TicketRef(ticket.connection, ticket.source_id, ticket.url, ticket.subject if readable else None)
    placed = place_of(session, ticket.id or 0)
    if placed is None:
        return _without_issue(session, actor, ticket, ref, readable=readable, own=None, at=at)
    member, cluster = placed
    told = told_issue(session, actor, living(session, cluster.id or 0), at)
    members = live_members(session, cluster.id or 0)
    if members <= 1 and member.origin == Origin.MODEL and told.nobody_cared:
        return _without_issue(session, actor, ticket, ref, readable=readable, own=cluster, at=at)
    return _with_issue(session, actor, told, at, ticket=ticket, ref=ref, member=member, readable=readable)


def card_ticket(
    session: Session, actor: Actor, connection: str, number: str, *, at: datetime
) -> tuple[int, int | None]:
    """(ticket, the issue whose plan its card shows) by their ids in the database. Raises UnknownId."""
    require(actor, Permission.READ_CARD)
    ticket = ticket_at(session, connection, number, card_tickets(session, actor))
    if ticket is None:
        raise unknown_ticket(number)
    placed = place_of(session, ticket.id or 0)
    if placed is None:
        return ticket.id or 0, None
    return ticket.id or 0, told_issue(session, actor, living(session, placed[1].id or 0), at).cluster.id


def issue_card(session: Session, actor: Actor, cluster_id: int, *, at: datetime) -> Card:
    """The card of an issue, for an agent who searched by words and has no ticket. Raises UnknownId."""
    require(actor, Permission.READ_CARD)
    cluster = living(session, cluster_id)
    if not visible_issues(session, actor, [cluster.id or 0]):
        raise UnknownId(f"there is no issue {display_id(cluster_id)} here: search by the customer's words")
    return _with_issue(session, actor, told_issue(session, actor, cluster, at), at)


def _with_issue(
    session: Session,
    actor: Actor,
    told: Told,
    at: datetime,
    *,
    ticket: Ticket | None = None,
    ref: TicketRef | None = None,
    member: Membership | None = None,
    readable: bool = False,
) -> Card:
    cluster_id = told.cluster.id or 0
    ticket_id = ticket.id if ticket else None
    undo, act = _undo(session, actor, ticket_id, at)
    return Card(
        ticket=ref,
        issue=display_id(cluster_id),
        lamp=lamp(told),
        say=say(session, told, ticket, at),
        workaround=what_to_do(told, ticket),
        fix=when_fixed(told, ticket, at),
        caution=caution(told),
        why=why(session, told, ticket if readable else None, member),
        escalate=escalation(told),
        watching=feedback.watches(session, actor, cluster_id),
        conflict=told.standing.conflict,
        read_at=_too_old(read_at(session, ticket.connection if ticket else None), at),
        said=_said(session, actor, told, ticket_id, at),
        undo=undo,
        undone_act=act,
        may_place=readable and may(actor, Permission.GIVE_FEEDBACK),
    )


def _without_issue(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    ref: TicketRef,
    *,
    readable: bool,
    own: Cluster | None,
    at: datetime,
) -> Card:
    undo, act = _undo(session, actor, ticket.id, at)
    return Card(
        ticket=ref,
        issue=None,
        lamp=no_issue_lamp(ticket, at),
        say=received(ticket),
        workaround=what_to_do(None, ticket),
        fix=when_fixed(None, ticket, at),
        caution=caution(None),
        why=None,
        escalate=escalation(None),
        read_at=_too_old(read_at(session, ticket.connection), at),
        undo=undo,
        undone_act=act,
        may_place=readable and may(actor, Permission.GIVE_FEEDBACK),
        suggestions=suggestions(session, actor, ticket, own, at) if readable else (),
    )


def _said(session: Session, actor: Actor, told: Told, ticket_id: int | None, at: datetime) -> tuple[Said, ...]:
    events = feedback.told_by(session, actor, told.cluster.id or 0, ticket_id, at)
    asked = told.standing.trust.confirmed_by
    return tuple(
        Said(act, event.at, asked if act == "ask_owner" else None)
        for event in events
        if (act := feedback.BY_KIND[event.kind])
    )


def _undo(session: Session, actor: Actor, ticket_id: int | None, at: datetime) -> tuple[int | None, str | None]:
    if ticket_id is None:
        return None, None
    event = last_placement(session, ticket_id, (CONFIRMED, REJECTED), actor.name, at - UNDOABLE)
    return (event.id, "same" if event.kind == CONFIRMED else "wrong") if event else (None, None)


def _too_old(read: datetime | None, at: datetime) -> datetime | None:
    return read if read is not None and at - read > FRESH else None
