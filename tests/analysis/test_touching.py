"""Touching: a fact touches once, noise never, and what changes places does not flap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.touching import DAILY, REST, WEEKLY, Told, band, read_told, reasons

HOUR = timedelta(hours=1)
BEFORE = Told("top 10", 4, {"premium": 1, "standard": 3}, 8, 5, None, "a1", "t1")


def why(now: Told, age: timedelta = HOUR) -> Sequence[str]:
    return reasons(BEFORE, now, age)


def test_bands_are_one_to_three_four_to_ten_and_the_rest() -> None:
    assert [band(rank) for rank in (1, 3, 4, 10, 11)] == ["top 3", "top 3", "top 10", "top 10", REST]


@pytest.mark.parametrize(
    ("ranks", "bands"),
    [
        ((3, 4, 3, 4, 5, 4, 3), ("top 3", "top 3", "top 3", "top 3", "top 10", "top 10", "top 3")),
        ((10, 11, 12, 13, 11, 10), ("top 10", "top 10", "top 10", REST, REST, "top 10")),
        ((2, 11, 12), ("top 3", "top 10", "top 10")),
    ],
)
def test_a_band_is_left_by_a_margin_only(ranks: Sequence[int], bands: Sequence[str]) -> None:
    found: list[str] = []
    for rank in ranks:
        found.append(band(rank, found[-1] if found else None))
    assert tuple(found) == bands


@given(st.integers(1, 40), st.sampled_from([None, "top 3", "top 10", REST]))
def test_a_band_is_settled_at_once(rank: int, before: str | None) -> None:
    now = band(rank, before)
    assert band(rank, now) == now
    order = ["top 3", "top 10", REST]
    assert order.index(now) <= order.index(band(rank)), "nobody is worse off for what was told before"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"band": "top 3"}, ("rank top 10 to top 3",)),
        ({"severity": "S1"}, ("severity by ticket to S1",)),
        ({"title": "b2"}, ("named anew",)),
        ({"open_tickets": 0}, ("no ticket open any more",)),
        ({"accounts": 6}, ("accounts 4 to 6",)),
        ({"accounts": 5}, ()),
        ({"tickets": 11}, ()),
        ({"open_tickets": 6}, ()),
        ({}, ()),
        ({"band": "top 3", "accounts": 5}, ("rank top 10 to top 3", "accounts 4 to 5")),
    ],
)
def test_what_touches_at_once(change: dict[str, object], told: tuple[str, ...]) -> None:
    assert why(replace(BEFORE, **change)) == told  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"accounts": 5}, ("accounts 4 to 5",)),
        ({"accounts": 3}, ("accounts 4 to 3",)),
        ({"segments": {"premium": 2, "standard": 2}}, ("other customer segments",)),
        ({"tickets": 11}, ("tickets 8 to 11",)),
        ({"tickets": 9}, ()),
        ({"open_tickets": 4}, ()),
    ],
)
def test_counts_touch_once_a_day(change: dict[str, object], told: tuple[str, ...]) -> None:
    assert why(replace(BEFORE, **change), DAILY) == told  # type: ignore[arg-type]


def test_what_only_ages_is_told_once_a_week() -> None:
    older = replace(BEFORE, text="t2")
    assert why(older, WEEKLY) == ("brought up to date",)
    assert why(older, WEEKLY - HOUR) == ()
    assert why(BEFORE, WEEKLY) == (), "nothing to say"


def test_what_was_told_is_read_back() -> None:
    assert read_told(asdict(BEFORE)) == BEFORE
    assert read_told({}) is None
