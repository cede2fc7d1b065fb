"""Asking for a connection to be read or checked now, and how far that is. The worker does it (bridge/due.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bridge.progress import SYNC
from bridge.service.access import Actor, Permission, require
from bridge.service.connection_facts import Facts
from bridge.service.errors import ServiceError, UnknownId
from bridge.store import due_runs
from bridge.store.events import record
from bridge.store.requests import DueRun
from bridge.words import RunKind

STEPS = {
    "pull": "Reading tickets",
    "relearn": "Finding what repeats",
    "embed": "Comparing texts",
    "group": "Grouping",
    "rank": "Ranking",
    "alert": "Looking for alerts",
    "publish": "Writing drafts",
    "push": "Writing notes",
    "digest": "Writing the digest",
    "deliver": "Sending",
    "track": "Reading tracker issues",
    "plan": "Reading plans",
    "check": "Asking the other side",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. ``state``: waiting, running or finished; ``share`` 0..1 of the steps that there are."""

    id: int
    kind: str
    state: str
    asked_by: str
    asked_at: datetime
    sentence: str
    share: float
    finished_at: datetime | None
    errors: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.kind,
            "state": self.state,
            "sentence": self.sentence,
            "percent": round(self.share * 100),
            "errors": list(self.errors),
        }


def ask(
    session: Session, actor: Actor, facts: Mapping[str, Facts], name: str, at: datetime, kind: RunKind = RunKind.READ
) -> Progress:
    """Have the worker do it. Asking again while it waits or runs changes nothing.

    Raises Forbidden, UnknownId, and ServiceError for a connection that is switched off.
    """
    require(actor, Permission.OPERATE)
    known(facts, name, enabled=True)
    row = due_runs.open_run(session, name, kind)
    if row is None:
        due_runs.ask(session, name, kind, by=actor.name, at=at)
        record(session, f"connection.{kind}_asked", f"connection:{name}", actor=actor.name, at=at)
        row = due_runs.open_run(session, name, kind)
    assert row is not None, "it was asked for in this transaction"
    return progress_of(row)


def progress(
    session: Session, actor: Actor, facts: Mapping[str, Facts], name: str, kind: RunKind = RunKind.READ
) -> Progress | None:
    """The run that is under way or waits, else the last one; None if nobody ever asked. Raises UnknownId, Forbidden."""
    require(actor, Permission.READ_STATUS)
    known(facts, name)
    row = due_runs.open_run(session, name, kind) or next(iter(due_runs.last_runs(session, name, 1, kind)), None)
    return progress_of(row) if row else None


def known(facts: Mapping[str, Facts], name: str, *, enabled: bool = False) -> Facts:
    """Raises UnknownId, and ServiceError for one that is switched off where it must not be."""
    if name not in facts:
        raise UnknownId(f"there is no connection {name!r}: config.toml has {', '.join(facts) or 'none'}")
    if enabled and not facts[name].enabled:
        raise ServiceError(f"{name} is switched off: set enabled = true in section [connections.{name}] and restart")
    return facts[name]


def progress_of(row: DueRun) -> Progress:
    state = "finished" if row.finished_at else "running" if row.taken_at else "waiting"
    errors = tuple(f"{_word(r['step'])}: {r['error']}" for r in row.reports if r.get("error"))
    return Progress(
        id=row.id or 0,
        kind=row.kind,
        state=state,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        sentence=_sentence(row, state, errors),
        share=1.0 if state == "finished" else _share(row) if state == "running" else 0.0,
        finished_at=row.finished_at,
        errors=errors,
    )


def _sentence(row: DueRun, state: str, errors: tuple[str, ...]) -> str:
    if state == "waiting":
        return "Waits for the worker"
    if state == "running":
        counted = f"{row.done:,} of {row.total:,}" if row.total else f"{row.done:,}" if row.done else ""
        return f"{_word(row.step or row.kind)}{': ' if counted else ''}{counted}"
    if errors:
        return f"Ended with {len(errors)} {'fault' if len(errors) == 1 else 'faults'}"
    if row.kind == RunKind.CHECK:
        return " ".join(note for report in row.reports for note in report.get("notes", ())) or "All is well"
    if row.kind == RunKind.GROUP:
        placed = sum(report.get("done", 0) for report in row.reports if report.get("step") == "group")
        return f"Done: {placed:,} tickets placed or moved"
    busy = any("left to it" in note for report in row.reports for note in report.get("notes", ()))
    read = sum(report.get("done", 0) for report in row.reports if report.get("step") in ("pull", "track"))
    said = f"Done: {read:,} records changed" if read else "Done: nothing had changed"
    return f"{said}; a part was under way by the clock already" if busy else said


def _share(row: DueRun) -> float:
    """Each step counts the same, and in it what it says of itself. One that comes twice counts where it is first."""
    if row.step not in SYNC:
        return 0.0
    within = min(1.0, row.done / row.total) if row.total else 0.0
    return (SYNC.index(row.step) + within) / len(SYNC)


def _word(step: str) -> str:
    return STEPS.get(step, step)
