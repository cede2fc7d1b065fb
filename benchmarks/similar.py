"""Where two issues read alike: python benchmarks/similar.py [--data DIR] [--vectors DIR]

Each class of a labelled set is cut into groups of eight texts, each group's middle made of four of them, as the service
does. Two groups of one class are alike, two of different ones are not. Shown for the cosine of the middles as they are
and with the mean of all middles taken away: the lowest bound above which at least nine in ten pairs are alike, and the
share of alike groups' best five that it keeps. The bound was chosen on banking77 and hwu64.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.naming import GROUP, SETS, load
from bridge.analysis.embedding import Vectors, bundled_model_id
from bridge.service.matching import centred
from bridge.service.similar import LEAST

BOUNDS = np.arange(0.4, 0.86, 0.05)
MOST_GROUPS = 2


def middles(labels: list[str], vectors: Vectors) -> tuple[list[str], Vectors]:
    chance = np.random.default_rng(4)
    names, found = [], []
    for label in sorted(set(labels)):
        rows = chance.permutation([row for row, one in enumerate(labels) if one == label])
        for at in range(0, min(len(rows), GROUP * MOST_GROUPS) - GROUP + 1, GROUP):
            middle = vectors[rows[at : at + 4]].mean(axis=0)
            names.append(label)
            found.append(middle / np.linalg.norm(middle))
    return names, np.array(found, dtype=np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--vectors", type=Path, default=Path(".vectors") / bundled_model_id())
    args = parser.parse_args()
    print("| texts | middles | bound | precision | kept |\n|---|---|---|---|---|")
    for name in SETS:
        _, labels, vectors = load(name, args.data, args.vectors)
        names, found = middles(labels, vectors)
        ids = np.unique(names, return_inverse=True)[1]
        for kind, rows in (("as they are", found), ("centred", centred(found, found.mean(axis=0)))):
            alike = rows @ rows.T
            np.fill_diagonal(alike, -1)
            best = np.argsort(-alike, axis=1)[:, :5]
            value = np.take_along_axis(alike, best, axis=1)
            same = ids[best] == ids[:, None]
            for bound in [LEAST, *BOUNDS] if kind == "centred" else BOUNDS:
                over = value >= bound
                if over.any():
                    precision, kept = same[over].mean(), (same & over).sum() / same.sum()
                    print(f"| {name} | {kind} | {bound:.2f} | {precision:.3f} | {kept:.3f} |")


if __name__ == "__main__":
    main()
