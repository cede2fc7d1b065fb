"""Writes of the intake: a page of tickets at once, tombstones, and records that were set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, update
from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import Session, col, select

from bridge.store.clusters import Membership
from bridge.store.grouping import SecondaryMembership
from bridge.store.tickets import ERASED, EXPIRED, ErasedRequester, Message, SetAside, Ticket, TicketEvent, TicketSegment
from bridge.store.upsert import insert_rows


@dataclass(frozen=True, slots=True)
class TicketRows:
    """Column values of one ticket, of its messages and of its events; the connection is added here."""

    ticket: dict[str, Any]
    messages: list[dict[str, Any]]
    events: list[dict[str, Any]]

    @property
    def source_id(self) -> str:
        return str(self.ticket["source_id"])


@dataclass(frozen=True, slots=True)
class KnownTicket:
    id: int
    record_hash: str
    updated_at: datetime

    def stays_buried(self, updated_at: datetime) -> bool:
        """Erased for good; or for its age, and not touched since."""
        return self.record_hash == ERASED or (self.record_hash == EXPIRED and updated_at <= self.updated_at)


@dataclass(frozen=True, slots=True)
class Aside:
    """A record to set aside: all four are redacted or hashed already."""

    ref: str
    reason: str
    digest: str
    excerpt: str


def known_tickets(session: Session, connection: str, source_ids: Sequence[str]) -> dict[str, KnownTicket]:
    query = select(Ticket.source_id, Ticket.id, Ticket.record_hash, Ticket.updated_at).where(
        Ticket.connection == connection, col(Ticket.source_id).in_(source_ids)
    )
    return {source_id: KnownTicket(id_ or 0, raw, updated) for source_id, id_, raw, updated in session.exec(query)}


def erased_requesters(session: Session) -> dict[str, datetime]:
    """Key -> when that person was erased."""
    return dict(session.exec(select(ErasedRequester.key, ErasedRequester.at)).all())


def store_tickets(
    session: Session, connection: str, rows: Sequence[TicketRows], known: Mapping[str, KnownTicket]
) -> list[TicketRows]:
    """Store all at once; if the database refuses a value, one by one. Returns the refused ones."""
    try:
        with session.begin_nested():
            _upsert(session, connection, rows, known)
        return []
    except (DataError, IntegrityError):
        return [row for row in rows if not _stored_alone(session, connection, row, known)]


def _stored_alone(session: Session, connection: str, row: TicketRows, known: Mapping[str, KnownTicket]) -> bool:
    try:
        with session.begin_nested():
            _upsert(session, connection, [row], known)
        return True
    except (DataError, IntegrityError):
        return False


def _upsert(session: Session, connection: str, rows: Sequence[TicketRows], known: Mapping[str, KnownTicket]) -> None:
    ids = {source_id: row.id for source_id, row in known.items()}
    new = [{**row.ticket, "connection": connection} for row in rows if row.source_id not in known]
    if new:
        insert_rows(session, Ticket, new)
        inserted = known_tickets(session, connection, [row["source_id"] for row in new])
        ids.update({source_id: row.id for source_id, row in inserted.items()})
    changed = [{**row.ticket, "id": ids[row.source_id], "deleted_at": None} for row in rows if row.source_id in known]
    if changed:
        session.execute(update(Ticket), changed)
        _drop_parts(session, [row["id"] for row in changed])
    messages = [{**part, "ticket_id": ids[row.source_id]} for row in rows for part in row.messages]
    events = [{**part, "ticket_id": ids[row.source_id]} for row in rows for part in row.events]
    insert_rows(session, Message, messages)
    insert_rows(session, TicketEvent, events)


def _drop_parts(session: Session, ticket_ids: Sequence[int]) -> None:
    session.execute(delete(Message).where(col(Message.ticket_id).in_(ticket_ids)))
    session.execute(delete(TicketEvent).where(col(TicketEvent.ticket_id).in_(ticket_ids)))


def bury(session: Session, connection: str, gone: Mapping[str, datetime], at: datetime) -> list[str]:
    """Deleted on the other side (``gone``: id -> when): text and requester go, the row stays as a tombstone and
    leaves its cluster. A row that is newer than its deletion stays as it is. Returns the ids of those that were alive.
    """
    query = select(Ticket).where(
        Ticket.connection == connection, col(Ticket.source_id).in_(gone), col(Ticket.deleted_at).is_(None)
    )
    removed = [t for t in session.exec(query) if t.updated_at <= gone[t.source_id]] if gone else []
    for ticket in removed:
        ticket.deleted_at, ticket.updated_at, ticket.record_hash = at, gone[ticket.source_id], "deleted"
        ticket.requester_key = ticket.requester_domain = ticket.assignee = None
        ticket.subject = ticket.embed_text = ""
        ticket.embed_hash = ticket.divided_hash = None
        ticket.attributes, ticket.tags, ticket.url, ticket.csat = {}, [], None, None
        ticket.area = ticket.type = None
    ids = [ticket.id or 0 for ticket in removed]
    _drop_parts(session, ids)
    for said_of in (Membership, SecondaryMembership, TicketSegment):
        session.execute(delete(said_of).where(col(said_of.ticket_id).in_(ids)))
    return [ticket.source_id for ticket in removed]


def set_aside(session: Session, connection: str, stream: str, items: Sequence[Aside], at: datetime) -> None:
    for item in items:
        query = select(SetAside).where(
            SetAside.connection == connection,
            SetAside.stream == stream,
            SetAside.ref == item.ref,
            SetAside.hash == item.digest,
        )
        row = session.exec(query).first() or SetAside(
            connection=connection,
            stream=stream,
            ref=item.ref,
            hash=item.digest,
            reason=item.reason,
            excerpt=item.excerpt,
            first_seen_at=at,
            last_seen_at=at,
        )
        row.last_seen_at, row.resolved_at, row.reason = at, None, item.reason
        session.add(row)


def settle_aside(
    session: Session, connection: str, stream: str, file: str | None, began: datetime, at: datetime
) -> None:
    """The source (or its ``file``) was read whole since ``began``: what was not set aside again is well or gone."""
    stale = [
        col(SetAside.connection) == connection,
        col(SetAside.stream) == stream,
        col(SetAside.last_seen_at) < began,
        col(SetAside.resolved_at).is_(None),
    ]
    if file is not None:
        of_file = col(SetAside.ref).startswith(f"{file} line ", autoescape=True)
        stale.append(or_(col(SetAside.ref) == file, of_file))
    session.execute(update(SetAside).where(*stale).values(resolved_at=at))


def resolve_aside(session: Session, connection: str, stream: str, refs: Sequence[str], at: datetime) -> None:
    """Records of these refs have been read well since: they are no longer set aside."""
    session.execute(
        update(SetAside)
        .where(
            col(SetAside.connection) == connection,
            col(SetAside.stream) == stream,
            col(SetAside.ref).in_(refs),
            col(SetAside.last_seen_at) < at,
            col(SetAside.resolved_at).is_(None),
        )
        .values(resolved_at=at)
    )
