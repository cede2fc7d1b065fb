"""Which job ran in which slot of the clock.

The rule: a slot is taken by inserting its row, under the leader's fence.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlmodel import col, select

from bridge.store.db import Database
from bridge.store.leases import Lease, database_now, fence
from bridge.store.owners import is_gone
from bridge.store.sync import LeaseRow, RunSlot
from bridge.store.upsert import insert_new

KEPT = timedelta(days=30)


def slot_of(moment: datetime, every_s: float) -> str:
    """The start of the slot nearest to ``moment``: slots begin at whole multiples of ``every_s`` since 1970.

    Nearest, because a ticker that fires at the slots' starts fires a little early or late by the database's clock.
    """
    start = round(moment.timestamp() / every_s) * every_s
    return datetime.fromtimestamp(start, UTC).isoformat(timespec="milliseconds")


def begin(db: Database, lease: Lease, job: str, every_s: float) -> str | None:
    """Take the present slot of the job and return its name; None if it has run. Raises LeaseLost."""
    with db.write() as session:
        fence(session, lease)
        now = database_now(session)
        slot = slot_of(now, every_s)
        old = (now - KEPT).isoformat(timespec="milliseconds")
        session.exec(delete(RunSlot).where(col(RunSlot.job) == job, col(RunSlot.slot) < old))
        holder = {"owner": lease.owner, "epoch": lease.epoch}
        new = insert_new(session, RunSlot, job=job, slot=slot, started_at=now, reports=[], **holder)
        return slot if new else None


def finish(db: Database, lease: Lease, job: str, slot: str, reports: list[dict[str, Any]]) -> None:
    """Write down how the run ended. Raises LeaseLost, and then the slot stays without an end."""
    with db.write() as session:
        fence(session, lease)
        row = session.get_one(RunSlot, (job, slot))
        row.finished_at, row.reports = database_now(session), reports
        session.add(row)


def resting(db: Database, leader: str) -> bool:
    """Whether a worker holds the lease ``leader`` and is in no job at present, as far as this machine can tell."""
    with db.read() as session:
        lease = session.get(LeaseRow, leader)
        owners = session.exec(select(RunSlot.owner).where(col(RunSlot.finished_at).is_(None))).all()
        return bool(lease and lease.owner and not is_gone(lease.owner)) and all(map(is_gone, owners))
