"""Once a week: the Top 10, what changed and why, the week's alerts, what waits for a decision.

Rule: one digest a slot of the calendar, however often and by however many workers it is looked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import true
from sqlmodel import Session

from bridge.analysis.working_days import Calendar, last_weekly
from bridge.pipeline.notify.telling import ACTOR, Reach, everybody, tell, wants_digest
from bridge.progress import Progress, StepReport, silent
from bridge.store import events
from bridge.store.boards import plan_rows, run_rows
from bridge.store.db import Database
from bridge.store.grouping_queries import count_waiting
from bridge.store.leases import Lease, fence
from bridge.store.notices import told_since
from bridge.store.ranking import approved_plans, last_run
from bridge.store.sync import fact, set_fact
from bridge.words import Confidence, NoticeKind, RemedyState

SLOT = "digest.slot"
WEEKLY = NoticeKind.WEEKLY.value
LATE = timedelta(days=2)
"""A digest that nobody was there to write is written up to so much later, then left out."""
WEEK = timedelta(days=7)
SHOWN = ("thin evidence", "single account", "imputed", "regression risk")


@dataclass(frozen=True, slots=True)
class Weekly:
    """When the digest is written: the hour of a day of the week, where the workspace lives."""

    day: str = "monday"
    hour: int = 7
    calendar: Calendar = field(default_factory=Calendar)

    def slot(self, at: datetime) -> datetime:
        return last_weekly(at, self.day, self.hour, self.calendar.tz)


def digest(
    db: Database,
    weekly: Weekly,
    reach: Reach,
    *,
    lease: Lease,
    now: Callable[[], datetime],
    progress: Progress = silent,
    anyway: bool = False,
) -> StepReport:
    """Write the digest of the present slot if there is none yet. Done: messages. ``anyway``: one of now, whatever the
    calendar says. The first look at a workspace writes none: there is no week behind it.
    """
    report = StepReport("digest")
    with db.write() as session:
        at = now()
        slot, last = weekly.slot(at), fact(session, SLOT)
        if not anyway and (last is None or datetime.fromisoformat(last) >= slot or at - slot > LATE):
            if last is None:
                fence(session, lease)
                set_fact(session, SLOT, slot.isoformat())
            return report
        fence(session, lease)
        since = datetime.fromisoformat(last) if last else at - WEEK
        facts = facts_of(session, max(since, at - 2 * WEEK))
        if facts is None:
            return report
        event = f"digest:{at.isoformat(timespec='seconds')}" if anyway else f"digest:{slot.isoformat()}"
        readers = [person for person in everybody(session) if wants_digest(person)]
        report.done = tell(session, event, WEEKLY, facts, readers, reach, at=at, tz=weekly.calendar.tz)
        if not anyway:
            set_fact(session, SLOT, slot.isoformat())
        after = {"event": event, "messages": report.done}
        events.record(session, "digest.written", "digest", actor=ACTOR, at=at, after=after)
    progress("digest", report.done, report.done)
    return report


def facts_of(session: Session, since: datetime) -> dict[str, Any] | None:
    """What a digest of now tells, ids and numbers; None while nothing was ranked. ``since``: the alerts' beginning."""
    run = last_run(session)
    if run is None or not run.summary:
        return None
    placed = {row.cluster_id: row for row in run_rows(session, run.id or 0)}
    top = [id_ for id_ in run.summary.get("top", ()) if id_ in placed]
    plans, approved = plan_rows(session, top), approved_plans(session)
    rows = []
    for id_ in top:
        row, plan = placed[id_], plans.get(id_)
        stands = plan is not None and plan.confidence != Confidence.DRAFT
        rows.append(
            {
                "issue": id_,
                "rank": row.rank,
                "score": row.score,
                "accounts": row.summary["accounts"],
                "new": row.summary["new"],
                "badges": [badge for badge in row.summary["badges"] if badge in SHOWN],
                "state": plan.state if plan and stands else RemedyState.UNREVIEWED.value,
            }
        )
    told_of = (RemedyState.UNREVIEWED.value, None)
    return {
        "top": rows,
        "issues": run.clusters,
        "since": (run.summary.get("since") or {}).get("as_of"),
        "moves": {kind: run.summary.get(kind, []) for kind in ("entered", "left", "rise", "fall")},
        "portfolio": run.summary.get("portfolio"),
        "known_share": run.summary.get("known_share", 1.0),
        "unplanned": [id_ for id_ in top if (approved[id_].state if id_ in approved else None) in told_of],
        "to_review": count_waiting(session, true()),
        "alerts": [row.last for row in told_since(session, since) if row.cluster_id in placed],
    }
