"""How far the model's guesses may be believed here: words before there are enough answers, percentages after.

Rule: what calibration is made from and how is in store and analysis; here is only who may see it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from bridge.analysis.calibration import NEEDED, Answer, Calibration, calibrate, ece
from bridge.service.access import Actor, Permission, require
from bridge.store.grouping_answers import ticket_answers


@dataclass(frozen=True, slots=True)
class CalibrationView:
    """``error``: expected calibration error on the answers themselves, which flatters; None before percentages."""

    answers: int
    needed: int
    percentages: bool
    agreed: int
    automatic_from: float
    review_from: float
    error: float | None


def calibration(session: Session) -> Calibration:
    """Of the answers that stand now."""
    return calibrate([Answer(*row) for row in ticket_answers(session)])


def calibration_view(session: Session, actor: Actor) -> CalibrationView:
    """Raises Forbidden."""
    require(actor, Permission.DECIDE_CLUSTERS)
    rows = [Answer(*row) for row in ticket_answers(session)]
    found = calibrate(rows)
    chances = [found.chance_of(row.similarity, row.evidence) for row in rows]
    known = [chance for chance in chances if chance is not None]
    return CalibrationView(
        answers=len(rows),
        needed=NEEDED,
        percentages=found.shows_percentages,
        agreed=sum(row.agreed for row in rows),
        automatic_from=found.borders.automatic,
        review_from=found.borders.review,
        error=ece(known, [row.agreed for row in rows]) if known else None,
    )
