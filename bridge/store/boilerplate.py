"""What was learned from all texts, the newest only: keyed hashes of what repeats around tickets, and frequent words,
each used by several writers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, LargeBinary, delete, func, update
from sqlmodel import Field, Session, SQLModel, col, select

from bridge.store.columns import instant
from bridge.store.tickets import Message, Ticket

CHUNK = 500


class LearnedBoilerplate(SQLModel, table=True):
    """``learned`` is ``Lesson.to_bytes``; ``tickets``: how many were read for it."""

    __tablename__ = "boilerplate"

    version: str = Field(primary_key=True)
    learned: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    tickets: int
    at: datetime = instant(nullable=False)


@dataclass(frozen=True, slots=True)
class TicketText:
    """What a live ticket's embedded text is made of. ``messages``: (author, text) in their order."""

    id: int
    subject: str
    messages: tuple[tuple[str, str], ...]
    embed_text: str
    requester_key: str | None
    requester_domain: str | None
    requester_free_mail: bool


def learned_last(session: Session) -> bytes | None:
    return session.exec(select(LearnedBoilerplate.learned).order_by(col(LearnedBoilerplate.at).desc())).first()


def learned_from(session: Session) -> int:
    """How many tickets the last lesson was learned from; 0 before the first."""
    query = select(LearnedBoilerplate.tickets).order_by(col(LearnedBoilerplate.at).desc())
    return session.exec(query).first() or 0


def count_texts(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Ticket).where(col(Ticket.deleted_at).is_(None))).one()


def keep_learned(session: Session, version: str, learned: bytes, tickets: int, at: datetime) -> None:
    """Instead of what was learned before."""
    session.execute(delete(LearnedBoilerplate))
    session.add(LearnedBoilerplate(version=version, learned=learned, tickets=tickets, at=at))


def ticket_texts(session: Session) -> Iterator[TicketText]:
    """Every live ticket with its stored messages, by id, 500 in memory at once."""
    last = 0
    while True:
        live = (col(Ticket.deleted_at).is_(None), col(Ticket.id) > last)
        columns = (Ticket.id, Ticket.subject, Ticket.embed_text, Ticket.requester_key, Ticket.requester_domain)
        query = select(*columns, Ticket.requester_free_mail).where(*live)  # type: ignore[call-overload]
        rows = session.exec(query.order_by(col(Ticket.id)).limit(CHUNK)).all()
        if not rows:
            return
        messages: dict[int, list[tuple[str, str]]] = {}
        wanted = select(Message.ticket_id, Message.author, Message.text).where(
            col(Message.ticket_id).in_([row[0] for row in rows])
        )
        for ticket_id, author, text in session.exec(wanted.order_by(col(Message.id))):
            messages.setdefault(ticket_id, []).append((author, text))
        for id_, subject, embedded, key, domain, free in rows:
            yield TicketText(id_, subject, tuple(messages.get(id_, ())), embedded, key, domain, free)
        last = rows[-1][0]


def change_text(session: Session, ticket: int, before: str, text: str, content_hash: str | None) -> bool:
    """False if the ticket's text is no longer ``before``: a pull was quicker, and knows better."""
    row = session.execute(
        update(Ticket)
        .where(col(Ticket.id) == ticket, col(Ticket.embed_text) == before, col(Ticket.deleted_at).is_(None))
        .values(embed_text=text, embed_hash=content_hash)
        .returning(col(Ticket.id))
    ).first()
    return row is not None
