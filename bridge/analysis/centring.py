"""What is taken off a sentence vector before it is compared. Rule: of one language, the mean of all.

A model that was trained on one language puts every other into a corner of its own: two texts in German about two
matters are more alike than two in English about one, and tickets would be grouped by language. So from each language
but the most frequent one a part of its own mean is taken off. The languages of some tickets have to be known to say
where the corners are; which corner a ticket lies in is then seen from its vector, since many are too short for their
language to be told from the words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.analysis.embedding import Vectors

FEWEST = 5
"""Tickets known to be in a language without which it has no mean of its own."""
FAR = 0.3
"""A language has a corner of its own from this squared distance of its mean to that of the most frequent one on. In the
bundled model they are .36 to .76 apart, in one that knows these languages .03 to .26 (benchmarks/languages.py): there,
taking a mean off would cost more than it gives. It also leaves out a language that was told wrongly.
"""
_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Shrinking:
    """How much of a mean is taken off: all of it were noise where tickets are few."""

    mean_prior: float = 100.0
    """As many tickets at the origin are added before the mean of all is taken: a handful must not cancel out ..."""
    language_prior: float = 20.0
    """... and so many for a language beside the most frequent one, ..."""
    language_share: float = 0.5
    """... of whose mean no more than this share is taken off: in a language that the model hardly knows, tickets of one
    issue are not alike either without the rest.
    """


@dataclass(frozen=True, slots=True)
class Centre:
    """``mean``: shape (d,), what is taken off; unless there are several languages: ``corners``, the plain mean of each,
    says which one a vector is in, ``offsets`` what is taken off there, both of shape (k, d), k = 0 or at least 2.
    """

    mean: Vectors
    corners: Vectors
    offsets: Vectors

    def centred(self, vectors: Vectors) -> Vectors:
        """float32 rows, shape (n, d), not of unit length, of unit rows, which may be float16."""
        if not len(self.corners):
            off: Vectors = vectors - self.mean
            return off
        shifted: Vectors = vectors - self.offsets[nearest(vectors, self.corners)]
        return shifted


def nearest(vectors: Vectors, corners: Vectors) -> NDArray[np.int64]:
    """The row of ``corners`` that each vector is nearest to, the first of equals. Shape (n,)."""
    half = np.einsum("ij,ij->i", corners, corners) / 2
    found = np.empty(len(vectors), dtype=np.int64)
    for start in range(0, len(vectors), _BLOCK):
        block = vectors[start : start + _BLOCK].astype(np.float32, copy=False)
        found[start : start + _BLOCK] = (block @ corners.T - half).argmax(axis=1)
    return found


def centre_of(vectors: Vectors, languages: Sequence[str | None], how: Shrinking) -> Centre:
    """``vectors``: unit rows of shape (n, d); ``languages``: one for each, None where it is not known, or none at all.

    Raises ValueError where the two differ in number.
    """
    if languages and len(languages) != len(vectors):
        raise ValueError(f"{len(languages)} languages but {len(vectors)} vectors: expected one a vector, or none")
    mean = _mean(vectors, how.mean_prior)
    corners = _corners(vectors, languages)
    if not len(corners):
        return Centre(mean, corners, corners)
    label = nearest(vectors, corners)
    main = np.bincount(label, minlength=len(corners)).argmax()
    offsets = [mean if row == main else _part(vectors[label == row], how) for row in range(len(corners))]
    return Centre(mean, corners, np.stack(offsets))


def _mean(vectors: Vectors, prior: float) -> Vectors:
    mean: Vectors = (vectors.sum(axis=0, dtype=np.float32) / (len(vectors) + prior)).astype(np.float32)
    return mean


def _part(vectors: Vectors, how: Shrinking) -> Vectors:
    """What is taken off a language of these n tickets: min(language_share, n / (n + language_prior)) of their mean."""
    share = np.float32(min(how.language_share / max(len(vectors), 1), 1 / (len(vectors) + how.language_prior)))
    part: Vectors = vectors.sum(axis=0, dtype=np.float32) * share
    return part


def _corners(vectors: Vectors, languages: Sequence[str | None]) -> Vectors:
    """The plain means of the most frequent language and of those far from it; none if it is alone. Shape (k, d)."""
    rows: dict[str, list[int]] = {}
    for row, language in enumerate(languages):
        if language:
            rows.setdefault(language, []).append(row)
    means = {name: _mean(vectors[rows[name]], 0) for name in sorted(rows) if len(rows[name]) >= FEWEST}
    main = max(means, key=lambda name: len(rows[name]), default=None)
    far = [mean for name, mean in means.items() if name == main or _apart(mean, means[main or name]) >= FAR]
    return np.stack(far) if len(far) > 1 else np.empty((0, vectors.shape[1]), dtype=np.float32)


def _apart(one: Vectors, other: Vectors) -> float:
    return float(np.square(one - other).sum())
