"""Remedy plans and their revisions, what the tracker suggests, and who was told what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from bridge.store.columns import instant, json_field


class RemedyPlan(SQLModel, table=True):
    """Exactly one a cluster. ``revision`` is the newest, ``approved_revision`` the newest that was approved.

    ``state`` is that of the approved revision, or of the newest while none is approved. ``released_at`` is when the
    release was approved, while the plan stands at it. ``suggestion_seen`` is the tracker's say last looked at.
    """

    __tablename__ = "remedy_plan"

    id: int | None = Field(default=None, primary_key=True)
    cluster_id: int = Field(foreign_key="cluster.id", unique=True)
    revision: int = 0
    approved_revision: int | None = None
    state: str = "unreviewed"
    released_at: datetime | None = instant()
    tracker_conflict: str | None = None
    suggestion_seen: str | None = None


class PlanRevision(SQLModel, table=True):
    """What the plan said at one time, whole. ``fields`` are those of domain.md 3.2; rows are never changed."""

    __tablename__ = "plan_revision"
    __table_args__ = (UniqueConstraint("plan_id", "revision"),)

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="remedy_plan.id", index=True)
    revision: int
    state: str
    confidence: str
    fields: dict[str, Any] = json_field()
    actor: str
    reason: str | None = None
    at: datetime = instant(nullable=False)


class Delivery(SQLModel, table=True):
    """The ledger: which revision a ticket was told, by which note, and how that went."""

    __table_args__ = (UniqueConstraint("ticket_id", "plan_id", "revision"),)

    id: int | None = Field(default=None, primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id", index=True)
    plan_id: int = Field(foreign_key="remedy_plan.id", index=True)
    revision: int
    outbox_key: str = Field(index=True)
    state: str
    remote_id: str | None = None
    at: datetime = instant(nullable=False)
