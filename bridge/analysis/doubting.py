"""Tickets that stand alone and yet come near a cluster: where they may belong, and why. Rule: it decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from bridge.analysis.assigning import Params, all_bars, bars
from bridge.analysis.nearby import Nearby, Rows
from bridge.analysis.partition import Constraints, Partition

_BLOCK = 1024
SHOWN = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A cluster that a ticket may belong to. Cosines in the grouper's view.

    similarity: mean to the cluster's tickets; bar: what the cluster asks for; nearest: to its most similar ticket.
    """

    cluster: int
    similarity: float
    bar: float
    nearest: float
    size: int = field(default=0)

    def named(self, names: Mapping[int, int]) -> Candidate:
        """With the id of the cluster in place of its slot."""
        return replace(self, cluster=names[self.cluster])


def doubts(partition: Partition, rows: Rows, constraints: Constraints, params: Params) -> dict[int, list[Candidate]]:
    """Of ``rows`` those alone that nearly reach the bar of a cluster of two or more: its best candidates, by slot."""
    filled = partition.filled()
    shared = filled[partition.counts[filled] > 1]
    if not len(shared):
        return {}
    alone = rows[partition.counts[partition.labels[rows]] == 1]
    nearby = partition.look_near(len(alone))
    if nearby is not None:
        return _doubts_by(nearby, partition, alone, constraints, params)
    means, bar = partition.means(shared), bars(partition, shared, params)
    found: dict[int, list[Candidate]] = {}
    for start in range(0, len(alone), _BLOCK):
        block = alone[start : start + _BLOCK]
        similar = partition.points[block] @ means.T
        over = similar / bar
        for i in np.flatnonzero(over.max(axis=1) >= params.doubt).tolist():
            row = int(block[i])
            if not constraints.may_leave(row, int(partition.labels[row])):
                continue
            best = np.argsort(-over[i], kind="stable")[: SHOWN + params.candidates]
            columns = [k for k in best.tolist() if over[i, k] >= params.doubt][:SHOWN]
            columns = [k for k in columns if constraints.may_join(row, int(shared[k]))]
            if columns:
                found[row] = [_candidate(partition, row, int(shared[k]), similar[i, k], bar[k]) for k in columns]
    return found


def _doubts_by(
    nearby: Nearby, partition: Partition, alone: Rows, constraints: Constraints, params: Params
) -> dict[int, list[Candidate]]:
    """As ``doubts``, of the clusters of the rows near each."""
    found: dict[int, list[Candidate]] = {}
    bar = all_bars(partition, params)
    for start in range(0, len(alone), _BLOCK):
        rows, slots, similar = partition.beside(alone[start : start + _BLOCK], nearby)
        over = similar / bar[slots]
        likely = np.flatnonzero((over >= params.doubt) & (partition.counts[slots] > 1))
        for i in likely[np.lexsort((slots[likely], -over[likely], rows[likely]))].tolist():
            row, slot = int(rows[i]), int(slots[i])
            if len(found.get(row, ())) == SHOWN:
                continue
            if constraints.may_leave(row, int(partition.labels[row])) and constraints.may_join(row, slot):
                nearest = nearby.similar[row][partition.labels[nearby.rows[row]] == slot].max()
                size = int(partition.counts[slot])
                candidate = Candidate(slot, float(similar[i]), float(bar[slot]), float(nearest), size)
                found.setdefault(row, []).append(candidate)
    return found


def _candidate(partition: Partition, row: int, slot: int, similarity: float, bar: float) -> Candidate:
    nearest = (partition.points[partition.rows(slot)] @ partition.points[row]).max()
    size = int(partition.counts[slot])
    return Candidate(slot, float(similarity), float(bar), float(nearest), size)
