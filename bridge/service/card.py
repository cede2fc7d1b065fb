"""The agent card: what may I tell this customer? Built for one reader, one ticket or issue, one instant.

Rule: everything comes from the own database by a bounded number of queries; nothing waits for a desk or a tracker.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import true
from sqlmodel import Session

from bridge.service import feedback
from bridge.service.access import Actor, Permission, may, require
from bridge.service.card_issue import Told, told_issue
from bridge.service.card_scope import card_tickets, unknown_ticket, visible_issues
from bridge.service.card_suggestions import suggestions
from bridge.service.card_view import Card, Said, Suggestion, TicketRef
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
from bridge.service.scope import readable_tickets
from bridge.store.card_queries import Around, around, done_by, place_of, read_at, ticket_at
from bridge.store.clusters import Cluster, Membership
from bridge.store.events import Event
from bridge.store.tickets import Ticket
from bridge.words import Origin, Zone, display_id

FRESH = timedelta(minutes=15)
"""Tickets that were read longer ago make the card say so."""
UNDOABLE = timedelta(days=1)
_ACT = {CONFIRMED: "same", REJECTED: "wrong"}


def card(session: Session, actor: Actor, connection: str, number: str, *, at: datetime) -> Card:
    """The card of a ticket. Raises UnknownId for one that is not there, or is none of the reader's business."""
    require(actor, Permission.READ_CARD)
    readable = readable_tickets(session, actor)
    found = ticket_at(session, connection, number, readable if actor.is_outsourced else true(), readable)
    if found is None:
        raise unknown_ticket(number)
    ticket, may_read = found
    placed = place_of(session, ticket.id or 0)
    if placed is None:
        return _without_issue(session, actor, ticket, may_read, None, at)
    member, cluster = placed
    told = told_issue(session, actor, living(session, cluster.id or 0), at)
    there = around(session, told.cluster.id or 0, connection, actor.user_id)
    if there.members <= 1 and member.origin == Origin.MODEL and told.nobody_cared:
        waits = member.zone == Zone.REVIEW
        return _without_issue(session, actor, ticket, may_read, cluster, at, waits=waits)
    return _with_issue(session, actor, told, there, at, ticket=ticket, member=member, readable=may_read)


def card_ticket(
    session: Session, actor: Actor, connection: str, number: str, *, at: datetime
) -> tuple[int, int | None]:
    """(ticket, the issue whose plan its card shows) by their ids in the database. Raises UnknownId."""
    require(actor, Permission.READ_CARD)
    visible = card_tickets(session, actor)
    found = ticket_at(session, connection, number, visible, visible)
    if found is None:
        raise unknown_ticket(number)
    ticket = found[0]
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
    told = told_issue(session, actor, cluster, at)
    return _with_issue(session, actor, told, around(session, told.cluster.id or 0, None, actor.user_id), at)


def _with_issue(
    session: Session,
    actor: Actor,
    told: Told,
    there: Around,
    at: datetime,
    *,
    ticket: Ticket | None = None,
    member: Membership | None = None,
    readable: bool = False,
) -> Card:
    ticket_id = ticket.id if ticket else None
    said, undo = _done(session, actor, told, ticket_id, at)
    asked = ticket is not None and member is not None and readable and member.zone == Zone.REVIEW
    found = suggestions(session, actor, ticket, told.cluster, at, waits=True) if ticket and asked else ()
    return Card(
        ticket=_ref(ticket, readable=readable) if ticket else None,
        issue=display_id(told.cluster.id or 0),
        lamp=lamp(told),
        say=say(session, told, ticket, at),
        workaround=what_to_do(told, ticket),
        fix=when_fixed(told, ticket, at),
        caution=caution(told),
        why=why(session, told, ticket if readable else None, member, there),
        escalate=escalation(told),
        watching=there.watched,
        conflict=told.standing.conflict,
        read_at=_too_old(there.read_at, at),
        said=said,
        undo=undo.id if undo else None,
        undone_act=_ACT[undo.kind] if undo else None,
        may_place=readable and may(actor, Permission.GIVE_FEEDBACK),
        suggestions=tuple(one for one in found if one.near),
        doubt=_doubt(found),
    )


def _without_issue(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    readable: bool,
    own: Cluster | None,
    at: datetime,
    *,
    waits: bool = False,
) -> Card:
    found = suggestions(session, actor, ticket, own, at, waits=waits) if readable else ()
    _, undo = _done(session, actor, None, ticket.id, at)
    return Card(
        ticket=_ref(ticket, readable=readable),
        issue=None,
        lamp=no_issue_lamp(ticket, at),
        say=received(ticket),
        workaround=what_to_do(None, ticket),
        fix=when_fixed(None, ticket, at),
        caution=caution(None),
        why=None,
        escalate=escalation(None),
        read_at=_too_old(read_at(session, ticket.connection), at),
        undo=undo.id if undo else None,
        undone_act=_ACT[undo.kind] if undo else None,
        may_place=readable and may(actor, Permission.GIVE_FEEDBACK),
        suggestions=found,
        doubt=_doubt(found),
    )


def _doubt(found: tuple[Suggestion, ...]) -> tuple[str, ...]:
    """What the model itself is not sure of."""
    return tuple(one.issue for one in found if one.near)


def _ref(ticket: Ticket, *, readable: bool) -> TicketRef:
    return TicketRef(ticket.connection, ticket.source_id, ticket.url, ticket.subject if readable else None)


def _done(
    session: Session, actor: Actor, told: Told | None, ticket_id: int | None, at: datetime
) -> tuple[tuple[Said, ...], Event | None]:
    """What the reader told of this issue lately, one of a kind, and their own placement that can be taken back."""
    subject = f"cluster:{told.cluster.id}" if told else None
    events = done_by(session, actor.name, subject, list(feedback.BY_KIND), list(_ACT), at - feedback.SHOWN)
    said: dict[str, Said] = {}
    for event in events:
        act = feedback.BY_KIND.get(event.kind)
        if told and act and (act == "ask_owner" or event.after["ticket"] == ticket_id):
            whom = told.standing.trust.confirmed_by if act == "ask_owner" else None
            said.setdefault(act, Said(act, event.at, whom))
    placed = [e for e in events if e.kind in _ACT and e.at >= at - UNDOABLE and ticket_id in e.after["tickets"]]
    return tuple(said.values()), placed[0] if placed else None


def _too_old(read: datetime | None, at: datetime) -> datetime | None:
    return read if read is not None and at - read > FRESH else None
