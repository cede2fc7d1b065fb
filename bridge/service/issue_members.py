"""The tickets of an issue as one person may see them: a page of members with the reason, and a few quotes.

Rule: text of a ticket comes only from those that service/scope.py lets the actor read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Subquery, func, true
from sqlalchemy.orm import load_only
from sqlmodel import Session, col, select

from bridge.analysis.diverse import diverse
from bridge.analysis.embedding import Vectors
from bridge.service.access import Actor
from bridge.service.scope import readable_tickets
from bridge.service.similar import middle_of, unpacked
from bridge.store.clusters import Membership
from bridge.store.memberships import is_live
from bridge.store.pushing import OPEN
from bridge.store.tickets import Ticket
from bridge.store.vectors import Vector
from bridge.words import Origin

PAGE = 50
QUOTES = 3
NEWEST = 200
"""Tickets that quotes are chosen from: the newest with a vector."""
QUOTE_LENGTH = 320
MENTIONED = 3


@dataclass(frozen=True, slots=True)
class Member:
    """``confirmed``: a person placed it at ``since``; ``q`` is the model's confidence else. ``why``: phrases of the
    issue that the ticket uses; ``alike``: cosine with the issue's middle, None without a vector. ``told`` is the
    newest revision that its agents got.
    """

    ticket_id: int
    name: str
    connection: str
    url: str | None
    subject: str
    status: str
    is_open: bool
    priority: str
    created_at: datetime
    last_customer_at: datetime
    confirmed: bool
    q: float
    since: datetime
    why: tuple[str, ...]
    alike: float | None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class MembersView:
    """``total`` counts those that the actor may read."""

    rows: tuple[Member, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Of the live tickets of an issue, whoever may read them."""

    total: int
    open: int
    first_at: datetime | None
    last_signal_at: datetime | None


@dataclass(frozen=True, slots=True)
class Quote:
    text: str
    ticket: str
    url: str | None
    priority: str
    at: datetime
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """The newest readable tickets with a vector, and the middle of the newest of all: what quotes, reasons and similar
    issues are made from.
    """

    tickets: Sequence[Ticket]
    vectors: Vectors
    middle: Vectors | None


_NEWEST_FIRST = (col(Ticket.last_customer_at).desc(), col(Ticket.id))
_QUOTED: tuple[Any, ...] = (
    col(Ticket.id),
    col(Ticket.source_id),
    col(Ticket.embed_text),
    col(Ticket.url),
    col(Ticket.priority),
    col(Ticket.last_customer_at),
    col(Ticket.account_ref),
    col(Ticket.requester_domain),
)
_LISTED: tuple[Any, ...] = (
    *_QUOTED,
    col(Ticket.connection),
    col(Ticket.subject),
    col(Ticket.status),
    col(Ticket.created_at),
    col(Ticket.embed_hash),
)


def counts(session: Session, cluster_id: int) -> Counts:
    opened = func.count().filter(col(Ticket.status).in_(OPEN))
    query = (
        select(func.count(), opened, func.min(Ticket.created_at), func.max(Ticket.last_customer_at))
        .select_from(Membership)
        .join(Ticket, col(Ticket.id) == col(Membership.ticket_id))
        .where(Membership.cluster_id == cluster_id, *is_live())
    )
    return Counts(*session.execute(query).one())


def sample(session: Session, actor: Actor, cluster_id: int, model: str) -> Sample:
    has_text = col(Ticket.embed_hash).is_not(None)
    newest = _newest(Membership.cluster_id == cluster_id, has_text, limit=NEWEST)
    readable = readable_tickets(session, actor)
    query = (
        select(Ticket, Vector.data, readable.label("readable"))
        .options(load_only(*_QUOTED, raiseload=True))
        .join(newest, newest.c.id == col(Ticket.id))
        .join(Vector, (col(Vector.content_hash) == col(Ticket.embed_hash)) & (col(Vector.model) == model))
        .order_by(*_NEWEST_FIRST)
    )
    rows = session.execute(query).all()
    vectors = unpacked([row[1] for row in rows])
    mine = [place for place, row in enumerate(rows) if row[2]]
    return Sample([rows[place][0] for place in mine], vectors[mine], middle_of([row[1] for row in rows]))


