"""Second thoughts about a partition: merge clusters, move tickets, take in those that stand alone.

Rule: it ends where nothing can be improved, so running it again on its own result changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bridge.analysis.assigning import Params, all_bars, bars, belongs, widths
from bridge.analysis.embedding import Vectors
from bridge.analysis.nearby import Nearby, Rows
from bridge.analysis.partition import Constraints, Partition

_BLOCK = 1024
_ROUNDING = 1e-4

Likeness = Callable[[Vectors, Rows, Rows], Vectors]
"""(means of the looking slots times those of all, the looking slots, all slots) -> what is compared with the bar."""


def consolidate(partition: Partition, constraints: Constraints, params: Params) -> bool:
    """Until nothing changes. Returns whether that was reached within ``params.rounds``."""
    for _ in range(params.rounds):
        changed = merge_close(partition, constraints, params)
        changed |= merge_cores(partition, constraints, params)
        changed |= _move(partition, constraints, params)
        if not changed:
            return True
    return False


def merge_close(partition: Partition, constraints: Constraints, params: Params) -> bool:
    """Average link above tau."""
    nearby = partition.look_near(len(partition.labels))
    if nearby is not None:
        return _NearMerger(nearby, partition, constraints, params).run()
    return _Merger(partition, constraints, params, params.tau, _plain, 1).run()


def merge_cores(partition: Partition, constraints: Constraints, params: Params) -> bool:
    """Clusters large enough to have a width, as like each other as they are in themselves.

    Average link alone splits an issue that many tell in many ways: its tickets are not alike, but its parts are.
    """

    def likeness(means: Vectors, looking: Rows, every: Rows) -> Vectors:
        both = np.outer(widths(partition, looking, params), widths(partition, every, params))
        return np.where(means < params.least_alike, 0, means / np.sqrt(np.maximum(both, _ROUNDING))).astype(np.float32)

    return _Merger(partition, constraints, params, params.alike, likeness, params.core).run()


def _plain(means: Vectors, _looking: Rows, _every: Rows) -> Vectors:
    return means


class _Merger:
    """Exact merging of the most alike by reciprocal nearest neighbours (as in Murtagh 1983), with vetoes."""

    def __init__(
        self,
        partition: Partition,
        constraints: Constraints,
        params: Params,
        bar: float,
        likeness: Likeness,
        smallest: int,
    ) -> None:
        self.partition, self.constraints, self.params = partition, constraints, params
        self.bar, self.likeness, self.smallest = bar, likeness, smallest
        self.partner: dict[int, int] = {}

    def run(self) -> bool:
        stale = self._slots().tolist()
        changed = False
        while stale:
            self._look(stale)
            pairs = [(a, b) for a, b in self.partner.items() if a < b and self.partner.get(b) == a]
            touched = {slot for pair in pairs for slot in pair}
            stale = sorted(touched | {a for a, b in self.partner.items() if b in touched})
            for a, b in pairs:
                winner, loser = self._winner(a, b)
                self._merge(loser, winner)
                self.constraints.merged(loser, winner)
                stale.remove(loser)
                self.partner.pop(loser)
            changed |= bool(pairs)
        return changed

    def _merge(self, loser: int, winner: int) -> None:
        self.partition.merge(loser, winner)

    def _slots(self) -> Rows:
        filled = self.partition.filled()
        large: Rows = filled[self.partition.counts[filled] >= self.smallest]
        return large

    def _winner(self, a: int, b: int) -> tuple[int, int]:
        """(winner, loser): the pinned one, else the one that people know by its id, else the bigger, else the older."""
        a_rank, b_rank = self._rank(a), self._rank(b)
        return (a, b) if a_rank > b_rank else (b, a)

    def _rank(self, slot: int) -> tuple[bool, bool, int, int]:
        pinned, known = slot in self.constraints.pinned, slot < self.partition.known
        return pinned, known, int(self.partition.counts[slot]), -slot

    def _look(self, slots: list[int]) -> None:
        """Find each slot's most similar admissible partner above the bar."""
        every = self._slots()
        means = self.partition.means(every)
        at = {slot: column for column, slot in enumerate(every.tolist())}
        for start in range(0, len(slots), _BLOCK):
            block = slots[start : start + _BLOCK]
            columns = [at[slot] for slot in block]
            similar = np.round(self.likeness(means[columns] @ means.T, np.array(block), every), 5)
            similar[np.arange(len(block)), columns] = -1
            for position, slot in enumerate(block):
                found = self._first_admissible(slot, similar[position], every)
                if found is None:
                    self.partner.pop(slot, None)
                else:
                    self.partner[slot] = found

    def _first_admissible(self, slot: int, similar: Vectors, every: Rows) -> int | None:
        near = np.flatnonzero(similar > self.bar)
        near = near[np.argsort(-similar[near], kind="stable")[: self.params.candidates]]
        members = self.partition.members
        return next((o for o in every[near].tolist() if self.constraints.may_merge(slot, o, members)), None)


