"""What people have answered about the model's guesses, as long as it stands. Rule: an answer that was taken back, or
whose decision was, counts for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete
from sqlmodel import Session, col, select

from bridge.store.events import Event
from bridge.store.grouping import GroupingAnswer, GroupingConfig, GroupingRun, QuestionLater
from bridge.words import Granularity

TICKET, MERGE, SPLIT = "ticket", "merge", "split"


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer that stands."""

    id: int
    kind: str
    cluster_id: int
    other_id: int | None
    similarity: float | None
    evidence: Mapping[str, Any]
    agreed: bool


def standing(session: Session, *kinds: str) -> list[Answered]:
    """Answers of these kinds that nobody took back, the oldest first."""
    query = (
        select(
            GroupingAnswer.id,
            GroupingAnswer.kind,
            GroupingAnswer.cluster_id,
            GroupingAnswer.other_id,
            GroupingAnswer.similarity,
            GroupingAnswer.evidence,
            GroupingAnswer.agreed,
        )  # type: ignore[call-overload]
        .where(col(GroupingAnswer.kind).in_(kinds), *_stands())
        .order_by(col(GroupingAnswer.id))
    )
    return [Answered(*row) for row in session.execute(query)]


def ticket_answers(session: Session) -> list[tuple[float, bool]]:
    """(cosine to the second nearest fellow, agreed) of every answer about a ticket that stands and tells it."""
    return [
        (float(row.evidence["second"]), row.agreed)
        for row in standing(session, TICKET)
        if isinstance(row.evidence.get("second"), int | float)
    ]


def put_off(session: Session, actor: str, at: datetime) -> set[tuple[str, int, int]]:
    """(kind, one, other) of the questions that this person does not want before later than ``at``."""
    query = select(QuestionLater.kind, QuestionLater.one, QuestionLater.other)
    return set(session.exec(query.where(QuestionLater.actor == actor, col(QuestionLater.until) > at)).all())


def put_off_until(session: Session, later: QuestionLater, at: datetime) -> None:
    """Write it down; what has come due of this person's is forgotten."""
    session.execute(
        delete(QuestionLater).where(col(QuestionLater.actor) == later.actor, col(QuestionLater.until) <= at)
    )
    session.merge(later)


def newest_config(session: Session) -> GroupingConfig | None:
    """How fine the workspace groups; None: nobody has ever set it."""
    return session.exec(select(GroupingConfig).order_by(col(GroupingConfig.version).desc()).limit(1)).first()


def granularity(session: Session) -> Granularity:
    row = newest_config(session)
    return Granularity(row.granularity) if row else Granularity.BALANCED


def newest_run(session: Session) -> GroupingRun | None:
    return session.exec(select(GroupingRun).order_by(col(GroupingRun.id).desc()).limit(1)).first()


def _stands() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    taken_back = select(Event.id).where(col(Event.undoes) == col(GroupingAnswer.event_id)).exists()
    return col(GroupingAnswer.undone).is_(False), ~taken_back
