"""Tickets without a fellow: texts of other sets, few a class, then two of them joined. Rule: no two tell the same.

At most ``A_CLASS`` texts of a class stand alone. After those, a one-off is a text of one class followed by a text of
another set's class, and no pair of classes occurs twice before all have occurred: what two of them share is at most a
half. A second round of pairs takes other texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.streams.sets import Text

A_CLASS = 3


def one_offs(others: Sequence[Sequence[Text]], rng: np.random.Generator) -> Iterator[str]:
    """Distinct texts without end. ``others``: the texts of each set that is not clustered; joining needs two sets.

    Raises ValueError when the texts are used up.
    """
    classes = [_by_class(texts, rng) for texts in others]
    singles = [text for of_set in classes for texts in of_set.values() for text in texts[:A_CLASS]]
    seen: set[str] = set()
    for row in rng.permutation(len(singles)).tolist():
        if singles[row] not in seen:
            seen.add(singles[row])
            yield singles[row]
    pairs = [
        (first, second)
        for i, of_set in enumerate(classes)
        for second_set in classes[i + 1 :]
        for first in of_set.values()
        for second in second_set.values()
    ]
    before = -1
    while len(seen) > before:
        before = len(seen)
        for row in rng.permutation(len(pairs)).tolist():
            joined = _joined(*pairs[row], rng)
            if joined not in seen:
                seen.add(joined)
                yield joined
    raise ValueError(f"no more than {len(seen):,} one-off texts can be made: hand in more sets that are not clustered")


def _by_class(texts: Sequence[Text], rng: np.random.Generator) -> dict[str, list[str]]:
    classes: dict[str, list[str]] = {}
    for row in rng.permutation(len(texts)).tolist():
        classes.setdefault(texts[row].label, []).append(texts[row].text)
    return dict(sorted(classes.items()))


def _joined(first: Sequence[str], second: Sequence[str], rng: np.random.Generator) -> str:
    halves = [first[rng.integers(len(first))], second[rng.integers(len(second))]]
    if rng.integers(2):
        halves.reverse()
    return joined(*halves)


def joined(first: str, second: str) -> str:
    """Two sentences, one after the other."""
    first = first.strip()
    end = "" if first.endswith((".", "!", "?")) else "."
    second = second.strip()
    return f"{first}{end} {second[:1].upper()}{second[1:]}"
