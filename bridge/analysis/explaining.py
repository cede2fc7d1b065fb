"""Why a ticket lies where it lies, from vectors and words alone: nearest fellows, the runner-up, the telling sentences.

Rule: cosines are of centred unit vectors and are never shown as numbers to people: a cosine is no probability, so pages
say words, and the bounds of the words stand here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from bridge.analysis.embedding import Vectors
from bridge.analysis.titles import READ

NEAREST = 3
MOST_PARTS = 8
"""Sentences that are weighed: each costs one more look of the model."""
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\s*\n\s*")
_SHORT = 3
_TELLING = 0.5
"""A sentence tells if leaving it out costs at least so much of what leaving out the most telling one costs."""


class Likeness(StrEnum):
    """How alike two texts read, by the centred cosine of their vectors."""

    SAME = "reads almost the same"
    ALIKE = "reads alike"
    SOMEWHAT = "somewhat alike"
    BARELY = "barely alike"


class Margin(StrEnum):
    """How much nearer a ticket is to its issue than to the next one."""

    CLEAR = "clearly nearer to this issue"
    NEARER = "nearer to this issue"
    HARDLY = "about as near to both"
    OTHER = "nearer to the other one"


_LIKENESS = ((0.7, Likeness.SAME), (0.5, Likeness.ALIKE), (0.3, Likeness.SOMEWHAT))
_MARGIN = ((0.15, Margin.CLEAR), (0.04, Margin.NEARER), (-0.04, Margin.HARDLY))


@dataclass(frozen=True, slots=True)
class Part:
    """A sentence of a ticket; ``tells``: without it the ticket would be markedly less like its issue."""

    text: str
    tells: bool


def likeness(cosine: float) -> Likeness:
    return next((word for bound, word in _LIKENESS if cosine >= bound), Likeness.BARELY)


def margin(own: float, other: float) -> Margin:
    """Both: cosine to the middle of an issue, the ticket itself left out of its own."""
    return next((word for bound, word in _MARGIN if own - other >= bound), Margin.OTHER)


def middle(vectors: Vectors) -> Vectors | None:
    """The unit vector in the middle of rows; None without any."""
    if not len(vectors):
        return None
    total = vectors.mean(axis=0)
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-9), dtype=np.float32)


def nearest(vector: Vectors, others: Vectors, count: int = NEAREST) -> list[tuple[int, float]]:
    """(row, cosine) of the rows most like the vector, best first; both centred and of unit length."""
    if not len(others):
        return []
    alike = others @ vector
    return [(int(row), float(alike[row])) for row in np.argsort(-alike, kind="stable")[:count]]


def sentences(text: str) -> list[str]:
    """The first sentences and lines of a text, as written."""
    found = [" ".join(part.split()) for part in _SENTENCE_END.split(text[:READ].strip())]
    return [part for part in found if part][:MOST_PARTS]


def telling(parts: Sequence[str], centre: Vectors, encode: Callable[[str], Vectors]) -> list[Part]:
    """Which sentences make the ticket like its issue: each is left out once, and the fall of the cosine is its weight.

    centre: unit vector in the middle of the issue; ``encode`` gives unit vectors in the same space. One sentence alone
    tells everything.
    """
    if len(parts) <= 1:
        return [Part(part, tells=True) for part in parts]
    whole = float(encode("\n".join(parts)) @ centre)
    falls = [
        whole - float(encode("\n".join((*parts[:at], *parts[at + 1 :]))) @ centre) if len(part) >= _SHORT else 0.0
        for at, part in enumerate(parts)
    ]
    most = max(falls)
    return [Part(part, tells=most > 0 and fall >= _TELLING * most) for part, fall in zip(parts, falls, strict=True)]
