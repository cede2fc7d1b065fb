"""One cluster in two: where it would come apart, if it did. Rule: the same rows give the same halves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.analysis.embedding import Vectors

_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class Division:
    """``second``: whether a row is in the second half, shape (n,). ``between``: mean cosine across the halves, and
    ``within`` inside of them; what is clear has little between for what it has within.
    """

    second: NDArray[np.bool_]
    between: float
    within: float


def divide(points: Vectors, least: int) -> Division | None:
    """Two means of the unit rows ``points``, shape (n, d), centred on the whole collection.

    Begins with the row least like the middle and the row least like that one. None where a half has fewer than
    ``least`` rows: one or two tickets that lie apart are no issue of their own.
    """
    if len(points) < 2 * least:
        return None
    first = int(np.argmin(points @ points.mean(axis=0)))
    second = int(np.argmin(points @ points[first]))
    middles = points[[first, second]]
    side: NDArray[np.bool_] | None = None
    for _ in range(_ROUNDS):
        to_both = points @ middles.T
        new = to_both[:, 1] > to_both[:, 0]
        if side is not None and bool((new == side).all()):
            break
        side = new
        if not least <= int(side.sum()) <= len(side) - least:
            return None
        middles = np.stack([points[~side].sum(axis=0), points[side].sum(axis=0)])
        middles /= np.maximum(np.linalg.norm(middles, axis=1, keepdims=True), 1e-9)
    assert side is not None, "there is at least one round"
    if not side[0]:
        return _measured(points, side)
    return _measured(points, ~side)


def _measured(points: Vectors, second: NDArray[np.bool_]) -> Division:
    """The half with the first row is the first one."""
    sums = points[~second].sum(axis=0), points[second].sum(axis=0)
    counts = int((~second).sum()), int(second.sum())
    between = float(sums[0] @ sums[1]) / (counts[0] * counts[1])
    pairs = [n * (n - 1) for n in counts]
    inner = sum(max(float(s @ s) - n, 0.0) for s, n in zip(sums, counts, strict=True))
    return Division(second, between, inner / max(sum(pairs), 1))
