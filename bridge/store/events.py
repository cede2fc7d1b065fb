"""The append-only log of domain.md 7. Every decision is an event with an actor and what an undo needs.

Rule: an event is written once. It joins the hash chain when its transaction ends (store/chain.py); from then on the
database itself refuses to change or remove it (store/event_guard.py).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, Session, SQLModel

from bridge.store.columns import instant, json_field


class Event(SQLModel, table=True):
    """``before`` and ``after`` hold ids and numbers, never text of tickets; ``reason`` is in a person's or the
    program's own words. ``undoes`` names the event taken back.

    ``position`` is the place in the chain; with the hashes it is empty until the transaction ends.
    """

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant(nullable=False, index=True)
    kind: str = Field(index=True)
    actor: str
    subject: str = Field(index=True)
    before: dict[str, Any] = json_field()
    after: dict[str, Any] = json_field()
    reason: str | None = None
    undoes: int | None = Field(default=None, foreign_key="event.id", unique=True)
    position: int | None = Field(default=None, unique=True)
    previous_hash: str | None = None
    hash: str | None = None


class EventHead(SQLModel, table=True):
    """The end of the chain, one row: whoever adds to the chain holds its lock."""

    __tablename__ = "event_head"

    id: int = Field(default=1, primary_key=True)
    position: int
    hash: str


RECORDED = "recorded events"
"""In ``Session.info``: ids of the events that wait for their place in the chain."""


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
    session.info.setdefault(RECORDED, []).append(event.id)
    return event
