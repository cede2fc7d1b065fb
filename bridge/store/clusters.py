"""Clusters (customer issues), who belongs to them, and how a ranking run scored them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from bridge.store.columns import instant, json_field


class Cluster(SQLModel, table=True):
    """``uid`` names the cluster towards the outside; ``merged_into`` is a tombstone's redirect.

    ``title_by`` is "model" or the person who set it; ``titled_of``: how many members it had when the model named it.
    ``approved_at`` is when a person or the automatic bar decided to publish; from then on the cluster is an anchor that
    regrouping never dissolves. ``not_before`` of a muted cluster and pins belong to people.
    """

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    uid: str = Field(unique=True)
    title: str = Field(sa_type=Text)
    title_by: str = "model"
    titled_of: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    phrases: list[str] = json_field(list)
    created_at: datetime = instant(nullable=False)
    severity_override: str | None = None
    merged_into: int | None = Field(
        default=None, sa_column=Column(Integer, ForeignKey("cluster.id"), nullable=True, index=True)
    )
    approved_at: datetime | None = instant()
    approved_by: str | None = None
    locked_at: datetime | None = instant()
    locked_by: str | None = None


class Membership(SQLModel, table=True):
    """The one primary cluster of a ticket. ``origin`` human is never overruled by a step.

    ``zone`` is a word of ``Zone``. ``part`` names the cluster that this ticket came with when a person merged two:
    merged issues keep a centroid each, so that later tickets of either find the one issue.
    """

    ticket_id: int = Field(sa_column=Column(Integer, ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True))
    cluster_id: int = Field(foreign_key="cluster.id", index=True)
    q: float
    origin: str
    zone: str = Field(default="automatic", sa_column_kwargs={"server_default": "automatic"})
    part: int | None = None
    since: datetime = instant(nullable=False)


class Rejection(SQLModel, table=True):
    """A person said that this ticket does not belong to this cluster: the model never puts it there again."""

    ticket_id: int = Field(sa_column=Column(Integer, ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True))
    cluster_id: int = Field(sa_column=Column(Integer, ForeignKey("cluster.id"), primary_key=True))


class ScoringConfigVersion(SQLModel, table=True):
    """A version of the constants of the score. Never changed, only followed by a newer one."""

    __tablename__ = "scoring_config"

    version: int | None = Field(default=None, primary_key=True)
    params: dict[str, Any] = json_field()
    at: datetime = instant(nullable=False)
    actor: str
    why: str


class RankRun(SQLModel, table=True):
    """One ranking: the instant it speaks for and the data and constants it was computed from.

    ``summary`` is what a list shows of the whole: the Top 10, what moved, all issues together. ``values_id`` names a
    row of RankValues, ``previous_id`` the run that the causes of each change are told against.
    """

    __tablename__ = "rank_run"

    id: int | None = Field(default=None, primary_key=True)
    as_of: datetime = instant(nullable=False, index=True)
    config_version: int = Field(foreign_key="scoring_config.version")
    snapshot: str
    clusters: int
    summary: dict[str, Any] = json_field()
    values_id: int | None = None
    previous_id: int | None = None


class Score(SQLModel, table=True):
    """A cluster's place in a run. ``summary`` is what a list shows of it: small, so that thousands are read at once.

    The record is made from numbers when somebody reads it: the tickets of ``told_id`` (RankTold), the values of the
    run, and ``side``: {override, omega}. ``delta`` is kept as it was told when the run before is removed. Runs made
    before that hold the record itself: ``explanation`` and ``inputs``, empty since.
    """

    __table_args__ = (UniqueConstraint("run_id", "cluster_id"), Index(None, "run_id", "score", "cluster_id"))

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(
        sa_column=Column(Integer, ForeignKey("rank_run.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    cluster_id: int = Field(foreign_key="cluster.id", index=True)
    rank: int
    score: float = Field(sa_column=Column(Float(53), nullable=False))
    explanation: dict[str, Any] = json_field()
    inputs: dict[str, Any] = json_field()
    summary: dict[str, Any] = json_field()
    told_id: int | None = Field(
        default=None, sa_column=Column(Integer, ForeignKey("rank_told.id"), nullable=True, index=True)
    )
    side: dict[str, Any] | None = json_field(None)
    delta: dict[str, Any] | None = json_field(None)
