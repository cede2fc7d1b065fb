"""Tickets to issues: what to place, move and merge. Rule: a person's decision and a published issue are never undone.

Pure and deterministic: the same tickets, vectors and memberships give the same plan, whatever their order. The
caller applies a plan as a whole: first the merges (every membership of the loser becomes one of the winner), then
``assign`` and ``moves``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bridge.analysis.assigning import Params, assign
from bridge.analysis.consolidating import consolidate
from bridge.analysis.doubting import Candidate, doubts, seconds
from bridge.analysis.embedding import Vectors
from bridge.analysis.partition import Constraints, Partition
from bridge.analysis.smoothing import Frame, make_frame
from bridge.words import Origin

MODEL_CONFIDENCE = 0.9
HUMAN_CONFIDENCE = 1.0


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a ticket lies now and who put it there.

    ``part``: the cluster that it came with when a person merged two: each part of an issue keeps a centre of its own.
    """

    cluster: int
    origin: Origin
    part: int | None = None


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
    part: int | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    loser: int
    winner: int


@dataclass(frozen=True, slots=True)
class Plan:
    """``assign``: tickets placed for the first time; ``moves``: tickets that leave their cluster (after the merges).

    ``doubts``: each ticket that was looked at, that is alone and might belong elsewhere -> where, the best first;
    ``looked_at``: the tickets of which that is known: the new ones, in a consolidation all. ``seconds``: of those that
    are not alone, the cosine to the second nearest fellow, where it was asked for.
    """

    assign: Mapping[int, Assignment] = field(default_factory=dict)
    moves: Mapping[int, Assignment] = field(default_factory=dict)
    merges: tuple[Merge, ...] = ()
    doubts: Mapping[int, tuple[Candidate, ...]] = field(default_factory=dict)
    looked_at: Collection[int] = ()
    seconds: Mapping[int, float] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.assign or self.moves or self.merges)


def group(
    tickets: Sequence[int],
    vectors: Vectors,
    placed: Mapping[int, Placement],
    *,
    flags: Mapping[int, Flags] | None = None,
    rejected: Collection[tuple[int, int]] = (),
    apart: Collection[tuple[int, int]] = (),
    params: Params | None = None,
    frame: Frame | None = None,
    consolidating: bool = False,
    afresh: bool = False,
    measured: bool = False,
) -> Plan:
    """Place the tickets that are not placed; with ``consolidating`` think again about all the others, too.

    tickets: ids of all live tickets that have a vector; vectors: their unit rows, shape (n, d). placed: present
    memberships; those of other tickets are ignored. rejected: (ticket, cluster) pairs that a person said are wrong;
    the caller resolves merged-away clusters; apart: pairs of clusters that a person said are two. frame: in which the
    vectors are compared; one of these tickets if there is none. afresh: what the model placed is grouped as if it came
    today, except in published and locked clusters and those where a person placed a ticket; clusters keep their ids as
    far as their tickets stay together. measured: tell how near fellows are (``Plan.seconds``). Without new tickets and
    without ``consolidating`` the plan is empty. Raises ValueError where tickets and vectors differ in number.
    """
    said = _Said(flags or {}, frozenset(rejected), frozenset(apart))
    run = _Run(tickets, vectors, placed, said, params or Params(), frame, afresh=afresh)
    if not run.new and not consolidating:
        return Plan()
    return run.plan(consolidating=consolidating or afresh, measured=measured)


