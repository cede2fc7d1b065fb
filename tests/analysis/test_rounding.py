"""Parts of a sum are shown so that they add up, and quotes are chosen so that they differ."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.diverse import diverse
from bridge.analysis.rounding import whole_parts

amounts = st.lists(st.floats(min_value=0, max_value=1e9), max_size=40)


@given(amounts)
def test_whole_parts_sum_to_the_rounded_sum(parts: list[float]) -> None:
    whole = whole_parts(parts)
    assert sum(whole) == math.floor(math.fsum(parts) + 0.5)
    assert all(abs(shown - part) < 1 + 1e-6 for shown, part in zip(whole, parts, strict=True))
    assert all(shown >= 0 for shown in whole)


def test_largest_remainder_is_rounded_up() -> None:
    assert whole_parts([1.2, 1.7, 1.6]) == [1, 2, 2]
    assert whole_parts([0.5, 0.5]) == [1, 0]
    assert whole_parts([]) == []


def unit(*rows: list[float]) -> np.ndarray:
    vectors = np.array(rows, dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_most_typical_first_then_what_differs() -> None:
    vectors = unit([1, 0, 0], [0.99, 0.1, 0], [0.98, 0.12, 0], [0.6, 0, 0.8], [0.5, 0.8, 0])
    assert diverse(vectors, 3)[0] in (0, 1, 2)
    assert 4 not in diverse(vectors, 2) or 3 not in diverse(vectors, 2)
    assert len(set(diverse(vectors, 3))) == 3


@pytest.mark.parametrize("n", [0, 1, 2])
def test_fewer_than_asked_are_all_taken(n: int) -> None:
    assert sorted(diverse(unit(*[[1.0, float(i)] for i in range(n)]) if n else np.empty((0, 2)), 3)) == list(range(n))
