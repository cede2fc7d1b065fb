"""Which questions about clusters teach most: are these two one issue; is this one two?

Rule: pure selection. ``look`` compares vectors once, in blocks; ``ask`` orders what was found by what people have said
and by what an answer would change, and is cheap enough for every page.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bridge.analysis.calibration import Curve, fit
from bridge.analysis.dividing import divide
from bridge.analysis.embedding import Vectors

MERGE, SPLIT = "merge", "split"
SMALLEST = 2
"""Singles are no clusters to merge: the review queue asks about them."""
SMALLEST_HALF = 2
NEIGHBOURS = 8
LEAST_ALIKE = 0.2
"""Mean cosine across two clusters, centred, below which nobody takes them for one issue."""
DIVIDED = 1000
"""Clusters that are divided, the largest first."""
GROWN = 2.0
"""A cluster that was said to be one issue is asked about again when it has grown to so many times its size."""
SURE = 4.0
"""How much what is known of other collections weighs against the answers of this workspace."""
MERGE_PRIOR, SPLIT_PRIOR = Curve((1.0,), -1.9), Curve((0.35,), -0.6)
"""Chance that the answer changes something, by how alike the two sides are, measured as below; found on banking77 and
hwu64. Across collections it differs five times, so answers of the workspace soon overrule it."""
_MIDDLE, _SPREAD = 0.35, 0.12
_BLOCK = 512


@dataclass(frozen=True, slots=True)
class Pair:
    """Two clusters, ``one`` < ``other``, and the mean cosine between their tickets."""

    one: int
    other: int
    alike: float


@dataclass(frozen=True, slots=True)
class Halves:
    """A cluster that comes apart: the share of its smaller half, mean cosines between and within the halves."""

    cluster: int
    smaller: float
    between: float
    within: float


@dataclass(frozen=True, slots=True)
class Look:
    """What the vectors say. Numbers only. ``middle``: of the whole collection, shape (d,), to divide by."""

    pairs: tuple[Pair, ...] = ()
    halves: tuple[Halves, ...] = ()
    middle: Vectors | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A question that was answered: its similarity, and whether the answer changed anything (merged, was split)."""

    kind: str
    similarity: float
    changed: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known beside the vectors. ``sizes``: tickets by cluster; ``weights``: what a cluster weighs (its tickets
    where nothing else may be read); ``apart``: pairs that people keep apart; ``whole``: clusters that people called one
    issue, with their size then; ``closed`` ones are locked or put together by people.
    """

    sizes: Mapping[int, int]
    weights: Mapping[int, float] = field(default_factory=dict)
    apart: Collection[tuple[int, int]] = frozenset()
    whole: Mapping[int, int] = field(default_factory=dict)
    closed: Collection[int] = frozenset()
    undivided: Collection[int] = frozenset()
    said: Sequence[Said] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """``chance``: that the answer changes something; ``concerned``: the weight of the smaller side, which would change
    its place. ``effect``, what the order goes by: chance times the product of the two sides' weights, the pairs of
    tickets that would come together or apart. ``similarity``: mean cosine of the two clusters or halves.
    """

    kind: str
    one: int
    other: int | None
    similarity: float
    chance: float
    concerned: float
    effect: float


def look(clusters: Sequence[int], vectors: Vectors, sizes: Mapping[int, int]) -> Look:
    """clusters: of each row, in any order; vectors: unit rows of shape (n, d), a sample of each cluster will do.

    The collection's mean counts each cluster by its size, whatever the sample.
    """
    if not len(vectors):
        return Look()
    ids, place = np.unique(np.asarray(clusters, dtype=np.int64), return_inverse=True)
    counts = np.bincount(place, minlength=len(ids))
    share = np.array([sizes.get(int(id_), 1) for id_ in ids]) / counts
    mean = (vectors * (share / (share * counts).sum())[place, None].astype(np.float32)).sum(axis=0)
    own = centred(vectors, mean)
    order = np.argsort(place, kind="stable")
    ends = np.cumsum(counts)
    rows = {i: order[ends[i] - counts[i] : ends[i]] for i in range(len(ids)) if sizes.get(int(ids[i]), 0) >= SMALLEST}
    return Look(_pairs(ids, rows, own), _halves(ids, rows, own, sizes), mean)


def centred(vectors: Vectors, middle: Vectors) -> Vectors:
    """Unit rows measured from the middle of the collection, shape (n, d)."""
    own = vectors - middle
    unit: Vectors = own / np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-9)
    return unit


def _pairs(ids: NDArray[np.int64], rows: Mapping[int, NDArray[np.int64]], own: Vectors) -> tuple[Pair, ...]:
    """Each cluster with its nearest few, by mean cosine between tickets: the product of the two means."""
    if len(rows) < 2:  # noqa: PLR2004 - a pair needs two
        return ()
    chosen = np.array(sorted(rows))
    means = np.stack([own[rows[i]].mean(axis=0) for i in chosen]).astype(np.float32)
    near = min(NEIGHBOURS, len(chosen) - 1)
    found: dict[tuple[int, int], float] = {}
    for start in range(0, len(chosen), _BLOCK):
        alike = means[start : start + _BLOCK] @ means.T
        alike[np.arange(len(alike)), start + np.arange(len(alike))] = -1
        best = np.argpartition(-alike, near - 1, axis=1)[:, :near]
        for line, columns in enumerate(best):
            for column in columns[alike[line, columns] >= LEAST_ALIKE]:
                a, b = sorted((int(ids[chosen[start + line]]), int(ids[chosen[column]])))
                found[a, b] = round(float(alike[line, column]), 5)
    return tuple(Pair(a, b, alike) for (a, b), alike in sorted(found.items()))


def _halves(
    ids: NDArray[np.int64], rows: Mapping[int, NDArray[np.int64]], own: Vectors, sizes: Mapping[int, int]
) -> tuple[Halves, ...]:
    largest = sorted(rows, key=lambda i: (-sizes[int(ids[i])], int(ids[i])))[:DIVIDED]
    found = []
    for i in largest:
        division = divide(own[rows[i]], SMALLEST_HALF)
        if division is not None:
            smaller = min(float(division.second.mean()), float((~division.second).mean()))
            found.append(Halves(int(ids[i]), smaller, round(division.between, 5), round(division.within, 5)))
    return tuple(sorted(found, key=lambda halves: halves.cluster))


def ask(found: Look, standing: Standing) -> list[Question]:
    """What is still open, the question with the largest expected effect first; equal ones by id."""
    merging = _curve(MERGE, MERGE_PRIOR, standing.said)
    splitting = _curve(SPLIT, SPLIT_PRIOR, standing.said)
    apart = set(standing.apart)
    weight = {
        cluster: standing.weights.get(cluster, float(size))
        for cluster, size in standing.sizes.items()
        if size >= SMALLEST and cluster not in standing.closed
    }
    questions = [
        _question(MERGE, pair.one, pair.other, pair.alike, merging, (weight[pair.one], weight[pair.other]))
        for pair in found.pairs
        if (pair.one, pair.other) not in apart and pair.one in weight and pair.other in weight
    ]
    questions += [
        _question(SPLIT, h.cluster, None, h.between, splitting, _sides(h, weight[h.cluster]))
        for h in found.halves
        if h.cluster in weight and h.cluster not in standing.undivided and not _said_whole(standing, h.cluster)
    ]
    return sorted(questions, key=lambda q: (-q.effect, q.kind, q.one, q.other or 0))


def _question(
    kind: str, one: int, other: int | None, similarity: float, curve: Curve, sides: tuple[float, float]
) -> Question:
    chance = curve.chance(_features(kind, similarity))
    return Question(kind, one, other, similarity, chance, min(sides), chance * sides[0] * sides[1])


def _sides(halves: Halves, weight: float) -> tuple[float, float]:
    return halves.smaller * weight, (1 - halves.smaller) * weight


def _curve(kind: str, prior: Curve, said: Sequence[Said]) -> Curve:
    mine = [one for one in said if one.kind == kind]
    if not mine:
        return prior
    features = np.array([_features(kind, one.similarity) for one in mine])
    return fit(features, np.array([one.changed for one in mine], dtype=np.float64), prior, SURE)


def _features(kind: str, similarity: float) -> tuple[float]:
    """Alike sides speak for merging and against splitting."""
    return ((similarity - _MIDDLE) / _SPREAD if kind == MERGE else (_MIDDLE - similarity) / _SPREAD,)


def _said_whole(standing: Standing, cluster: int) -> bool:
    then = standing.whole.get(cluster)
    return then is not None and standing.sizes[cluster] < GROWN * then
