"""What the clusterer is measured on: named cases of texts with true issues. Rule: the same name, seed and size, the same texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import numpy as np

from benchmarks.streams import SETS, Text, load_set, others_of, stream
from benchmarks.wrapping import people, with_typos, wrap
from bridge.analysis.intake import Reading, prepare
from connectors.base import Message, Side, Ticket

SAMPLE = 4000
SMALL = (200, 500, 1000)
TAIL_SIZES = (1000, 4000)
ONE_OFFS = (0.3, 0.6)
TUNED = ("banking77", "hwu64")
VOLUME = ("banking77", "bitext27")
"""Clustered in the streams; the one-offs come from the other two, whose texts differ enough to be joined by the thousand."""
VOLUMES = (1000, 10_000, 100_000)
_READING = Reading(b"benchmark", {}, {})


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


def mail(name: str, seed: int, *, wrapped: bool, typos: float) -> Case:
    """4,000 of a set as the intake would hand them to the model: wrapped and cleaned, or mistyped."""
    case = clean(name, SAMPLE, seed)
    rng = np.random.default_rng(seed)
    senders = people(round(SAMPLE * 0.6), seed)
    texts = [with_typos(text, typos, rng) if typos else text for text in case.texts]
    if wrapped:
        texts = [wrap(text, rng, senders[int(rng.integers(len(senders)))]) for text in texts]
    kind = "wrapped as mail, cleaned, 4,000" if wrapped else f"{typos:.0%} typos, 4,000"
    return Case(kind, name, [prepared(text) for text in texts], case.labels)


def volume(n: int, share: float, seed: int) -> Case:
    """A stream of 90 days in the order of its days: two sets, mail, 1 % typos, a third of the topics emerging."""
    items = stream(
        [loaded(name) for name in VOLUME],
        n,
        share,
        seed,
        others=[loaded(name) for name in others_of(VOLUME)],
        wrapped=True,
        typos=0.01,
        emerging=0.3,
    )
    name = f"{n:,} tickets"
    return Case(
        f"stream of mail, {share:.0%} one-offs", name, [prepared(i.text) for i in items], [i.label for i in items]
    )


def emerging(name: str, seed: int) -> Case:
    """4,000 tickets in the order of their days, a half of the topics emerging, three in ten one-offs."""
    others = [loaded(other) for other in others_of([name])]
    items = stream([loaded(name)], SAMPLE, ONE_OFFS[0], seed, others=others, emerging=0.5)
    return _case("emerging topics, 4,000", name, [Text(item.text, item.label) for item in items])


def prepared(body: str) -> str:
    """What is embedded of a ticket with this body: redacted and cleaned by the intake."""
    at = datetime(2025, 1, 1, tzinfo=UTC)
    message = Message("m", Side.CUSTOMER, public=True, created_at=at, body=body)
    ticket = Ticket(id="t", subject="", created_at=at, updated_at=at, messages=(message,))
    text: str = prepare(ticket, _READING, "").ticket["embed_text"]
    return text


def cases(seed: int, *, plain: bool) -> Iterator[Case]:
    """Plain: clean sets, long tails, small sets. Else also mail, typos and the streams, the largest for one seed only."""
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
    if plain:
        return
    for name in SETS:
        yield mail(name, seed, wrapped=True, typos=0)
        yield mail(name, seed, wrapped=False, typos=0.02)
    for size in VOLUMES if seed == 0 else VOLUMES[:-1]:
        for share in ONE_OFFS:
            yield volume(size, share, seed)
