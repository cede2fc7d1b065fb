"""The tickets of an issue as one person may see them: a page of members with the reason, and a few quotes.

Rule: text of a ticket comes only from those that service/scope.py lets the actor read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Subquery, func, true
from sqlmodel import Session, col, select

from bridge.analysis.diverse import diverse
from bridge.analysis.embedding import Vectors
from bridge.service.access import Actor
from bridge.service.calibration import percentages
from bridge.service.scope import readable_tickets
from bridge.service.similar import middle_of, unpacked
from bridge.store.clusters import Membership
from bridge.store.memberships import is_live
from bridge.store.pushing import OPEN
from bridge.store.tickets import Ticket
from bridge.store.vectors import Vector, sound
from bridge.words import Origin

PAGE = 50
QUOTES = 3
NEWEST = 60
"""Tickets that quotes are chosen from, and that tell the issue's middle: the newest."""
QUOTE_LENGTH = 320
SENTENCE = 4
"""Words; fewer are a name, a greeting or a subject."""
MENTIONED = 3


class TicketRow(NamedTuple):
    """The columns of a ticket that the page shows; a whole row costs ten times as much to read."""

    id: int
    source_id: str
    connection: str
    url: str | None
    subject: str
    embed_text: str
    embed_hash: str | None
    status: str
    priority: str
    created_at: datetime
    last_customer_at: datetime
    account_ref: str | None
    requester_domain: str | None


_COLUMNS = tuple(col(getattr(Ticket, name)) for name in TicketRow._fields)


class PlaceRow(NamedTuple):
    """The membership of a ticket."""

    q: float
    origin: str
    since: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class Member:
    """``confirmed``: a person placed it at ``since``; ``q`` is the model's confidence else, ``zone`` how sure that is.

    ``why``: phrases of the issue that the ticket uses; ``alike``: cosine with its middle, None without a vector.
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
    zone: str
    why: tuple[str, ...]
    alike: float | None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class MembersView:
    """``total`` counts those that the actor may read; ``percentages``: whether ``q`` rests on people's answers."""

    rows: tuple[Member, ...]
    total: int
    page: int
    pages: int
    percentages: bool = False


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

    tickets: Sequence[TicketRow]
    vectors: Vectors
    middle: Vectors | None


_NEWEST_FIRST = (col(Ticket.last_customer_at).desc(), col(Ticket.id))


def sample(session: Session, actor: Actor, cluster_id: int, model: str) -> Sample:
    newest = _newest(Membership.cluster_id == cluster_id, *is_live(), limit=NEWEST)
    query = (
        select(*_COLUMNS, readable_tickets(session, actor).label("readable"))  # type: ignore[call-overload]
        .join(newest, newest.c.id == col(Ticket.id))
        .order_by(*_NEWEST_FIRST)
    )
    found = [(TicketRow(*row[:-1]), bool(row[-1])) for row in session.execute(query)]
    packed = _vectors(session, model, [ticket for ticket, _ in found])
    rows = [(ticket, mine) for ticket, mine in found if ticket.embed_hash in packed]
    vectors = unpacked([packed[ticket.embed_hash or ""] for ticket, _ in rows])
    mine = [place for place, (_, readable) in enumerate(rows) if readable]
    return Sample([rows[place][0] for place in mine], vectors[mine], middle_of(vectors))


def _vectors(session: Session, model: str, tickets: Sequence[TicketRow]) -> dict[str, bytes]:
    hashes = {ticket.embed_hash for ticket in tickets if ticket.embed_hash}
    if not hashes:
        return {}
    columns = select(Vector.content_hash, Vector.data, Vector.crc)
    query = columns.where(Vector.model == model, col(Vector.content_hash).in_(hashes))
    return dict(sound((name, data, crc) for name, data, crc in session.execute(query)))


