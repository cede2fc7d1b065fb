"""What the leading worker does when somebody asked: the whole loop for a connection, one check of it, or grouping anew.

The rule: the same steps under the same leases as by the clock, so that a run by hand and one by the clock never do
the same work at the same time.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bridge.analysis.redaction import redact
from bridge.bootstrap import Bridge
from bridge.errors import BridgeError
from bridge.jobs import Jobs, Stop
from bridge.progress import SYNC, StepReport, log_reports
from bridge.store import due_runs
from bridge.store.db import Database
from bridge.store.leases import Lease
from bridge.store.requests import DueRun
from bridge.words import RunKind
from connectors.base import ConnectorError

logger = logging.getLogger(__name__)

WRITE_EVERY_S = 0.5
CHECK_S = 30.0


@dataclass(slots=True)
class Shown:
    """A Progress that a page can show: written at most twice a second, and whenever the step changes."""

    db: Database
    run: DueRun
    clock: Callable[[], float] = time.monotonic
    _step: str = ""
    _written: float = field(default=float("-inf"))

    def __call__(self, step: str, done: int, total: int | None) -> None:
        if step == self._step and self.clock() - self._written < WRITE_EVERY_S:
            return
        self._step, self._written = step, self.clock()
        try:
            due_runs.note(self.db, self.run, step, done, total)
        except SQLAlchemyError as error:
            logger.warning("the progress of run %s could not be shown: %s", self.run.id, type(error).__name__)


def run_due(bridge: Bridge, kind: RunKind, lease: Lease, stop: Stop) -> bool:
    """Take one run of this kind and end it. False: none waited. Raises LeaseLost."""
    run = due_runs.take(bridge.db, lease, kind)
    if run is None:
        return False
    with structlog.contextvars.bound_contextvars(run=f"due/{run.id}"):
        reports = _reports(bridge, kind, run, stop)
        log_reports(reports)
        due_runs.finish(bridge.db, lease, run, [report.to_dict() for report in reports])
    return True


def _reports(bridge: Bridge, kind: RunKind, run: DueRun, stop: Stop) -> list[StepReport]:
    if kind is RunKind.READ:
        return _read(bridge, run, stop)
    if kind is RunKind.GROUP:
        return Jobs(bridge, progress=Shown(bridge.db, run), stop=stop).nightly()
    return [_check(bridge, run.connection, stop)]


def _read(bridge: Bridge, run: DueRun, stop: Stop) -> list[StepReport]:
    if run.connection not in bridge.connections:
        return [StepReport("pull", run.connection, error=_not_here(bridge, run.connection))]
    shown = Shown(bridge.db, run)
    jobs = Jobs(bridge, progress=shown, stop=stop, only=run.connection)
    reports: list[StepReport] = []
    for step in SYNC:
        if stop():
            break
        shown(step, 0, None)
        try:
            reports += jobs.run((step,))
        except BridgeError as error:
            reports.append(StepReport(step, run.connection, error=str(error)))
    return reports


def _check(bridge: Bridge, name: str, stop: Stop) -> StepReport:
    """Ask the other side who we are there, with a connector of its own: one that hangs keeps nobody else."""
    began = time.monotonic()
    report = StepReport("check", name)
    connection = bridge.with_own_connectors().connections.get(name)
    if connection is None:
        report.error = _not_here(bridge, name)
        return report
    answer: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
    threading.Thread(target=lambda: answer.put(_ask(connection.connector.check)), name="check", daemon=True).start()
    while time.monotonic() - began < CHECK_S and not stop():
        try:
            kind, said = answer.get(timeout=0.2)
        except queue.Empty:
            continue
        report.seconds = time.monotonic() - began
        if kind == "ok":
            report.done, report.notes = 1, [said]
        else:
            report.error = said
        return report
    report.error = f"no answer within {CHECK_S:.0f} s: is the address right, and is the system up?"
    return report


def _ask(check: Callable[[], str]) -> tuple[str, str]:
    try:
        return "ok", redact(check()).text
    except ConnectorError as error:
        return "error", redact(str(error)).text
    except Exception as error:  # noqa: BLE001 - a connector's fault: told to whoever asked, without its values
        return "error", f"a fault in the connector ({type(error).__name__}): see its documentation"


def _not_here(bridge: Bridge, name: str) -> str:
    there = ", ".join(bridge.connections) or "none"
    return f"the worker knows no enabled connection {name!r} (it has {there}): restart it after a change of config.toml"
