"""What people and webhooks want of a connection now, from the asking to the reports at the end.

The rule: of one connection and kind, at most one run waits. The leader alone takes runs, under its fence and one of a
kind at a time, so a run that is still under way when it takes the next was left behind: it is asked for again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from bridge.store.db import Database
from bridge.store.leases import Lease, database_now, fence
from bridge.store.requests import DueRun
from bridge.store.upsert import insert_new
from bridge.words import RunKind

KEPT = timedelta(days=30)
LEFT_BEHIND = "the worker ended during this run: it was asked for again"


def ask(session: Session, connection: str, kind: RunKind, *, by: str, at: datetime) -> bool:
    """False: one waits already, and that will do."""
    return insert_new(
        session, DueRun, connection=connection, kind=kind.value, asked_by=by, asked_at=at, done=0, reports=[]
    )


def open_run(session: Session, connection: str, kind: RunKind) -> DueRun | None:
    """The run that is under way, else the one that waits."""
    return next(iter(_open(session, kind, connection)), None)


def open_runs(session: Session, kind: RunKind) -> Mapping[str, DueRun]:
    """The same for all connections at once."""
    found: dict[str, DueRun] = {}
    for row in _open(session, kind):
        found.setdefault(row.connection, row)
    return found


def last_runs(session: Session, connection: str, limit: int, kind: RunKind | None = None) -> list[DueRun]:
    """What ended, the newest first."""
    query = select(DueRun).where(DueRun.connection == connection, col(DueRun.finished_at).is_not(None))
    if kind is not None:
        query = query.where(DueRun.kind == kind)
    return list(session.exec(query.order_by(col(DueRun.id).desc()).limit(limit)).all())


def finished_since(session: Session, since: datetime) -> list[DueRun]:
    query = select(DueRun).where(col(DueRun.finished_at) >= since, DueRun.kind == RunKind.READ)
    return list(session.exec(query).all())


def take(db: Database, lease: Lease, kind: RunKind) -> DueRun | None:
    """The run that waits longest, now under way; None if none waits. Raises LeaseLost."""
    with db.read() as session:  # asked every second: without a write as long as there is nothing
        if not _open(session, kind):
            return None
    with db.write() as session:
        fence(session, lease)
        now = database_now(session)
        _ask_again(session, kind, now)
        waiting = select(DueRun).where(DueRun.kind == kind, col(DueRun.taken_at).is_(None))
        row = session.exec(waiting.order_by(col(DueRun.id)).limit(1)).first()
        if row is not None:
            row.taken_at = now
            session.add(row)
        session.exec(delete(DueRun).where(col(DueRun.finished_at) < now - KEPT))
        return row


def note(db: Database, run: DueRun, step: str, done: int, total: int | None) -> None:
    """How far it is, for whoever looks. A run that somebody else has ended meanwhile is left alone."""
    with db.write() as session:
        mine = update(DueRun).where(col(DueRun.id) == run.id, col(DueRun.finished_at).is_(None))
        session.exec(mine.values(step=step, done=done, total=total))


def finish(db: Database, lease: Lease, run: DueRun, reports: list[dict[str, Any]]) -> None:
    """Write down how it ended. Raises LeaseLost, and then the next leader asks for it again."""
    with db.write() as session:
        fence(session, lease)
        row = session.get_one(DueRun, run.id)
        row.finished_at, row.reports = database_now(session), reports
        session.add(row)


def _open(session: Session, kind: RunKind, connection: str | None = None) -> list[DueRun]:
    query = select(DueRun).where(DueRun.kind == kind, col(DueRun.finished_at).is_(None))
    if connection is not None:
        query = query.where(DueRun.connection == connection)
    return list(session.exec(query.order_by(col(DueRun.id))).all())


def _ask_again(session: Session, kind: RunKind, now: datetime) -> None:
    for row in _open(session, kind):
        if row.taken_at is not None:
            row.finished_at = now
            row.reports = [{"step": row.step or kind.value, "connection": row.connection, "error": LEFT_BEHIND}]
            session.add(row)
            ask(session, row.connection, kind, by=row.asked_by, at=row.asked_at)


def count_open(session: Session) -> int:
    """What waits or is under way."""
    return session.exec(select(func.count(col(DueRun.id))).where(col(DueRun.finished_at).is_(None))).one()
