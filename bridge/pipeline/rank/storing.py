"""A ranking written down: the explanation of each score, and beside it what a list shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from bridge.analysis.review import TOP, Held, last_monday, moves, review, top
from bridge.analysis.summary import Placing, summarise
from bridge.pipeline.rank.computing import Ranking
from bridge.store.clusters import RankRun
from bridge.store.events import record
from bridge.store.monday import MondayReview, last_review
from bridge.store.ranking import drop_passing_runs, first_run, inputs_of, last_run, placings, save_run
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


def store(session: Session, ranking: Ranking, *, actor: str, passing: bool = False) -> int:
    """Write a ranking down with what a list shows of it; how many clusters it ranks."""
    drop_passing_runs(session)
    base = baseline(session, ranking.as_of)
    before = base.placings if base else {}
    scores = [
        {
            "cluster_id": e.cluster_id,
            "rank": place,
            "score": e.score,
            "explanation": e.to_dict(),
            "inputs": e.inputs,
            "summary": summarise(
                e, ranking.facts[e.cluster_id], rank=place, before=before.get(e.cluster_id), config=ranking.config
            ),
        }
        for place, e in enumerate(ranking.explanations, start=1)
    ]
    run = save_run(
        session,
        as_of=ranking.as_of,
        config_version=ranking.config_version,
        snapshot=ranking.snapshot,
        scores=scores,
        summary={**_review(session, ranking, base), **({"passing": True} if passing else {})},
    )
    after = {"run": run, "clusters": len(scores), "snapshot": ranking.snapshot}
    record(session, "score.computed", f"run:{run}", actor=actor, at=ranking.as_of, after=after)
    return len(scores)


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


def _review(session: Session, ranking: Ranking, base: Baseline | None) -> dict[str, Any]:
    alone = sum(facts.tickets == 1 for facts in ranking.facts.values())
    counts = {"tickets": sum(facts.tickets for facts in ranking.facts.values()), "alone": alone}
    by_hand = Held(held(session, Hold.PIN, ranking.as_of), held(session, Hold.MUTE, ranking.as_of))
    if base is None:
        return {**review(ranking.explanations, {}, [], {}, by_hand), **counts, "since": None}
    asked = {id_ for moved in moves(ranking.explanations, base.placings).values() for id_ in moved}
    asked |= set(top(ranking.explanations, by_hand))
    old = inputs_of(session, base.run.id or 0, sorted(asked))
    since = {"run": base.run.id, "as_of": base.run.as_of.isoformat(), "monday": base.is_monday, "top": base.top}
    if base.review is not None:
        since |= {"reviewed_at": base.review.at.isoformat(), "reviewed_by": base.review.actor}
    return {**review(ranking.explanations, base.placings, base.top, old, by_hand), **counts, "since": since}
