"""Quality and speed of grouping: python -m benchmarks.clustering [--vectors-only] [--quick] [--seeds N] [--only WORD]

--vectors-only: the grouper alone on plain texts with kept vectors, for trying out changes to it; without it also mail,
typos and streams of 90 days. --peers: others on the same vectors in the same run. Prints Markdown.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.arriving import HEAD as HEAD_ARRIVING
from benchmarks.arriving import Arrival, arriving
from benchmarks.cases import TUNED, Case, cases, emerging
from benchmarks.plots import draw
from benchmarks.streams import SETS
from benchmarks.vectors import Cache, default_cache
from bridge.analysis.clustering import group
from bridge.analysis.embedding import Vectors
from bridge.analysis.evaluation import Quality, evaluate
from bridge.evaluating.peers import PEERS, run_peer

FIGURES = (
    "ari",
    "ami",
    "b3_precision",
    "b3_recall",
    "b3_f1",
    "found",
    "pure_share",
    "wrong_merge_rate",
    "singleton_share",
)
HEADS = ("ARI", "AMI", "B3 prec.", "B3 rec.", "B3", "found", "pure", "wrong", "singles")
HEAD = f"| {{}} | n (classes) | clusters | {' | '.join(HEADS)} | CPU s |\n|---|{'---|' * (len(HEADS) + 3)}"


@dataclass(frozen=True, slots=True)
class Row:
    case: Case
    quality: Quality
    cpu: float
    method: str = "ours"

    @property
    def figures(self) -> list[float]:
        return [*(getattr(self.quality, name) for name in FIGURES), self.cpu]


def labels_of(vectors: Vectors) -> list[int]:
    """What the shipped grouper makes of tickets that are there at once: one cluster number a ticket."""
    tickets = range(1, len(vectors) + 1)
    plan = group(tickets, vectors, {}, consolidating=True)
    return [plan.assign[ticket].cluster for ticket in tickets]


def measured(case: Case, vectors: Vectors) -> Row:
    began = time.process_time()
    labels = labels_of(vectors)
    return Row(case, evaluate(case.labels, labels), time.process_time() - began)


class Beside:
    """Peers on the same vectors. Their results are kept: they stay the same when our grouper changes."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "peers.jsonl"
        lines = self._file.read_text(encoding="utf-8").splitlines() if self._file.exists() else []
        self._known = {tuple(line["key"]): line for line in map(json.loads, lines)}

    def rows(self, case: Case, vectors: Vectors, peer: str) -> list[Row]:
        """With its authors' defaults and with the better setting."""
        content = hashlib.sha256("\n".join((*case.texts, *case.labels)).encode()).hexdigest()[:16]
        keys = [(content, peer, setting) for setting in PEERS[peer]]
        if not all(key in self._known for key in keys):
            for ran in run_peer(peer, case.texts, vectors):
                quality = asdict(evaluate(case.labels, ran.labels))
                line = {"key": [content, peer, ran.setting], "case": [case.kind, case.name], "quality": quality}
                self._known[content, peer, ran.setting] = {**line, "cpu": ran.cpu_seconds}
                with self._file.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps({**line, "cpu": ran.cpu_seconds}) + "\n")
        lines = [self._known[key] for key in keys]
        return [Row(case, Quality(**line["quality"]), line["cpu"], ", ".join(line["key"][1:])) for line in lines]


def print_comparison(rows: Sequence[Row]) -> None:
    """A table a kind of case: a row a method with its means over sets and seeds, then its ARI on each set."""
    by_kind: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        by_kind[row.case.kind][row.method].append(row)
    for kind, by_method in by_kind.items():
        sets = list(dict.fromkeys(row.case.name for of in by_method.values() for row in of))
        print(f"\n| {kind} | {' | '.join(HEADS)} | CPU s | {' | '.join(f'ARI {name}' for name in sets)} |")
        print(f"|---|{'---|' * (len(HEADS) + 1 + len(sets))}")
        for method, of in by_method.items():
            cells = _cells(np.mean([row.figures for row in of], axis=0).tolist())
            aris = [np.mean([row.quality.ari for row in of if row.case.name == name]) for name in sets]
            print(f"| {method} {cells} {' | '.join(f'{ari:.3f}' for ari in aris)} |")


