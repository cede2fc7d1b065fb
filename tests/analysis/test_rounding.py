"""Rounded parts add up to the rounded whole."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.rounding import rounded


@given(st.lists(st.floats(-1e9, 1e9), max_size=20))
def test_parts_add_up(parts: list[float]) -> None:
    shown = rounded(parts)
    assert sum(shown) == round(math.fsum(parts))
    assert all(abs(whole - part) <= 1 for whole, part in zip(shown, parts, strict=True))


def test_worked_example() -> None:
    assert rounded([83_355.6, 14_433.1, 1_804.1]) == [83_356, 14_433, 1_804]
