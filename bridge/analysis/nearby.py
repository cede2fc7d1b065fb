"""Each row's nearest others among very many, found in cells. Rule: what is near may be missed, what is told is exact.

A ticket may only join a cluster that holds a ticket near to it, so that rows that are near tell the few clusters that
need to be looked at. Rows are filed under the most similar of a sample of them, and compared with the rows filed
there and in the cells beside it (an inverted file, as in Jegou, Douze and Schmid 2011).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.analysis.embedding import Vectors

Rows = NDArray[np.int64]

NEAREST = 16
EARLIER = 8
"""Of the rows before it a row finds so many more: those are all that is placed when its turn comes."""
CLOSE = 0.45
"""Further away there is no need to look: two fellows at .6 are asked of whoever joins."""
_CELLS = 4
"""So many cells for each unit of the root of the number of rows."""
_BESIDE = 8
_LOOKED_AT = 4
_MOST = 2048
"""A cell of more rows than this shows every second, third, ... of them."""
_BLOCK = 4096
_QUERIES = 512
_SEED = 0


@dataclass(frozen=True, slots=True)
class Nearby:
    """``rows``: shape (n, NEAREST + EARLIER): each row's nearest others, itself where there are fewer.

    ``similar``: their cosines, shape as ``rows``.
    """

    rows: NDArray[np.int32]
    similar: Vectors

    def fellows(self, row: int, labels: Rows, slot: int, bar: float) -> int:
        """How many of the rows near ``row`` lie in this slot and are at least so similar."""
        inside = labels[self.rows[row]] == slot
        return int(np.count_nonzero(inside & (self.similar[row] >= bar)))


def find_nearby(points: Vectors) -> Nearby:
    """``points``: unit rows, shape (n, d), in the order in which they are placed."""
    cells = _file(points)
    width = NEAREST + EARLIER
    found = np.repeat(np.arange(len(points), dtype=np.int32)[:, None], width, axis=1)
    similar = np.full((len(points), width), -1, dtype=np.float32)
    for cell in range(len(cells.beside)):
        inside = cells.rows(cell)
        if not len(inside):
            continue
        others = np.concatenate([_some(cells.rows(other)) for other in cells.beside[cell] if other >= 0])
        there = points[others]
        for start in range(0, len(inside), _QUERIES):
            rows = inside[start : start + _QUERIES]
            found[rows], similar[rows] = _nearest(rows, points[rows] @ there.T, others)
    return Nearby(found, similar)


def nearest_close(similar: Vectors, k: int, close: float) -> Rows:
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


@dataclass(frozen=True, slots=True)
class _Cells:
    """``order``: rows by cell, ascending in each; ``ends``: where a cell ends; ``beside``: a cell and those beside it,
    shape (cells, 1 + _BESIDE), -1 where there are fewer.
    """

    order: Rows
    ends: Rows
    beside: Rows

    def rows(self, cell: int) -> Rows:
        return self.order[self.ends[cell - 1] if cell else 0 : self.ends[cell]]


def _file(points: Vectors) -> _Cells:
    """Every row in the cell of the sampled row that it is most similar to."""
    count = min(len(points), max(1, round(_CELLS * len(points) ** 0.5)))
    sample = np.sort(np.random.default_rng(_SEED).choice(len(points), count, replace=False))
    centres = points[sample]
    best = np.empty((len(points), min(_LOOKED_AT, count)), dtype=np.int32)
    for start in range(0, len(points), _BLOCK):
        similar = points[start : start + _BLOCK] @ centres.T
        every = np.arange(len(similar))
        for rank in range(best.shape[1]):
            column = similar.argmax(axis=1)
            best[start : start + len(similar), rank] = column
            similar[every, column] = -np.inf
    home = best[:, 0]
    order = np.argsort(home, kind="stable")
    return _Cells(order, np.bincount(home, minlength=count).cumsum(), _beside(best.astype(np.int64), count))


def _beside(best: Rows, count: int) -> Rows:
    """The cells that the rows of a cell would most often have been filed in next."""
    beside = np.full((count, 1 + _BESIDE), -1, dtype=np.int64)
    beside[:, 0] = np.arange(count)
    pairs, often = np.unique(best[:, :1] * count + best[:, 1:], return_counts=True)
    one, other = np.divmod(pairs, count)
    by = np.lexsort((other, -often, one))
    one, other = one[by], other[by]
    place = np.arange(len(one)) - np.searchsorted(one, one)
    kept = place < _BESIDE
    beside[one[kept], 1 + place[kept]] = other[kept]
    return beside


def _some(rows: Rows) -> Rows:
    return rows[:: -(-len(rows) // _MOST)] if len(rows) else rows


def _nearest(rows: Rows, similar: Vectors, others: Rows) -> tuple[NDArray[np.int32], Vectors]:
    """The nearest of ``others`` to each of ``rows``, then the nearest that come before it and are not among those."""
    places = np.flatnonzero(similar >= CLOSE)
    at, column = np.divmod(places, len(others))
    pairs = _Pairs(at, others[column], similar.ravel()[places])
    closest, values = pairs.where(pairs.other != rows[at]).largest(rows, NEAREST)
    further = pairs.value < values.min(axis=1)[at]
    before, before_values = pairs.where(further & (pairs.other < rows[at])).largest(rows, EARLIER)
    return np.concatenate([closest, before], axis=1), np.concatenate([values, before_values], axis=1)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """The ``at``-th of some rows, ascending, and an ``other`` row, with their similarity."""

    at: Rows
    other: Rows
    value: Vectors

    def where(self, kept: NDArray[np.bool_]) -> _Pairs:
        return _Pairs(self.at[kept], self.other[kept], self.value[kept])

    def largest(self, rows: Rows, k: int) -> tuple[NDArray[np.int32], Vectors]:
        """Others and similarities, shape (len(rows), k); the row itself and -1 where there are fewer."""
        counts = np.bincount(self.at, minlength=len(rows))
        width = max(k, int(counts.max(initial=0)))
        place = np.arange(len(self.at)) - np.repeat(counts.cumsum() - counts, counts)
        value = np.full((len(rows), width), -1, dtype=np.float32)
        value[self.at, place] = self.value
        other = np.repeat(rows.astype(np.int32)[:, None], width, axis=1)
        other[self.at, place] = self.other
        top = np.argpartition(value, width - k, axis=1)[:, width - k :]
        return np.take_along_axis(other, top, axis=1), np.take_along_axis(value, top, axis=1)