def quotes(found: Sample) -> list[TicketRow]:
    """Tickets to quote: three that differ, each saying something of its own, in a sentence where anybody writes one."""
    said = [len(words_of(ticket).split()) for ticket in found.tickets]
    least = SENTENCE if max(said, default=0) >= SENTENCE else 1
    speaking = [place for place, words in enumerate(said) if words >= least]
    chosen: list[TicketRow] = []
    for place in diverse(found.vectors[speaking], QUOTES * 2):
        ticket = found.tickets[speaking[place]]
        if words_of(ticket) not in map(words_of, chosen):
            chosen.append(ticket)
    return chosen[:QUOTES]


def words_of(ticket: TicketRow) -> str:
    """The customer's words without the subject, shortened at a word."""
    return excerpt(ticket.embed_text)


def excerpt(embed_text: str) -> str:
    """The beginning of what a customer wrote below the subject, which is its first line."""
    subject, _, body = embed_text.partition("\n")
    return shortened(body or subject)


def shortened(text: str) -> str:
    """On one line, cut at a word."""
    text = " ".join(text.split())
    if len(text) <= QUOTE_LENGTH:
        return text
    return text[:QUOTE_LENGTH].rsplit(" ", 1)[0].rstrip(",;:") + " …"


def quoted(tickets: Sequence[TicketRow], names: Mapping[int, str]) -> tuple[Quote, ...]:
    return tuple(
        Quote(words_of(t), t.source_id, t.url, t.priority, t.last_customer_at, names.get(t.id)) for t in tickets
    )


def member_page(
    session: Session, actor: Actor, cluster_id: int, page: int, total: int
) -> tuple[list[tuple[TicketRow, PlaceRow]], int, int]:
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
        select(*_COLUMNS, Membership.q, Membership.origin, Membership.since, Membership.zone)  # type: ignore[call-overload]
        .join(Membership, col(Membership.ticket_id) == col(Ticket.id))
        .join(shown, shown.c.id == col(Ticket.id))
        .order_by(*_NEWEST_FIRST)
    )
    width = len(_COLUMNS)
    rows = [(TicketRow(*row[:width]), PlaceRow(*row[width:])) for row in session.execute(query)]
    return rows, total, page


def _newest(*where: Any, limit: int, offset: int = 0) -> Subquery:
    """Ids only: a sort that carried the texts of thousands of tickets would take much of the page's time.

    As a table of its own, because SQLite would begin elsewhere if it were an IN list.
    """
    members = select(Ticket.id).join(Membership, col(Membership.ticket_id) == col(Ticket.id))
    return members.where(*where).order_by(*_NEWEST_FIRST).offset(offset).limit(limit).subquery()


def members_view(
    session: Session,
    rows: Sequence[tuple[TicketRow, PlaceRow]],
    total: int,
    page: int,
    *,
    middle: Vectors | None,
    model: str,
    phrases: Sequence[str],
    names: Mapping[int, str],
) -> MembersView:
    alike = _alike(session, [ticket for ticket, _ in rows], middle, model)
    members = tuple(_member(t, m, phrases, alike.get(t.embed_hash or ""), names.get(t.id)) for t, m in rows)
    return MembersView(members, total, page, max(1, -(-total // PAGE)), percentages(session))


def _alike(session: Session, tickets: Sequence[TicketRow], middle: Vectors | None, model: str) -> dict[str, float]:
    packed = _vectors(session, model, tickets) if middle is not None else {}
    if middle is None or not packed:
        return {}
    values = unpacked(list(packed.values())) @ middle
    return {content_hash: float(value) for content_hash, value in zip(packed, values, strict=True)}


def _member(
    ticket: TicketRow, place: PlaceRow, phrases: Sequence[str], alike: float | None, account: str | None
) -> Member:
    text = ticket.embed_text.casefold()
    return Member(
        ticket_id=ticket.id,
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
        zone=place.zone,
        why=tuple(p for p in phrases if p.casefold() in text)[:MENTIONED],
        alike=alike,
        account=account,
    )
