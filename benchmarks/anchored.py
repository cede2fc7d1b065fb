"""An earlier design beside the shipped one, same vectors, same run: python -m benchmarks.anchored

Online correlation clustering of vectors that are smoothed in three rounds against up to 4,000 anchors; then a guard: who
is not near its second nearest fellow leaves, leavers are grouped again unsmoothed. Decision 0016 left it behind.
Prints Markdown: the mean over the four sets of each kind of case.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases import Case, clean, tail
from benchmarks.clustering import labels_of
from benchmarks.streams import SETS
from benchmarks.vectors import Cache, default_cache
from bridge.analysis.embedding import Vectors
from bridge.analysis.evaluation import Quality, evaluate

ANCHORS, ROUNDS, MOST, ALPHA = 4000, 3, 15, 0.5
TAU, AGAIN, GUARD = 0.67, 0.55, 0.40
BACKGROUND = 100
"""So many tickets of the other sets' mean are added to a collection's own."""
GAIN, PASSES = 0.05, 4
Labels = NDArray[np.int64]


def unit(rows: Vectors) -> Vectors:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def smoothed(points: Vectors, seed: int = 0) -> Vectors:
    count = len(points)
    near = int(np.clip(round(MOST * np.sqrt(min(count, ANCHORS) / ANCHORS)), 3, MOST))
    anchors = np.sort(np.random.default_rng(seed).permutation(count)[:ANCHORS])
    for _ in range(ROUNDS):
        similar = points @ points[anchors].T
        similar[anchors, np.arange(len(anchors))] = -1
        nearest = np.argpartition(-similar, near, axis=1)[:, :near]
        points = unit((1 - ALPHA) * points + ALPHA * points[anchors][nearest].mean(axis=1))
    return points


def correlated(points: Vectors, tau: float) -> Labels:
    """Join the cluster with the largest mean similarity above ``tau``, else open one; then move and merge."""
    count = len(points)
    labels, used = np.full(count, -1, dtype=np.int64), 0
    sums, sizes = np.zeros_like(points), np.zeros(count)
    for row, point in enumerate(points):
        means = sums[:used] @ point / sizes[:used]
        best = int(means.argmax()) if used and means.max() > tau else used
        used = max(used, best + 1)
        labels[row] = best
        sums[best] += point
        sizes[best] += 1
    sums, sizes = sums[:used], sizes[:used]
    for _ in range(PASSES):
        if not _move(points, labels, sums, sizes, tau) + _merge(labels, sums, sizes, tau):
            break
    return labels


def _move(points: Vectors, labels: Labels, sums: Vectors, sizes: Vectors, tau: float) -> int:
    moved = 0
    for row, point in enumerate(points):
        own = labels[row]
        means = np.where(sizes > 0, sums @ point / np.maximum(sizes, 1), -1)
        here = (means[own] * sizes[own] - 1) / (sizes[own] - 1) if sizes[own] > 1 else tau
        means[own] = -1
        best = int(means.argmax())
        if means[best] > max(here, tau) + GAIN:
            for cluster, by in ((own, -1), (best, 1)):
                sums[cluster] += by * point
                sizes[cluster] += by
            labels[row] = best
            moved += 1
    return moved


def _merge(labels: Labels, sums: Vectors, sizes: Vectors, tau: float) -> int:
    merged = 0
    live = np.flatnonzero(sizes > 0)
    similar = sums[live] @ sums[live].T / np.outer(sizes[live], sizes[live])
    np.fill_diagonal(similar, -1)
    while similar.max(initial=-1) > tau:
        winner, loser = divmod(int(similar.argmax()), len(live))
        if sizes[live[winner]] < sizes[live[loser]]:
            winner, loser = loser, winner
        to, gone = live[winner], live[loser]
        sums[to] += sums[gone]
        sizes[to] += sizes[gone]
        sums[gone] = sizes[gone] = 0
        labels[labels == gone] = to
        row = np.where(sizes[live] > 0, sums[live] @ sums[to] / np.maximum(sizes[live] * sizes[to], 1), -1)
        row[winner] = -1
        similar[winner], similar[:, winner] = row, row
        similar[loser], similar[:, loser] = -1, -1
        merged += 1
    return merged


def guarded(points: Vectors, labels: Labels) -> Labels:
    """Who is less than ``GUARD`` alike to its second nearest fellow leaves its cluster."""
    labels = labels.copy()
    leaving = []
    for cluster in np.unique(labels):
        rows = np.flatnonzero(labels == cluster)
        alike = points[rows] @ points[rows].T
        np.fill_diagonal(alike, -1)
        fellow = np.sort(alike, axis=1)[:, -min(2, max(1, len(rows) - 1))]
        leaving += rows[fellow < GUARD].tolist()
    if leaving:
        labels[leaving] = labels.max() + 1 + correlated(points[leaving], AGAIN)
    return labels


def anchored(vectors: Vectors, background: Vectors) -> dict[str, Labels]:
    mean = (vectors.sum(axis=0) + BACKGROUND * background) / (len(vectors) + BACKGROUND)
    points = unit(vectors - mean)
    labels = correlated(smoothed(points), TAU)
    return {"anchored": labels, "anchored, guarded": guarded(points, labels)}


def cases(seed: int) -> Iterator[Case]:
    for name in SETS:
        yield clean(name, 4000, seed)
        yield tail(name, 4000, 0.3, seed)
        yield tail(name, 4000, 0.6, seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cache", type=Path, default=default_cache(), help="folder for vectors")
    options = parser.parse_args()
    cache = Cache(options.cache)
    means = {name: cache.get(clean(name, 4000, options.seed).texts).mean(axis=0) for name in SETS}
    found: dict[tuple[str, str], list[Quality]] = {}
    for case in cases(options.seed):
        vectors = np.asarray(cache.get(case.texts), dtype=np.float32)
        background = np.mean([mean for name, mean in means.items() if name != case.name], axis=0)
        for method, labels in {"shipped": labels_of(vectors), **anchored(vectors, background)}.items():
            quality = evaluate(case.labels, list(labels))
            found.setdefault((case.kind, method), []).append(quality)
    figures = ("ari", "b3_precision", "b3_f1", "found", "pure_share", "wrong_merge_rate", "singleton_share")
    print(
        "| case | method | ARI | B3 prec. | B3 | found | pure | wrong | singles |\n|---|---|---|---|---|---|---|---|---|"
    )
    for (kind, method), of in found.items():
        cells = " | ".join(f"{np.mean([getattr(q, figure) for q in of]):.3f}" for figure in figures)
        print(f"| {kind} | {method} | {cells} |")


if __name__ == "__main__":
    main()
