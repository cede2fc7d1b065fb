"""What other constants would do to the newest ranking: who moves in the Top 20, who enters and leaves the Top 10.

Rule: worked out from the stored run by the real formula; nothing is written, and what cannot be seen is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, select

from bridge.analysis.rescoring import Columns, Placed, Row, Words, rescore, top, unforeseen
from bridge.analysis.review import TOP
from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.uncertainty import THIN_EVIDENCE
from bridge.ranked import inputs
from bridge.service.cached import Cached
from bridge.service.errors import ServiceError
from bridge.store.boards import run_rows
from bridge.store.clusters import Cluster, RankRun
from bridge.store.ranking import PlanFacts, approved_plans, last_run, scoring_config
from bridge.store.scoring import account_words
from bridge.store.sync import data_version
from bridge.words import WorkaroundKind, display_id

WATCHED = 20


@dataclass(frozen=True, slots=True)
class Move:
    """An issue that is in the Top 20 now or would be; money per year. ``top_now``, ``top_then``: in the Top 10."""

    id: str
    title: str
    rank_now: int
    rank_then: int
    score_now: float
    score_then: float
    top_now: bool
    top_then: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """``moves`` in the order that would be. ``stay_10`` of the Top 10 and ``stay_20`` of the Top 20 would stay in;
    ``moved`` of all ``issues`` would have another rank. ``unforeseen``: what of the change this does not show.
    """

    as_of: datetime
    currency: str
    issues: int
    moved: int
    size_10: int
    stay_10: int
    size_20: int
    stay_20: int
    entered: tuple[str, ...]
    left: tuple[str, ...]
    moves: tuple[Move, ...]
    unforeseen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Held:
    """A run as columns, with the ranking that it made and what its accounts' factors stand for today."""

    columns: Columns
    words: Mapping[str, Words]
    now: Sequence[Placed]


_held: Cached[_Held] = Cached()


def effect(session: Session, new: ScoringConfig) -> Effect | None:
    """None: nothing has been ranked yet. Raises ServiceError for a run of another version of the program.

    The first call after a ranking reads it, some seconds for thousands of issues; what it read is held.
    """
    run = last_run(session)
    if run is None:
        return None
    stored = scoring_config(session, run.config_version)
    old = ScoringConfig.from_dict(stored.params if stored else {})
    versions = (data_version(session, "accounts"), data_version(session, "plans"))
    held = _held.get(session, (run.id, run.as_of, run.snapshot, *versions), lambda: _read(session, run))
    then = rescore(held.columns, held.words, old, new)
    return _told(session, run, held, then, (old, new))


def _told(
    session: Session, run: RankRun, held: _Held, then: Sequence[Placed], configs: tuple[ScoringConfig, ScoringConfig]
) -> Effect:
    now, places = held.now, {place.id: place for place in then}
    before = {place.id: place for place in now}
    ten_now, ten_then = (top(ranking, held.columns, TOP) for ranking in (now, then))
    twenty_now, twenty_then = ([place.id for place in ranking[:WATCHED]] for ranking in (now, then))
    shown = sorted({*twenty_now, *twenty_then, *ten_now, *ten_then}, key=lambda id_: places[id_].rank)
    titles = _titles(session, shown)
    moves = tuple(
        Move(
            id=display_id(id_),
            title=titles.get(id_, ""),
            rank_now=before[id_].rank,
            rank_then=places[id_].rank,
            score_now=before[id_].score,
            score_then=places[id_].score,
            top_now=id_ in ten_now,
            top_then=id_ in ten_then,
        )
        for id_ in shown
    )
    return Effect(
        as_of=run.as_of,
        currency=configs[1].currency,
        issues=len(now),
        moved=sum(before[place.id].rank != place.rank for place in then),
        size_10=len(ten_now),
        stay_10=len(set(ten_now) & set(ten_then)),
        size_20=len(twenty_now),
        stay_20=len(set(twenty_now) & set(twenty_then)),
        entered=tuple(display_id(id_) for id_ in ten_then if id_ not in ten_now),
        left=tuple(display_id(id_) for id_ in ten_now if id_ not in ten_then),
        moves=moves,
        unforeseen=tuple(unforeseen(*configs)),
    )


def _read(session: Session, run: RankRun) -> _Held:
    plans = approved_plans(session)
    found = inputs(session, run)
    try:
        columns = Columns.of(
            Row(
                stored.cluster_id,
                stored.score,
                THIN_EVIDENCE in stored.summary.get("badges", ()),
                stored.summary.get("last_at"),
                _workaround(plans.get(stored.cluster_id)),
                found[stored.cluster_id],
            )
            for stored in run_rows(session, run.id or 0)
        )
    except ValueError as error:
        raise ServiceError(str(error)) from None
    words = {
        f"account:{account.id}": Words(account.risk_band, account.tier, account.renewal)
        for account in account_words(session, run.as_of.astimezone(UTC).date())
    }
    now = [Placed(row.id, place, row.score) for place, row in enumerate(columns.rows, start=1)]
    return _Held(columns, words, now)


def _workaround(plan: PlanFacts | None) -> WorkaroundKind:
    """As the score takes it: a full one that nobody verified is a partial one."""
    fields: Mapping[str, Any] = plan.fields if plan else {}
    kind = WorkaroundKind(fields.get("workaround.kind") or WorkaroundKind.NONE)
    unverified = kind is WorkaroundKind.FULL and not fields.get("workaround.verified_at")
    return WorkaroundKind.PARTIAL if unverified else kind


def _titles(session: Session, ids: Sequence[int]) -> dict[int, str]:
    query = select(Cluster.id, Cluster.title).where(col(Cluster.id).in_(ids))
    return {id_ or 0: title for id_, title in session.exec(query)}
