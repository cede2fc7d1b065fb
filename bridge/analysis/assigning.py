"""Online assignment: each new ticket joins the most similar cluster or opens one. Rule: nothing placed before moves."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from bridge.analysis.embedding import Vectors
from bridge.analysis.nearby import Nearby, Rows
from bridge.analysis.partition import Constraints, Partition
from bridge.analysis.smoothing import Smoothing

_BLOCK = 256
_FIRST = 24
"""So many fellows are looked at before all are: two that are close will do, and most tickets have them."""


@dataclass(frozen=True, slots=True)
class Params:
    """Similarities are cosines in a frame's view; benchmarks/clustering.md says how the values were found."""

    smoothing: Smoothing = field(default_factory=Smoothing)
    tau: float = 0.78
    """A ticket joins, and two clusters merge, above this mean similarity."""
    core: int = 4
    """From this size on a cluster has a width of its own, which says who belongs to it."""
    width_prior: float = 0.86
    width_weight: float = 3.0
    """A width is estimated as if so many pairs of ``width_prior`` had been seen before."""
    reach: float = 0.7
    """A core takes in what has this part of its own width ..."""
    least: float = 0.35
    """... and this mean similarity at least, ..."""
    second_fellow: float = 0.6
    """... if the second nearest of its tickets is so near."""
    alike: float = 0.7
    """Two cores are one issue when their tickets are so much as like each other as among themselves."""
    least_alike: float = 0.2
    gain: float = 0.05
    """A ticket moves only to a cluster whose bar it is above by this much more."""
    doubt: float = 0.8
    """A ticket on its own that reaches this part of a cluster's bar is shown to a person."""
    clear: float = 0.65
    """A part of a ticket speaks of another cluster if it has this mean similarity at least ..."""
    apart: float = 1.0
    """... and is above its bar by so much more, in bars, than above that of the ticket's own cluster."""
    candidates: int = 3
    rounds: int = 30
    """Consolidation ends here even where something could still move."""


def widths(partition: Partition, slots: Rows, params: Params) -> Vectors:
    """Mean similarity within each slot, drawn towards the prior as far as it has few pairs. Shape (len(slots),)."""
    counts = partition.counts[slots].astype(np.float64)
    pairs = counts * (counts - 1) / 2
    sums = partition.sums[slots].astype(np.float64)
    within = (np.einsum("ij,ij->i", sums, sums) - counts) / 2
    wide = (within + params.width_weight * params.width_prior) / (pairs + params.width_weight)
    narrow: Vectors = wide.astype(np.float32)
    return narrow


def bars(partition: Partition, slots: Rows, params: Params) -> Vectors:
    """The mean similarity that each slot asks for: lower for a core of tickets that differ. Shape (len(slots),)."""
    reach = np.maximum(params.reach * widths(partition, slots, params), params.least)
    own = np.minimum(reach, params.tau)
    return np.where(partition.counts[slots] >= params.core, own, params.tau).astype(np.float32)


def all_bars(partition: Partition, params: Params) -> Vectors:
    """As ``bars``, by slot, of those to be opened, too. Shape (len(partition.counts),)."""
    every = np.full(len(partition.counts), params.tau, dtype=np.float32)
    cores = np.flatnonzero(partition.counts >= params.core)
    every[cores] = bars(partition, cores, params)
    return every


def belongs(partition: Partition, row: int, slot: int, mean: float, params: Params) -> bool:
    """Whether a row at this mean similarity, which is over the slot's bar, may join: far out it needs two fellows."""
    if mean > params.tau:
        return True
    if partition.nearby is not None:
        return partition.nearby.fellows(row, partition.labels, slot, params.second_fellow) > 1
    point = partition.points[row]
    for rows in (partition.rows(slot, _FIRST), partition.rows(slot)):
        near = partition.points[rows] @ point >= params.second_fellow
        if np.count_nonzero(near & (rows != row)) > 1:
            return True
    return False


def assign(partition: Partition, rows: Rows, constraints: Constraints, params: Params) -> None:
    """Place ``rows`` in their order. What a row sees includes the rows placed just before it."""
    nearby = partition.look_near(len(rows))
    if nearby is not None:
        _assign_by(nearby, partition, rows, constraints, params)
        return
    for start in range(0, len(rows), _BLOCK):
        _Block(partition, rows[start : start + _BLOCK], constraints, params).place()


def _assign_by(nearby: Nearby, partition: Partition, rows: Rows, constraints: Constraints, params: Params) -> None:
    """As ``assign``, but that a row looks only at the slots of the rows near it."""
    bar = all_bars(partition, params)
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        for row in block.tolist():
            slot = _choose_by(nearby, partition, row, bar, constraints, params)
            partition.join(row, partition.open() if slot is None else slot)
        joined = np.unique(partition.labels[block])
        bar[joined] = bars(partition, joined, params)


def _choose_by(
    nearby: Nearby, partition: Partition, row: int, bar: Vectors, constraints: Constraints, params: Params
) -> int | None:
    """The slot to join, if any."""
    slots = sorted(set(partition.labels[nearby.rows[row]].tolist()) - {-1})
    if not slots:
        return None
    means = partition.sums[slots] @ partition.points[row] / partition.counts[slots]
    over = means / bar[slots]
    for column in np.argsort(-over, kind="stable")[: params.candidates].tolist():
        if over[column] <= 1:
            return None
        slot, mean = int(slots[column]), float(means[column])
        if constraints.may_join(row, slot) and belongs(partition, row, slot, mean, params):
            return slot
    return None


class _Block:
    """Products with all clusters at once, kept exact as rows of the block join: a join adds one column of products."""

    def __init__(self, partition: Partition, rows: Rows, constraints: Constraints, params: Params) -> None:
        self.partition, self.rows, self.constraints, self.params = partition, rows, constraints, params
        points = partition.points[rows]
        filled = partition.filled()
        self.slots = filled.tolist()
        known = len(self.slots)
        self.products: Vectors = np.zeros((len(rows), known + len(rows)), dtype=np.float32)
        self.products[:, :known] = points @ partition.sums[: partition.slots].T[:, filled]
        self.counts = np.zeros(known + len(rows), dtype=np.float32)
        self.counts[:known] = partition.counts[filled]
        self.bars = np.full(known + len(rows), params.tau, dtype=np.float32)
        self.bars[:known] = bars(partition, filled, params)
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
        over = means / self.bars[:known]
        for _ in range(min(self.params.candidates, known)):
            column = int(over.argmax())
            if over[column] <= 1:
                break
            slot = self.slots[column]
            if self.constraints.may_join(row, slot) and belongs(
                self.partition, row, slot, float(means[column]), self.params
            ):
                return column
            over[column] = -np.inf
        return known