def print_tables(rows: Sequence[Row]) -> None:
    """A table a kind of case: a row a set (mean over the seeds), then the mean of those that settings may be tuned on and of all."""
    kinds: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        kinds[row.case.kind][row.case.name].append(row)
    for kind, by_name in kinds.items():
        print(f"\n{HEAD.format(kind)}")
        means: dict[str, list[float]] = {}
        for name, of_name in by_name.items():
            means[name] = np.mean([row.figures for row in of_name], axis=0).tolist()
            first = of_name[0].quality
            clusters = np.mean([row.quality.clusters for row in of_name])
            print(f"| {name} | {first.n:,} ({first.classes:,}) | {clusters:,.0f} {_cells(means[name])}")
        tuned = [figures for name, figures in means.items() if name in TUNED]
        others = [figures for name, figures in means.items() if name not in TUNED]
        for word, part in (("mean, tuned on", tuned), ("mean, others", others), ("**mean**", tuned + others)):
            if part:
                print(f"| {word} | | {_cells(np.mean(part, axis=0).tolist())}")


def _cells(figures: Sequence[float]) -> str:
    return f"| {' | '.join(f'{figure:.3f}' for figure in figures[:-1])} | {figures[-1]:.1f} |"


def _plot(folder: Path, rows: Sequence[Row], arrivals: Sequence[Arrival]) -> None:
    by_set: dict[str, list[Quality]] = defaultdict(list)
    for row in rows:
        by_set[row.case.kind if row.case.kind.startswith("stream") else row.case.name].append(row.quality)
    for figure, word in (("ari", "ARI"), ("b3_precision", "B-cubed precision")):
        lines = [
            (
                name,
                [q.n for q in sorted(of, key=lambda q: q.n)],
                [getattr(q, figure) for q in sorted(of, key=lambda q: q.n)],
            )
            for name, of in by_set.items()
        ]
        draw(folder / f"volume_{figure}.svg", f"{word} against volume", "tickets", word, lines, log=True)
    if arrivals:
        batches = range(1, len(arrivals[0].ari) + 1)
        for word, of in (("ARI", "ari"), ("share of older tickets moved", "moved")):
            lines = [(a.case.name, list(batches), getattr(a, of)) for a in arrivals]
            draw(folder / f"drift_{of}.svg", f"Emerging topics: {word}", "batch", word, lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors-only", action="store_true", help="the grouper alone, plain texts, kept vectors")
    parser.add_argument("--quick", action="store_true", help="one seed")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--only", action="append", default=[], help="cases whose kind or set contains this; all of them"
    )
    parser.add_argument("--peers", default="", help="others beside, by comma: bertopic, evoc, hdbscan, tfidf")
    parser.add_argument("--arriving", action="store_true", help="also emerging topics in 20 batches")
    parser.add_argument("--plots", type=Path, help="folder for plots of what is measured")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="folder for vectors")
    options = parser.parse_args()
    cache = Cache(options.cache)
    rows: list[Row] = []
    compared: list[Row] = []
    others = Beside(options.cache)
    for seed in range(1 if options.quick else options.seeds):
        for case in cases(seed, plain=options.vectors_only):
            if not all(word in f"{case.kind} {case.name}" for word in options.only):
                continue
            vectors = cache.get(case.texts)
            rows.append(measured(case, vectors))
            peers = [name for name in options.peers.split(",") if name]
            compared += [rows[-1]] if peers else []
            for peer in peers:
                compared += others.rows(case, vectors, peer)
                print(f"{case.kind}, {case.name}: {peer} {compared[-1].cpu:.0f} CPU s", file=sys.stderr, flush=True)
    print_tables(rows)
    print_comparison(compared)
    arrivals = [
        arriving(case, cache.get(case.texts))
        for case in (emerging(name, 0) for name in SETS)
        if options.arriving and all(word in f"{case.kind} {case.name}" for word in options.only)
    ]
    if arrivals:
        print(f"\n{HEAD_ARRIVING}", *(arrival.line() for arrival in arrivals), sep="\n")
    if options.plots:
        _plot(options.plots, rows, arrivals)


if __name__ == "__main__":
    main()
