"""Tickets as they were pulled: redacted text, messages, events, and the records that were set aside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from bridge.store.columns import instant, json_field

ERASED, EXPIRED = "erased", "expired"


class Ticket(SQLModel, table=True):
    """A read-only copy. ``embed_text`` is the cleaned text that is grouped, ``embed_hash`` its sha256 (None: no text).

    ``account_ref`` is what the desk says (a name or "system:id"); who that is, is resolved by query.
    ``requester_key`` is a keyed hash, never an address. ``record_hash`` tells whether a pulled record is new; of a
    tombstone it says why it is one: deleted by the desk, ERASED for good, EXPIRED until the ticket changes again.
    ``area`` and ``type`` are what its fields or tags say it is about, in lower case.
    ``divided_hash`` is the ``embed_hash`` whose parts are in TicketSegment; None of a text too short to have some.
    """

    __table_args__ = (
        UniqueConstraint("connection", "source_id"),
        Index("ix_ticket_connection_created_at", "connection", "created_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    connection: str = Field(index=True)
    source_id: str = Field(index=True)
    subject: str = Field(sa_type=Text)
    embed_text: str = Field(sa_type=Text)
    embed_hash: str | None = Field(default=None, index=True)
    divided_hash: str | None = None
    record_hash: str
    status: str
    priority: str
    raw_status: str | None = None
    raw_priority: str | None = None
    requester_key: str | None = Field(default=None, index=True)
    requester_domain: str | None = Field(default=None, index=True)
    requester_free_mail: bool = False
    account_ref: str | None = Field(default=None, index=True)
    group: str | None = None
    assignee: str | None = None
    channel: str | None = None
    language: str | None = None
    tags: list[str] = json_field(list)
    attributes: dict[str, Any] = json_field()
    area: str | None = None
    type: str | None = None
    url: str | None = Field(default=None, index=True)
    csat: str | None = None
    created_at: datetime = instant(nullable=False)
    updated_at: datetime = instant(nullable=False)
    last_customer_at: datetime = instant(nullable=False)
    merged_into: str | None = None
    deleted_at: datetime | None = instant()


class Message(SQLModel, table=True):
    """One message of a ticket, redacted."""

    __table_args__ = (UniqueConstraint("ticket_id", "source_id"),)

    id: int | None = Field(default=None, primary_key=True)
    ticket_id: int = Field(
        sa_column=Column(Integer, ForeignKey("ticket.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    source_id: str
    author: str
    public: bool
    created_at: datetime = instant(nullable=False)
    text: str = Field(sa_type=Text)


class TicketEvent(SQLModel, table=True):
    """A change in a ticket's life as the desk tells it: kind is status, priority, group, assignee, rating, merged."""

    __tablename__ = "ticket_event"
    __table_args__ = (UniqueConstraint("ticket_id", "source_id"),)

    id: int | None = Field(default=None, primary_key=True)
    ticket_id: int = Field(
        sa_column=Column(Integer, ForeignKey("ticket.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    source_id: str
    kind: str
    at: datetime = instant(nullable=False)
    side: str
    old: str | None = None
    new: str | None = None


class TicketSegment(SQLModel, table=True):
    """A part of a long ticket, two or more a ticket. ``begins`` and ``ends``: characters of the embedded text.

    ``content_hash``: sha256 of the part, under which its vector lies.
    """

    __tablename__ = "ticket_segment"

    ticket_id: int = Field(
        sa_column=Column(Integer, ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    begins: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    ends: int
    content_hash: str = Field(index=True)


class ErasedRequester(SQLModel, table=True):
    """A person who was erased at this instant: what they wrote before it never comes in again. ``key`` as in Ticket."""

    __tablename__ = "erased_requester"

    key: str = Field(primary_key=True)
    at: datetime = instant(nullable=False)


class SetAside(SQLModel, table=True):
    """A record that could not be taken in. ``excerpt`` is redacted; a replay reads the source again."""

    __tablename__ = "set_aside"
    __table_args__ = (UniqueConstraint("connection", "stream", "ref", "hash"),)

    id: int | None = Field(default=None, primary_key=True)
    connection: str = Field(index=True)
    stream: str
    ref: str
    reason: str = Field(sa_type=Text)
    hash: str
    excerpt: str = Field(sa_type=Text)
    first_seen_at: datetime = instant(nullable=False)
    last_seen_at: datetime = instant(nullable=False)
    resolved_at: datetime | None = instant()
