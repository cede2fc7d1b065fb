"""The figures behind /metrics, read from the rows that every process shares. Rule: counts and ages, no names of people.

A step's runs and seconds are those of the last 24 hours: rows are pruned, so a counter over them would go backwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session

from bridge.service.connection_facts import Facts
from bridge.service.connections import LEADER
from bridge.service.freshness import WINDOW
from bridge.store import connection_views as views
from bridge.store import due_runs
from bridge.store import status as counts_of
from bridge.store.outbox_queries import counts
from bridge.store.requests import DueRun
from bridge.store.set_aside import aside_counts
from bridge.store.sync import RunSlot

JOBS = ("intake", "outgoing", "feedback", "nightly")


@dataclass(slots=True)
class StepSum:
    """One step of one connection ("": of none) during the last 24 hours."""

    runs: int = 0
    failed: int = 0
    seconds: float = 0.0
    longest: float = 0.0
    records: int = 0


@dataclass(frozen=True, slots=True)
class Measures:
    steps: Mapping[tuple[str, str], StepSum]
    lag: Mapping[tuple[str, str], float]
    failing: Mapping[tuple[str, str], bool]
    outbox: Mapping[str, int]
    oldest_waiting_s: float
    set_aside: Mapping[tuple[str, str], int]
    leads: bool
    asked: int = field(default=0)


def measures(session: Session, facts: Mapping[str, Facts], at: datetime, *, lease_s: float) -> Measures:
    """``lag`` are seconds since the last success of each stream that a connection reads; without one it is left out."""
    slots = views.slots_since(session, JOBS, at - WINDOW)
    states = [
        s for s in counts_of.streams(session) if s.connection in facts and s.stream in facts[s.connection].streams
    ]
    oldest = counts_of.oldest_waiting(session)
    return Measures(
        steps=_sums([*slots, *due_runs.finished_since(session, at - WINDOW)]),
        lag={(s.connection, s.stream): _seconds(at - s.last_success_at) for s in states if s.last_success_at},
        failing={(s.connection, s.stream): s.last_error is not None for s in states},
        outbox=counts(session),
        oldest_waiting_s=_seconds(at - oldest) if oldest else 0.0,
        set_aside={(connection, stream): count for connection, stream, count in aside_counts(session)},
        leads=views.leader(session, LEADER, lease_s) is not None,
        asked=due_runs.count_open(session),
    )


def _sums(ended: Iterable[RunSlot | DueRun]) -> dict[tuple[str, str], StepSum]:
    found: dict[tuple[str, str], StepSum] = {}
    for run in ended:
        for report in run.reports:
            own = found.setdefault((str(report.get("step")), str(report.get("connection") or "")), StepSum())
            seconds = float(report.get("seconds") or 0.0)
            own.runs += 1
            own.failed += 1 if report.get("error") else 0
            own.seconds += seconds
            own.longest = max(own.longest, seconds)
            own.records += int(report.get("done") or 0)
    return found


def _seconds(passed: timedelta) -> float:
    return max(0.0, passed.total_seconds())
