"""Parts of long tickets that speak of an issue beside the ticket's own. Rule: it places and scores nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bridge.analysis.assigning import Params, bars
from bridge.analysis.embedding import Vectors
from bridge.analysis.partition import Constraints, Partition
from bridge.analysis.smoothing import Frame

SHOWN = 2
"""Issues that one ticket may speak of beside its own."""


@dataclass(frozen=True, slots=True)
class Parts:
    """``places``: (ticket, begins, ends) of each part; ``vectors``: their unit rows, shape (n, d)."""

    places: Sequence[tuple[int, int, int]]
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Secondary:
    """``similarity``: cosine of the part, in the grouper's view, to the mean of the cluster's tickets."""

    cluster: int
    begins: int
    ends: int
    similarity: float


def secondaries(
    partition: Partition,
    portions: Iterable[Parts],
    row_of: Mapping[int, int],
    frame: Frame,
    names: Mapping[int, int],
    constraints: Constraints,
    params: Params,
) -> dict[int, tuple[Secondary, ...]]:
    """Ticket -> the other clusters that a part of it speaks of: the surest two, in the order of the text.

    A part speaks of a cluster of two or more tickets whose bar it reaches as a ticket would, if it is ``params.clear``
    like it and above that bar by ``params.apart`` of it more than above the bar of the ticket's own cluster (without
    that ticket). ``row_of``: the row of each ticket; ``names``: the id of each slot: parts of a merged issue have one.
    """
    filled = partition.filled()
    shared = filled[partition.counts[filled] > 1]
    if not len(shared):
        return {}
    means, bar = partition.means(shared), bars(partition, shared, params)
    found: dict[int, dict[int, tuple[float, Secondary]]] = {}
    for portion in portions:
        points = frame.view(portion.vectors)
        similar = points @ means.T
        over = similar / bar
        for i in np.flatnonzero(over.max(axis=1) > 1).tolist():
            ticket, begins, ends = portion.places[i]
            row = row_of[ticket]
            own = names[int(partition.labels[row])]
            for k in np.argsort(-over[i], kind="stable")[: params.candidates].tolist():
                slot, lead = int(shared[k]), float(over[i, k])
                if lead <= 1 or names[slot] == own:
                    break
                if similar[i, k] < params.clear or slot in constraints.banned.get(row, ()):
                    continue
                if lead - _at_home(partition, row, points[i], params) < params.apart:
                    continue
                if similar[i, k] > params.tau or _has_fellows(partition, slot, points[i], params):
                    said = found.setdefault(ticket, {})
                    if names[slot] not in said or said[names[slot]][0] < lead:
                        said[names[slot]] = lead, Secondary(names[slot], begins, ends, float(similar[i, k]))
                    break
    return {ticket: _surest(said) for ticket, said in found.items()}


def _at_home(partition: Partition, row: int, point: Vectors, params: Params) -> float:
    """What the part has of the bar of the ticket's own cluster, the ticket itself left out; 0 if it is alone there."""
    slot = int(partition.labels[row])
    others = int(partition.counts[slot]) - 1
    if not others:
        return 0.0
    mean = float(point @ (partition.sums[slot] - partition.points[row])) / others
    return mean / float(bars(partition, np.array([slot]), params)[0])


def _has_fellows(partition: Partition, slot: int, point: Vectors, params: Params) -> bool:
    near = partition.points[partition.rows(slot)] @ point >= params.second_fellow
    return int(np.count_nonzero(near)) > 1


def _surest(said: Mapping[int, tuple[float, Secondary]]) -> tuple[Secondary, ...]:
    best = sorted(said.values(), key=lambda one: (-one[0], one[1].begins))[:SHOWN]
    return tuple(sorted((one for _, one in best), key=lambda one: one.begins))
