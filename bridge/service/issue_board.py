"""All issues as the list needs them, read once and held until something that shows changes.

Rule: a held board is used only while the run and every data version that it was built from stand, and until the next
instant at which a plan gets stale by itself. One board a database is held.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.pool import Pool
from sqlmodel import Session

from bridge.analysis.remedy_trust import Doubt
from bridge.analysis.uncertainty import REGRESSION_RISK
from bridge.service.trust import Trust, trust_of_plan
from bridge.store.boards import (
    LinkRow,
    Placed,
    PlanRow,
    link_rows,
    newest_run,
    plan_rows,
    run_rows,
    shown_versions,
    sizes,
    titles,
)
from bridge.store.clusters import RankRun
from bridge.store.grouping_queries import singles
from bridge.store.ranking import all_segments, data_snapshot, scoring_config
from bridge.words import RemedyState

MOST_ROWS = 2_000
REMEMBERED = 64
"""So many answers to filters are kept beside a board."""


class Need(StrEnum):
    """Why an issue waits for a decision of product."""

    UNREVIEWED = "unreviewed"
    STALE = "stale"
    OVERDUE = "overdue"
    CONFLICT = "conflict"
    REGRESSION = "regression"


_OF_DOUBT = {
    Doubt.REGRESSION: Need.REGRESSION,
    Doubt.CONFLICT: Need.CONFLICT,
    Doubt.OVERDUE: Need.OVERDUE,
    Doubt.STALE: Need.STALE,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """An issue with everything that a filter or an order asks of it. Internal: it holds money and account keys.

    ``rank`` None: no run has ranked it. ``changed``: tickets came or went since the run. ``unsorted``: one ticket,
    placed by no person.
    """

    id: int
    title: str
    folded: str
    rank: int | None
    score: float
    summary: dict[str, Any]
    trust: Trust
    plan: PlanRow | None
    links: tuple[LinkRow, ...]
    published: bool
    tickets: int
    changed: bool
    in_top: bool
    needs: tuple[Need, ...]
    unsorted: bool
    locked: bool


@dataclass(frozen=True)
class Board:
    """``tones`` give every segment its place on the ramp of money, 1 the most valuable, 0 unidentified."""

    run: RankRun | None
    entries: tuple[Entry, ...]
    tones: dict[str, int]
    currency: str
    valid_from: datetime
    valid_until: datetime
    by_id: dict[int, Entry] = field(default_factory=dict)
    scores: list[float] = field(default_factory=list)
    answers: dict[Any, tuple[Entry, ...]] = field(default_factory=dict)
    rows: dict[Any, Any] = field(default_factory=dict)

    @property
    def review(self) -> dict[str, Any]:
        return self.run.summary if self.run else {}

    def keep_rows(self, rows: dict[Any, Any]) -> None:
        """Rows that were made for a kind of reader; all are let go when they become too many."""
        if len(self.rows) + len(rows) > MOST_ROWS:
            self.rows.clear()
        self.rows.update(rows)

    def remember(self, key: Any, find: Callable[[], tuple[Entry, ...]]) -> tuple[Entry, ...]:
        """The answer to a question about this board, found once."""
        found = self.answers.get(key)
        if found is None:
            if len(self.answers) >= REMEMBERED:
                self.answers.clear()
            found = self.answers[key] = find()
        return found


@dataclass
class _Held:
    lock: threading.Lock = field(default_factory=threading.Lock)
    key: Any = None
    board: Board | None = None
    run: Any = None
    rows: list[Placed] = field(default_factory=list)


_HELD: weakref.WeakKeyDictionary[Pool, _Held] = weakref.WeakKeyDictionary()
_HELD_LOCK = threading.Lock()


def current(session: Session, at: datetime) -> Board:
    """The board as the session sees it; two small queries while nothing has changed."""
    held = _held(session)
    key = (newest_run(session), shown_versions(session))
    board = held.board
    if board is not None and held.key == key and board.valid_from <= at < board.valid_until:
        return board
    with held.lock:
        board = held.board
        if board is None or held.key != key or not board.valid_from <= at < board.valid_until:
            board = _build(session, held, key[0], at)
            held.board, held.key = board, key
    return board


def _held(session: Session) -> _Held:
    """One of each database: all sessions of it share a pool."""
    pool = session.connection().engine.pool
    with _HELD_LOCK:
        return _HELD.setdefault(pool, _Held())


def _build(session: Session, held: _Held, newest: tuple[int, datetime, str] | None, at: datetime) -> Board:
    run = session.get(RankRun, newest[0]) if newest else None
    if run is not None:
        session.expunge(run)
        run = run if run.summary else None  # made before there were summaries: the next sync ranks anew
    if held.run != newest or run is None:
        held.rows = run_rows(session, run.id or 0) if run else []
        held.run = newest if run else None
    entries = _entries(session, run, held.rows, at)
    config = scoring_config(session)
    return Board(
        run=run,
        entries=entries,
        tones=_tones(session),
        currency=str(config.params.get("currency", "EUR")) if config else "EUR",
        valid_from=at,
        valid_until=_valid_until(entries, at),
        by_id={entry.id: entry for entry in entries},
        scores=sorted((e.score for e in entries if e.rank), reverse=True),
    )


def _entries(session: Session, run: RankRun | None, rows: list[Placed], at: datetime) -> tuple[Entry, ...]:
    """Living issues with tickets by rank; those that no run has ranked come last."""
    plans, links, living = plan_rows(session), link_rows(session), titles(session)
    moved = run is None or run.snapshot != data_snapshot(session)
    counts = sizes(session) if moved else {row.cluster_id: row.summary.get("members", 0) for row in rows}
    top = set(run.summary.get("top", ())) if run else set()
    placed, unsorted = {row.cluster_id: row for row in rows}, singles(session)
    order = [row.cluster_id for row in rows if row.cluster_id in living]
    order += sorted(set(living) - placed.keys())
    unplanned = trust_of_plan(None, at=at)

    def entry(id_: int) -> Entry:
        row, plan, count = placed.get(id_), plans.get(id_), counts.get(id_, 0)
        summary = row.summary if row else {}
        regression = REGRESSION_RISK in summary.get("badges", ())
        trust = trust_of_plan(plan, at=at, regression=regression) if plan else unplanned
        title = living[id_].title
        return Entry(
            id=id_,
            title=title,
            folded=title.casefold(),
            rank=row.rank if row else None,
            score=row.score if row else 0.0,
            summary=summary,
            trust=trust,
            plan=plan,
            links=tuple(links.get(id_, ())),
            published=living[id_].approved_at is not None,
            tickets=count,
            changed=count != summary.get("members", 0),
            in_top=id_ in top,
            needs=_needs(trust, in_top=id_ in top),
            unsorted=id_ in unsorted,
            locked=living[id_].locked,
        )

    return tuple(entry(id_) for id_ in order if counts.get(id_, 0))


def _needs(trust: Trust, *, in_top: bool) -> tuple[Need, ...]:
    """In the Top 10 a plan that nobody approved waits, too."""
    unseen = trust.state is RemedyState.UNREVIEWED or trust.suggested
    found = [Need.UNREVIEWED] if in_top and unseen else []
    return (*found, *(_OF_DOUBT[doubt] for doubt in trust.doubts if doubt in _OF_DOUBT and not trust.suggested))


def _tones(session: Session) -> dict[str, int]:
    segments = sorted(all_segments(session), key=lambda s: (-s.value_default, s.position))
    return {segment.name: 1 + place * 3 // len(segments) for place, segment in enumerate(segments)}


def _valid_until(entries: tuple[Entry, ...], at: datetime) -> datetime:
    """When the first plan gets stale, or its day is over."""
    ends = [e.trust.due for e in entries if e.trust.due]
    days = {e.trust.eta_latest for e in entries if e.trust.eta_latest}
    ends += [datetime.combine(day + timedelta(days=1), time.min, UTC) for day in days]
    later = [end + timedelta(microseconds=1) for end in ends if end >= at]
    return min(later, default=at + timedelta(days=1))
