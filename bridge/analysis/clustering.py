"""Tickets to issues: what to place, move and merge. Rule: a person's decision and a published issue are never undone.

Pure and deterministic: the same tickets, vectors and memberships give the same plan, whatever their order. The
caller applies a plan as a whole: first the merges (every membership of the loser becomes one of the winner), then
``assign`` and ``moves``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bridge.analysis.assigning import Params, assign
from bridge.analysis.consolidating import consolidate
from bridge.analysis.embedding import Vectors
from bridge.analysis.partition import Constraints, Partition
from bridge.analysis.smoothing import build_space
from bridge.words import Origin

MODEL_CONFIDENCE = 0.9
HUMAN_CONFIDENCE = 1.0


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a ticket lies now and who put it there."""

    cluster: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Flags:
    """``anchored`` (published): may gain tickets, loses none, keeps its id. ``locked``: neither gains nor loses."""

    anchored: bool = False
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Assignment:
    """``cluster``: an id that the caller gave, or a negative token, one for each cluster to open. ``q``: confidence."""

    cluster: int
    q: float = MODEL_CONFIDENCE


@dataclass(frozen=True, slots=True)
class Merge:
    loser: int
    winner: int


@dataclass(frozen=True, slots=True)
class Plan:
    """``assign``: tickets placed for the first time; ``moves``: tickets that leave their cluster (after the merges)."""

    assign: Mapping[int, Assignment] = field(default_factory=dict)
    moves: Mapping[int, Assignment] = field(default_factory=dict)
    merges: tuple[Merge, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.assign or self.moves or self.merges)


def group(
    tickets: Sequence[int],
    vectors: Vectors,
    placed: Mapping[int, Placement],
    *,
    flags: Mapping[int, Flags] | None = None,
    rejected: Collection[tuple[int, int]] = (),
    params: Params | None = None,
    consolidating: bool = False,
) -> Plan:
    """Place the tickets that are not placed; with ``consolidating`` think again about all the others, too.

    tickets: ids of all live tickets that have a vector; vectors: their unit rows, shape (n, d). placed: present
    memberships; those of other tickets are ignored. rejected: (ticket, cluster) pairs that a person said are wrong;
    the caller resolves merged-away clusters. Without new tickets and without ``consolidating`` the plan is empty.
    Raises ValueError where tickets and vectors differ in number.
    """
    run = _Run(tickets, vectors, placed, flags=flags or {}, rejected=frozenset(rejected), params=params or Params())
    if not run.new and not consolidating:
        return Plan()
    return run.plan(consolidating=consolidating)


