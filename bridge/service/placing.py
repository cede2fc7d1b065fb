"""What an agent decides about the ticket in front of them: same issue, wrong issue, an issue of its own; and back.

Rule: each is one click, an event of its own and undone by its author; a person's placement is never overruled by the
model, and a ticket that was called wrong is never put back by it.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from bridge.service.access import Actor, Permission, require
from bridge.service.card_scope import own_ticket, visible_issues
from bridge.service.clusters import living, take_back
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.nearness import second_fellows
from bridge.service.putting import keep_answers, left, living_id, put, refuse, remembered, subject
from bridge.store.card_queries import live_members, place_of
from bridge.store.events import Event, record
from bridge.store.grouping_queries import candidates_of, drop_candidates
from bridge.store.memberships import open_cluster, unplace
from bridge.store.sync import bump
from bridge.words import display_id

CONFIRMED, REJECTED = "membership.confirmed", "membership.rejected"


def confirm_same(session: Session, actor: Actor, ticket_id: int, cluster_id: int, *, at: datetime) -> Event:
    """The ticket belongs to this issue. Saying it again changes nothing but who said it last."""
    require(actor, Permission.GIVE_FEEDBACK)
    ticket = own_ticket(session, actor, ticket_id)
    cluster = living(session, cluster_id)
    if not visible_issues(session, actor, [cluster.id or 0]):
        raise UnknownId(f"there is no issue {display_id(cluster_id)} here: search by the customer's words")
    return put(session, actor, CONFIRMED, [ticket.id or 0], cluster, at=at)


def new_issue(session: Session, actor: Actor, ticket_id: int, *, at: datetime) -> Event:
    """The ticket is an issue of its own; the model leaves it so. Where it waited between candidates, none of those that
    the actor may know of is right.
    """
    require(actor, Permission.GIVE_FEEDBACK)
    ticket = own_ticket(session, actor, ticket_id)
    placed = place_of(session, ticket_id)
    alone = placed is not None and live_members(session, placed[1].id or 0) <= 1
    cluster = placed[1] if placed and alone else open_cluster(session, ticket.subject or "Ticket without words", at)
    return put(session, actor, CONFIRMED, [ticket_id], cluster, at=at, unseen=_unseen(session, actor, ticket_id))


def wrong_issue(session: Session, actor: Actor, ticket_id: int, *, at: datetime) -> Event:
    """The ticket leaves its issue; the next grouping finds it another place, never this one."""
    require(actor, Permission.GIVE_FEEDBACK)
    own_ticket(session, actor, ticket_id)
    placed = place_of(session, ticket_id)
    if placed is None:
        raise ServiceError("this ticket belongs to no issue: there is nothing to take it out of")
    member, cluster = placed
    id_ = cluster.id or 0
    (before,) = remembered(session, [member])
    said = left(session, before, second_fellows(session, [ticket_id], id_).get(ticket_id))
    refused = refuse(session, [(ticket_id, id_)])
    unplace(session, [ticket_id])
    drop_candidates(session, [ticket_id])
    bump(session, "clusters")
    event = record(
        session,
        REJECTED,
        subject(id_),
        actor=actor.name,
        at=at,
        before={"placements": [before]},
        after={"cluster": id_, "tickets": [ticket_id], "rejected": refused},
    )
    keep_answers(session, event, {ticket_id: said})
    return event


def undo_own(session: Session, actor: Actor, event_id: int, *, at: datetime) -> Event:
    """Take one's own placement back, once."""
    require(actor, Permission.GIVE_FEEDBACK)
    event = session.get(Event, event_id)
    if event is None or event.kind not in (CONFIRMED, REJECTED) or event.actor != actor.name:
        raise ServiceError("this is no placement of yours: ask a product manager to undo it")
    for ticket_id in event.after["tickets"]:
        own_ticket(session, actor, ticket_id)
    if session.exec(select(Event.id).where(Event.undoes == event_id)).first() is not None:
        raise ServiceError("this was taken back already")
    return take_back(session, actor, event, at)


def _unseen(session: Session, actor: Actor, ticket_id: int) -> set[int]:
    """Candidates that the actor may not know of: they say nothing of them."""
    living_ids = {living_id(session, row.cluster_id) for row in candidates_of(session, [ticket_id]).get(ticket_id, ())}
    return living_ids - visible_issues(session, actor, living_ids)
