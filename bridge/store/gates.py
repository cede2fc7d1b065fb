"""Whether a connection may be written to now: it waits after a rate limit, refused credentials or an outage.

The gate of a connection is its SyncState of stream "outbox"; ``cursor`` holds the gate's own numbers as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session, select

from bridge.store.db import Database
from bridge.store.sync import SyncState
from bridge.store.upsert import insert_new

STREAM = "outbox"


@dataclass(frozen=True, slots=True)
class Gate:
    """``until``: no write before. ``failures``: in a row, of the connection. ``auth_failed_at``: since when refused."""

    until: datetime | None = None
    failures: int = 0
    auth_failed_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        return self.until is None or self.until <= now


def gates(session: Session, connections: Iterable[str]) -> dict[str, Gate]:
    """The gate of each connection; an unknown one is open."""
    rows = {row.connection: row for row in session.exec(select(SyncState).where(SyncState.stream == STREAM)).all()}
    return {name: _gate(rows[name]) if name in rows else Gate() for name in connections}


def succeeded(session: Session, connection: str, at: datetime) -> None:
    """The other side answered: whatever was wrong is over."""
    row = _row(session, connection)
    row.cursor = row.auth_failed_at = row.last_error = None
    row.last_success_at = at


def wait(session: Session, connection: str, gate: Gate, *, at: datetime, error: str) -> None:
    """Write the gate down with the error that shut it or counted against it."""
    row = _row(session, connection)
    until = gate.until.isoformat() if gate.until else None
    row.cursor = json.dumps({"until": until, "failures": gate.failures})
    row.auth_failed_at, row.last_error_at, row.last_error = gate.auth_failed_at, at, error


def take_probe(db: Database, connection: str, now: datetime, every_s: float) -> bool:
    """The one try that refused credentials get in ``every_s`` seconds. False: another worker has it."""
    with db.write() as session:
        row = _row(session, connection)
        gate = _gate(row)
        if not gate.is_open(now):
            return False
        probing = replace(gate, until=now + timedelta(seconds=every_s))
        wait(session, connection, probing, at=row.last_error_at or now, error=row.last_error or "")
        return True


def _row(session: Session, connection: str) -> SyncState:
    insert_new(session, SyncState, connection=connection, stream=STREAM)
    return session.get_one(SyncState, (connection, STREAM), with_for_update=True)


def _gate(row: SyncState) -> Gate:
    held = json.loads(row.cursor) if row.cursor else {}
    until = held.get("until")
    return Gate(datetime.fromisoformat(until) if until else None, held.get("failures", 0), row.auth_failed_at)
