"""What grouping remembers beside memberships: doubts, answers of people, its own frame, and the log of its runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Float, ForeignKey, Integer, LargeBinary, Text
from sqlmodel import Field, SQLModel

from bridge.store.columns import instant, json_field


class Candidate(SQLModel, table=True):
    """Where a ticket in the review zone may belong: the best two, ``place`` 1 and 2. Gone once somebody decided.

    ``similarity``: cosine to the cluster's centre as the grouper compares; ``evidence``: numbers only, never text.
    """

    ticket_id: int = Field(sa_column=Column(Integer, ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True))
    place: int = Field(primary_key=True)
    cluster_id: int = Field(foreign_key="cluster.id", index=True)
    similarity: float = Field(sa_column=Column(Float(53), nullable=False))
    evidence: dict[str, Any] = json_field()


class SecondaryMembership(SQLModel, table=True):
    """A part of a long ticket that speaks of another issue. It does not score: the primary membership does.

    ``begins`` and ``ends``: characters of the ticket's embedded text.
    """

    __tablename__ = "secondary_membership"

    ticket_id: int = Field(sa_column=Column(Integer, ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True))
    cluster_id: int = Field(
        sa_column=Column(Integer, ForeignKey("cluster.id", ondelete="CASCADE"), primary_key=True, index=True)
    )
    begins: int
    ends: int
    similarity: float = Field(sa_column=Column(Float(53), nullable=False))
    since: datetime = instant(nullable=False)


class KeptApart(SQLModel, table=True):
    """A person said that these two are different issues: the model never merges them. ``one`` < ``other``."""

    __tablename__ = "kept_apart"

    one: int = Field(sa_column=Column(Integer, ForeignKey("cluster.id"), primary_key=True))
    other: int = Field(sa_column=Column(Integer, ForeignKey("cluster.id"), primary_key=True, index=True))
    event_id: int | None = Field(default=None, foreign_key="event.id")


class GroupingAnswer(SQLModel, table=True):
    """What a person said of one guess of the model: the truth that zone borders and confidence are calibrated on.

    ``kind``: ticket (does it belong there?), merge (are the two one issue?), split (is it more than one?). ``zone`` and
    ``similarity`` and ``evidence`` are the model's at that moment; ``agreed`` whether the person said yes.
    """

    __tablename__ = "grouping_answer"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant(nullable=False)
    actor: str
    kind: str = Field(index=True)
    ticket_id: int | None = Field(
        default=None, sa_column=Column(Integer, ForeignKey("ticket.id", ondelete="SET NULL"), nullable=True)
    )
    cluster_id: int = Field(foreign_key="cluster.id", index=True)
    other_id: int | None = Field(default=None, foreign_key="cluster.id")
    zone: str | None = None
    similarity: float | None = Field(default=None, sa_column=Column(Float(53), nullable=True))
    evidence: dict[str, Any] = json_field()
    agreed: bool
    event_id: int | None = Field(default=None, foreign_key="event.id", index=True)
    undone: bool = False


class QuestionLater(SQLModel, table=True):
    """Somebody does not want to answer this question before ``until``; ``other`` 0 is none."""

    __tablename__ = "question_later"

    actor: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    one: int = Field(
        sa_column=Column(Integer, ForeignKey("cluster.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    other: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    until: datetime = instant(nullable=False)


class GroupingConfig(SQLModel, table=True):
    """How fine this workspace groups. Never changed, only followed by a newer one."""

    __tablename__ = "grouping_config"

    version: int | None = Field(default=None, primary_key=True)
    granularity: str
    at: datetime = instant(nullable=False)
    actor: str
    why: str


class GroupingFrame(SQLModel, table=True):
    """In what frame a model's vectors are compared between two anchorings. One row a model; without it the next run
    anchors anew.
    """

    __tablename__ = "grouping_frame"

    model: str = Field(primary_key=True)
    frame: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    facts: dict[str, Any] = json_field()
    anchored_at: datetime = instant(nullable=False)
    at: datetime = instant(nullable=False)


class GroupingRun(SQLModel, table=True):
    """One run that changed something: why it ran, how much it placed, moved, merged and opened."""

    __tablename__ = "grouping_run"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant(nullable=False, index=True)
    model: str
    trigger: str
    facts: dict[str, Any] = json_field()


class ClusterChange(SQLModel, table=True):
    """The id-migration log: what a run did to the ids of issues. ``kind``: opened, merged, split, emptied."""

    __tablename__ = "cluster_change"

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(
        sa_column=Column(Integer, ForeignKey("grouping_run.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    kind: str
    cluster_id: int = Field(foreign_key="cluster.id", index=True)
    other_id: int | None = Field(default=None, foreign_key="cluster.id")
    tickets: int


class TitleProposal(SQLModel, table=True):
    """A title that a chat model suggested and that waits for a person: it names nothing. One an issue, the newest."""

    __tablename__ = "title_proposal"

    cluster_id: int = Field(sa_column=Column(Integer, ForeignKey("cluster.id", ondelete="CASCADE"), primary_key=True))
    title: str = Field(sa_type=Text)
    model: str
    at: datetime = instant(nullable=False)
