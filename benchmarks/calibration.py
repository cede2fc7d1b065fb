"""How well confidence holds after answers, and what it does: python -m benchmarks.calibration [--cache DIR] [--bins]

Clean sets and long tails are grouped; half of the answers come from tickets that joined a cluster, half from those that
wait for review; the truth is whether the ticket has the label of most others there. The curve is fitted on the answers
and judged on all other tickets; then the same tickets are grouped with the border that the answers give. The constants
were found on banking77 and hwu64. Prints Markdown tables, with --bins the points of the reliability diagram after 50
answers of the first draw.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.cases import ONE_OFFS, SAMPLE, Case, clean, tail
from benchmarks.plots import draw
from benchmarks.streams import SETS
from benchmarks.vectors import Cache, default_cache
from bridge.analysis.assigning import Params
from bridge.analysis.calibration import Answer, Bin, calibrate, ece, reliability
from bridge.analysis.clustering import Plan, group
from bridge.analysis.embedding import Vectors
from bridge.analysis.evaluation import Quality, evaluate

DRAWS = 10
COUNTS = (50, 100, 200)
SHIPPED = Params()


@dataclass(frozen=True)
class Judged:
    """What was guessed of a ticket; ``waits``: it was not placed with others, a person is asked."""

    answer: Answer
    waits: bool


def guesses(plan: Plan, labels: Sequence[str]) -> list[Judged]:
    said: dict[int, Counter[str]] = {}
    for ticket, assignment in plan.assign.items():
        said.setdefault(assignment.cluster, Counter())[labels[ticket]] += 1
    found = []
    for ticket, second in sorted(plan.seconds.items()):
        others = said[plan.assign[ticket].cluster].copy()
        others[labels[ticket]] -= 1
        found.append(Judged(Answer(second, _most(others) == labels[ticket]), waits=False))
    for ticket, (first, *_) in sorted(plan.doubts.items()):
        found.append(Judged(Answer(first.second, _most(said[first.cluster]) == labels[ticket]), waits=True))
    return found


def _most(labels: Counter[str]) -> str:
    return min(labels, key=lambda label: (-labels[label], label))


def drawn(found: list[Judged], count: int, seed: int) -> tuple[list[Answer], list[Answer]]:
    """(answered, the others)."""
    rng = np.random.default_rng(seed)
    kinds = [[i for i, one in enumerate(found) if one.waits is waits] for waits in (False, True)]
    picked = {i for kind in kinds for i in rng.permutation(kind)[: count // 2].astype(int).tolist()}
    left = [i for i in rng.permutation(len(found)).tolist() if i not in picked]
    while len(picked) < count:
        picked.add(left.pop())
    return [found[i].answer for i in sorted(picked)], [found[i].answer for i in sorted(left)]


def chances(answered: list[Answer], others: list[Answer]) -> tuple[list[float], list[bool]]:
    curve = calibrate(answered, SHIPPED.second_fellow)
    return [curve.chance_of(a.second) or 0.0 for a in others], [a.agreed for a in others]


def grouped(vectors: Vectors, params: Params) -> Plan:
    return group(range(len(vectors)), vectors, {}, params=params, consolidating=True, measured=True)


def quality(plan: Plan, labels: Sequence[str]) -> Quality:
    return evaluate(labels, [plan.assign[ticket].cluster for ticket in range(len(labels))])


def row(case: Case, vectors: Vectors) -> tuple[str, str, list[Bin]]:
    plan = grouped(vectors, SHIPPED)
    found = guesses(plan, case.labels)
    cells = []
    for count in COUNTS:
        errors = [ece(*chances(*drawn(found, count, seed))) for seed in range(DRAWS)]
        cells.append(f"{np.mean(errors):.3f} ± {np.std(errors):.3f}")
    true = np.mean([one.answer.agreed for one in found])
    calibrated = f"| {case.kind} | {case.name} | {len(found):,} | {true:.2f} | {' | '.join(cells)} |"
    before, after = quality(plan, case.labels), []
    borders = [calibrate(drawn(found, COUNTS[1], seed)[0], SHIPPED.second_fellow).fellow for seed in range(3)]
    for border in borders:
        params = SHIPPED if border is None else replace(SHIPPED, second_fellow=border)
        after.append(before if border is None else quality(grouped(vectors, params), case.labels))
    moved = "/".join("-" if border is None else f"{border:.2f}" for border in borders)
    gained = [f"{getattr(before, name):.2f} to {np.mean([getattr(q, name) for q in after]):.2f}" for name in FIGURES]
    effect = f"| {case.kind} | {case.name} | {moved} | {' | '.join(gained)} |"
    bins = reliability(*chances(*drawn(found, COUNTS[0], 0)))
    return calibrated, effect, bins


FIGURES = ("ari", "b3_precision", "found", "pure_share")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=default_cache(), help="folder for vectors")
    parser.add_argument("--bins", action="store_true")
    parser.add_argument("--plots", type=Path, help="folder for the reliability diagram")
    options = parser.parse_args()
    cache = Cache(options.cache)
    print("| texts | set | guesses | true | 50 answers | 100 | 200 |\n|---|---|---|---|---|---|---|")
    effects, points = [], []
    for name in SETS:
        for case in (clean(name, SAMPLE, 0), *(tail(name, SAMPLE, share, 0) for share in ONE_OFFS)):
            calibrated, effect, bins = row(case, cache.get(case.texts))
            print(calibrated, flush=True)
            effects.append(effect)
            points.append((case, bins))
    print(
        "\n| texts | set | border of three draws of 100 | ARI | B3 prec. | found | pure |\n|---|---|---|---|---|---|---|"
    )
    print("\n".join(effects))
    if options.bins:
        print("\n| texts | set | chance | true | tickets |\n|---|---|---|---|---|")
        for case, bins in points:
            for b in bins:
                print(f"| {case.kind} | {case.name} | {b.chance:.2f} | {b.true:.2f} | {b.count} |")
    if options.plots:
        lines = [
            (case.name, [b.chance for b in bins], [b.true for b in bins])
            for case, bins in points
            if case.kind.startswith("long tail, 30%")
        ]
        exact = [("exact", [0.0, 1.0], [0.0, 1.0])]
        draw(options.plots / "reliability.svg", "Confidence after 50 answers", "said", "true", exact + lines)


if __name__ == "__main__":
    main()
