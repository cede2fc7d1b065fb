"""The append-only log of domain.md 7. Every decision is an event with an actor and what an undo needs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, Session, SQLModel

from bridge.store.columns import instant, json_field


class Event(SQLModel, table=True):
    """``before`` and ``after`` hold ids and numbers, never text of tickets. ``undoes`` names the event taken back."""

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant(nullable=False, index=True)
    kind: str = Field(index=True)
    actor: str
    subject: str = Field(index=True)
    before: dict[str, Any] = json_field()
    after: dict[str, Any] = json_field()
    reason: str | None = None
    undoes: int | None = Field(default=None, foreign_key="event.id", unique=True)
    previous_hash: str | None = None
    hash: str | None = None


def record(
    session: Session,
    kind: str,
    subject: str,
    *,
    actor: str,
    at: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
    undoes: int | None = None,
) -> Event:
    """Append an event in the transaction of the change that it tells of."""
    event = Event(
        at=at,
        kind=kind,
        actor=actor,
        subject=subject,
        before=before or {},
        after=after or {},
        reason=reason,
        undoes=undoes,
    )
    session.add(event)
    session.flush()
    return event
