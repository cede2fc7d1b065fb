"""All issues as the list needs them: read once and held until something that shows changes, or those of an old run.

Rule: a held board is used only while the run and every data version that it was built from stand, and until the next
instant at which a plan gets stale by itself. One board a database is held.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy.pool import Pool
from sqlmodel import Session

from bridge.service import issue_facets
from bridge.service.issue_entries import Entry, Sources, entries_of
from bridge.store.boards import (
    Placed,
    all_titles,
    link_rows,
    newest_run,
    plan_rows,
    plan_rows_at,
    run_rows,
    shown_versions,
    sizes,
    titles,
)
from bridge.store.clusters import RankRun
from bridge.store.grouping_queries import singles
from bridge.store.ranking import all_segments, data_snapshot, last_run, scoring_config
from bridge.store.sticky import next_end, standing

MOST_ROWS = 2_000
REMEMBERED = 64
"""So many answers to filters are kept beside a board."""


@dataclass(frozen=True)
class Board:
    """``tones`` give every segment its place on the ramp of money, 1 the most valuable, 0 unidentified. ``past``: as
    an old run ranked the issues, whatever came after it.
    """

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
    past: bool = False

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


def asked(session: Session, day: date | None, now: datetime) -> Board:
    """The current board, or that of a day."""
    return current(session, now) if day is None else as_of(session, day, now)


def as_of(session: Session, day: date, now: datetime) -> Board:
    """As the last run up to the end of a day ranked the issues, with the plans, pins and mutes of then; today's and
    later days' is the current one. A day before all rankings has an empty board without a run. Titles, tracker links
    and what issues are about are those of now.
    """
    if day >= now.astimezone(UTC).date():
        return current(session, now)
    run = last_run(session, datetime.combine(day + timedelta(days=1), time.min, UTC) - timedelta(microseconds=1))
    if run is None:
        return _board(session, None, (), now, past=True)
    session.expunge(run)
    rows = run_rows(session, run.id or 0)
    sources = Sources(
        plans=plan_rows_at(session, run.as_of),
        links=link_rows(session),
        titles=all_titles(session, {row.cluster_id for row in rows}),
        counts={row.cluster_id: row.summary.get("members", 0) for row in rows},
        unsorted=singles(session),
        held=standing(session, run.as_of),
        about=issue_facets.about(session),
        suppliers=issue_facets.suppliers_of(session, day),
    )
    return _board(session, run, entries_of(sources, run, rows, run.as_of), run.as_of, past=True)


def _build(session: Session, held: _Held, newest: tuple[int, datetime, str] | None, at: datetime) -> Board:
    run = session.get(RankRun, newest[0]) if newest else None
    if run is not None:
        session.expunge(run)
        run = run if run.summary else None  # made before there were summaries: the next sync ranks anew
    if held.run != newest or run is None:
        held.rows = run_rows(session, run.id or 0) if run else []
        held.run = newest if run else None
    moved = run is None or run.snapshot != data_snapshot(session)
    sources = Sources(
        plans=plan_rows(session),
        links=link_rows(session),
        titles=titles(session),
        counts=sizes(session) if moved else {row.cluster_id: row.summary.get("members", 0) for row in held.rows},
        unsorted=singles(session),
        held=standing(session, at),
        about=issue_facets.about(session),
        suppliers=issue_facets.suppliers_of(session, at.astimezone(UTC).date()),
    )
    return _board(session, run, entries_of(sources, run, held.rows, at), at)


def _board(
    session: Session, run: RankRun | None, entries: tuple[Entry, ...], at: datetime, *, past: bool = False
) -> Board:
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
        past=past,
    )


def _tones(session: Session) -> dict[str, int]:
    segments = sorted(all_segments(session), key=lambda s: (-s.value_default, s.position))
    return {segment.name: 1 + place * 3 // len(segments) for place, segment in enumerate(segments)}


def _valid_until(entries: tuple[Entry, ...], at: datetime) -> datetime:
    """When the first plan gets stale, its day is over, or something held ends; a day at most."""
    ends = [e.trust.due for e in entries if e.trust.due]
    days = {e.trust.eta_latest for e in entries if e.trust.eta_latest}
    ends += [datetime.combine(day + timedelta(days=1), time.min, UTC) for day in days]
    later = [end + timedelta(microseconds=1) for end in ends if end >= at]
    later += next_end((row for e in entries for row in e.held), at)
    return min([*later, at + timedelta(days=1)])
