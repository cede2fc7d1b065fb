"""Vectors, the truth of what has been embedded: float16 little endian, one a (model, text)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Column, LargeBinary, exists, func, insert, select
from sqlmodel import Field, Session, SQLModel, col

from bridge.store.tickets import Ticket


class Vector(SQLModel, table=True):
    model: str = Field(primary_key=True)
    content_hash: str = Field(primary_key=True)
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


def missing_texts(session: Session, model: str, limit: int) -> list[tuple[str, str]]:
    """(content hash, text) of live tickets whose text has no vector of this model yet, each hash once."""
    has_vector = exists().where(col(Vector.model) == model, col(Vector.content_hash) == col(Ticket.embed_hash))
    query = (
        select(col(Ticket.embed_hash), func.min(col(Ticket.embed_text)))
        .where(col(Ticket.embed_hash).is_not(None), col(Ticket.deleted_at).is_(None), ~has_vector)
        .group_by(col(Ticket.embed_hash))
        .limit(limit)
    )
    return [(content_hash, text) for content_hash, text in session.execute(query)]


def count_missing(session: Session, model: str) -> int:
    """How many distinct texts still wait for a vector."""
    has_vector = exists().where(col(Vector.model) == model, col(Vector.content_hash) == col(Ticket.embed_hash))
    query = select(func.count(func.distinct(col(Ticket.embed_hash)))).where(
        col(Ticket.embed_hash).is_not(None), col(Ticket.deleted_at).is_(None), ~has_vector
    )
    return int(session.execute(query).scalar_one())


def save_vectors(session: Session, model: str, vectors: Sequence[tuple[str, bytes]]) -> int:
    """Store what is not there yet (another worker may have been quicker). Returns how many were new."""
    hashes = [content_hash for content_hash, _ in vectors]
    there = set(
        session.scalars(
            select(col(Vector.content_hash)).where(col(Vector.model) == model, col(Vector.content_hash).in_(hashes))
        )
    )
    rows = [{"model": model, "content_hash": h, "data": data} for h, data in vectors if h not in there]
    if rows:
        session.execute(insert(Vector), rows)
    return len(rows)
