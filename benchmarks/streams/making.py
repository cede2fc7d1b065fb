"""``stream``: tickets of some 90 days with known issues. Rule: issues are Zipf-sized, every one-off is its own issue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from benchmarks.streams.one_offs import joined
from benchmarks.streams.one_offs import one_offs as endless
from benchmarks.streams.sets import Text
from benchmarks.wrapping import Sender, people, with_typos, wrap

DAYS = 90
FEWEST = 2
"""Tickets of the rarest issue."""
EMERGES = (20, 80)
"""An emerging topic is first heard of on a day between these."""
SENDERS_A_TICKET = 0.6


@dataclass(frozen=True, slots=True)
class Item:
    """``day``: 0 up to below ``DAYS``, with a fraction. ``sender``: a mail address. ``label``: the true issue."""

    day: float
    sender: str
    text: str
    label: str


def stream(
    sets: Sequence[Sequence[Text]],
    n: int,
    share_alone: float,
    seed: int,
    *,
    others: Sequence[Sequence[Text]],
    wrapped: bool = False,
    typos: float = 0.0,
    emerging: float = 0.0,
) -> list[Item]:
    """``n`` tickets by day: classes of ``sets`` with Zipf sizes, and ``share_alone`` of one-offs from ``others``.

    A class's texts are all used before one is made new: then two texts of the class are told one after the other, in
    either order. wrapped: as real mail, with greeting, signature and thread. typos: share of letters mistyped, before
    wrapping. emerging: share of the classes of which nobody writes before a day of their own.
    Raises ValueError where ``n`` is too small for the classes or the one-offs run out.
    """
    rng = np.random.default_rng(seed)
    classes = _classes(sets, rng)
    alone = round(n * share_alone)
    sizes = _zipf(n - alone, [len(texts) for _, texts in classes])
    first_day = np.where(rng.random(len(classes)) < emerging, rng.uniform(*EMERGES, len(classes)), 0.0)
    made: list[tuple[float, str, str]] = []
    for (label, texts), size, since in zip(classes, sizes.tolist(), first_day.tolist(), strict=True):
        made += [(rng.uniform(since, DAYS), text, label) for text in _texts(texts, size, rng)]
    made += [(rng.uniform(0, DAYS), text, f"one-off {i}") for i, text in enumerate(islice(endless(others, rng), alone))]
    made.sort()
    senders = people(max(1, round(n * SENDERS_A_TICKET)), seed)
    writing = [senders[i] for i in rng.integers(len(senders), size=n).tolist()]
    return [
        Item(day, sender.address, _disguised(text, sender, rng, wrapped=wrapped, typos=typos), label)
        for (day, text, label), sender in zip(made, writing, strict=True)
    ]


def _classes(sets: Sequence[Sequence[Text]], rng: np.random.Generator) -> list[tuple[str, list[str]]]:
    """(label, its distinct texts) in random order."""
    by_label: dict[str, dict[str, None]] = {}
    for texts in sets:
        for row in rng.permutation(len(texts)).tolist():
            by_label.setdefault(texts[row].label, {})[texts[row].text] = None
    labels = sorted(by_label)
    return [(labels[i], list(by_label[labels[i]])) for i in rng.permutation(len(labels)).tolist()]


def _zipf(total: int, available: Sequence[int]) -> NDArray[np.int64]:
    """Sizes as 1/rank that sum to ``total``; while there are texts enough, no class gets more than it has."""
    if total < FEWEST * len(available):
        raise ValueError(f"{total} tickets for {len(available)} issues: hand in more tickets, at least two an issue")
    most = np.asarray(available, dtype=np.int64)
    if total > most.sum():
        most = np.full(len(available), total, dtype=np.int64)
    weights = 1 / np.arange(1, len(available) + 1)
    low, high = 0.0, float(total) * len(available)
    for _ in range(100):
        middle = (low + high) / 2
        enough = np.clip(np.floor(middle * weights), FEWEST, most).sum() >= total
        low, high = (low, middle) if enough else (middle, high)
    sizes = np.clip(np.floor(high * weights), FEWEST, most).astype(np.int64)
    over = int(sizes.sum() - total)
    for i in range(len(sizes)):
        less = min(over, int(sizes[i]) - FEWEST)
        sizes[i] -= less
        over -= less
    return sizes


def _texts(texts: Sequence[str], size: int, rng: np.random.Generator) -> list[str]:
    """``size`` texts of one class, distinct as long as two at a time can be told in a new order."""
    chosen = list(texts[:size])
    seen = set(chosen)
    tries = 0
    while len(chosen) < size:
        first, second = rng.integers(len(texts), size=2).tolist()
        made = joined(texts[first], texts[second])
        tries += 1
        if (first != second and made not in seen) or tries > 20 * size:
            seen.add(made)
            chosen.append(made)
    return chosen


def _disguised(text: str, sender: Sender, rng: np.random.Generator, *, wrapped: bool, typos: float) -> str:
    if typos:
        text = with_typos(text, typos, rng)
    return wrap(text, rng, sender) if wrapped else text
