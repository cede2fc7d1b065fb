"""From sentence vectors to the view in which tickets are compared. Rule: deterministic in the frame and the vector.

Centring: sentence vectors sit in a cone, so a threshold does not carry over from one corpus to another before the
mean is taken off; each language sits in one of its own (bridge/analysis/centring.py). Smoothing: a ticket moves half
way towards its few nearest anchors, those that are close only, so that tickets of one issue contract and a ticket
without fellows stays where it is.

A frame is frozen between two anchorings: what a ticket looks like in it depends on no other ticket that came since.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bridge.analysis.centring import Centre, Shrinking, centre_of
from bridge.analysis.embedding import Vectors
from bridge.analysis.nearby import Rows, nearest_close

_BLOCK = 2048
_SAMPLE = 1024
_SCALE = 50
"""Fewer anchors say nothing about what is usual."""


@dataclass(frozen=True, slots=True)
class Smoothing:
    anchors: int = 8192
    """A sample of so many tickets; all of them where there are fewer. 0: no smoothing."""
    many: int = 50_000
    """From so many tickets on ``anchors_of_many`` are taken: precision for recall, and a shorter view."""
    anchors_of_many: int = 2048
    neighbours: int = 5
    weight: float = 0.5
    close: float = 0.4
    """Cosine from which an anchor pulls. Without this bound, smoothing draws one-off tickets into dense clusters."""
    shrinking: Shrinking = field(default_factory=Shrinking)


@dataclass(frozen=True, slots=True)
class Frame:
    """``anchors``: centred unit rows, shape (m, d)."""

    centre: Centre
    anchors: Vectors
    how: Smoothing

    def view(self, vectors: Vectors) -> Vectors:
        """Unit rows, shape (n, d), centred and smoothed, of unit rows of the same shape, which may be float16."""
        points = np.empty(vectors.shape, dtype=np.float32)
        for start in range(0, len(points), _BLOCK):
            block = self.centred(vectors[start : start + _BLOCK])
            if len(self.anchors) > self.how.neighbours:
                block = _pull(block, self.anchors, self.how)
            points[start : start + _BLOCK] = block
        return points

    def strange(self, vectors: Vectors) -> float:
        """The share of these unit rows that are further from every anchor than nine in ten anchors are: about 0.1 as
        long as what comes is like what was there.
        """
        if not len(vectors) or len(self.anchors) < _SCALE:
            return 0.0
        points = self.centred(vectors)
        nearest = np.concatenate(
            [(points[i : i + _BLOCK] @ self.anchors.T).max(axis=1) for i in range(0, len(points), _BLOCK)]
        )
        return float((nearest < self._usual()).mean())

    def _usual(self) -> float:
        """The similarity to the nearest other anchor that nine in ten of a sample of anchors have."""
        some = self.anchors[:_SAMPLE]
        similar = some @ self.anchors.T
        similar[np.arange(len(some)), np.arange(len(some))] = -1
        return float(np.quantile(similar.max(axis=1), 0.1))

    def pack(self) -> bytes:
        """For the store: float32 means, float16 anchors."""
        stream = io.BytesIO()
        centre = self.centre
        anchors = self.anchors.astype("<f2")
        np.savez(stream, anchors=anchors, mean=centre.mean, corners=centre.corners, offsets=centre.offsets)
        return stream.getvalue()

    def centred(self, vectors: Vectors) -> Vectors:
        return _unit(self.centre.centred(vectors))


def read_frame(packed: bytes, how: Smoothing) -> Frame:
    """The inverse of ``pack``, but for the rounding of the anchors. One packed before languages counted has none."""
    with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
        mean = arrays["mean"]
        none = np.empty((0, len(mean)), dtype=np.float32)
        centre = Centre(mean, arrays.get("corners", none), arrays.get("offsets", none))
        return Frame(centre, _unit(arrays["anchors"].astype(np.float32)), how)


def make_frame(tickets: Sequence[int], vectors: Vectors, how: Smoothing, languages: Sequence[str | None] = ()) -> Frame:
    """The frame of these tickets. ``vectors``: unit rows of shape (n, d), ``languages``: codes, None where not known;
    both one for each of ``tickets``, or no language at all. Raises ValueError where they differ in number.
    """
    centre = centre_of(vectors, languages, how.shrinking)
    wanted = how.anchors if len(tickets) < how.many else min(how.anchors, how.anchors_of_many)
    anchors = _unit(centre.centred(vectors[_anchor_rows(tickets, wanted)]))
    return Frame(centre, _unit(anchors.astype("<f2").astype(np.float32)), how)


def _anchor_rows(tickets: Sequence[int], wanted: int) -> Rows:
    """A sample by hash of the ticket id: random, the same in every run, and hardly changed by new tickets."""
    ids = np.asarray(tickets, dtype=np.uint64)
    mixed = (ids ^ (ids >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return np.sort(np.argsort(mixed, kind="stable")[:wanted])


def _pull(points: Vectors, anchors: Vectors, how: Smoothing) -> Vectors:
    """Each point ``weight`` of the way towards its nearest anchors; those that are not close count as nothing.

    An anchor counts as its own neighbour.
    """
    pull = np.zeros_like(points)
    or_nothing = np.concatenate([anchors, np.zeros((1, anchors.shape[1]), dtype=np.float32)])
    for nearest in nearest_close(points @ anchors.T, how.neighbours, how.close).T:
        pull += or_nothing[nearest]
    return _unit((1 - how.weight) * points + np.float32(how.weight / how.neighbours) * pull)


def _unit(rows: Vectors) -> Vectors:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Vectors = rows / np.maximum(lengths, np.float32(1e-12))
    return unit.astype(np.float32, copy=False)
