"""The only caller of connectors' writes: takes due outbox rows to the other side, each exactly once.

The rule: a write that may have taken effect is never sent again before the other side was asked for it. Run it as
often as you like, by as many workers as you like.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bridge.pipeline.deliver.courier import Courier
from bridge.pipeline.deliver.notes import notes_on_what_waits
from bridge.pipeline.deliver.notice import Compose
from bridge.pipeline.deliver.parts import Outcome, Parts
from bridge.pipeline.deliver.setbacks import AUTH_RETRY_S, Setbacks
from bridge.progress import Progress, StepReport, silent
from bridge.settings import DeliverSettings
from bridge.store import gates
from bridge.store.db import Database
from bridge.store.outbox import OutboxRow
from bridge.store.outbox_moves import claim, free_the_gone, leave
from bridge.store.outbox_queries import counts
from bridge.words import OutboxState

__all__ = ["deliver"]


def deliver(
    db: Database,
    sinks: Mapping[str, object],
    *,
    owner: str,
    settings: DeliverSettings,
    now: Callable[[], datetime],
    stop: Callable[[], bool] = lambda: False,
    progress: Progress = silent,
    redact: Callable[[str], str] = str,
    rng: random.Random | None = None,
    compose: Compose | None = None,
) -> StepReport:
    """Send what is due, in the order of the rows, and return. ``sinks``: connection name -> its connector.

    ``owner`` names this worker (``store.owners.owner_id``). ``now`` is a clock that all workers share
    (``store.leases.database_clock``): it decides when a lease has run out. ``stop`` is asked between rows. ``compose``
    gives messages to people their words. The report counts sent rows as done and dead ones as failed; its notes tell
    what waits and why. Errors of a connector end up in the row, errors of the database are raised.
    """
    began = time.monotonic()
    parts = Parts(db, sinks, settings, now, redact, rng or random.SystemRandom(), compose)
    run = _Run(parts, Courier(parts, Setbacks(parts)), owner)
    free_the_gone(db)
    total = _waiting(db)
    while not stop() and (row := run.next_row()) is not None:
        run.note(row, run.courier.take(row))
        progress("deliver", run.report.done, total)
    run.report.notes.extend(notes_on_what_waits(db, sinks, now()))
    run.report.seconds = time.monotonic() - began
    return run.report


@dataclass(slots=True)
class _Run:
    """One run. A connection that had to wait once is left alone until the next run."""

    parts: Parts
    courier: Courier
    owner: str
    report: StepReport = field(default_factory=lambda: StepReport("deliver"))
    closed: set[str] = field(default_factory=set)

    def next_row(self) -> OutboxRow | None:
        while True:
            now = self.parts.now()
            with self.parts.db.read() as session:
                held = gates.gates(session, self.parts.sinks.keys() - self.closed)
            opened = [name for name, gate in held.items() if gate.is_open(now)]
            row = claim(self.parts.db, self.owner, self.parts.lease_s, now, opened)
            if row is None or held[row.connection].auth_failed_at is None or self._may_probe(row, now):
                return row

    def _may_probe(self, row: OutboxRow, now: datetime) -> bool:
        if gates.take_probe(self.parts.db, row.connection, now, AUTH_RETRY_S):
            return True
        self.closed.add(row.connection)
        with self.parts.db.write() as session:
            leave(session, row)
        return False

    def note(self, row: OutboxRow, outcome: Outcome) -> None:
        if outcome.waits:
            self.closed.add(row.connection)
        if outcome.state == OutboxState.SENT:
            self.report.done += 1
        elif outcome.state == OutboxState.DEAD:
            self.report.failed += 1
            self.report.notes.append(f"outbox {row.id} ({row.kind} to {row.connection}) is dead: {outcome.error}")


def _waiting(db: Database) -> int:
    with db.read() as session:
        found = counts(session)
    return found.get(OutboxState.PENDING, 0) + found.get(OutboxState.SENDING, 0)