class _NearMerger(_Merger):
    """Average link among slots that hold rows near each other: where the mean is above the bar, so is a pair."""

    def __init__(self, nearby: Nearby, partition: Partition, constraints: Constraints, params: Params) -> None:
        super().__init__(partition, constraints, params, params.tau, _plain, 1)
        self.beside: dict[int, set[int]] = {}
        for start in range(0, len(partition.labels), _BLOCK):
            end = start + len(nearby.rows[start : start + _BLOCK])
            own = np.broadcast_to(partition.labels[start:end, None], nearby.rows[start:end].shape)
            other = partition.labels[nearby.rows[start:end]]
            linked = (nearby.similar[start:end] > self.bar) & (own != other)
            for a, b in zip(own[linked].tolist(), other[linked].tolist(), strict=True):
                self.beside.setdefault(a, set()).add(b)
                self.beside.setdefault(b, set()).add(a)

    def _slots(self) -> Rows:
        return np.array(sorted(self.beside), dtype=np.int64)

    def _merge(self, loser: int, winner: int) -> None:
        super()._merge(loser, winner)
        for other in self.beside.pop(loser, set()):
            self.beside[other].discard(loser)
            if other != winner:
                self.beside[other].add(winner)
                self.beside[winner].add(other)

    def _look(self, slots: list[int]) -> None:
        for slot in slots:
            others = np.array(sorted(self.beside[slot]), dtype=np.int64)
            found = None
            if len(others):
                mean = self.partition.sums[slot] / self.partition.counts[slot]
                similar = self.partition.sums[others] @ mean / self.partition.counts[others]
                found = self._first_admissible(slot, np.round(similar, 5), others)
            if found is None:
                self.partner.pop(slot, None)
            else:
                self.partner[slot] = found


def _move(partition: Partition, constraints: Constraints, params: Params) -> bool:
    """One pass of moves: tickets to a cluster whose bar they are further above, those alone to one that takes them."""
    nearby = partition.look_near(len(partition.labels))
    if nearby is not None:
        return _move_by(nearby, partition, constraints, params)
    filled = partition.filled()
    means = partition.means(filled)
    bar, counts = bars(partition, filled, params), partition.counts[filled]
    column = np.zeros(partition.slots, dtype=np.int64)
    column[filled] = np.arange(len(filled))
    changed = False
    for start in range(0, len(partition.labels), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(partition.labels)))
        products = partition.points[rows] @ means.T
        own = column[partition.labels[rows]]
        fellows = counts[own] - 1
        here = products[np.arange(len(rows)), own] * counts[own] - 1
        here = (here / np.maximum(fellows, 1) / bar[own]).astype(np.float32)
        over = products / bar
        over[np.arange(len(rows)), own] = -1
        target = over.argmax(axis=1)
        best = over[np.arange(len(rows)), target]
        for i in _worth_a_look(best, here, fellows, counts[target], params).tolist():
            changed |= _move_one(partition, constraints, params, int(rows[i]), int(filled[target[i]]))
    return changed


def _worth_a_look(there: Vectors, here: Vectors, fellows: Rows, sizes: Rows, params: Params) -> Rows:
    """Where ``there``, over the bar of a slot of this size, may beat ``here``, over that of the own one."""
    taken_in = (fellows == 0) & (sizes >= params.core)
    return np.flatnonzero((there > 1) & (taken_in | ((fellows > 0) & (there > here + params.gain - _ROUNDING))))


def _move_by(nearby: Nearby, partition: Partition, constraints: Constraints, params: Params) -> bool:
    """As ``_move``, to slots of rows near each; rows that are well where they are need no second look."""
    changed = False
    bar = all_bars(partition, params)
    for start in range(0, len(partition.labels), _BLOCK):
        every = np.arange(start, min(start + _BLOCK, len(partition.labels)))
        rows, slots, means = partition.beside(every, nearby)
        target = means / bar[slots]
        own = partition.labels[rows]
        fellows = partition.counts[own] - 1
        here = np.einsum("ij,ij->i", partition.points[rows], partition.sums[own]) - 1
        here = here / np.maximum(fellows, 1) / bar[own]
        better = _worth_a_look(target, here, fellows, partition.counts[slots], params)
        best = better[np.lexsort((slots[better], -target[better], rows[better]))]
        first = best[np.unique(rows[best], return_index=True)[1]]
        for i in first.tolist():
            changed |= _move_one(partition, constraints, params, int(rows[i]), int(slots[i]))
    return changed


def _move_one(partition: Partition, constraints: Constraints, params: Params, row: int, target: int) -> bool:
    """Looks again, as rows before this one may have moved."""
    source = int(partition.labels[row])
    bar_here, bar_there = bars(partition, np.array([source, target]), params)
    point = partition.points[row]
    there = float(point @ partition.sums[target] / max(partition.counts[target], 1))
    if there <= bar_there + _ROUNDING or not constraints.may_join(row, target):
        return False
    if partition.alone(row):
        if partition.counts[target] < params.core or source in constraints.pinned:
            return False
    else:
        here = float((point @ partition.sums[source] - 1) / (partition.counts[source] - 1))
        if there / bar_there <= here / bar_here + params.gain:
            return False
    if not constraints.may_leave(row, source) or target in constraints.apart.get(source, ()):
        return False
    if not belongs(partition, row, target, there, params):
        return False
    partition.leave(row)
    partition.join(row, target)
    return True
