"""Second thoughts about a partition: merge clusters, move tickets, let go of those that do not belong.

Rule: it ends where nothing can be improved, so running it again on its own result changes nothing.
"""

from __future__ import annotations

import numpy as np

from bridge.analysis.assigning import Params, fits, fits_slot
from bridge.analysis.embedding import Vectors
from bridge.analysis.partition import Constraints, Partition, Rows

_BLOCK = 1024
_ROUNDING = 1e-4
_GUARDED_SIZE = 2
"""Up to this size each ticket of a cluster must fit where the cluster goes; larger ones hold together themselves."""


def consolidate(partition: Partition, constraints: Constraints, params: Params) -> bool:
    """Until nothing changes. Returns whether that was reached within ``params.rounds``."""
    for _ in range(params.rounds):
        changed = _Merger(partition, constraints, params).run()
        changed |= _move(partition, constraints, params)
        changed |= _let_go(partition, constraints, params)
        if not changed:
            return True
    return False


class _Merger:
    """Exact average-link merging by reciprocal nearest neighbours (as in Murtagh 1983), with vetoes."""

    def __init__(self, partition: Partition, constraints: Constraints, params: Params) -> None:
        self.partition, self.constraints, self.params = partition, constraints, params
        self.partner: dict[int, int] = {}

    def run(self) -> bool:
        stale = self.partition.filled().tolist()
        changed = False
        while stale:
            self._look(stale)
            pairs = [(a, b) for a, b in self.partner.items() if a < b and self.partner.get(b) == a]
            touched = {slot for pair in pairs for slot in pair}
            stale = sorted(touched | {a for a, b in self.partner.items() if b in touched})
            for a, b in pairs:
                winner, loser = self._winner(a, b)
                self.partition.merge(loser, winner)
                self.constraints.merged(loser, winner)
                stale.remove(loser)
                self.partner.pop(loser)
            changed |= bool(pairs)
        return changed

    def _winner(self, a: int, b: int) -> tuple[int, int]:
        """(winner, loser): the pinned one, else the one that people know by its id, else the bigger, else the older."""
        a_rank, b_rank = self._rank(a), self._rank(b)
        return (a, b) if a_rank > b_rank else (b, a)

    def _rank(self, slot: int) -> tuple[bool, bool, int, int]:
        pinned, known = slot in self.constraints.pinned, slot < self.partition.known
        return pinned, known, int(self.partition.counts[slot]), -slot

    def _look(self, slots: list[int]) -> None:
        """Find each slot's most similar admissible partner above tau."""
        filled = self.partition.filled()
        means = _means(self.partition, filled)
        at = {slot: column for column, slot in enumerate(filled.tolist())}
        for start in range(0, len(slots), _BLOCK):
            block = slots[start : start + _BLOCK]
            similar = np.round(means[[at[slot] for slot in block]] @ means.T, 5)
            similar[np.arange(len(block)), [at[slot] for slot in block]] = -1
            for position, slot in enumerate(block):
                found = self._first_admissible(slot, similar[position], filled)
                if found is None:
                    self.partner.pop(slot, None)
                else:
                    self.partner[slot] = found

    def _first_admissible(self, slot: int, similar: Vectors, filled: Rows) -> int | None:
        near = np.flatnonzero(similar > self.params.tau)
        near = near[np.argsort(-similar[near], kind="stable")[: self.params.candidates]]
        return next((other for other in filled[near].tolist() if self._may_merge(slot, other)), None)

    def _may_merge(self, a: int, b: int) -> bool:
        members = self.partition.members
        if not self.constraints.may_merge(a, b, members):
            return False
        small = [slot for slot in (a, b) if len(members[slot]) <= _GUARDED_SIZE]
        if not small:
            return True
        union = np.concatenate([self.partition.rows(a), self.partition.rows(b)])
        space = self.partition.space
        return all(fits(space, row, union, self.params) for slot in small for row in members[slot])


def _move(partition: Partition, constraints: Constraints, params: Params) -> bool:
    """One pass of leave-one-out moves. Singles are left to merging."""
    filled = partition.filled()
    means = _means(partition, filled)
    column = np.zeros(partition.slots, dtype=np.int64)
    column[filled] = np.arange(len(filled))
    changed = False
    for start in range(0, len(partition.labels), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(partition.labels)))
        rows = rows[partition.counts[partition.labels[rows]] > 1]
        similar = partition.space.local[rows] @ means.T
        similar[np.arange(len(rows)), column[partition.labels[rows]]] = -1
        target = filled[similar.argmax(axis=1)]
        best = similar.max(axis=1)
        worth = (best > params.tau) & (best > _here(partition, rows) + params.gain - _ROUNDING)
        for i in np.flatnonzero(worth):
            changed |= _move_one(partition, constraints, params, int(rows[i]), int(target[i]))
    return changed


def _here(partition: Partition, rows: Rows) -> Vectors:
    """Mean similarity of each row, none of them alone, to the others of its slot."""
    slots = partition.labels[rows]
    similar = np.einsum("ij,ij->i", partition.space.local[rows], partition.sums[slots])
    here: Vectors = (similar - 1) / (partition.counts[slots] - 1)
    return here


def _move_one(partition: Partition, constraints: Constraints, params: Params, row: int, target: int) -> bool:
    source = int(partition.labels[row])
    if partition.alone(row):
        return False
    point = partition.space.local[row]
    here = (point @ partition.sums[source] - 1) / (partition.counts[source] - 1)
    there = point @ partition.sums[target] / partition.counts[target]
    if there <= params.tau or there < here + params.gain:
        return False
    if not (constraints.may_leave(row, source) and constraints.may_join(row, target)):
        return False
    if not fits_slot(partition, row, target, params):
        return False
    partition.leave(row)
    partition.join(row, target)
    return True


def _let_go(partition: Partition, constraints: Constraints, params: Params) -> bool:
    """Tickets without close fellows become clusters of their own. Untouched clusters have been looked at before."""
    changed = False
    touched, partition.touched = partition.touched, set()
    for slot in sorted(touched):
        if partition.counts[slot] <= 1:
            continue
        for row in _strangers(partition, slot, params):
            if constraints.may_leave(row, slot) and not partition.alone(row):
                partition.leave(row)
                partition.join(row, partition.open())
                changed = True
    return changed


def _strangers(partition: Partition, slot: int, params: Params) -> list[int]:
    rows = np.sort(partition.rows(slot))
    own = partition.space.own[rows]
    fellows = len(rows) - 1
    nth = min(fellows, 2)
    least = params.only_fellow if fellows == 1 else params.second_fellow
    found: list[int] = []
    for start in range(0, len(rows), _BLOCK):
        similar: Vectors = own[start : start + _BLOCK] @ own.T
        similar[np.arange(len(similar)), start + np.arange(len(similar))] = -1
        similar.partition(similar.shape[1] - nth, axis=1)
        close = similar[:, -nth]
        found += rows[start : start + _BLOCK][close < least].tolist()
    return found


def _means(partition: Partition, slots: Rows) -> Vectors:
    return (partition.sums[slots] / partition.counts[slots, None]).astype(np.float32)
