"""Quality and seconds of grouping on labelled texts: python benchmarks/grouping.py [--cache DIR] [--data DIR]

Prints Markdown tables. The defaults of ``Params`` were chosen on banking77 and hwu64; the others were only reported.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bridge.analysis.clustering import Placement, Plan, group
from bridge.analysis.embedding import SentenceTransformerEmbedder, Vectors, bundled_model_id, pack, unpack
from bridge.analysis.evaluation import evaluate
from bridge.words import Origin

SETS = ("banking77", "hwu64", "bitext27", "stackoverflow20")
NOISE = "stackoverflow20"
SAMPLE = 4000
CLUSTERED_CLASSES = 0.6
ONE_OFFS = 0.4
HEAD = (
    "| texts | n (classes) | clusters | ARI | B3 precision | B3 recall | found | pure | wrong merges | singles | s |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Texts:
    labels: list[str]
    vectors: Vectors

    def take(self, rows: Sequence[int]) -> Texts:
        return Texts([self.labels[row] for row in rows], self.vectors[list(rows)])


def load(name: str, data: Path, cache: Path) -> Texts:
    """Texts in random order, their vectors as float16 like in the store; embedded once, then read from ``cache``."""
    with gzip.open(data / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    order = np.random.default_rng(0).permutation(len(rows))
    file = cache / f"{name}-{bundled_model_id()}.f16"
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        embedder = SentenceTransformerEmbedder()
        vectors = embedder.encode([row["text"] for row in rows], lambda done, n: print(f"\r{name} {done}/{n}", end=""))
        file.write_bytes(pack(vectors))
        print()
    vectors = unpack(file.read_bytes()).reshape(len(rows), -1)
    return Texts([row["label"] for row in rows], vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).take(order)


def long_tail(own: Texts, noise: Texts, n: int, seed: int) -> Texts:
    """About ``n`` tickets: six in ten classes with Zipf sizes; four in ten tickets are one-offs, each its own label.

    One-offs are three texts of each remaining class, then texts of another collection.
    """
    rng = np.random.default_rng(seed)
    by_class: dict[str, list[int]] = {}
    for row in rng.permutation(len(own.labels)).tolist():
        by_class.setdefault(own.labels[row], []).append(row)
    classes = rng.permutation(sorted(by_class)).tolist()
    cut = int(len(classes) * CLUSTERED_CLASSES)
    weights = 1 / np.arange(1, cut + 1)
    sizes = np.maximum(2, n * (1 - ONE_OFFS) * weights / weights.sum()).astype(int)
    clustered = own.take([row for c, size in zip(classes, sizes, strict=False) for row in by_class[c][:size]])
    near = own.take([row for c in classes[cut:] for row in by_class[c][:3]])
    wanted = int(len(clustered.labels) * ONE_OFFS / (1 - ONE_OFFS))
    far = noise.take(rng.permutation(len(noise.labels))[: max(0, wanted - len(near.labels))].tolist())
    alone = np.concatenate([near.vectors, far.vectors])
    labels = clustered.labels + [f"one-off {i}" for i in range(len(alone))]
    together = Texts(labels, np.concatenate([clustered.vectors, alone]))
    return together.take(rng.permutation(len(labels)).tolist())


def apply(plan: Plan, placed: Mapping[int, Placement], last_id: int) -> tuple[dict[int, Placement], int]:
    winners = {merge.loser: merge.winner for merge in plan.merges}
    after = {t: Placement(winners.get(p.cluster, p.cluster), Origin.MODEL) for t, p in placed.items()}
    assigned = {**plan.assign, **plan.moves}
    for ticket, a in assigned.items():
        after[ticket] = Placement(a.cluster if a.cluster > 0 else last_id - a.cluster, Origin.MODEL)
    return after, last_id + max((-a.cluster for a in assigned.values()), default=0)


def once(name: str, texts: Texts) -> str:
    tickets = range(len(texts.labels))
    start = time.perf_counter()
    plan = group(tickets, texts.vectors, {}, consolidating=True)
    seconds = time.perf_counter() - start
    placed, _ = apply(plan, {}, 0)
    if group(tickets, texts.vectors, placed, consolidating=True):
        name += " (second run not empty)"
    q = evaluate(texts.labels, [placed[t].cluster for t in tickets])
    figures = (q.ari, q.b3_precision, q.b3_recall, q.found, q.pure_share, q.wrong_merge_rate, q.singleton_share)
    shown = " | ".join(f"{figure:.3f}" for figure in figures)
    return f"| {name} | {q.tickets:,} ({q.classes:,}) | {q.clusters:,} | {shown} | {seconds:.1f} |"


def in_batches(name: str, texts: Texts, batches: int, every: int) -> str:
    """Tickets arrive in ``batches``; every ``every`` of them a consolidation, at the end too."""
    n = len(texts.labels)
    placed: dict[int, Placement] = {}
    last_id, moved, seconds = 0, [], []
    for batch in range(1, batches + 1):
        live = range(n * batch // batches)
        nightly = batch % every == 0
        start = time.perf_counter()
        plan = group(live, texts.vectors[: len(live)], placed, consolidating=nightly)
        seconds.append(time.perf_counter() - start)
        if nightly:
            moved.append(len(plan.moves) / len(live))
        placed, last_id = apply(plan, placed, last_id)
    whole, _ = apply(group(range(n), texts.vectors, {}, consolidating=True), {}, 0)
    found, full = ([memberships[t].cluster for t in range(n)] for memberships in (placed, whole))
    return (
        f"| {name} | {evaluate(texts.labels, found).ari:.3f} | {evaluate(texts.labels, full).ari:.3f} "
        f"| {evaluate(full, found).ari:.3f} | {np.mean(moved):.1%} | {max(seconds):.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    shared = Path(os.environ.get("BRIDGE_SHARED", "../shared"))
    parser.add_argument("--data", type=Path, default=shared / "data", help="folder of the labelled CSV files")
    parser.add_argument("--cache", type=Path, default=Path(".cache/vectors"), help="folder for vectors")
    options = parser.parse_args()
    texts = {name: load(name, options.data, options.cache) for name in SETS}
    print(HEAD)
    for name in SETS:
        print(once(name, texts[name]), flush=True)
    for name in SETS:
        print(once(f"{name}, sample", texts[name].take(range(SAMPLE))), flush=True)
    for size in (1200, 5000):
        for name in SETS:
            noise = texts[NOISE if name != NOISE else "hwu64"]
            print(once(f"{name}, long tail", long_tail(texts[name], noise, size, seed=0)), flush=True)
    print("\n| in 20 batches | ARI | ARI in one go | ARI between the two | moved a consolidation | slowest batch, s |")
    print("|---|---|---|---|---|---|")
    for name in SETS:
        print(in_batches(name, texts[name].take(range(SAMPLE)), 20, 5), flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nPeak memory {peak:.0f} MB, vectors of all sets included.")


if __name__ == "__main__":
    main()
