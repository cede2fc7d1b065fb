"""Takes the text of tickets away for good, in every table that holds some. Rule: ids and times stay, words go.

The rows stay as tombstones, so that the next pull knows what must not come back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, update
from sqlmodel import Session, col, select

from bridge.store.clusters import Cluster, Membership, Rejection
from bridge.store.grouping import Candidate, SecondaryMembership, TitleProposal
from bridge.store.memberships import CHUNK, redirects
from bridge.store.requests import IdempotentAnswer
from bridge.store.tickets import Message, SetAside, Ticket, TicketEvent, TicketSegment
from bridge.store.vectors import Vector

EMPTY: dict[str, Any] = {
    "subject": "",
    "embed_text": "",
    "embed_hash": None,
    "divided_hash": None,
    "raw_status": None,
    "raw_priority": None,
    "requester_key": None,
    "requester_domain": None,
    "requester_free_mail": False,
    "account_ref": None,
    "assignee": None,
    "channel": None,
    "tags": [],
    "attributes": {},
    "area": None,
    "type": None,
    "url": None,
    "csat": None,
}
"""What an erased ticket holds instead."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a ticket said, to find what was derived from it."""

    id: int
    connection: str
    source_id: str
    text: str
    requester_key: str | None
    requester_domain: str | None
    account_ref: str | None
    url: str | None


def chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    yield from (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def with_text(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """These tickets, unless nothing is left of them already."""
    return and_(*conditions, col(Ticket.record_hash).not_in(("erased", "expired")))


def ids_of(session: Session, *conditions: ColumnElement[bool], limit: int | None = None) -> list[int]:
    query = select(Ticket.id).where(with_text(*conditions)).order_by(col(Ticket.id)).limit(limit)
    return [id_ or 0 for id_ in session.exec(query)]


def references(session: Session) -> list[tuple[str | None, str | None]]:
    """Each pair of (account as the desk says it, domain) that a ticket has."""
    return list(session.exec(select(Ticket.account_ref, Ticket.requester_domain).distinct()))


def words_of(session: Session, ids: Sequence[int]) -> list[Words]:
    found = []
    for part in chunks(ids):
        for t in session.exec(select(Ticket).where(col(Ticket.id).in_(part)).order_by(col(Ticket.id))):
            text = f"{t.subject}\n{t.embed_text}"
            keys = (t.requester_key, t.requester_domain, t.account_ref)
            found.append(Words(t.id or 0, t.connection, t.source_id, text, *keys, t.url))
    return found


def count_messages(session: Session, ids: Sequence[int]) -> int:
    query = select(func.count(col(Message.id)))
    return sum(session.exec(query.where(col(Message.ticket_id).in_(part))).one() for part in chunks(ids))


def clusters_of(session: Session, ids: Sequence[int]) -> set[int]:
    """Living clusters of these tickets, and the tombstones that redirect to them."""
    found: set[int] = set()
    for part in chunks(ids):
        found |= set(session.exec(select(Membership.cluster_id).where(col(Membership.ticket_id).in_(part))))
    return found | {dead for dead, living in redirects(session).items() if living in found}


def titles(session: Session) -> list[tuple[int, str]]:
    return [(id_ or 0, title) for id_, title in session.exec(select(Cluster.id, Cluster.title))]


def remaining(session: Session, cluster_id: int, without: Collection[int], limit: int) -> list[tuple[str, str]]:
    """(subject, text) of the members that stay."""
    query = (
        select(Ticket.id, Ticket.subject, Ticket.embed_text)
        .join(Membership, col(Membership.ticket_id) == col(Ticket.id))
        .where(Membership.cluster_id == cluster_id, col(Ticket.deleted_at).is_(None))
        .order_by(col(Ticket.id))
        .limit(limit + len(without))
    )
    return [(subject, text) for id_, subject, text in session.exec(query) if id_ not in without][:limit]


def background(session: Session, without: Collection[int], limit: int) -> list[str]:
    """Texts of other tickets, the newest: how rare a word is."""
    query = select(Ticket.id, Ticket.embed_text).where(col(Ticket.deleted_at).is_(None))
    found = session.exec(query.order_by(col(Ticket.id).desc()).limit(limit))
    return [text for id_, text in found if id_ not in without]


def asides_of(words: Sequence[Words]) -> ColumnElement[bool]:
    """Records that were set aside under the ids of these tickets."""
    by_connection: dict[str, list[str]] = {}
    for item in words:
        by_connection.setdefault(item.connection, []).append(item.source_id)
    own = [and_(col(SetAside.connection) == c, col(SetAside.ref).in_(refs)) for c, refs in by_connection.items()]
    return or_(*own) if own else col(SetAside.id).is_(None)


def unnamed_asides() -> ColumnElement[bool]:
    """Records whose ticket nobody knows: their excerpts may be anybody's."""
    named = exists().where(col(Ticket.connection) == col(SetAside.connection), col(Ticket.source_id) == SetAside.ref)
    return and_(~named, col(SetAside.excerpt) != "")


def count_asides(session: Session, condition: ColumnElement[bool]) -> int:
    return session.exec(select(func.count(col(SetAside.id))).where(condition)).one()


def bury_text(session: Session, ids: Sequence[int], mark: str, at: datetime) -> None:
    """The tickets become tombstones with this mark; messages, events, place and set-aside records go.

    So do all suggested titles: each may be in anybody's words, and a new one is quickly asked for.
    """
    session.execute(delete(TitleProposal))
    for part in chunks(ids):
        session.execute(delete(Message).where(col(Message.ticket_id).in_(part)))
        session.execute(delete(TicketEvent).where(col(TicketEvent.ticket_id).in_(part)))
        for said_of in (Membership, Candidate, SecondaryMembership, TicketSegment):
            session.execute(delete(said_of).where(col(said_of.ticket_id).in_(part)))
        session.execute(delete(Rejection).where(col(Rejection.ticket_id).in_(part)))
        values = {**EMPTY, "record_hash": mark, "deleted_at": func.coalesce(col(Ticket.deleted_at), at)}
        session.execute(update(Ticket).where(col(Ticket.id).in_(part)).values(**values))
    session.expire_all()


def drop_asides(session: Session, words: Sequence[Words], *, unnamed: bool) -> int:
    """Delete those of these tickets; of unnamed ones the excerpt goes. Number of rows."""
    gone = session.exec(delete(SetAside).where(asides_of(words))).rowcount
    if unnamed:
        gone += session.exec(update(SetAside).where(unnamed_asides()).values(excerpt="")).rowcount
    return int(gone)


def drop_orphan_vectors(session: Session) -> int:
    """Vectors that no ticket and no part of one has any more, of every model."""
    used = exists().where(col(Ticket.embed_hash) == col(Vector.content_hash))
    in_part = exists().where(col(TicketSegment.content_hash) == col(Vector.content_hash))
    return int(session.exec(delete(Vector).where(~used, ~in_part)).rowcount)


def count_own_vectors(session: Session, ids: Collection[int]) -> int:
    """Vectors that only these tickets and their parts have."""
    some = list(ids)[: CHUNK * 10]
    mine, others = [], []
    for content_hash, ticket in (
        (col(Ticket.embed_hash), col(Ticket.id)),
        (col(TicketSegment.content_hash), col(TicketSegment.ticket_id)),
    ):
        mine.append(col(Vector.content_hash).in_(select(content_hash).where(ticket.in_(some))))
        others.append(exists().where(content_hash == col(Vector.content_hash), ticket.not_in(some)))
    query = select(func.count()).select_from(Vector).where(or_(*mine), ~or_(*others))
    return session.exec(query).one()


def drop_answers(session: Session) -> int:
    """Kept answers of the API may quote anything."""
    return int(session.exec(delete(IdempotentAnswer)).rowcount)