def wants_consolidation(new: int, placed: int) -> bool:
    """Whether so many tickets are new that the order of their arrival should not decide: a first load, a backfill."""
    return new > max(placed // 4, 10)


class _Run:
    """One call of ``group``: ids to rows and slots, the work, and back. Rows ascend by ticket, slots by cluster."""

    def __init__(
        self,
        tickets: Sequence[int],
        vectors: Vectors,
        placed: Mapping[int, Placement],
        *,
        flags: Mapping[int, Flags],
        rejected: frozenset[tuple[int, int]],
        params: Params,
    ) -> None:
        if len(tickets) != len(vectors):
            raise ValueError(f"{len(tickets)} tickets but {len(vectors)} vectors: expected one vector a ticket")
        self.flags, self.rejected, self.params = flags, rejected, params
        self.order = np.argsort(np.asarray(tickets, dtype=np.int64), kind="stable")
        self.tickets = [int(tickets[i]) for i in self.order]
        self.vectors = vectors
        self.before = {ticket: placed[ticket].cluster for ticket in self.tickets if ticket in placed}
        self.human = {t for t in self.before if placed[t].origin is Origin.HUMAN}
        self.stay = {t: c for t, c in self.before.items() if t in self.human or (t, c) not in rejected}
        self.new = [ticket for ticket in self.tickets if ticket not in self.stay]
        self.clusters = sorted(set(self.stay.values()))
        held = {self.stay[ticket] for ticket in self.human}
        kept = {c for c, flag in flags.items() if flag.anchored or flag.locked} | held
        self.pinned = {slot for slot, cluster in enumerate(self.clusters) if cluster in kept}

    def plan(self, *, consolidating: bool) -> Plan:
        slot_of = {cluster: slot for slot, cluster in enumerate(self.clusters)}
        row_of = {ticket: row for row, ticket in enumerate(self.tickets)}
        space = build_space(self.tickets, self.vectors[self.order], self.params.smoothing)
        labels = {row_of[ticket]: slot_of[cluster] for ticket, cluster in self.stay.items()}
        partition = Partition(space, len(self.clusters), labels)
        constraints = self._constraints(slot_of, row_of)
        assign(partition, np.array([row_of[t] for t in self.new], dtype=np.int64), constraints, self.params)
        if consolidating:
            consolidate(partition, constraints, self.params)
        return self._difference(partition.labels.tolist())

    def _constraints(self, slot_of: Mapping[int, int], row_of: Mapping[int, int]) -> Constraints:
        flagged = {cluster: self.flags.get(cluster, Flags()) for cluster in self.clusters}
        constraints = Constraints(
            fixed={row_of[ticket] for ticket in self.human},
            pinned=self.pinned,
            keeping={slot_of[c] for c, flag in flagged.items() if flag.anchored},
            closed={slot_of[c] for c, flag in flagged.items() if flag.locked},
        )
        for ticket, cluster in self.rejected:
            if ticket in row_of and cluster in slot_of:
                constraints.banned.setdefault(row_of[ticket], set()).add(slot_of[cluster])
        return constraints

    def _difference(self, labels: Sequence[int]) -> Plan:
        """What leads from the memberships of before to ``labels``."""
        names = self._names(labels)
        after = {ticket: names[slot] for ticket, slot in zip(self.tickets, labels, strict=True)}
        winners = self._winners(after)
        old = {ticket: winners.get(cluster, cluster) for ticket, cluster in self.before.items()}
        return Plan(
            assign={t: Assignment(c) for t, c in after.items() if t not in old},
            moves={t: Assignment(after[t]) for t, c in old.items() if after[t] != c},
            merges=tuple(Merge(loser, winner) for loser, winner in sorted(winners.items())),
        )

    def _names(self, labels: Sequence[int]) -> dict[int, int]:
        """The id of every slot: that of the cluster that most of its tickets come from, each id once.

        So nothing is renamed that has kept its tickets, and a merged cluster has the id of its larger part. A pinned
        cluster keeps its id whatever comes; an id that a ticket here was denied is not taken over; a slot that gets
        none is a new cluster: -1, -2, ... by first ticket.
        """
        names = {slot: cluster for slot, cluster in enumerate(self.clusters) if slot in self.pinned}
        taken = set(names.values())
        came: Counter[tuple[int, int]] = Counter()
        denied: dict[int, set[int]] = {}
        for ticket, cluster in self.rejected:
            denied.setdefault(ticket, set()).add(cluster)
        barred: set[tuple[int, int]] = set()
        for ticket, slot in zip(self.tickets, labels, strict=True):
            barred.update((slot, cluster) for cluster in denied.get(ticket, ()))
            if slot not in names and ticket in self.stay:
                came[slot, self.stay[ticket]] += 1
        for slot, cluster in sorted(came, key=lambda pair: (-came[pair], self._own(pair[0]) != pair[1], pair[1])):
            if slot not in names and cluster not in taken and (slot, cluster) not in barred:
                names[slot] = cluster
                taken.add(cluster)
        new = iter(range(-1, -len(labels) - 1, -1))
        return {slot: names[slot] if slot in names else next(new) for slot in dict.fromkeys(labels)}

    def _own(self, slot: int) -> int | None:
        """The id that a slot stood for at the beginning of the run."""
        return self.clusters[slot] if slot < len(self.clusters) else None

    def _winners(self, after: Mapping[int, int]) -> dict[int, int]:
        """Each cluster that lost all its tickets -> where most of them went. What a person took away does not count."""
        went: dict[int, Counter[int]] = {}
        for ticket, cluster in self.stay.items():
            went.setdefault(cluster, Counter())[after[ticket]] += 1
        alive = set(after.values())
        return {
            cluster: max(targets, key=lambda target: (targets[target], target > 0, -abs(target)))
            for cluster, targets in went.items()
            if cluster not in alive
        }
