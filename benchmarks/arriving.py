"""Tickets that come in batches: what moves, and how far the groups are from those of all at once. Rule: pure, no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.cases import Case
from bridge.analysis.clustering import Placement, Plan, group
from bridge.analysis.embedding import Vectors
from bridge.analysis.evaluation import evaluate
from bridge.words import Origin


@dataclass(frozen=True, slots=True)
class Arrival:
    """``ari``, ``moved``: one number a batch, after its consolidation; moved is a share of the older tickets."""

    case: Case
    ari: list[float]
    moved: list[float]
    full: float
    agreement: float

    def line(self) -> str:
        older = self.moved[1:]
        return (
            f"| {self.case.kind}, {self.case.name} | {self.ari[-1]:.3f} | {self.full:.3f} | {self.agreement:.3f} "
            f"| {np.mean(older):.1%} | {max(older):.1%} |"
        )


HEAD = "| in 20 batches | ARI | in one go | between the two | moved, mean | moved, most |\n|---|---|---|---|---|---|"


def arriving(case: Case, vectors: Vectors, batches: int = 20) -> Arrival:
    """The case in its own order, a consolidation after every batch."""
    n = len(case.texts)
    placed: dict[int, Placement] = {}
    last_id, aris, moved = 0, [], []
    for batch in range(1, batches + 1):
        live = range(1, n * batch // batches + 1)
        plan = group(live, vectors[: len(live)], placed, consolidating=True)
        moved.append(len(plan.moves) / max(1, len(placed)))
        placed, last_id = _applied(plan, placed, last_id)
        aris.append(evaluate(case.labels[: len(live)], [placed[t].cluster for t in live]).ari)
    whole, _ = _applied(group(range(1, n + 1), vectors, {}, consolidating=True), {}, 0)
    found, full = ([memberships[t].cluster for t in range(1, n + 1)] for memberships in (placed, whole))
    return Arrival(case, aris, moved, evaluate(case.labels, full).ari, evaluate(full, found).ari)


def _applied(plan: Plan, placed: Mapping[int, Placement], last_id: int) -> tuple[dict[int, Placement], int]:
    winners = {merge.loser: merge.winner for merge in plan.merges}
    after = {t: Placement(winners.get(p.cluster, p.cluster), Origin.MODEL) for t, p in placed.items()}
    assigned = {**plan.assign, **plan.moves}
    for ticket, a in assigned.items():
        after[ticket] = Placement(a.cluster, Origin.MODEL)
    named = {t: Placement(p.cluster if p.cluster > 0 else last_id - p.cluster, p.origin) for t, p in after.items()}
    return named, last_id + max((-a.cluster for a in assigned.values()), default=0)
