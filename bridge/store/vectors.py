"""Vectors, the truth of what has been embedded: float16 little endian, one a (model, text), each with its checksum.

Texts are those of whole tickets and those of the parts of long ones.

Rule: a vector whose checksum is wrong is never used. Readers leave it out by ``sound``; the step that embeds deletes it
and computes it again.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    CompoundSelect,
    Select,
    exists,
    func,
    insert,
    select,
    union,
)
from sqlalchemy.orm import Mapped
from sqlmodel import Field, Session, SQLModel, col, delete

from bridge.store.halfvec import PackedVector, packed_length
from bridge.store.tickets import Ticket, TicketSegment

logger = logging.getLogger(__name__)
K = TypeVar("K")
_AT_ONCE = 500
"""Hashes named in one statement."""


class Vector(SQLModel, table=True):
    """``crc``: the CRC-32 of ``data``. The table is not called "vector", as pgvector has a type of that name."""

    __tablename__ = "embedding"

    model: str = Field(primary_key=True)
    content_hash: str = Field(primary_key=True)
    data: bytes = Field(sa_column=Column(PackedVector, nullable=False))
    crc: int = Field(sa_column=Column(BigInteger, nullable=False))


def sound(rows: Iterable[tuple[K, bytes, int]]) -> list[tuple[K, bytes]]:
    """(key, packed vector) of those rows of (key, packed vector, checksum) that are as they were written."""
    found, damaged = [], 0
    for key, data, crc in rows:
        if zlib.crc32(data) == crc:
            found.append((key, data))
        else:
            damaged += 1
    if damaged:
        logger.warning("%d stored vectors are damaged and left out; the next run of embed computes them again", damaged)
    return found


def packed_vectors(session: Session, model: str, hashes: Sequence[str]) -> dict[str, bytes]:
    """Content hash -> packed vector, of those of these that are sound."""
    found: dict[str, bytes] = {}
    for start in range(0, len(hashes), _AT_ONCE):
        part = col(Vector.content_hash).in_(hashes[start : start + _AT_ONCE])
        query = select(col(Vector.content_hash), col(Vector.data), col(Vector.crc))
        rows = session.execute(query.where(col(Vector.model) == model, part))
        found.update(sound((content_hash, data, crc) for content_hash, data, crc in rows))
    return found


def missing_texts(session: Session, model: str, limit: int) -> list[tuple[str, str]]:
    """(content hash, text) of live tickets, then of their parts, without a vector of this model; each hash once."""
    whole = (
        select(col(Ticket.embed_hash), func.min(col(Ticket.embed_text)))
        .where(*_whole(), ~_has_vector(model, col(Ticket.embed_hash)))
        .group_by(col(Ticket.embed_hash))
    )
    found = dict(session.execute(whole.limit(limit)).all())
    length = col(TicketSegment.ends) - col(TicketSegment.begins)
    parts = (
        select(
            col(TicketSegment.content_hash), func.min(func.substr(Ticket.embed_text, TicketSegment.begins + 1, length))
        )
        .join(Ticket, col(Ticket.id) == col(TicketSegment.ticket_id))
        .where(*_parts(), ~_has_vector(model, col(TicketSegment.content_hash)))
        .group_by(col(TicketSegment.content_hash))
    )
    if len(found) < limit:
        found = {**dict(session.execute(parts.limit(limit - len(found))).all()), **found}
    return list(found.items())


def count_missing(session: Session, model: str) -> int:
    """How many distinct texts still wait for a vector."""
    texts = _texts().subquery()
    query = select(func.count()).select_from(texts).where(~_has_vector(model, texts.c.content_hash))
    return int(session.execute(query).scalar_one())


def count_texts(session: Session) -> int:
    """How many distinct texts should have a vector."""
    return int(session.execute(select(func.count()).select_from(_texts().subquery())).scalar_one())


def _texts() -> CompoundSelect[tuple[str]]:
    whole: Select[tuple[str]] = select(col(Ticket.embed_hash).label("content_hash")).where(*_whole())
    parts = (
        select(col(TicketSegment.content_hash))
        .join(Ticket, col(Ticket.id) == col(TicketSegment.ticket_id))
        .where(*_parts())
    )
    return union(whole, parts)


def _whole() -> tuple[ColumnElement[bool], ...]:
    return col(Ticket.embed_hash).is_not(None), col(Ticket.deleted_at).is_(None)


def _parts() -> tuple[ColumnElement[bool], ...]:
    return col(Ticket.divided_hash) == col(Ticket.embed_hash), col(Ticket.deleted_at).is_(None)


def _has_vector(model: str, content_hash: Mapped[Any] | ColumnElement[Any]) -> ColumnElement[bool]:
    return exists().where(col(Vector.model) == model, col(Vector.content_hash) == content_hash)


def save_vectors(session: Session, model: str, vectors: Sequence[tuple[str, bytes]]) -> int:
    """Store what is not there yet (another worker may have been quicker). Returns how many were new."""
    hashes = [content_hash for content_hash, _ in vectors]
    there = set(
        session.scalars(
            select(col(Vector.content_hash)).where(col(Vector.model) == model, col(Vector.content_hash).in_(hashes))
        )
    )
    rows = [
        {"model": model, "content_hash": h, "data": data, "crc": zlib.crc32(data)}
        for h, data in vectors
        if h not in there
    ]
    if rows:
        session.execute(insert(Vector), rows)
    return len(rows)


class Checked(NamedTuple):
    """``last``: the content hash where the next part begins, "" after the last one."""

    damaged: tuple[str, ...]
    last: str


def check_vectors(session: Session, model: str, after: str, limit: int) -> Checked:
    """Look at the checksums of the next ``limit`` vectors, by content hash."""
    query = (
        select(col(Vector.content_hash), col(Vector.data), col(Vector.crc))
        .where(col(Vector.model) == model, col(Vector.content_hash) > after)
        .order_by(col(Vector.content_hash))
        .limit(limit)
    )
    rows = session.execute(query).all()
    damaged = tuple(content_hash for content_hash, data, crc in rows if zlib.crc32(data) != crc)
    return Checked(damaged, rows[-1].content_hash if len(rows) == limit else "")


def drop_damaged(session: Session, model: str, hashes: Sequence[str]) -> int:
    """Delete those of these vectors that are (still) damaged. Returns how many there were."""
    gone = 0
    for start in range(0, len(hashes), _AT_ONCE):
        part = col(Vector.content_hash).in_(hashes[start : start + _AT_ONCE])
        rows = session.execute(
            select(col(Vector.content_hash), col(Vector.data), col(Vector.crc)).where(col(Vector.model) == model, part)
        )
        bad = [content_hash for content_hash, data, crc in rows if zlib.crc32(data) != crc]
        session.execute(delete(Vector).where(col(Vector.model) == model, col(Vector.content_hash).in_(bad)))
        gone += len(bad)
    return gone


class ModelSize(NamedTuple):
    model: str
    vectors: int
    dim: int
    bytes: int


def models(session: Session) -> list[ModelSize]:
    """Every model that has vectors here, the one with most of them first."""
    size = packed_length(col(Vector.data))
    query = (
        select(col(Vector.model), func.count(), func.max(size), func.sum(size + 8))
        .group_by(col(Vector.model))
        .order_by(func.count().desc(), col(Vector.model))
    )
    return [ModelSize(name, count, longest // 2, int(total)) for name, count, longest, total in session.execute(query)]


def drop_model(session: Session, model: str) -> int:
    """Delete all vectors of a model. Returns how many there were."""
    return int(session.execute(delete(Vector).where(col(Vector.model) == model)).rowcount)  # type: ignore[attr-defined]
