"""The streams of the benchmark: their sizes, shares, order and texts are what they say, and the same every time."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.streams import Item, Text, stream
from benchmarks.streams.making import DAYS, _zipf
from benchmarks.streams.one_offs import A_CLASS


def texts(name: str, classes: int, each: int) -> list[Text]:
    return [Text(f"{name} topic {c} told as {i}", f"{name}/{c}") for c in range(classes) for i in range(each)]


OWN = [texts("own", 12, 30)]
OTHERS = [texts("second", 10, 20), texts("third", 8, 20)]


def made(n: int = 300, share: float = 0.3, seed: int = 0, **how: object) -> list[Item]:
    return stream(OWN, n, share, seed, others=OTHERS, **how)  # type: ignore[arg-type]


@given(st.integers(40, 900), st.sampled_from([0.3, 0.6]), st.integers(0, 5))
@settings(max_examples=15, deadline=None)
def test_it_has_the_tickets_and_the_share_of_one_offs_asked_for(n: int, share: float, seed: int) -> None:
    if round(n - n * share) < 26:
        return
    items = made(n, share, seed)
    sizes = Counter(item.label for item in items)

    assert len(items) == n
    assert sum(size for label, size in sizes.items() if label.startswith("one-off")) == round(n * share)
    assert all(size == 1 for label, size in sizes.items() if label.startswith("one-off"))
    assert all(size >= 2 for label, size in sizes.items() if not label.startswith("one-off"))
    assert [item.day for item in items] == sorted(item.day for item in items)
    assert 0 <= items[0].day <= items[-1].day < DAYS


def test_the_same_arguments_give_the_same_tickets() -> None:
    how = {"wrapped": True, "typos": 0.02, "emerging": 0.3}

    assert made(**how) == made(**how)
    assert made(**how) != made(**how, seed=1)


def test_sizes_fall_as_one_by_rank() -> None:
    sizes = _zipf(1000, [1000] * 20)

    assert sizes.sum() == 1000
    assert np.all(np.diff(sizes) <= 0)
    assert sizes[0] / sizes[9] == pytest.approx(10, rel=0.1)
    with pytest.raises(ValueError, match="at least two an issue"):
        _zipf(10, [5] * 6)


def test_one_offs_are_unlike_each_other() -> None:
    alone = [item.text for item in made(400, 0.6) if item.label.startswith("one-off")]
    single = [text for text in alone if ". " not in text]
    classes = Counter(text.split(" told")[0] for text in single)
    pairs = Counter(
        frozenset(part.lower().split(" told")[0] for part in text.split(". ")) for text in alone if ". " in text
    )

    assert len(set(alone)) == len(alone)
    assert max(classes.values()) <= A_CLASS
    assert len(pairs) == 80
    assert max(pairs.values()) - min(pairs.values()) <= 1  # no pair of classes again before all have been
    assert not any("own" in text for text in alone)


def test_emerging_topics_are_silent_before_their_day() -> None:
    first: dict[str, float] = {}
    for item in made(600, 0.3, emerging=1.0):
        first.setdefault(item.label, item.day)

    assert min(day for label, day in first.items() if not label.startswith("one-off")) > 20


def test_more_tickets_than_texts_tell_two_of_one_class_at_once() -> None:
    items = made(900, 0.1)
    own = [item for item in items if not item.label.startswith("one-off")]
    told_twice = [item for item in own if ". " in item.text]

    assert told_twice
    assert len({item.text for item in own}) == len(own)
    for item in told_twice:
        assert {part.lower().split(" told")[0] for part in item.text.split(". ")} == {
            f"own topic {item.label.removeprefix('own/')}"
        }


def test_wrapped_keeps_the_words_and_adds_a_mail() -> None:
    plain = {item.label: item.text for item in made() if item.label.startswith("one-off")}
    wrapped = {item.label: item.text for item in made(wrapped=True) if item.label.startswith("one-off")}

    assert sum(len(text) for text in wrapped.values()) > 3 * sum(len(text) for text in plain.values())
    assert all(" ".join(plain[label].split()) in " ".join(text.split()) for label, text in wrapped.items())


def test_one_offs_run_out_with_words() -> None:
    with pytest.raises(ValueError, match=r"no more than 3 one-off texts.*hand in more sets"):
        stream(OWN, 100, 0.3, 0, others=[texts("few", 1, 5)])
