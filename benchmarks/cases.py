"""What the clusterer is measured on: named cases of texts with true issues. Rule: the same name, seed and size, the same texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from benchmarks.streams import SETS, Text, load_set, others_of, stream

SAMPLE = 4000
SMALL = (200, 500, 1000)
TAIL_SIZES = (1000, 4000)
ONE_OFFS = (0.3, 0.6)
TUNED = ("banking77", "hwu64")


@dataclass(frozen=True, slots=True)
class Case:
    """``kind``: the table it belongs to. ``texts`` in order of arrival, one label each."""

    kind: str
    name: str
    texts: Sequence[str]
    labels: Sequence[str]


loaded = cache(load_set)


def clean(name: str, n: int | None, seed: int) -> Case:
    """A labelled set in random order, whole or ``n`` of it."""
    texts = loaded(name)
    rows = np.random.default_rng(seed).permutation(len(texts))[:n].tolist()
    kind = "clean, full" if n is None else f"clean, {n:,}"
    return _case(kind, name, [texts[row] for row in rows])


def tail(name: str, n: int, alone: float, seed: int) -> Case:
    """A set's classes with Zipf sizes and a share of one-offs from the other sets."""
    items = stream([loaded(name)], n, alone, seed, others=[loaded(other) for other in others_of([name])])
    return _case(f"long tail, {alone:.0%} one-offs, {n:,}", name, [Text(item.text, item.label) for item in items])


def _case(kind: str, name: str, texts: Sequence[Text]) -> Case:
    return Case(kind, name, [text.text for text in texts], [text.label for text in texts])


def plain_cases(seed: int, *, quick: bool) -> Iterator[Case]:
    """Texts as they are: clean sets, long tails, small sets. Quick leaves out nothing but the smaller long tails' size."""
    for n in (SAMPLE, None):
        for name in SETS:
            yield clean(name, n, seed)
    for size in TAIL_SIZES:
        for share in ONE_OFFS:
            for name in SETS:
                yield tail(name, size, share, seed)
    for size in SMALL:
        for name in SETS:
            yield clean(name, size, seed)
    del quick
