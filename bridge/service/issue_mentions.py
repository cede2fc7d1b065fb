"""Tickets that speak of an issue beside their own, and the issues that a ticket speaks of so. They do not score.

Rule: text of a ticket comes only from those that service/scope.py lets the actor read, and the name of an issue only
where they may see it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bridge.service.access import Actor, Permission, may
from bridge.service.account_names import without_names
from bridge.service.card_scope import visible_issues
from bridge.service.issue_members import shortened
from bridge.service.scope import readable_tickets
from bridge.store.grouping_queries import clusters_by_id
from bridge.store.segments import secondary_of, spoken_of
from bridge.store.tickets import Ticket
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


@dataclass(frozen=True, slots=True)
class Also:
    """An issue that a ticket speaks of beside its own. ``said``: its words; empty where they are not the reader's."""

    issue: str
    title: str
    said: str


def also(session: Session, actor: Actor, ticket: Ticket, *, readable: bool) -> tuple[Also, ...]:
    """In the order of the text. ``readable``: whether the actor may read this ticket."""
    spoken = spoken_of(session, ticket)
    visible = visible_issues(session, actor, [cluster for cluster, *_ in spoken])
    titles = {id_: cluster.title for id_, cluster in clusters_by_id(session, visible).items()}

    def plain(text: str) -> str:
        return text if may(actor, Permission.READ_VALUE) else without_names(session, [text], ticket.account_ref)[0]

    return tuple(
        Also(
            display_id(cluster),
            plain(titles[cluster]),
            plain(shortened(ticket.embed_text[begins:ends])) if readable else "",
        )
        for cluster, begins, ends in spoken
        if cluster in titles
    )
