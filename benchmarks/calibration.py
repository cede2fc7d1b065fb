"""How well confidence holds after answers: python benchmarks/calibration.py [--cache DIR] [--data DIR] [--bins]

Long tails are grouped; half of the answers come from tickets that joined a cluster, half from singles and the cluster
they are most like, as in a review queue; the truth is whether the ticket has the label of most others there. The curve
is fitted on the answers and judged on all other tickets. The prior was found on banking77 and hwu64. Prints a Markdown
table, with --bins also the points of the reliability diagram after 50 answers of the first draw.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.grouping import NOISE, SETS, Texts, apply, load, long_tail

from bridge.analysis.calibration import Answer, calibrate, ece, reliability
from bridge.analysis.clustering import group

SIZE, STREAMS, DRAWS = 5000, 3, 10
COUNTS = (50, 100, 200)
REVIEWED_FROM = 0.3
"""Singles less alike than this to every cluster are new, and nobody is asked about them."""


@dataclass(frozen=True)
class Case:
    answer: Answer
    single: bool


def cases(texts: Texts) -> list[Case]:
    """Every ticket against its cluster, singles against the one they are most like; centred, not smoothed."""
    n = len(texts.labels)
    placed, _ = apply(group(range(n), texts.vectors, {}, consolidating=True), {}, 0)
    _, slot = np.unique([placed[t].cluster for t in range(n)], return_inverse=True)
    count = np.bincount(slot)
    own = texts.vectors - texts.vectors.mean(axis=0)
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    sums = np.zeros((len(count), own.shape[1]), dtype=np.float32)
    np.add.at(sums, slot, own)
    rows = {s: np.flatnonzero(slot == s) for s in np.flatnonzero(count > 1)}
    larger = np.array(sorted(rows))
    alike = own @ (sums[larger] / count[larger, None]).T
    found = []
    for ticket in range(n):
        single = count[slot[ticket]] == 1
        there = int(larger[alike[ticket].argmax()]) if single else int(slot[ticket])
        fellows = rows[there][rows[there] != ticket]
        cosines = np.sort(own[fellows] @ own[ticket])[::-1]
        similarity = float(cosines.mean())
        if single and similarity < REVIEWED_FROM:
            continue
        speaks = Counter(texts.labels[f] for f in fellows)
        most = min(speaks, key=lambda label: (-speaks[label], label))
        second = float(cosines[min(1, len(cosines) - 1)])
        found.append(Case(Answer(similarity, most == texts.labels[ticket], {"second": second}), bool(single)))
    return found


def judged(found: list[Case], count: int, seed: int) -> tuple[list[float], list[bool]]:
    """Chances and truth of the tickets that nobody was asked about."""
    rng = np.random.default_rng(seed)
    kinds = [[i for i, case in enumerate(found) if case.single is single] for single in (False, True)]
    picked = {i for kind in kinds for i in rng.permutation(kind)[: count // 2].tolist()}
    left = [i for i in rng.permutation(len(found)).tolist() if i not in picked]
    while len(picked) < count:
        picked.add(left.pop())
    curve = calibrate([found[i].answer for i in sorted(picked)])
    rest = [found[i].answer for i in sorted(left)]
    return [curve.chance_of(a.similarity, a.evidence) or 0.0 for a in rest], [a.agreed for a in rest]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    shared = Path(os.environ.get("BRIDGE_SHARED", "../shared"))
    parser.add_argument("--data", type=Path, default=shared / "data", help="folder of the labelled CSV files")
    parser.add_argument("--cache", type=Path, default=Path(".cache/vectors"), help="folder for vectors")
    parser.add_argument("--bins", action="store_true")
    options = parser.parse_args()
    texts = {name: load(name, options.data, options.cache) for name in SETS}
    print("| long tail | cases | true | 50 answers | 100 | 200 |\n|---|---|---|---|---|---|")
    points = []
    for name in SETS:
        noise = texts[NOISE if name != NOISE else "hwu64"]
        streams = [cases(long_tail(texts[name], noise, SIZE, seed)) for seed in range(STREAMS)]
        errors = [[ece(*judged(found, count, draw)) for found in streams for draw in range(DRAWS)] for count in COUNTS]
        true = np.mean([case.answer.agreed for found in streams for case in found])
        cells = " | ".join(f"{np.mean(each):.3f} ± {np.std(each):.3f}" for each in errors)
        print(f"| {name} | {sum(map(len, streams)):,} | {true:.2f} | {cells} |", flush=True)
        first = reliability(*judged(streams[0], COUNTS[0], 0))
        points += [f"| {name} | {row.chance:.2f} | {row.true:.2f} | {row.count} |" for row in first]
    if options.bins:
        print("\n| long tail | chance | true | tickets |\n|---|---|---|---|")
        print("\n".join(points))


if __name__ == "__main__":
    main()
