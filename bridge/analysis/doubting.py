"""Tickets that stand alone and yet come near a cluster: where they may belong, and why. Rule: it decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from bridge.analysis.assigning import Params, all_bars, bars
from bridge.analysis.embedding import Vectors
from bridge.analysis.nearby import Nearby, Rows
from bridge.analysis.partition import Constraints, Partition

_BLOCK = 1024
SHOWN = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A cluster that a ticket may belong to. Cosines in the grouper's view.

    similarity: mean to the cluster's tickets; bar: what the cluster asks for; nearest, second: to the most similar of
    them and to the next.
    """

    cluster: int
    similarity: float
    bar: float
    nearest: float
    second: float
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
                for k in columns:
                    slot = int(shared[k])
                    fellows = partition.points[partition.rows(slot)] @ partition.points[row]
                    found.setdefault(row, []).append(_candidate(partition, fellows, slot, similar[i, k], bar[k]))
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
                fellows = nearby.similar[row][partition.labels[nearby.rows[row]] == slot]
                found.setdefault(row, []).append(_candidate(partition, fellows, slot, similar[i], bar[slot]))
    return found


def _candidate(partition: Partition, fellows: Vectors, slot: int, similarity: float, bar: float) -> Candidate:
    """``fellows``: the similarities to those of the slot that are known, shape (n,)."""
    nearest = np.sort(fellows)[::-1][:2]
    size = int(partition.counts[slot])
    return Candidate(slot, float(similarity), float(bar), float(nearest[0]), float(nearest[-1]), size)


def seconds(partition: Partition, rows: Rows) -> dict[int, float]:
    """Of those of ``rows`` that are not alone: the cosine to the second nearest fellow, or to the only one."""
    wanted: dict[int, list[int]] = {}
    for row in rows.tolist():
        if not partition.alone(row):
            wanted.setdefault(int(partition.labels[row]), []).append(row)
    found: dict[int, float] = {}
    for slot, mine in wanted.items():
        every = partition.rows(slot)
        points = partition.points[every]
        for start in range(0, len(mine), _BLOCK):
            block = np.array(mine[start : start + _BLOCK])
            similar = partition.points[block] @ points.T
            similar[every[None, :] == block[:, None]] = -1
            place = min(2, len(every) - 1)
            found.update(zip(block.tolist(), np.partition(similar, -place, axis=1)[:, -place].tolist(), strict=True))
    return found
