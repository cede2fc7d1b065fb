"""Sentences for people about what the outbox still holds after a run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bridge.store import gates
from bridge.store.db import Database
from bridge.store.gates import Gate
from bridge.store.outbox_queries import waiting
from bridge.words import OutboxState


def notes_on_what_waits(db: Database, known: Iterable[str], now: datetime) -> list[str]:
    """One note a connection and reason. Empty if nothing waits."""
    with db.read() as session:
        rows = waiting(session)
        shut = gates.gates(session, {row.connection for row in rows})
    names = set(known)
    notes = []
    for row in rows:
        if row.connection not in names:
            why = "this connection is not configured or not enabled: configure it, or discard the rows"
        elif not shut[row.connection].is_open(now):
            why = _shut(shut[row.connection])
        elif row.state == OutboxState.SENDING:
            why = f"in doubt, looked up from {_clock(row.due_at)} on"
        elif row.due_at > now:
            why = f"tried again from {_clock(row.due_at)} on"
        else:
            continue
        notes.append(f"{row.connection}: {row.rows} {'in doubt' if row.state == 'sending' else 'waiting'}: {why}")
    return notes


def _shut(gate: Gate) -> str:
    until = _clock(gate.until) if gate.until else "now"
    if gate.auth_failed_at is not None:
        return f"credentials refused since {_clock(gate.auth_failed_at)}: mend them; tried again at {until}"
    return (
        f"the connection waits until {until} ({gate.failures} failures in a row)"
        if gate.failures
        else (f"rate limited until {until}")
    )


def _clock(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
