"""The id-migration log: what each run of the grouping did to the ids of issues, and where an old id leads today.

Rule: ids, counts and times only; no word of any ticket.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlmodel import Session

from bridge.service.access import Actor, Permission, require
from bridge.service.errors import UnknownId
from bridge.store.events import Event
from bridge.store.grouping import ClusterChange, GroupingRun
from bridge.store.grouping_log import chain, changes, end_of, runs
from bridge.words import display_id

PAGE = 20


@dataclass(frozen=True, slots=True)
class Change:
    """``kind``: opened, merged, split, emptied. ``other``: where it went, or where it came from."""

    kind: str
    issue: str
    other: str | None
    tickets: int


@dataclass(frozen=True, slots=True)
class Run:
    """One run that changed something. ``facts``: counts by what they count, such as placed and moved."""

    id: int
    at: datetime
    trigger: str
    model: str
    facts: Mapping[str, int | float | str]
    changes: tuple[Change, ...]

    def of(self, kind: str) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.kind == kind)


@dataclass(frozen=True, slots=True)
class Step:
    """One hop of an id. ``at``, ``by`` None: a person said where its only ticket belongs."""

    issue: str
    into: str
    at: datetime | None
    by: str | None


@dataclass(frozen=True, slots=True)
class Trail:
    """Where an id leads: hop by hop, to the issue that lives ``now``."""

    asked: str
    now: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Log:
    """``older``: the run before which the next page begins; None on the last."""

    runs: tuple[Run, ...]
    older: int | None
    trail: Trail | None


def log(
    session: Session, actor: Actor, *, cluster_id: int | None = None, before: int | None = None, limit: int = PAGE
) -> Log:
    """The newest runs, or those that changed one issue. Raises UnknownId, Forbidden."""
    require(actor, Permission.READ_CLUSTERS)
    trail = _trail(session, cluster_id) if cluster_id is not None else None
    asked = [cluster_id] if cluster_id is not None else []
    rows = runs(session, before, limit + 1, asked)
    shown = rows[:limit]
    by_run = changes(session, [row.id or 0 for row in shown])
    return Log(
        runs=tuple(_run(row, by_run.get(row.id or 0, [])) for row in shown),
        older=shown[-1].id if len(rows) > limit else None,
        trail=trail,
    )


def _run(row: GroupingRun, found: list[ClusterChange]) -> Run:
    facts = {name: value for name, value in row.facts.items() if isinstance(value, int | float | str)}
    return Run(row.id or 0, row.at, row.trigger, row.model, facts, tuple(_change(one) for one in found))


def _change(row: ClusterChange) -> Change:
    other = display_id(row.other_id) if row.other_id is not None else None
    return Change(row.kind, display_id(row.cluster_id), other, row.tickets)


def _trail(session: Session, cluster_id: int) -> Trail:
    hops = chain(session, cluster_id)
    if not hops:
        raise UnknownId(f"there never was an issue {display_id(cluster_id)}")
    ids = [hop.id or 0 for hop in hops]
    steps = tuple(_step(session, one, two) for one, two in pairwise(ids))
    return Trail(display_id(cluster_id), display_id(ids[-1]), steps)


def _step(session: Session, one: int, into: int) -> Step:
    end = end_of(session, one)
    if end is None:
        return Step(display_id(one), display_id(into), None, None)
    if isinstance(end, Event):
        return Step(display_id(one), display_id(into), end.at, end.actor)
    return Step(display_id(one), display_id(into), end[1].at, "model")
