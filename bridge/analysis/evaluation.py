"""How good found groups are against known ones. Rule: labels in, numbers out; larger is better but for wrong merges.

Both arguments are one label a ticket, in the same order; every label counts, a single is a cluster of one.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.analysis.information import Counts, Table, information_of

Labels = Sequence[Hashable] | NDArray[np.int64]

BIG = 3
"""Clusters below this size say nothing about found and pure_share."""
PURE = 0.8
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Quality:
    """Shares lie in 0..1.

    ari: adjusted Rand index (Hubert and Arabie 1985). ami: adjusted mutual information, by the mean of the two
    entropies (Vinh, Epps and Bailey 2010). v_measure: Rosenberg and Hirschberg 2007, beta 1. b3_*: B-cubed (Bagga and
    Baldwin 1998). found: share of true clusters of 3 and more that have a cluster at least 80 % pure holding half of
    them. pure_share: share of found clusters of 3 and more that are at least 80 % pure. wrong_merge_rate: share of
    same-cluster pairs with different true labels. singleton_share: share of tickets that are alone in their cluster.
    """

    n: int
    classes: int
    clusters: int
    ari: float
    ami: float
    v_measure: float
    b3_precision: float
    b3_recall: float
    b3_f1: float
    found: float
    pure_share: float
    wrong_merge_rate: float
    singleton_share: float


def evaluate(truth: Labels, clusters: Labels) -> Quality:
    """Raises ValueError where the two differ in length or are empty."""
    if len(truth) != len(clusters) or len(truth) == 0:
        raise ValueError(f"{len(truth)} true and {len(clusters)} found labels: expected as many of both, at least one")
    table = _contingency(_codes(truth), _codes(clusters))
    precision, recall = _b_cubed(table)
    together = _pairs(table.cluster_size)
    information = information_of(table)
    return Quality(
        n=len(truth),
        classes=len(table.truth_size),
        clusters=len(table.cluster_size),
        ari=_adjusted_rand(table, len(truth)),
        ami=information.adjusted,
        v_measure=information.v_measure,
        b3_precision=precision,
        b3_recall=recall,
        b3_f1=2 * precision * recall / (precision + recall),
        found=_found(table),
        pure_share=_pure_share(table),
        wrong_merge_rate=1 - _pairs(table.both) / together if together else 0.0,
        singleton_share=float((table.cluster_size == 1).sum()) / len(truth),
    )


def _codes(labels: Labels) -> Counts:
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(label, len(numbers)) for label in labels], dtype=np.int64)


def _contingency(truth: Counts, clusters: Counts) -> Table:
    width = int(clusters.max()) + 1
    cells, both = np.unique(truth * width + clusters, return_counts=True)
    return Table(
        truth=cells // width,
        cluster=cells % width,
        both=both,
        truth_size=np.bincount(truth),
        cluster_size=np.bincount(clusters),
    )


def _pairs(sizes: Counts) -> float:
    return float((sizes * (sizes - 1) // 2).sum())


def _adjusted_rand(table: Table, total: int) -> float:
    both, in_truth, in_clusters = _pairs(table.both), _pairs(table.truth_size), _pairs(table.cluster_size)
    pairs = total * (total - 1) / 2
    expected = in_truth * in_clusters / pairs if pairs else 0.0
    best = (in_truth + in_clusters) / 2
    return 1.0 if best == expected else (both - expected) / (best - expected)


def _b_cubed(table: Table) -> tuple[float, float]:
    squares = table.both.astype(np.float64) ** 2
    total = table.both.sum()
    precision = (squares / table.cluster_size[table.cluster]).sum() / total
    recall = (squares / table.truth_size[table.truth]).sum() / total
    return float(precision), float(recall)


def _found(table: Table) -> float:
    pure = table.both >= PURE * table.cluster_size[table.cluster]
    half = table.both >= HALF * table.truth_size[table.truth]
    hit = np.zeros(len(table.truth_size), dtype=bool)
    hit[table.truth[pure & half]] = True
    big = table.truth_size >= BIG
    return float(hit[big].mean()) if big.any() else 0.0


def _pure_share(table: Table) -> float:
    largest = np.zeros(len(table.cluster_size), dtype=np.int64)
    np.maximum.at(largest, table.cluster, table.both)
    big = table.cluster_size >= BIG
    return float((largest >= PURE * table.cluster_size)[big].mean()) if big.any() else 0.0
