"""From sentence vectors to the two views in which tickets are compared. Rule: deterministic in tickets and vectors.

Centring: sentence vectors sit in a cone, so a threshold does not carry over from one corpus to another before the
mean is taken off. Smoothing: a ticket moves towards its nearest anchors as far as they are close, so that a dense
issue contracts and a ticket without fellows stays where it is. The anchors are a bounded sample: the local scale stays
the same when the volume grows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bridge.analysis.embedding import Vectors
from bridge.analysis.partition import Rows, Space

_BLOCK = 2048


@dataclass(frozen=True, slots=True)
class Smoothing:
    anchors: int = 4000
    neighbours: int = 15
    """At ``anchors`` tickets and more; fewer below, in proportion to the square root of the number of tickets."""
    fewest_neighbours: int = 3
    rounds: int = 3
    weight: float = 0.5
    close: float = 0.5
    """Cosine from which an anchor pulls. Without this bound, smoothing draws one-off tickets into dense clusters."""
    mean_prior: float = 100.0
    """As many tickets at the origin are added before the mean is taken, so that a handful does not cancel out."""


def build_space(tickets: Sequence[int], vectors: Vectors, how: Smoothing) -> Space:
    """``vectors``: unit rows of shape (n, d), one for each of ``tickets``."""
    own = _unit(vectors - vectors.sum(axis=0, keepdims=True) / (len(vectors) + how.mean_prior))
    chosen = _anchor_rows(tickets, how.anchors)
    share = min(len(tickets), how.anchors) / how.anchors
    k = min(max(round(how.neighbours * share**0.5), how.fewest_neighbours), how.neighbours)
    local = own
    for _ in range(how.rounds if len(chosen) > k else 0):
        local = _pull(local, local[chosen], k, how)
    return Space(own=own, local=local)


def _anchor_rows(tickets: Sequence[int], wanted: int) -> Rows:
    """A sample by hash of the ticket id: random, the same in every run, and hardly changed by new tickets."""
    ids = np.asarray(tickets, dtype=np.uint64)
    mixed = (ids ^ (ids >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return np.sort(np.argsort(mixed, kind="stable")[:wanted])


def _pull(points: Vectors, anchors: Vectors, k: int, how: Smoothing) -> Vectors:
    """Each point ``weight`` of the way towards its ``k`` nearest anchors; those that are not close count as nothing.

    An anchor counts as its own neighbour.
    """
    pulled = np.empty_like(points)
    or_nothing = np.concatenate([anchors, np.zeros((1, anchors.shape[1]), dtype=np.float32)])
    for start in range(0, len(points), _BLOCK):
        block = points[start : start + _BLOCK]
        pull = np.zeros_like(block)
        for nearest in _nearest_close(block @ anchors.T, k, how.close).T:
            pull += or_nothing[nearest]
        pulled[start : start + _BLOCK] = (1 - how.weight) * block + np.float32(how.weight / k) * pull
    return _unit(pulled)


def _nearest_close(similar: Vectors, k: int, close: float) -> Rows:
    """The columns of each row's ``k`` largest values from ``close``, filled up with the number of columns.

    Few values are close: packing those together first makes the search for the largest some twenty times shorter.
    """
    places = np.flatnonzero(similar >= close)
    rows, columns = np.divmod(places, similar.shape[1])
    counts = np.bincount(rows, minlength=len(similar))
    place = np.arange(len(rows)) - np.repeat(counts.cumsum() - counts, counts)
    width = max(k, int(counts.max(initial=0)))
    packed = np.full((len(similar), width), -np.inf, dtype=np.float32)
    packed[rows, place] = similar.ravel()[places]
    column = np.full((len(similar), width), similar.shape[1], dtype=np.int64)
    column[rows, place] = columns
    largest = np.argpartition(packed, width - k, axis=1)[:, width - k :]
    return np.take_along_axis(column, largest, axis=1)


def _unit(rows: Vectors) -> Vectors:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Vectors = rows / np.maximum(lengths, np.float32(1e-12))
    return unit.astype(np.float32, copy=False)
