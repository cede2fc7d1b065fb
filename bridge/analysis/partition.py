"""The working state of a grouping run: which row lies in which cluster, and what must not be touched.

Rule: a row is in exactly one cluster at every moment. Clusters are numbered by slot; sums and counts are all that
average similarities need.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from bridge.analysis.embedding import Vectors
from bridge.analysis.nearby import Nearby, Rows, find_nearby

VAST = 4 * 10**8
"""So many comparisons of rows with slots are made; where there were more, rows near each other tell which matter."""


@dataclass(slots=True)
class Constraints:
    """What people decided. ``fixed`` rows stay; ``pinned`` slots are never merged away; ``closed`` ones never change.

    ``banned`` maps a row to the slots that a person said it does not belong to, ``apart`` a slot to those that a
    person said are other issues.
    """

    fixed: set[int] = field(default_factory=set)
    pinned: set[int] = field(default_factory=set)
    keeping: set[int] = field(default_factory=set)
    closed: set[int] = field(default_factory=set)
    banned: dict[int, set[int]] = field(default_factory=dict)
    apart: dict[int, set[int]] = field(default_factory=dict)

    def may_join(self, row: int, slot: int) -> bool:
        return slot not in self.closed and slot not in self.banned.get(row, ())

    def may_leave(self, row: int, slot: int) -> bool:
        return row not in self.fixed and slot not in self.keeping and slot not in self.closed

    def may_merge(self, a: int, b: int, members: Mapping[int, set[int]]) -> bool:
        if a in self.closed or b in self.closed or (a in self.pinned and b in self.pinned):
            return False
        if b in self.apart.get(a, ()):
            return False
        crossings = ((a, b), (b, a))
        return not any(
            there in slots and row in members[here] for row, slots in self.banned.items() for here, there in crossings
        )

    def merged(self, loser: int, winner: int) -> None:
        """A rejection of the loser is from now on one of the winner, and so is what was kept apart from it."""
        for slots in self.banned.values():
            if loser in slots:
                slots.add(winner)
        for other in self.apart.pop(loser, ()):
            self.apart.setdefault(winner, set()).add(other)
            self.apart[other].add(winner)


class Partition:
    """Rows in slots, with the sum of the vectors of each slot."""

    def __init__(self, points: Vectors, slots: int, labels: Mapping[int, int]) -> None:
        """``points``: unit rows as a frame shows them, shape (n, d). ``labels``: the slot of every row that is placed
        already; slots below ``known`` were there before. Each row may open a slot; memory is taken as that happens.
        """
        rows, dim = points.shape
        self.points = points
        self.labels: Rows = np.full(rows, -1, dtype=np.int64)
        self.members: dict[int, set[int]] = {slot: set() for slot in range(slots)}
        self.sums: Vectors = np.zeros((slots + rows, dim), dtype=np.float32)
        self.counts: Rows = np.zeros(slots + rows, dtype=np.int64)
        self.slots = self.known = slots
        self.nearby: Nearby | None = None
        for row, slot in labels.items():
            self.join(row, slot)

    def look_near(self, rows: int) -> Nearby | None:
        """None where so many rows can be compared with every slot. Once made, it is used whatever follows."""
        if self.nearby is None and rows * (len(self.filled()) + rows) > VAST:
            self.nearby = find_nearby(self.points)
        return self.nearby

    def join(self, row: int, slot: int) -> None:
        self.labels[row] = slot
        self.members[slot].add(row)
        self.sums[slot] += self.points[row]
        self.counts[slot] += 1

    def leave(self, row: int) -> None:
        slot = int(self.labels[row])
        self.labels[row] = -1
        self.members[slot].remove(row)
        self.sums[slot] -= self.points[row]
        self.counts[slot] -= 1

    def beside(self, rows: Rows, nearby: Nearby) -> tuple[Rows, Rows, Vectors]:
        """Each of ``rows`` with each other slot that rows near it lie in: (rows, slots, mean similarities)."""
        own = self.labels[rows][:, None]
        slots = np.sort(self.labels[nearby.rows[rows]], axis=1)
        other = slots != own
        other[:, 1:] &= slots[:, 1:] != slots[:, :-1]
        at, column = np.nonzero(other)
        near = slots[at, column]
        means = np.einsum("ij,ij->i", self.points[rows[at]], self.sums[near]) / self.counts[near]
        return rows[at], near, means.astype(np.float32)

    def open(self) -> int:
        """A new slot without rows."""
        slot = self.slots
        self.members[slot] = set()
        self.slots += 1
        return slot

    def merge(self, loser: int, winner: int) -> None:
        rows = self.members[loser]
        self.labels[list(rows)] = winner
        self.members[winner] |= rows
        self.members[loser] = set()
        self.sums[winner] += self.sums[loser]
        self.counts[winner] += self.counts[loser]
        self.sums[loser] = 0
        self.counts[loser] = 0

    def rows(self, slot: int, most: int | None = None) -> Rows:
        """All rows of a slot, or some ``most`` of them, in no order that means anything."""
        members = self.members[slot]
        count = len(members) if most is None else min(most, len(members))
        return np.fromiter(islice(members, count), dtype=np.int64, count=count)

    def means(self, slots: Rows) -> Vectors:
        """The mean vector of each slot, shape (len(slots), d); shorter than 1 as far as its rows differ."""
        return (self.sums[slots] / self.counts[slots, None]).astype(np.float32)

    def alone(self, row: int) -> bool:
        return bool(self.counts[self.labels[row]] == 1)

    def filled(self) -> Rows:
        """Slots that have rows, ascending."""
        return np.flatnonzero(self.counts[: self.slots])
