"""What arrived from outside and what was answered: so that the same request twice is one thing in the world."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from bridge.store.columns import instant, json_field


class IdempotentAnswer(SQLModel, table=True):
    """The answer to a write of the API, by who asked and the key they sent; the hash is of method, path and body."""

    __tablename__ = "idempotent_answer"

    who: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    request_hash: str
    status: int | None = None
    answer: dict[str, Any] | None = json_field(None)
    at: datetime = instant(nullable=False, index=True)


class WebhookDelivery(SQLModel, table=True):
    """A webhook that was accepted: its second arrival has no effect."""

    __tablename__ = "webhook_delivery"

    connection: str = Field(primary_key=True)
    delivery_id: str = Field(primary_key=True)
    at: datetime = instant(nullable=False, index=True)


class DueRun(SQLModel, table=True):
    """Somebody wants a connection read (or checked: ``kind``) now. The worker takes it
    (``taken_at``) and shows how far it is. Of one connection and kind, one waits at most.

    ``step``, ``done`` and ``total`` are what the page shows; ``reports`` those of its steps at the end.
    """

    __tablename__ = "due_run"
    __table_args__ = (
        Index(
            "ix_due_run_waiting",
            "connection",
            "kind",
            unique=True,
            sqlite_where=text("taken_at IS NULL"),
            postgresql_where=text("taken_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    connection: str = Field(index=True)
    kind: str = "read"
    asked_by: str
    asked_at: datetime = instant(nullable=False)
    taken_at: datetime | None = instant()
    finished_at: datetime | None = instant()
    step: str | None = None
    done: int = 0
    total: int | None = None
    reports: list[dict[str, Any]] = json_field(list)
