"""Clusters, accounts, plans and constants -> score, rank and explanation. One transaction a run.

A run is stored when its data changed or the last one is a day old: scores age, but not between two looks.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlmodel import Session

from bridge.failpoint import failpoint
from bridge.pipeline.rank.computing import Ranking, compute, explain_rows
from bridge.pipeline.rank.expiring import expire
from bridge.pipeline.rank.standing import standing
from bridge.pipeline.rank.storing import store
from bridge.pipeline.rank.thinning import Keep, thin
from bridge.progress import Progress, StepReport, silent
from bridge.store.db import Database, steady
from bridge.store.leases import Lease, fence
from bridge.store.ranking import data_snapshot, last_run
from bridge.store.sticky import expired_severities

__all__ = [
    "Keep",
    "Ranking",
    "compute",
    "explain_rows",
    "rank",
    "rank_now",
    "thin",
]

FRESH = timedelta(hours=24)
"""An unchanged ranking is computed anew after this long."""


def rank(
    db: Database,
    *,
    lease: Lease,
    now: Callable[[], datetime],
    progress: Progress = silent,
    cold: bool = False,
) -> StepReport:
    """Score every cluster if anything that a score depends on has changed. ``cold``: read every ticket again, and
    whether or not anything has changed.
    """
    report = StepReport("rank")
    _expire(db, lease, now)
    with db.read() as session:
        steady(session)
        as_of = now()
        before = last_run(session, kept=True)
        fresh = before and before.snapshot == data_snapshot(session) and as_of - before.as_of < FRESH
        if before and fresh and before.summary and not cold:
            report.skipped = before.clusters
            return report
        try:
            ranking = standing(session, as_of, before, cold=cold)
        except LookupError as error:
            report.error = str(error)
            return report
    progress("rank", 0, len(ranking.scored))
    with db.write() as session:
        fence(session, lease)
        report.done = store(session, ranking, actor="rank")
        failpoint("rank.before_commit")
    failpoint("rank.after_commit")
    progress("rank", report.done, report.done)
    return report


def rank_now(session: Session, as_of: datetime, actor: str) -> None:
    """Rank at once, in the transaction of a decision, so that the next page shows what it did. Without a lease: the
    run speaks for the data of this transaction, and gives way to the next one. Without constants it ranks nothing.
    """
    session.flush()
    expire(session, as_of)
    try:
        ranking = standing(session, as_of, last_run(session, kept=True))
    except LookupError:
        return
    store(session, ranking, actor=actor, passing=True)


def _expire(db: Database, lease: Lease, now: Callable[[], datetime]) -> None:
    """In a transaction of its own, and only where there is something to do."""
    with db.read() as session:
        due = bool(expired_severities(session, now()))
    if due:
        with db.write() as session:
            fence(session, lease)
            expire(session, now())
