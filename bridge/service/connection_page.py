"""One connection in full: its streams, what it is, how its last runs went, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from bridge.service.access import Actor, Permission, require
from bridge.service.connection_facts import Facts
from bridge.service.connections import Connections, Row, connections
from bridge.service.due import STEPS, Progress, known, progress_of
from bridge.service.set_aside_groups import Group, groups
from bridge.store import connection_views as views
from bridge.store import due_runs
from bridge.store.connection_views import Leader
from bridge.words import RunKind

RUNS_SHOWN = 8
BACK = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Step:
    """What one step of a run did. ``error`` and ``notes`` are redacted sentences."""

    word: str
    done: int
    unchanged: int
    failed: int
    seconds: float
    error: str | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """``by``: the clock, a person or a webhook."""

    at: datetime
    by: str
    steps: tuple[Step, ...]

    @property
    def failed(self) -> bool:
        return any(step.error for step in self.steps)


@dataclass(frozen=True, slots=True)
class ConnectionPage:
    row: Row
    leader: Leader | None
    check: Progress | None
    runs: tuple[Run, ...]
    set_aside: tuple[Group, ...]


def connection_page(
    session: Session, actor: Actor, facts: Mapping[str, Facts], name: str, at: datetime, *, lease_s: float
) -> ConnectionPage:
    """Raises Forbidden and UnknownId."""
    require(actor, Permission.READ_STATUS)
    fact = known(facts, name)
    whole: Connections = connections(session, actor, facts, at, lease_s=lease_s, only=name)
    check = due_runs.open_run(session, name, RunKind.CHECK) or next(
        iter(due_runs.last_runs(session, name, 1, RunKind.CHECK)), None
    )
    return ConnectionPage(
        row=whole.rows[0],
        leader=whole.leader,
        check=progress_of(check) if check else None,
        runs=_runs(session, fact, at),
        set_aside=groups(session, actor, connection=name),
    )


def _runs(session: Session, fact: Facts, at: datetime) -> tuple[Run, ...]:
    """By the clock only what this connection had a part in; by hand all of it."""
    by_hand = due_runs.last_runs(session, fact.name, RUNS_SHOWN, RunKind.READ)
    jobs = {"intake", "feedback"} if fact.job else set()
    slots = [slot for slot in views.slots_since(session, jobs, at - BACK) if slot.finished_at] if jobs else []
    found = [Run(row.finished_at or row.asked_at, row.asked_by, _steps(row.reports)) for row in by_hand]
    for slot in slots:
        own = [report for report in slot.reports if report.get("connection") == fact.name]
        if own:
            found.append(Run(slot.finished_at or slot.started_at, "the clock", _steps(own)))
    return tuple(sorted(found, key=lambda run: run.at, reverse=True)[:RUNS_SHOWN])


def _steps(reports: Iterable[Mapping[str, Any]]) -> tuple[Step, ...]:
    return tuple(
        Step(
            word=STEPS.get(str(report.get("step")), str(report.get("step"))),
            done=int(report.get("done") or 0),
            unchanged=int(report.get("skipped") or 0),
            failed=int(report.get("failed") or 0),
            seconds=float(report.get("seconds") or 0.0),
            error=report.get("error"),
            notes=tuple(report.get("notes") or ()),
        )
        for report in reports
    )
