"""The parts of long tickets, and the issues that a part speaks of beside the ticket's own.

Rule: parts count only as long as the text is the one that was divided; which texts are to be divided is a query.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from bridge.store.clusters import Membership, Rejection
from bridge.store.grouping import SecondaryMembership
from bridge.store.memberships import CHUNK, is_live, redirects
from bridge.store.tickets import Ticket, TicketSegment
from bridge.store.upsert import insert_rows
from bridge.store.vectors import Vector, sound


@dataclass(frozen=True, slots=True)
class Divided:
    """A ticket's text when it was divided (``embed_hash``), and its parts: (begins, ends, content hash)."""

    ticket_id: int
    embed_hash: str | None
    parts: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A row of ``SecondaryMembership``."""

    cluster_id: int
    begins: int
    ends: int
    similarity: float


def undivided(session: Session, short: int, limit: int) -> list[tuple[int, str | None, str]]:
    """(ticket id, hash, text) of live tickets longer than ``short``, and of those that were divided as another text."""
    new = and_(
        col(Ticket.divided_hash).is_(None),
        col(Ticket.embed_hash).is_not(None),
        func.length(col(Ticket.embed_text)) > short,
    )
    changed = and_(
        col(Ticket.divided_hash).is_not(None), col(Ticket.divided_hash).is_distinct_from(col(Ticket.embed_hash))
    )
    query = select(Ticket.id, Ticket.embed_hash, Ticket.embed_text).where(
        col(Ticket.deleted_at).is_(None), or_(new, changed)
    )
    return [(id_ or 0, hash_, text) for id_, hash_, text in session.exec(query.order_by(col(Ticket.id)).limit(limit))]


def keep_parts(session: Session, divided: Sequence[Divided]) -> None:
    """In place of what these tickets had; what a part of a former text spoke of goes, too.

    A ticket whose text has changed meanwhile is left for the next time.
    """
    for start in range(0, len(divided), CHUNK):
        some = {one.ticket_id: one for one in divided[start : start + CHUNK]}
        rows = session.exec(select(Ticket.id, Ticket.embed_hash).where(col(Ticket.id).in_(some)).with_for_update())
        same = [id_ or 0 for id_, embed_hash in rows if some[id_ or 0].embed_hash == embed_hash]
        for said_of in (TicketSegment, SecondaryMembership):
            session.execute(delete(said_of).where(col(said_of.ticket_id).in_(same)))
        session.execute(update(Ticket).where(col(Ticket.id).in_(same)).values(divided_hash=col(Ticket.embed_hash)))
        parts = [
            {"ticket_id": id_, "begins": begins, "ends": ends, "content_hash": content_hash}
            for id_ in same
            for begins, ends, content_hash in some[id_].parts
        ]
        insert_rows(session, TicketSegment, parts)


def part_vectors(
    session: Session, model: str, ticket_ids: Sequence[int]
) -> Iterator[list[tuple[tuple[int, int, int], bytes]]]:
    """((ticket, begins, ends), packed vector) of the parts of these tickets, those of some hundred at once."""
    for start in range(0, len(ticket_ids), CHUNK):
        query = (
            select(TicketSegment.ticket_id, TicketSegment.begins, TicketSegment.ends, Vector.data, Vector.crc)  # type: ignore[call-overload]
            .join(Ticket, col(Ticket.id) == col(TicketSegment.ticket_id))
            .join(Vector, (col(Vector.content_hash) == col(TicketSegment.content_hash)) & (col(Vector.model) == model))
            .where(col(TicketSegment.ticket_id).in_(ticket_ids[start : start + CHUNK]), *is_live(), _undisturbed())
            .order_by(col(TicketSegment.ticket_id), col(TicketSegment.begins))
        )
        rows = sound(((id_, begins, ends), data, crc) for id_, begins, ends, data, crc in session.execute(query))
        if rows:
            yield rows


def secondaries(session: Session) -> dict[int, dict[int, tuple[int, int]]]:
    """Every ticket that speaks of other issues -> the living cluster of each -> (begins, ends)."""
    living = redirects(session)
    found: dict[int, dict[int, tuple[int, int]]] = {}
    for row in session.exec(select(SecondaryMembership)):
        found.setdefault(row.ticket_id, {})[living.get(row.cluster_id, row.cluster_id)] = (row.begins, row.ends)
    return found


def keep_secondaries(session: Session, said: Sequence[tuple[int, Sequence[Said]]], at: datetime) -> None:
    """Of each of these tickets in place of what it had."""
    ids = [ticket for ticket, _ in said]
    for start in range(0, len(ids), CHUNK):
        part = col(SecondaryMembership.ticket_id).in_(ids[start : start + CHUNK])
        session.execute(delete(SecondaryMembership).where(part))
    rows = [
        {
            "ticket_id": ticket,
            "cluster_id": one.cluster_id,
            "begins": one.begins,
            "ends": one.ends,
            "similarity": one.similarity,
            "since": at,
        }
        for ticket, those in said
        for one in those
    ]
    insert_rows(session, SecondaryMembership, rows)


def secondary_of(
    session: Session, cluster_id: int, readable: ColumnElement[bool], limit: int
) -> tuple[list[tuple[Ticket, SecondaryMembership, int | None]], int]:
    """(ticket, its part, its primary cluster) of live tickets that speak of this one, too, newest first; how many.

    A row that names a tombstone counts for the cluster behind it. Tickets that belong here, or of which a person said
    that they do not, are left out, and so are parts of a text that has changed since.
    """
    names = [cluster_id, *(dead for dead, living in redirects(session).items() if living == cluster_id)]
    earlier = aliased(SecondaryMembership)
    again = exists().where(
        col(earlier.ticket_id) == col(SecondaryMembership.ticket_id),
        col(earlier.cluster_id).in_(names),
        col(earlier.begins) < col(SecondaryMembership.begins),
    )
    denied = exists().where(col(Rejection.ticket_id) == col(Ticket.id), col(Rejection.cluster_id).in_(names))
    query = (
        select(Ticket, SecondaryMembership, Membership.cluster_id)
        .join(SecondaryMembership, col(SecondaryMembership.ticket_id) == col(Ticket.id))
        .outerjoin(Membership, col(Membership.ticket_id) == col(Ticket.id))
        .where(
            col(SecondaryMembership.cluster_id).in_(names),
            col(Membership.cluster_id).is_distinct_from(cluster_id),
            ~again,
            ~denied,
            *is_live(),
            _undisturbed(),
            readable,
        )
        .order_by(col(Ticket.last_customer_at).desc(), col(Ticket.id))
    )
    rows = [(row[0], row[1], row[2]) for row in session.execute(query.limit(limit))]
    if len(rows) < limit:
        return rows, len(rows)
    return rows, session.execute(select(func.count()).select_from(query.order_by(None).subquery())).scalar_one()


def spoken_of(session: Session, ticket: Ticket) -> list[tuple[int, int, int]]:
    """(living cluster, begins, ends) of the issues that this ticket speaks of beside its own, in the order of its text.

    As in ``secondary_of``: neither its own, nor what a person denied, nor parts of a text that has changed since.
    """
    if ticket.deleted_at is not None or ticket.divided_hash is None or ticket.divided_hash != ticket.embed_hash:
        return []
    living = redirects(session)
    member = session.get(Membership, ticket.id)
    denied = session.exec(select(Rejection.cluster_id).where(Rejection.ticket_id == ticket.id))
    out = {living.get(cluster, cluster) for cluster in denied} | ({member.cluster_id} if member else set())
    rows = session.exec(
        select(SecondaryMembership)
        .where(SecondaryMembership.ticket_id == ticket.id)
        .order_by(col(SecondaryMembership.begins))
    )
    found: list[tuple[int, int, int]] = []
    for row in rows:
        cluster = living.get(row.cluster_id, row.cluster_id)
        if cluster not in out:
            out.add(cluster)
            found.append((cluster, row.begins, row.ends))
    return found


def _undisturbed() -> ColumnElement[bool]:
    return col(Ticket.divided_hash) == col(Ticket.embed_hash)
