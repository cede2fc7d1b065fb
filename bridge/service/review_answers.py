"""Answers to the review queue: the ticket belongs to one of its candidates, or to none of them.

Rule: an answer is a person's decision like any other, an event with undo; what nobody asks any more is not answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from bridge.service.access import Actor, Permission, require
from bridge.service.card_scope import own_ticket, visible_issues
from bridge.service.clusters import living
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.placing import CONFIRMED, new_issue
from bridge.service.putting import put
from bridge.service.scope import readable_tickets
from bridge.store.events import Event
from bridge.store.grouping import Candidate
from bridge.store.grouping_queries import candidates_of, memberships_of
from bridge.store.memberships import redirects
from bridge.store.sync import bump
from bridge.store.tickets import Ticket
from bridge.words import Zone, display_id

MOST = 200
"""Tickets that are confirmed at once."""


def belongs(
    session: Session,
    actor: Actor,
    ticket_ids: Sequence[int],
    cluster_id: int,
    *,
    at: datetime,
    reason: str | None = None,
) -> Event:
    """These waiting tickets belong to one of their candidates: one decision. Raises ServiceError, UnknownId."""
    require(actor, Permission.GIVE_FEEDBACK)
    ids = list(dict.fromkeys(ticket_ids))
    if not ids or len(ids) > MOST:
        raise ServiceError(f"choose the tickets first, at most {MOST} at once")
    cluster = living(session, cluster_id)
    if not visible_issues(session, actor, [cluster.id or 0]):
        raise UnknownId(f"there is no issue {display_id(cluster_id)} here: search by the customer's words")
    bump(session, "clusters")  # holds the lock of decisions: nobody else answers meanwhile
    asked = _asked(session, actor, ids)
    behind = redirects(session)
    for ticket_id, rows in asked.items():
        if cluster.id not in {behind.get(row.cluster_id, row.cluster_id) for row in rows}:
            raise ServiceError(
                f"{display_id(cluster.id or 0)} is no candidate of ticket {_number(session, ticket_id)}: load the page"
                " anew, or move the ticket on the issue's page"
            )
    return put(session, actor, CONFIRMED, ids, cluster, at=at, reason=reason)


def neither(session: Session, actor: Actor, ticket_id: int, *, at: datetime) -> Event:
    """The ticket is an issue of its own: the model puts it into none of its candidates. Raises as ``belongs``."""
    require(actor, Permission.GIVE_FEEDBACK)
    bump(session, "clusters")
    _asked(session, actor, [ticket_id])
    return new_issue(session, actor, ticket_id, at=at)


@dataclass(frozen=True, slots=True)
class Answered:
    """What one has just said. ``issue``: where the tickets belong; ``own``: it is an issue of theirs alone."""

    event: int
    tickets: tuple[str, ...]
    issue: str
    own: bool


def answered(session: Session, actor: Actor, event_id: int) -> Answered | None:
    """The actor's own answer, while it can be taken back; None for anything else."""
    event = session.get(Event, event_id)
    if event is None or event.kind != CONFIRMED or event.actor != actor.name:
        return None
    if session.exec(select(Event.id).where(Event.undoes == event_id)).first() is not None:
        return None
    query = select(Ticket.source_id).where(col(Ticket.id).in_(event.after["tickets"]), readable_tickets(session, actor))
    target = event.after["cluster"]
    own = {p["cluster"] for p in event.before["placements"]} == {target}
    return Answered(event_id, tuple(session.exec(query.order_by(col(Ticket.id)))), display_id(target), own)


def _asked(session: Session, actor: Actor, ids: Sequence[int]) -> dict[int, list[Candidate]]:
    """The candidates of each, if all of them still wait."""
    tickets = {id_: own_ticket(session, actor, id_) for id_ in ids}
    rows = candidates_of(session, ids)
    waits = {row.ticket_id for row in memberships_of(session, ids) if row.zone == Zone.REVIEW and row.ticket_id in rows}
    for id_, ticket in tickets.items():
        if id_ not in waits:
            raise ServiceError(
                f"ticket {ticket.source_id} waits no more: somebody has answered, or it was grouped anew"
            )
    return {id_: rows[id_] for id_ in ids}


def _number(session: Session, ticket_id: int) -> str:
    return session.get_one(Ticket, ticket_id).source_id
