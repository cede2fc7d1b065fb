"""Online assignment: each new ticket joins the most similar cluster or opens one. Rule: nothing placed before moves."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from bridge.analysis.embedding import Vectors
from bridge.analysis.partition import Constraints, Partition, Rows, Space
from bridge.analysis.smoothing import Smoothing

_BLOCK = 256
_FIRST = 24
"""So many fellows are looked at before all are: two that are close will do, and most tickets have them."""


@dataclass(frozen=True, slots=True)
class Params:
    """Similarities are cosines of centred vectors; benchmarks/README.md says how the defaults were found."""

    smoothing: Smoothing = field(default_factory=Smoothing)
    tau: float = 0.67
    """A ticket joins and two clusters merge above this mean similarity (smoothed)."""
    second_fellow: float = 0.40
    """The guard: the second nearest ticket of one's cluster must be at least so similar (unsmoothed) ..."""
    only_fellow: float = 0.55
    """... and where there is but one, that one so much."""
    gain: float = 0.05
    """A ticket moves only to a cluster that is better by this much."""
    candidates: int = 3
    rounds: int = 30
    """Consolidation ends here even where something could still move."""


def fits(space: Space, row: int, rows: Rows, params: Params) -> bool:
    """Whether ``row`` has fellows among ``rows`` that are close without any smoothing. A row alone fits."""
    fellows = rows[rows != row]
    if not len(fellows):
        return True
    similar = space.own[fellows] @ space.own[row]
    if len(fellows) == 1:
        return bool(similar[0] >= params.only_fellow)
    return bool(np.count_nonzero(similar >= params.second_fellow) > 1)


def fits_slot(partition: Partition, row: int, slot: int, params: Params) -> bool:
    """As ``fits``, for a row that is not in ``slot``."""
    first = partition.rows(slot, _FIRST)
    if len(first) > 1 and fits(partition.space, row, first, params):
        return True
    return fits(partition.space, row, partition.rows(slot), params)


def assign(partition: Partition, rows: Rows, constraints: Constraints, params: Params) -> None:
    """Place ``rows`` in their order. What a row sees includes the rows placed just before it."""
    for start in range(0, len(rows), _BLOCK):
        _Block(partition, rows[start : start + _BLOCK], constraints, params).place()


class _Block:
    """Products with all clusters at once, kept exact as rows of the block join: a join adds one column of products."""

    def __init__(self, partition: Partition, rows: Rows, constraints: Constraints, params: Params) -> None:
        self.partition, self.rows, self.constraints, self.params = partition, rows, constraints, params
        points = partition.space.local[rows]
        self.slots = partition.filled().tolist()
        known = len(self.slots)
        self.products: Vectors = np.zeros((len(rows), known + len(rows)), dtype=np.float32)
        self.products[:, :known] = points @ partition.sums[self.slots].T
        self.counts = np.zeros(known + len(rows), dtype=np.float32)
        self.counts[:known] = partition.counts[self.slots]
        self.between = points @ points.T

    def place(self) -> None:
        for position, row in enumerate(self.rows.tolist()):
            column = self._choose(position, row)
            if column == len(self.slots):
                self.slots.append(self.partition.open())
            self.partition.join(row, self.slots[column])
            self.counts[column] += 1
            self.products[position:, column] += self.between[position:, position]

    def _choose(self, position: int, row: int) -> int:
        """The column to join; the first free one opens a cluster."""
        known = len(self.slots)
        means = self.products[position, :known] / self.counts[:known]
        for _ in range(min(self.params.candidates, known)):
            column = int(means.argmax())
            if means[column] <= self.params.tau:
                break
            slot = self.slots[column]
            if self.constraints.may_join(row, slot) and fits_slot(self.partition, row, slot, self.params):
                return column
            means[column] = -np.inf
        return known
