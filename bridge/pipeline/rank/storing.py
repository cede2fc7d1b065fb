"""A ranking written down: what a list shows of each cluster, and the numbers that its record is made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from bridge.analysis.review import TOP, Held, last_monday, main_cause, moves, review, top
from bridge.analysis.summary import Placing, summarise
from bridge.pipeline.rank.keeping import told_row
from bridge.pipeline.rank.standing import Standing
from bridge.ranked.records import snapshots
from bridge.ranked.values import packed
from bridge.store import rank_rows
from bridge.store.clusters import RankRun
from bridge.store.events import record
from bridge.store.monday import MondayReview, last_review
from bridge.store.ranking import drop_passing_runs, first_run, last_run, placings, save_run
from bridge.store.sticky import held
from bridge.words import Hold

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The ranking that movement is told against: of the last finished review, else of last Monday, else the first."""

    run: RankRun
    is_monday: bool
    placings: dict[int, Placing]
    review: MondayReview | None = None

    @property
    def top(self) -> list[int]:
        if self.review is not None:
            return list(self.review.top)
        best = sorted(self.placings, key=lambda id_: self.placings[id_].rank)
        return list(self.run.summary.get("top", best[:TOP]))


def store(session: Session, ranking: Standing, *, actor: str, passing: bool = False) -> int:
    """Write a ranking down; how many clusters it ranks. ``passing``: made for a decision, gives way to the next one and
    leaves what is kept of the tickets to it.
    """
    drop_passing_runs(session)
    base = baseline(session, ranking.as_of)
    before = base.placings if base else {}
    kept = ranking.keeping.clusters
    told = {id_: k.told_id for id_, k in kept.items() if k.told_id is not None}
    fresh = [
        told_row(id_, k.told) for id_, k in kept.items() if k.told_id is None and (id_ in ranking.facts or not passing)
    ]
    told |= rank_rows.save_told(session, fresh)
    valuation = ranking.valuation
    scores = [
        {
            "cluster_id": s.cluster_id,
            "rank": place,
            "score": s.score,
            "told_id": told[s.cluster_id],
            "side": ranking.sides[s.cluster_id].to_dict(),
            "summary": summarise(
                s,
                ranking.facts[s.cluster_id],
                rank=place,
                before=before.get(s.cluster_id),
                config=valuation.config,
                renewals=ranking.renewals,
            ),
        }
        for place, s in enumerate(ranking.scored, start=1)
    ]
    run = save_run(
        session,
        as_of=ranking.as_of,
        config_version=valuation.config_version,
        snapshot=valuation.data_snapshot,
        scores=scores,
        summary={**_review(session, ranking, base), **({"passing": True} if passing else {})},
        values_id=rank_rows.save_values(session, *packed(ranking.values)),
        previous_id=ranking.before.id if ranking.before else None,
    )
    if not passing:
        _keep(session, ranking, told, run)
    after = {"run": run, "clusters": len(scores), "snapshot": valuation.data_snapshot}
    record(session, "score.computed", f"run:{run}", actor=actor, at=ranking.as_of, after=after)
    return len(scores)


def _keep(session: Session, ranking: Standing, told: dict[int, int], run: int) -> None:
    found = ranking.keeping
    rows = [kept.row(told[id_]) for id_, kept in found.clusters.items() if kept.pile is not None]
    rank_rows.save_cache(session, found.state_after(run), rows, found.gone)
    rank_rows.settle_marks(session, found.seen, found.pending)


def baseline(session: Session, as_of: datetime) -> Baseline | None:
    """What the last review was finished on; before there is one the newest run up to the end of last Monday, else the
    first one; None while there is none.
    """
    reviewed = last_review(session, as_of)
    run = session.get(RankRun, reviewed.run_id) if reviewed and reviewed.run_id else None
    reviewed, monday = (reviewed, None) if run else (None, last_run(session, last_monday(as_of) - _INSTANT))
    run = run or monday or first_run(session)
    if run is None:
        return None
    found = {id_: Placing(*placing) for id_, placing in placings(session, run.id or 0).items()}
    return Baseline(run, monday is not None, found, reviewed)


def _review(session: Session, ranking: Standing, base: Baseline | None) -> dict[str, Any]:
    alone = sum(facts.tickets == 1 for facts in ranking.facts.values())
    counts = {"tickets": sum(facts.tickets for facts in ranking.facts.values()), "alone": alone}
    scored, together = ranking.scored, ranking.together
    by_hand = Held(held(session, Hold.PIN, ranking.as_of), held(session, Hold.MUTE, ranking.as_of))
    if base is None:
        return {**review(scored, {}, [], {}, together, by_hand), **counts, "since": None}
    asked = {id_ for moved in moves(scored, base.placings).values() for id_ in moved}
    asked |= set(top(scored, by_hand)) ^ set(base.top)
    now = {s.cluster_id: s.score for s in scored if s.cluster_id in asked}
    old = snapshots(session, base.run, sorted(now))
    causes = {id_: main_cause(then, ranking.snapshot_of(id_), now[id_]) for id_, then in old.items()}
    since = {"run": base.run.id, "as_of": base.run.as_of.isoformat(), "monday": base.is_monday, "top": base.top}
    if base.review is not None:
        since |= {"reviewed_at": base.review.at.isoformat(), "reviewed_by": base.review.actor}
    return {**review(scored, base.placings, base.top, causes, together, by_hand), **counts, "since": since}
