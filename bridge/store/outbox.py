"""The one door out: what shall exist on the other side, and how far it has come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from bridge.store.columns import instant, json_field


class OutboxRow(SQLModel, table=True):
    """One write. ``key`` is made before the first try and is planted on the other side where a create needs it.

    Rows of one ``stream`` leave in the order of their ids; a dead row holds back only its own stream.
    ``kind``: create_issue, update_issue, comment, push_remedy, set_fields, send_notice. ``lookup_first`` rows are
    looked up before the first send too (after a restored backup). ``sending_at`` is set while a request may be under
    way or may have taken effect unseen, in a dead row too. ``attempts`` counts sends and failed look-ups.
    """

    __tablename__ = "outbox"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    stream: str = Field(index=True)
    kind: str
    connection: str = Field(index=True)
    subject_id: int | None = Field(default=None, index=True)
    payload: dict[str, Any] = json_field()
    state: str = Field(default="pending", index=True)
    attempts: int = 0
    due_at: datetime = instant(nullable=False, index=True)
    created_at: datetime = instant(nullable=False)
    lease_owner: str | None = None
    lease_until: datetime | None = instant()
    sending_at: datetime | None = instant()
    done_at: datetime | None = instant()
    lookup_first: bool = False
    remote_id: str | None = None
    remote_url: str | None = None
    error: str | None = Field(default=None, sa_type=Text)


class TrackerLink(SQLModel, table=True):
    """The issue that a cluster has, or will have, in a tracker.

    ``wanted`` is the newest draft on its way, ``written`` each field as last written there (by deliver), ``previous``
    what was written before that. ``left`` names fields that a person changed in the tracker since: they are theirs.
    ``version`` counts the drafts. ``told`` holds the facts of the newest draft (``touching.Told``), as of ``told_at``.
    ``pointed_to``: the cluster that this one was merged into, once both issues were told.
    """

    __tablename__ = "tracker_link"

    cluster_id: int = Field(foreign_key="cluster.id", primary_key=True)
    connection: str = Field(primary_key=True)
    remote_id: str | None = Field(default=None, index=True)
    url: str | None = None
    version: int = 0
    wanted: dict[str, Any] = json_field()
    written: dict[str, Any] = json_field()
    previous: dict[str, Any] = json_field()
    written_at: datetime | None = instant()
    left: list[str] = json_field(list)
    told: dict[str, Any] | None = json_field(None)
    told_at: datetime | None = instant()
    pointed_to: int | None = None


class TrackerItem(SQLModel, table=True):
    """A tracker's issue as last seen, in the tracker's own words. ``labels`` is None where it keeps none."""

    __tablename__ = "tracker_item"

    connection: str = Field(primary_key=True)
    remote_id: str = Field(primary_key=True)
    key: str | None = Field(default=None, index=True)
    url: str
    title: str = Field(sa_type=Text)
    block_hash: str | None = None
    status: str
    category: str | None = None
    closed: bool | None = None
    resolution: str | None = None
    priority: str | None = None
    priority_levels: list[str] = json_field(list)
    fix_versions: list[dict[str, Any]] = json_field(list)
    due: str | None = None
    labels: list[str] | None = json_field(None)
    updated_at: datetime = instant(nullable=False)
    seen_at: datetime = instant(nullable=False)
    deleted: bool = False
