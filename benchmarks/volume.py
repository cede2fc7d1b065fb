"""Grouping at volume: python -m benchmarks.volume [--tickets 10000,100000] [--exact | --near]

Vectors are generated from those of the labelled sets: a ticket of an issue is a text of one class, another each time,
a text of another set's class, always the same, and some noise; so tickets of an issue differ as real ones do, and issues
that share a class are neighbours. Issues have Zipf sizes; half of the tickets are one-offs, each of three classes.
Rule: same seed, same vectors.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.streams import SETS, load_set
from benchmarks.vectors import Cache, default_cache
from bridge.analysis import partition as working
from bridge.analysis.assigning import Params, all_bars, assign
from bridge.analysis.consolidating import consolidate
from bridge.analysis.doubting import doubts
from bridge.analysis.embedding import Vectors
from bridge.analysis.evaluation import evaluate
from bridge.analysis.nearby import find_nearby
from bridge.analysis.partition import Constraints, Partition
from bridge.analysis.smoothing import Smoothing, make_frame

ALONE = 0.5
A_ISSUE = 25
"""Tickets of an issue on the average."""
WEIGHTS = (1.0, 0.8, 0.8)
NOISE = 0.35
"""Length of what is added to a unit row. benchmarks/README.md says how far the mixture is from real texts."""
_BLOCK = 20_000
_PROBE = 2000


@dataclass(frozen=True, slots=True)
class Real:
    """Rows of the labelled sets, by class: ``first`` row and number of rows of each, and the set that it is of."""

    rows: Vectors
    first: NDArray[np.int64]
    count: NDArray[np.int64]
    of: NDArray[np.int64]

    @property
    def labels(self) -> NDArray[np.int64]:
        return np.repeat(np.arange(len(self.count)), self.count)


def real(cache: Cache) -> Real:
    rows, count, of = [], [], []
    for number, name in enumerate(SETS):
        texts = load_set(name)
        vectors = cache.get([text.text for text in texts])
        labels = np.array([text.label for text in texts])
        for label in sorted(set(labels.tolist())):
            rows.append(vectors[labels == label])
            count.append(len(rows[-1]))
            of.append(number)
    counts = np.array(count)
    return Real(np.concatenate(rows), counts.cumsum() - counts, counts, np.array(of))


def generated(known: Real, n: int, seed: int) -> tuple[NDArray[np.float16], NDArray[np.int64]]:
    """(unit rows as the store keeps them, shape (n, d); the issue of each), in random order."""
    rng = np.random.default_rng(seed)
    alone = round(n * ALONE)
    issues = max(1, round((n - alone) / A_ISSUE))
    share = 1 / np.arange(1, issues + 1) ** 0.9
    sizes = 2 + np.floor(share / share.sum() * (n - alone - 2 * issues)).astype(np.int64)
    sizes[0] += n - alone - sizes.sum()
    kinds = _kinds(known, issues, 2, rng)
    ones = _kinds(known, alone, 3, rng)
    fixed = rng.random((2, issues + alone))
    labels = np.concatenate([np.repeat(np.arange(issues), sizes), np.arange(issues, issues + alone)])
    labels = labels[rng.permutation(n)]
    made = np.empty((n, known.rows.shape[1]), dtype="<f2")
    for start in range(0, n, _BLOCK):
        block = labels[start : start + _BLOCK]
        rows = np.zeros((len(block), made.shape[1]), dtype=np.float32)
        single = block >= issues
        for chosen, classes in ((~single, kinds[block[~single]]), (single, ones[block[single] - issues])):
            varied = np.concatenate([rng.random((1, len(classes))), fixed[:, block[chosen]]])
            for of_text, weight, place in zip(classes.T, WEIGHTS, varied, strict=False):
                at = known.first[of_text] + (place * known.count[of_text]).astype(np.int64)
                rows[chosen] += np.float32(weight) * known.rows[at]
        noise = rng.standard_normal(rows.shape, dtype=np.float32) * np.float32(NOISE / rows.shape[1] ** 0.5)
        made[start : start + len(block)] = _unit(_unit(rows) + noise)
    return made, labels


def _kinds(known: Real, n: int, of: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """``n`` different combinations of ``of`` classes, as many of each set as of the others, no two of one set."""
    found: NDArray[np.int64] = np.empty((0, of), dtype=np.int64)
    while len(found) < n:
        sets = rng.random((2 * n, len(SETS))).argsort(axis=1)[:, :of]
        sets.sort(axis=1)
        starts = np.searchsorted(known.of, sets)
        many = np.searchsorted(known.of, sets, side="right") - starts
        drawn = np.concatenate([found, starts + (rng.random(sets.shape) * many).astype(np.int64)])
        fresh = drawn[np.sort(np.unique(drawn, axis=0, return_index=True)[1])]
        if len(fresh) == len(found):
            fresh = drawn
        found = fresh
    return found[:n]


def _unit(rows: Vectors) -> Vectors:
    unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def strangers(vectors: Vectors, labels: NDArray[np.int64]) -> tuple[str, str]:
    """Quartiles of the similarity to the nearest row of the same and of another issue, centred; of some rows."""
    points = _unit(vectors - vectors.mean(axis=0))
    similar = points[:_PROBE] @ points.T
    similar[np.arange(len(similar)), np.arange(len(similar))] = -1
    same = labels[:_PROBE, None] == labels
    own, other = np.where(same, similar, -1).max(axis=1), np.where(same, -1, similar).max(axis=1)
    own = own[own > -1]
    return _quartiles(own), _quartiles(other)


def _quartiles(values: Vectors) -> str:
    return " ".join(f"{value:.2f}" for value in np.quantile(values, (0.25, 0.5, 0.75)))


def agreement(points: Vectors, labels: NDArray[np.int64], params: Params) -> tuple[float, float]:
    """Of some rows that are over the bar, and nearly over the bar, of another cluster: the share of those to which the
    rows near them tell the same best one as a comparison with all clusters. ``labels``: slot by row, 0, 1, ...
    """
    partition = Partition(points, int(labels.max()) + 1, dict(enumerate(labels.tolist())))
    rows = np.sort(np.random.default_rng(0).choice(len(points), min(_PROBE, len(points)), replace=False))
    filled, bar = partition.filled(), all_bars(partition, params)
    over = points[rows] @ partition.means(filled).T / bar[filled]
    over[np.arange(len(rows)), np.searchsorted(filled, labels[rows])] = -1
    told = dict.fromkeys(rows.tolist(), (-1.0, -1))
    for row, slot, mean in zip(*partition.beside(rows, find_nearby(points)), strict=True):
        told[int(row)] = max(told[int(row)], (float(mean / bar[slot]), int(slot)))
    same = filled[over.argmax(axis=1)] == np.array([slot for _, slot in told.values()])
    return float(same[over.max(axis=1) > 1].mean()), float(same[over.max(axis=1) > params.doubt].mean())


@contextmanager
def timed(name: str) -> Iterator[None]:
    began, cpu = time.perf_counter(), time.process_time()
    yield
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    wall, used = time.perf_counter() - began, time.process_time() - cpu
    print(f"| {name} | {wall:.1f} | {used:.1f} | {peak:.2f} |", flush=True)


def run(vectors: NDArray[np.float16], params: Params) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All tickets at once, then one consolidation: (labels after assigning, labels at the end)."""
    tickets = range(1, len(vectors) + 1)
    with timed("frame"):
        frame = make_frame(tickets, vectors, params.smoothing)
    with timed("view"):
        points = frame.view(vectors)
    partition, constraints = Partition(points, 0, {}), Constraints()
    rows = np.arange(len(vectors))
    with timed("nearby"):
        partition.look_near(len(rows))
    with timed("assign"):
        assign(partition, rows, constraints, params)
    first = partition.labels.copy()
    with timed("consolidate"):
        ended = consolidate(partition, constraints, params)
    with timed("doubts"):
        shown = doubts(partition, rows, constraints, params)
    print(f"ended: {ended}; slots {len(partition.filled()):,}; doubts {len(shown):,}", flush=True)
    return first, partition.labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", default="10000,100000")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cache", type=Path, default=default_cache(), help="folder for vectors")
    parser.add_argument("--exact", action="store_true", help="compare every ticket with every cluster")
    parser.add_argument("--near", action="store_true", help="never do that")
    parser.add_argument("--anchors", type=int, help="so many, whatever the number of tickets")
    parser.add_argument("--agreement", action="store_true", help="with a comparison with all clusters")
    options = parser.parse_args()
    known = real(Cache(options.cache))
    params = Params()
    if options.anchors is not None:
        params = replace(params, smoothing=Smoothing(anchors=options.anchors, anchors_of_many=options.anchors))
    if options.exact:
        working.VAST = 10**18
    if options.near:
        working.VAST = 0
    print(f"load {os.getloadavg()[0]:.1f}, threads {os.environ.get('OMP_NUM_THREADS', 'all')}")
    picked = np.random.default_rng(0).permutation(len(known.rows))[:10_000]
    print("real, 10,000: nearest of own, of another class:", *strangers(known.rows[picked], known.labels[picked]))
    for n in map(int, options.tickets.split(",")):
        vectors, truth = generated(known, n, options.seed)
        if n <= 100_000:
            some = vectors[:10_000].astype(np.float32)
            print(f"{n:,}, first 10,000 of it:", *strangers(some, truth[:10_000]))
        print(f"\n| {n:,} | wall s | CPU s | peak GB |\n|---|---|---|---|")
        first, last = run(vectors, params)
        for name, labels in (("assigned", first), ("consolidated", last)):
            q = evaluate(truth, labels)
            print(
                f"{name}: clusters {q.clusters:,} ARI {q.ari:.3f} B3 {q.b3_precision:.3f} {q.b3_recall:.3f} "
                f"{q.b3_f1:.3f} found {q.found:.3f} wrong {q.wrong_merge_rate:.3f} singles {q.singleton_share:.3f}",
                flush=True,
            )
        if options.agreement:
            points = make_frame(range(1, n + 1), vectors, params.smoothing).view(vectors)
            print("same best cluster, above the bar and nearly:", *agreement(points, first, params))


if __name__ == "__main__":
    main()
