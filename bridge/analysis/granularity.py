"""How fine a workspace groups: the constants of each setting, and what one setting would change. Pure.

Rule: what is compared are two groupings of the same tickets; nothing is placed here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from bridge.analysis.assigning import Params
from bridge.words import Granularity

_STEP = 0.06
_SIDE = {Granularity.COARSE: -1, Granularity.BALANCED: 0, Granularity.STRICT: 1}
MOST_OF_IT = 0.25
"""Where at least this part of an issue goes elsewhere, it is changed: the rest are single tickets that move."""


def params_for(granularity: Granularity) -> Params:
    """Coarse joins what is less alike, strict only what is more alike."""
    base, by = Params(), _STEP * _SIDE[granularity]
    return replace(base, tau=round(base.tau + by, 4), reach=round(base.reach + by, 4), alike=round(base.alike + by, 4))


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of an issue: ``merged`` with ``others``, or ``split`` into ``parts`` of two tickets or more."""

    cluster: int
    kind: str
    others: tuple[int, ...] = ()
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Difference:
    """``issues`` have two tickets or more, ``moved`` tickets leave the issue that they were in."""

    issues: int
    singles: int
    moved: int
    changes: tuple[Change, ...]


def difference(before: Mapping[int, int], after: Mapping[int, int], watched: Sequence[int]) -> Difference:
    """before, after: cluster of each ticket, the same tickets; ids of ``after`` need not be those of ``before``.

    A ticket has moved if it is not where most of its cluster went, or where it is a guest of a larger one. watched:
    clusters of ``before`` whose fate is told.
    """
    to: dict[int, Counter[int]] = {}
    source: dict[int, Counter[int]] = {}
    for ticket, cluster in before.items():
        to.setdefault(cluster, Counter())[after[ticket]] += 1
        source.setdefault(after[ticket], Counter())[cluster] += 1
    heir = {cluster: _most(went) for cluster, went in to.items()}
    owner = {new: _most(came) for new, came in source.items()}
    kept = sum(to[cluster][new] for cluster, new in heir.items() if owner[new] == cluster)
    sizes = Counter(after.values())
    changes = [_change(cluster, to, source, heir) for cluster in watched if cluster in to]
    return Difference(
        issues=sum(size > 1 for size in sizes.values()),
        singles=sum(size == 1 for size in sizes.values()),
        moved=len(before) - kept,
        changes=tuple(change for change in changes if change is not None),
    )


def _change(
    cluster: int, to: Mapping[int, Counter[int]], source: Mapping[int, Counter[int]], heir: Mapping[int, int]
) -> Change | None:
    total = to[cluster].total()
    parts = sum(count > 1 and count >= MOST_OF_IT * total for count in to[cluster].values())
    if parts > 1:
        return Change(cluster, "split", parts=parts)
    new = heir[cluster]
    others = sorted(
        other
        for other, count in source[new].items()
        if other != cluster and count > 1 and heir[other] == new and count > MOST_OF_IT * to[other].total()
    )
    return Change(cluster, "merged", others=tuple(others)) if others else None


def _most(counts: Counter[int]) -> int:
    return min(counts, key=lambda key: (-counts[key], key))


def sample(sizes: Mapping[int, int], first: Collection[int], most: int) -> list[int]:
    """Whole clusters for a trial, ``first`` ones first, then others in a fixed mixed order, up to ``most`` tickets."""
    rest = sorted(set(sizes) - set(first), key=lambda id_: (id_ * 2654435761 % 2**32, id_))
    chosen: list[int] = []
    total = 0
    for cluster in [*first, *rest]:
        if total + sizes.get(cluster, 0) > most and chosen:
            continue
        chosen.append(cluster)
        total += sizes.get(cluster, 0)
    return chosen
