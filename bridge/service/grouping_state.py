"""How the grouping of this workspace stands: when it last ran, what it holds, how sure it is. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from bridge.service.access import Actor, Permission, require
from bridge.service.calibration import CalibrationView, calibration_view
from bridge.service.due import Progress
from bridge.service.granularity import Chosen, chosen, regrouping
from bridge.store.events import Event
from bridge.store.grouping import GroupingFrame
from bridge.store.grouping_answers import newest_run
from bridge.store.grouping_facts import census
from bridge.words import Zone


@dataclass(frozen=True, slots=True)
class StateView:
    """``grouped_at``: the last run that changed something. ``drift``: share of new tickets unlike what the frame was
    made from, as the last run measured it; None where none has. ``issues`` have two tickets or more.
    """

    chosen: Chosen
    model: str
    grouped_at: datetime | None
    anchored_at: datetime | None
    drift: float | None
    tickets: int
    issues: int
    singles: int
    unplaced: int
    kept: int
    automatic: int
    review: int
    new: int
    confirmed: int
    calibration: CalibrationView
    asked: Progress | None


def state(session: Session, actor: Actor, *, model: str) -> StateView:
    """Raises Forbidden."""
    require(actor, Permission.DECIDE_CLUSTERS)
    counted, run = census(session), newest_run(session)
    frame = session.get(GroupingFrame, model)
    drift = run.facts.get("drift") if run else None
    return StateView(
        chosen=chosen(session, actor),
        model=model,
        grouped_at=run.at if run else _last_event(session),
        anchored_at=frame.anchored_at if frame else None,
        drift=float(drift) if isinstance(drift, int | float) else None,
        tickets=counted.tickets,
        issues=counted.issues,
        singles=counted.singles,
        unplaced=counted.unplaced,
        kept=counted.kept,
        automatic=counted.zones.get(Zone.AUTOMATIC, 0),
        review=counted.zones.get(Zone.REVIEW, 0),
        new=counted.zones.get(Zone.NEW, 0),
        confirmed=counted.zones.get(Zone.CONFIRMED, 0),
        calibration=calibration_view(session, actor),
        asked=regrouping(session),
    )


def _last_event(session: Session) -> datetime | None:
    query = select(Event.at).where(Event.subject == "grouping", Event.actor == "model").order_by(col(Event.id).desc())
    return session.exec(query.limit(1)).first()