def wants_consolidation(new: int, placed: int) -> bool:
    """Whether so many tickets are new that the order of their arrival should not decide: a first load, a backfill."""
    return new > max(placed // 4, 10)


@dataclass(frozen=True, slots=True)
class _Said:
    """What people decided beside placing tickets; as the arguments of ``group``."""

    flags: Mapping[int, Flags]
    rejected: frozenset[tuple[int, int]]
    apart: frozenset[tuple[int, int]]


class _Run:
    """One call of ``group``: ids to rows and slots, the work, and back. Rows ascend by ticket, slots by cluster."""

    def __init__(
        self,
        tickets: Sequence[int],
        vectors: Vectors,
        placed: Mapping[int, Placement],
        said: _Said,
        params: Params,
        frame: Frame | None,
        *,
        afresh: bool = False,
    ) -> None:
        if len(tickets) != len(vectors):
            raise ValueError(f"{len(tickets)} tickets but {len(vectors)} vectors: expected one vector a ticket")
        self.said, self.params, self.frame = said, params, frame
        self.order = np.argsort(np.asarray(tickets, dtype=np.int64), kind="stable")
        self.tickets = [int(tickets[i]) for i in self.order]
        self.vectors = vectors
        self.before = {ticket: placed[ticket].cluster for ticket in self.tickets if ticket in placed}
        self.human = {t for t in self.before if placed[t].origin is Origin.HUMAN}
        self.stay = {t: c for t, c in self.before.items() if t in self.human or (t, c) not in said.rejected}
        held = {self.stay[ticket] for ticket in self.human}
        settled = {c for c, flag in said.flags.items() if flag.anchored or flag.locked}
        kept = settled | held
        seated = {t: c for t, c in self.stay.items() if not afresh or c in kept}
        self.seats = {ticket: (cluster, placed[ticket].part or 0) for ticket, cluster in seated.items()}
        self.new = [ticket for ticket in self.tickets if ticket not in self.seats]
        self.parts = sorted(set(self.seats.values()))
        self.clusters = [cluster for cluster, _ in self.parts]
        self.pinned = {slot for slot, cluster in enumerate(self.clusters) if cluster in kept}

    def plan(self, *, consolidating: bool, measured: bool = False) -> Plan:
        slot_of = {part: slot for slot, part in enumerate(self.parts)}
        row_of = {ticket: row for row, ticket in enumerate(self.tickets)}
        vectors = self.vectors[self.order]
        frame = self.frame or make_frame(self.tickets, vectors, self.params.smoothing)
        labels = {row_of[ticket]: slot_of[seat] for ticket, seat in self.seats.items()}
        partition = Partition(frame.view(vectors), len(self.parts), labels)
        constraints = self._constraints(row_of)
        new = np.array([row_of[t] for t in self.new], dtype=np.int64)
        assign(partition, new, constraints, self.params)
        if consolidating:
            consolidate(partition, constraints, self.params)
            new = np.arange(len(self.tickets), dtype=np.int64)
        found = doubts(partition, new, constraints, self.params)
        near = seconds(partition, new) if measured else {}
        plan = self._difference(partition.labels.tolist(), found, [self.tickets[row] for row in new.tolist()])
        return replace(plan, seconds={self.tickets[row]: value for row, value in near.items()})

    def _constraints(self, row_of: Mapping[int, int]) -> Constraints:
        flagged = [self.said.flags.get(cluster, Flags()) for cluster in self.clusters]
        slots: dict[int, set[int]] = {}
        for slot, cluster in enumerate(self.clusters):
            slots.setdefault(cluster, set()).add(slot)
        constraints = Constraints(
            fixed={row_of[ticket] for ticket in self.human},
            pinned=self.pinned,
            keeping={slot for slot, flag in enumerate(flagged) if flag.anchored},
            closed={slot for slot, flag in enumerate(flagged) if flag.locked},
        )
        for ticket, cluster in self.said.rejected:
            if ticket in row_of and cluster in slots:
                constraints.banned.setdefault(row_of[ticket], set()).update(slots[cluster])
        for one, other in self.said.apart:
            for a, b in ((one, other), (other, one)):
                for slot in slots.get(a, ()):
                    constraints.apart.setdefault(slot, set()).update(slots.get(b, ()))
        return constraints

    def _difference(
        self,
        labels: Sequence[int],
        doubtful: Mapping[int, Sequence[Candidate]] | None = None,
        looked_at: Collection[int] = (),
    ) -> Plan:
        """What leads from the memberships of before to ``labels``; ``doubtful`` by row, its candidates by slot."""
        names = self._names(labels)
        after = {ticket: names[slot] for ticket, slot in zip(self.tickets, labels, strict=True)}
        part = {t: self._part(slot) for t, slot in zip(self.tickets, labels, strict=True)}
        winners = self._winners(after)
        old = {ticket: winners.get(cluster, cluster) for ticket, cluster in self.before.items()}
        return Plan(
            assign={t: Assignment(c, part=part[t]) for t, c in after.items() if t not in old},
            moves={t: Assignment(after[t], part=part[t]) for t, c in old.items() if after[t] != c},
            merges=tuple(Merge(loser, winner) for loser, winner in sorted(winners.items())),
            doubts={self.tickets[r]: tuple(c.named(names) for c in found) for r, found in (doubtful or {}).items()},
            looked_at=frozenset(looked_at),
        )

    def _part(self, slot: int) -> int | None:
        return (self.parts[slot][1] or None) if slot < len(self.parts) else None

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
        for ticket, cluster in self.said.rejected:
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
