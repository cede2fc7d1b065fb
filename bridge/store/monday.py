"""Finished reviews: who, when, what was left, and the ranking that the next review is told against."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Integer, Text
from sqlmodel import Field, Session, SQLModel, col, select

from bridge.store.columns import instant, json_field


class MondayReview(SQLModel, table=True):
    """``top`` are the clusters of the Top 10 as it stood, ``left`` what was not done, need -> number of issues."""

    __tablename__ = "monday_review"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant(nullable=False, index=True)
    actor: str
    run_id: int | None = Field(
        default=None, sa_column=Column(Integer, ForeignKey("rank_run.id", ondelete="SET NULL"), nullable=True)
    )
    top: list[int] = json_field(list)
    left: dict[str, int] = json_field()
    reason: str | None = Field(default=None, sa_type=Text)
    event_id: int | None = Field(default=None, foreign_key="event.id")
    undone_at: datetime | None = instant()


def last_review(session: Session, at: datetime) -> MondayReview | None:
    """The newest that was finished up to an instant and not taken back."""
    query = select(MondayReview).where(col(MondayReview.at) <= at, col(MondayReview.undone_at).is_(None))
    return session.exec(query.order_by(col(MondayReview.at).desc(), col(MondayReview.id).desc()).limit(1)).first()


def reviews(session: Session, limit: int) -> list[MondayReview]:
    """Newest first, those that were taken back among them."""
    return list(session.exec(select(MondayReview).order_by(col(MondayReview.id).desc()).limit(limit)))


def reviewed_runs(session: Session) -> set[int]:
    """The rankings on which reviews were finished."""
    return {id_ for id_ in session.exec(select(MondayReview.run_id)) if id_ is not None}
