"""Quality and speed of grouping: python -m benchmarks.clustering [--vectors-only] [--quick] [--seeds N] [--only WORD]

--vectors-only: the grouper alone on plain texts with kept vectors, for trying out changes to it. Prints Markdown.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.cases import TUNED, Case, plain_cases
from benchmarks.vectors import Cache, default_cache
from bridge.analysis.clustering import group
from bridge.analysis.embedding import Vectors
from bridge.analysis.evaluation import Quality, evaluate

FIGURES = ("ari", "ami", "b3_precision", "b3_recall", "b3_f1", "found", "pure_share", "wrong_merge_rate", "singleton_share")
HEADS = ("ARI", "AMI", "B3 prec.", "B3 rec.", "B3", "found", "pure", "wrong", "singles")
HEAD = f"| {{}} | n (classes) | clusters | {' | '.join(HEADS)} | CPU s |\n|---|{'---|' * (len(HEADS) + 3)}"


@dataclass(frozen=True, slots=True)
class Row:
    case: Case
    quality: Quality
    cpu: float

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors-only", action="store_true", help="the grouper alone, plain texts, kept vectors")
    parser.add_argument("--quick", action="store_true", help="one seed")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", help="cases whose kind or set contains this")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="folder for vectors")
    options = parser.parse_args()
    cache = Cache(options.cache)
    rows = []
    for seed in range(1 if options.quick else options.seeds):
        for case in plain_cases(seed, quick=options.quick):
            if not options.only or options.only in f"{case.kind} {case.name}":
                rows.append(measured(case, cache.get(case.texts)))
    print_tables(rows)


if __name__ == "__main__":
    main()
