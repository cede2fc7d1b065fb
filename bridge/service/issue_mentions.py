"""Tickets that speak of an issue beside their own: a part of each belongs here. They do not score.

Rule: text of a ticket comes only from those that service/scope.py lets the actor read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bridge.service.access import Actor
from bridge.service.issue_members import shortened
from bridge.service.scope import readable_tickets
from bridge.store.segments import secondary_of
from bridge.words import display_id

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Mention:
    """``said``: the part of the ticket that speaks of this issue. ``issue``: where the whole ticket belongs."""

    ticket_id: int
    name: str
    connection: str
    url: str | None
    subject: str
    said: str
    last_customer_at: datetime
    issue: str | None


@dataclass(frozen=True, slots=True)
class Mentions:
    """The newest; ``total`` there are that the actor may read."""

    rows: tuple[Mention, ...]
    total: int


def mentions(session: Session, actor: Actor, cluster_id: int) -> Mentions:
    rows, total = secondary_of(session, cluster_id, readable_tickets(session, actor), SHOWN)
    return Mentions(
        tuple(
            Mention(
                ticket_id=ticket.id or 0,
                name=ticket.source_id,
                connection=ticket.connection,
                url=ticket.url,
                subject=ticket.subject or "(no subject)",
                said=shortened(ticket.embed_text[part.begins : part.ends]),
                last_customer_at=ticket.last_customer_at,
                issue=display_id(own) if own else None,
            )
            for ticket, part, own in rows
        ),
        total,
    )
