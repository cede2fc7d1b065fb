"""Quotes are chosen so that they differ, and so that each speaks for many."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.analysis.diverse import diverse


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
