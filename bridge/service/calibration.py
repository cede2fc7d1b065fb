"""How far the model's guesses may be believed here: words before there are enough answers, percentages after.

Rule: what calibration is made from and how is in store and analysis; here is only who may see it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from bridge.analysis.calibration import NEEDED, Answer, calibrate, ece
from bridge.analysis.granularity import params_for
from bridge.service.access import Actor, Permission, require
from bridge.store.grouping_answers import granularity, ticket_answers


@dataclass(frozen=True, slots=True)
class CalibrationView:
    """``fellow``: how near the second nearest fellow of a ticket must be for it to join an issue from far out, a
    cosine; ``shipped``: before answers. ``error``: expected calibration error on the answers themselves, which
    flatters; None before percentages.
    """

    answers: int
    needed: int
    percentages: bool
    agreed: int
    fellow: float
    shipped: float
    error: float | None


def percentages(session: Session) -> bool:
    """Whether enough answers stand for numbers to be shown."""
    return len(ticket_answers(session)) >= NEEDED


def calibration_view(session: Session, actor: Actor) -> CalibrationView:
    """Raises Forbidden."""
    require(actor, Permission.DECIDE_CLUSTERS)
    rows = [Answer(*row) for row in ticket_answers(session)]
    shipped = _shipped(session)
    found = calibrate(rows, shipped)
    chances = [found.chance_of(row.second) for row in rows]
    known = [chance for chance in chances if chance is not None]
    return CalibrationView(
        answers=len(rows),
        needed=NEEDED,
        percentages=found.shows_percentages,
        agreed=sum(row.agreed for row in rows),
        fellow=shipped if found.fellow is None else found.fellow,
        shipped=shipped,
        error=ece(known, [row.agreed for row in rows]) if known else None,
    )


def _shipped(session: Session) -> float:
    return params_for(granularity(session)).second_fellow
