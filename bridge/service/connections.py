"""Every connection at a glance: does it work, since when not and what to do, how fresh it is, when it is read next.

Rule: one figure, one source. Ages come from the rows that a pull leaves behind, never from a guess.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from bridge.service.access import Actor, Permission, require
from bridge.service.connection_facts import Facts
from bridge.service.due import Progress, progress_of
from bridge.service.freshness import WINDOW, age_p95
from bridge.service.trouble import Trouble, troubles_of
from bridge.store import connection_views as views
from bridge.store import due_runs
from bridge.store import status as counts_of
from bridge.store.connection_views import DAYS, Leader
from bridge.store.requests import DueRun
from bridge.store.set_aside import aside_counts
from bridge.store.sync import RunSlot, SyncState
from bridge.words import RunKind

LEADER = "leader"
LATE = 3
"""Intervals without a success after which a connection is late."""

_STEP_OF = {"intake": "pull", "feedback": "track"}


@dataclass(frozen=True, slots=True)
class Row:
    """One connection. ``per_day``: 12 days, oldest first, of ``per_day_of`` (None: it reads nothing countable).

    ``lag``: the age that its data did not exceed at 95 % of the last 24 hours; None: too few reads to judge.
    """

    facts: Facts
    colour: str
    word: str
    last_read_at: datetime | None
    lag: timedelta | None
    per_day: tuple[int, ...] | None
    per_day_of: str
    set_aside: int
    next_at: datetime | None
    run: Progress | None
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True, slots=True)
class Connections:
    """``leader`` None: no worker runs, so nothing is read and nothing leaves."""

    rows: tuple[Row, ...]
    leader: Leader | None
    set_aside: int

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        return tuple(trouble for row in self.rows for trouble in row.troubles)


def connections(
    session: Session, actor: Actor, facts: Mapping[str, Facts], at: datetime, *, lease_s: float, only: str | None = None
) -> Connections:
    """Raises Forbidden."""
    require(actor, Permission.READ_STATUS)
    states: dict[str, list[SyncState]] = {}
    for state in counts_of.streams(session):
        states.setdefault(state.connection, []).append(state)
    aside: dict[str, int] = {}
    for name, _, count in aside_counts(session):
        aside[name] = aside.get(name, 0) + count
    reads = _reads(views.slots_since(session, _STEP_OF, at - WINDOW), due_runs.finished_since(session, at - WINDOW))
    running = due_runs.open_runs(session, RunKind.READ)
    end = (at + timedelta(days=1)).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    opened, changed = views.tickets_opened(session, end), views.items_changed(session, end)
    leads = views.leader(session, LEADER, lease_s)
    rows = []
    for name, fact in facts.items():
        if only is not None and name != only:
            continue
        desk = "help_desk" in fact.roles
        per_day = (opened if desk else changed).get(name, (0,) * DAYS) if fact.streams else None
        rows.append(
            _row(
                fact,
                states.get(name, []),
                at,
                lag=age_p95(reads.get(name, ()), at),
                per_day=per_day,
                per_day_of="tickets opened" if desk else "issues by their last change",
                aside=aside.get(name, 0),
                run=progress_of(running[name]) if name in running else None,
                leads=leads is not None,
            )
        )
    return Connections(tuple(rows), leads, sum(aside.values()))


def next_slot(every_s: float, at: datetime) -> datetime:
    """Slots begin at whole multiples of the interval since 1970."""
    return datetime.fromtimestamp((math.floor(at.timestamp() / every_s) + 1) * every_s, UTC)


def _row(
    fact: Facts,
    states: Sequence[SyncState],
    at: datetime,
    *,
    lag: timedelta | None,
    per_day: tuple[int, ...] | None,
    per_day_of: str,
    aside: int,
    run: Progress | None,
    leads: bool,
) -> Row:
    read = [state.last_success_at for state in states if state.stream in fact.streams and state.last_success_at]
    last = min(read) if len(read) == len(fact.streams) and read else None
    troubles = troubles_of(fact, states) if fact.enabled else ()
    colour, word = _state(fact, troubles, last, at)
    return Row(
        facts=fact,
        colour=colour,
        word=word,
        last_read_at=last,
        lag=lag,
        per_day=per_day,
        per_day_of=per_day_of,
        set_aside=aside,
        next_at=next_slot(fact.every_s, at) if leads and fact.every_s else None,
        run=run,
        troubles=troubles,
    )


def _state(fact: Facts, troubles: tuple[Trouble, ...], last: datetime | None, at: datetime) -> tuple[str, str]:
    if not fact.enabled:
        return "grey", "Switched off"
    if troubles:
        return troubles[0].colour, troubles[0].word
    if not fact.streams:
        return "green", "Healthy"
    if last is None:
        return "grey", "Not read yet"
    if at - last > timedelta(seconds=LATE * fact.every_s):
        return "amber", "Late"
    return "green", "Healthy"


def _reads(slots: Iterable[RunSlot], runs: Iterable[DueRun]) -> dict[str, list[datetime]]:
    """When each connection was read to its end."""
    found: dict[str, list[datetime]] = {}
    both: list[RunSlot | DueRun] = [*slots, *runs]
    for ended in both:
        for report in ended.reports:
            left = any("left to it" in note for note in report.get("notes", ()))
            if report.get("step") in _STEP_OF.values() and not report.get("error") and not left and ended.finished_at:
                found.setdefault(str(report.get("connection")), []).append(ended.finished_at)
    return found
