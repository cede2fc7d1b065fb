"""Queries over the records that were set aside."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, update
from sqlalchemy import select as select_values
from sqlmodel import Session, col, select

from bridge.store.tickets import SetAside


def open_asides(session: Session, limit: int | None = None) -> list[SetAside]:
    """What is set aside still, the newest first."""
    query = select(SetAside).where(col(SetAside.resolved_at).is_(None))
    return list(session.exec(query.order_by(col(SetAside.last_seen_at).desc(), col(SetAside.id).desc()).limit(limit)))


def aside_counts(session: Session) -> list[tuple[str, str, int]]:
    """(connection, stream, how many are set aside still)."""
    query = (
        select(SetAside.connection, SetAside.stream, func.count(col(SetAside.id)))
        .where(col(SetAside.resolved_at).is_(None))
        .group_by(SetAside.connection, SetAside.stream)
        .order_by(SetAside.connection, SetAside.stream)
    )
    return list(session.exec(query))


def aside_reasons(session: Session, limit: int) -> list[tuple[str, str, str, int, int]]:
    """(connection, stream, reason, how many, the newest one's id), the most frequent first."""
    number = func.count(col(SetAside.id))
    query = (
        select_values(
            col(SetAside.connection), col(SetAside.stream), col(SetAside.reason), number, func.max(col(SetAside.id))
        )
        .where(col(SetAside.resolved_at).is_(None))
        .group_by(SetAside.connection, SetAside.stream, SetAside.reason)
        .order_by(number.desc())
        .limit(limit)
    )
    return [(name, stream, reason, count, newest) for name, stream, reason, count, newest in session.execute(query)]


def asides_by_id(session: Session, ids: Iterable[int]) -> dict[int, SetAside]:
    query = select(SetAside).where(col(SetAside.id).in_(list(ids)))
    return {row.id or 0: row for row in session.exec(query)}


def resolve_file(session: Session, connection: str, stream: str, prefix: str, at: datetime) -> None:
    """All whose ref begins with ``prefix`` are settled; what is still bad is set aside again afterwards."""
    session.execute(
        update(SetAside)
        .where(
            col(SetAside.connection) == connection,
            col(SetAside.stream) == stream,
            col(SetAside.ref).startswith(prefix, autoescape=True),
            col(SetAside.resolved_at).is_(None),
        )
        .values(resolved_at=at)
    )
