"""What answered questions are worth to tickets that come later: python -m benchmarks.learning [--cache DIR] [--sets ...]

Six in ten tickets are grouped, the questions of ``bridge.analysis.questions`` are answered from the labels and applied
as people's decisions (a merge keeps a centroid for each part), then the other four in ten are assigned. Prints a
Markdown table: ARI of those later tickets alone, after 0, 20 and 100 answers. Constants were chosen on banking77 and
hwu64.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.cases import SAMPLE, Case, clean, tail
from benchmarks.streams import SETS
from benchmarks.vectors import Cache, default_cache
from bridge.analysis.clustering import Placement, group
from bridge.analysis.dividing import divide
from bridge.analysis.embedding import Vectors
from bridge.analysis.evaluation import evaluate
from bridge.analysis.questions import MERGE, SMALLEST_HALF, Question, Said, Standing, ask, look
from bridge.words import Origin

FIRST = 0.6
ONE_OFF = 0.6
AT_ONCE = 5
"""Questions between two looks: a split opens clusters that may come apart again."""
COUNTS = (0, 20, 100)


@dataclass(frozen=True)
class Texts:
    """``vectors``: unit rows, shape (n, d), one for each of ``labels``."""

    vectors: Vectors
    labels: Sequence[str]


class Desk:
    """The first tickets, their issues, and a person who answers by the labels."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts
        self.first = int(len(texts.labels) * FIRST)
        plan = group(range(self.first), texts.vectors[: self.first], {}, consolidating=True)
        self.part = {ticket: -assignment.cluster for ticket, assignment in plan.assign.items()}
        self.last = max(self.part.values())
        self.issue = {part: part for part in set(self.part.values())}
        self.merged: set[int] = set()
        self.apart: set[tuple[int, int]] = set()
        self.whole: dict[int, int] = {}
        self.said: list[Said] = []

    def ask(self, count: int) -> None:
        while len(self.said) < count:
            tickets = range(self.first)
            issues = [self.issue[self.part[t]] for t in tickets]
            sizes = Counter(issues)
            standing = Standing(sizes, apart=self.apart, whole=self.whole, undivided=self.merged, said=tuple(self.said))
            questions = ask(look(issues, self.texts.vectors[: self.first], sizes), standing)
            if not questions:
                return
            touched: set[int] = set()
            for question in questions[: 5 * AT_ONCE]:
                if {question.one, question.other} & touched or len(self.said) >= count:
                    continue
                self._answer(question)
                touched |= {question.one, question.other or question.one}
                if len(touched) >= 2 * AT_ONCE:
                    break

    def _answer(self, question: Question) -> None:
        rows = self._rows(question.one)
        if question.kind == MERGE:
            assert question.other is not None
            yes = self._speaks_of(rows) == self._speaks_of(self._rows(question.other))
            if yes:
                self.issue = {p: question.one if i == question.other else i for p, i in self.issue.items()}
                self.merged.add(question.one)
            else:
                self.apart.add((question.one, question.other))
        else:
            own = self.texts.vectors[: self.first] - self.texts.vectors[: self.first].mean(axis=0)
            points = own[rows] / np.linalg.norm(own[rows], axis=1, keepdims=True)
            division = divide(points, SMALLEST_HALF)
            assert division is not None
            second = [row for row, there in zip(rows, division.second, strict=True) if there]
            yes = self._speaks_of(second) != self._speaks_of([r for r in rows if r not in set(second)])
            if yes:
                self.last += 1
                self.part.update(dict.fromkeys(second, self.last))
                self.issue[self.last] = self.last
            else:
                self.whole[question.one] = len(rows)
        self.said.append(Said(question.kind, question.similarity, yes))

    def _rows(self, issue: int) -> list[int]:
        return [ticket for ticket in range(self.first) if self.issue[self.part[ticket]] == issue]

    def _speaks_of(self, rows: Sequence[int]) -> str:
        """The label of most of them."""
        counts = Counter(self.texts.labels[row] for row in rows)
        return min(counts, key=lambda label: (-counts[label], label))

    def later(self) -> float:
        """ARI of the tickets that come now, assigned without second thoughts."""
        placed = {ticket: Placement(part, Origin.HUMAN) for ticket, part in self.part.items()}
        plan = group(range(len(self.texts.labels)), self.texts.vectors, placed)
        found = [plan.assign[t].cluster for t in range(self.first, len(self.texts.labels))]
        issues = [self.issue.get(cluster, cluster) for cluster in found]
        return evaluate(self.texts.labels[self.first :], issues).ari


def row(name: str, texts: Texts) -> str:
    desk, found = Desk(texts), []
    for count in COUNTS:
        desk.ask(count)
        found.append(desk.later())
    yes = Counter(said.kind for said in desk.said if said.changed)
    asked = Counter(said.kind for said in desk.said)
    kinds = " | ".join(f"{yes[kind]} of {asked[kind]}" for kind in ("merge", "split"))
    return f"| {name} | {' | '.join(f'{ari:.3f}' for ari in found)} | {found[-1] - found[0]:+.3f} | {kinds} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=default_cache(), help="folder for vectors")
    parser.add_argument("--sets", nargs="+", default=SETS)
    options = parser.parse_args()
    cache = Cache(options.cache)

    def shown(name: str, case: Case) -> None:
        print(row(name, Texts(cache.get(case.texts), case.labels)), flush=True)

    print("| texts | 0 answers | 20 | 100 | gain | merged | split |\n|---|---|---|---|---|---|---|")
    for name in options.sets:
        shown(f"{name}, sample", clean(name, SAMPLE, 0))
        for seed in (0, 1):
            shown(f"{name}, long tail, seed {seed}", tail(name, SAMPLE, ONE_OFF, seed))


if __name__ == "__main__":
    main()
