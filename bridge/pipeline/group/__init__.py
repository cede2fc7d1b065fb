"""Tickets without a cluster -> clusters with stable ids. One plan, one transaction; people's decisions stand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bridge.failpoint import failpoint
from bridge.pipeline.group.copy import vector_file
from bridge.pipeline.group.thinking import think
from bridge.pipeline.group.writing import write
from bridge.progress import Progress, StepReport, silent
from bridge.store.db import Database
from bridge.store.leases import Lease, fence
from bridge.store.memberships import count_unplaced
from bridge.store.sync import bump, data_version

TRIES = 3
"""A person who decides while the step thinks makes it think again."""


def group(
    db: Database,
    model_id: str,
    *,
    lease: Lease,
    now: Callable[[], datetime],
    consolidating: bool = False,
    copies: Path | None = None,
    progress: Progress = silent,
) -> StepReport:
    """Place every ticket that has none. ``consolidating`` thinks again about those that the model placed. ``copies``: a
    folder of this machine for copies of the vectors, None for none.
    """
    copy = vector_file(copies, model_id) if copies else None
    report = StepReport("group")
    with db.read() as session:
        waiting = count_unplaced(session, model_id)
        if not waiting and not consolidating:
            return report
    progress("group", 0, waiting)
    for _ in range(TRIES):
        with db.read() as session:
            seen = data_version(session, "clusters")
            work = think(session, model_id, consolidating=consolidating, copy=copy)
        if not work:
            return report
        with db.write() as session:
            fence(session, lease)
            bump(session, "clusters")
            if data_version(session, "clusters") != seen + 1:
                session.rollback()
                continue
            write(session, work, model_id, now())
            failpoint("group.before_commit")
        break
    else:
        report.notes.append("people kept deciding about issues meanwhile: the next run groups what waits")
        return report
    failpoint("group.after_commit")
    progress("group", waiting, waiting)
    report.done = work.placed + len(work.plan.moves)
    if work.plan.moves or work.plan.merges:
        report.notes.append(f"{len(work.plan.moves)} tickets moved, {len(work.plan.merges)} clusters merged")
    return report
