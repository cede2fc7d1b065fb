"""A few texts that speak for many: the most typical one, then those least like what was chosen already."""

from __future__ import annotations

import math

import numpy as np

from bridge.analysis.embedding import Vectors

TYPICAL_SHARE = 0.75
"""The least typical quarter may belong elsewhere: it is not quoted."""


def diverse(vectors: Vectors, count: int) -> list[int]:
    """Rows of at most ``count`` vectors (unit rows, shape (n, d)), the most typical first, chosen farthest-first."""
    total = len(vectors)
    if not total:
        return []
    typical = vectors @ vectors.mean(axis=0)
    keep = np.argsort(-typical, kind="stable")[: max(count, math.ceil(total * TYPICAL_SHARE))]
    chosen = [int(keep[0])]
    nearest = vectors[keep] @ vectors[chosen[0]]
    while len(chosen) < min(count, total):
        nearest[np.isin(keep, chosen)] = np.inf
        chosen.append(int(keep[int(np.argmin(nearest))]))
        nearest = np.maximum(nearest, vectors[keep] @ vectors[chosen[-1]])
    return chosen