def quotes(found: Sample) -> list[Ticket]:
    """Tickets to quote: three that differ, each saying something of its own."""
    speaking = [place for place, ticket in enumerate(found.tickets) if words_of(ticket)]
    chosen: list[Ticket] = []
    for place in diverse(found.vectors[speaking], QUOTES * 2):
        ticket = found.tickets[speaking[place]]
        if words_of(ticket) not in map(words_of, chosen):
            chosen.append(ticket)
    return chosen[:QUOTES]


def words_of(ticket: Ticket) -> str:
    """The customer's words without the subject, shortened at a word."""
    subject, _, body = ticket.embed_text.partition("\n")
    text = " ".join((body or subject).split())
    if len(text) <= QUOTE_LENGTH:
        return text
    return text[:QUOTE_LENGTH].rsplit(" ", 1)[0].rstrip(",;:") + " …"


def quoted(tickets: Sequence[Ticket], names: Mapping[int, str]) -> tuple[Quote, ...]:
    return tuple(
        Quote(words_of(t), t.source_id, t.url, t.priority, t.last_customer_at, names.get(t.id or 0)) for t in tickets
    )


def member_page(
    session: Session, actor: Actor, cluster_id: int, page: int, total: int
) -> tuple[list[tuple[Ticket, Membership]], int, int]:
    """One page of readable members, the newest signal first; how many there are; the page that it is.

    ``total``: live tickets of the issue, which need not be counted again for somebody who may read all of them.
    """
    readable = readable_tickets(session, actor)
    mine = (Membership.cluster_id == cluster_id, *is_live(), readable)
    if readable is not true():
        joined = select(func.count()).select_from(Membership).join(Ticket, col(Ticket.id) == col(Membership.ticket_id))
        total = session.exec(joined.where(*mine)).one()
    page = min(max(1, page), max(1, -(-total // PAGE)))
    shown = _newest(*mine, limit=PAGE, offset=(page - 1) * PAGE)
    query = (
        select(Ticket, Membership)
        .options(load_only(*_LISTED, raiseload=True))
        .join(shown, shown.c.id == col(Ticket.id))
        .join(Membership, col(Membership.ticket_id) == col(Ticket.id))
        .order_by(*_NEWEST_FIRST)
    )
    return list(session.exec(query)), total, page


def _newest(*where: Any, limit: int, offset: int = 0) -> Subquery:
    """Ids only: a sort that carried texts and vectors of thousands of tickets would take most of the page's time.

    As a table of its own, because SQLite would begin with all vectors if it were an IN list.
    """
    members = select(Ticket.id).join(Membership, col(Membership.ticket_id) == col(Ticket.id))
    return members.where(*where, *is_live()).order_by(*_NEWEST_FIRST).offset(offset).limit(limit).subquery()


def members_view(
    session: Session,
    rows: Sequence[tuple[Ticket, Membership]],
    total: int,
    page: int,
    *,
    middle: Vectors | None,
    model: str,
    phrases: Sequence[str],
    names: Mapping[int, str],
) -> MembersView:
    alike = _alike(session, [ticket for ticket, _ in rows], middle, model)
    members = tuple(_member(t, m, phrases, alike.get(t.embed_hash or ""), names.get(t.id or 0)) for t, m in rows)
    return MembersView(members, total, page, max(1, -(-total // PAGE)))


def _alike(session: Session, tickets: Sequence[Ticket], middle: Vectors | None, model: str) -> dict[str, float]:
    hashes = {ticket.embed_hash for ticket in tickets if ticket.embed_hash}
    if middle is None or not hashes:
        return {}
    query = select(Vector.content_hash, Vector.data).where(Vector.model == model, col(Vector.content_hash).in_(hashes))
    found = session.execute(query).all()
    values = unpacked([data for _, data in found]) @ middle
    return {content_hash: float(value) for (content_hash, _), value in zip(found, np.atleast_1d(values), strict=True)}


def _member(
    ticket: Ticket, place: Membership, phrases: Sequence[str], alike: float | None, account: str | None
) -> Member:
    text = ticket.embed_text.casefold()
    return Member(
        ticket_id=ticket.id or 0,
        name=ticket.source_id,
        connection=ticket.connection,
        url=ticket.url,
        subject=ticket.subject or "(no subject)",
        status=ticket.status,
        is_open=ticket.status in OPEN,
        priority=ticket.priority,
        created_at=ticket.created_at,
        last_customer_at=ticket.last_customer_at,
        confirmed=place.origin == Origin.HUMAN,
        q=place.q,
        since=place.since,
        why=tuple(p for p in phrases if p.casefold() in text)[:MENTIONED],
        alike=alike,
        account=account,
    )
