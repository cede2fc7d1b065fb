"""Measures against scikit-learn and against their definitions, written out pair by pair."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from bridge.analysis.evaluation import evaluate

LABELLINGS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=40)


@given(LABELLINGS)
def test_ari_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    truth, found = zip(*pairs, strict=True)

    assert sklearn_metrics.adjusted_rand_score(truth, found) == pytest.approx(evaluate(truth, found).ari)


@given(LABELLINGS)
def test_information_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    truth, found = zip(*pairs, strict=True)

    quality = evaluate(truth, found)

    assert sklearn_metrics.adjusted_mutual_info_score(truth, found) == pytest.approx(quality.ami, abs=1e-9)
    assert sklearn_metrics.v_measure_score(truth, found) == pytest.approx(quality.v_measure, abs=1e-9)


def test_information_of_many_groups_of_many_sizes() -> None:
    rng = np.random.default_rng(7)
    truth = rng.zipf(1.4, 5000) % 300
    found = np.where(rng.random(5000) < 0.5, truth, 300 + rng.zipf(1.2, 5000) % 2000)

    quality = evaluate(truth.tolist(), found.tolist())

    assert quality.ami == pytest.approx(sklearn_metrics.adjusted_mutual_info_score(truth, found), abs=1e-9)


def test_all_alone_on_both_sides_is_agreement() -> None:
    assert evaluate(range(50), range(50)).ami == pytest.approx(1)


@given(LABELLINGS)
def test_b_cubed_and_wrong_merges_by_definition(pairs: list[tuple[int, int]]) -> None:
    truth, found = zip(*pairs, strict=True)
    n = len(pairs)
    mates = [[j for j in range(n) if found[j] == found[i]] for i in range(n)]
    kin = [[j for j in range(n) if truth[j] == truth[i]] for i in range(n)]
    precision = sum(sum(truth[j] == truth[i] for j in mates[i]) / len(mates[i]) for i in range(n)) / n
    recall = sum(sum(found[j] == found[i] for j in kin[i]) / len(kin[i]) for i in range(n)) / n
    together = [(i, j) for i, j in combinations(range(n), 2) if found[i] == found[j]]
    wrong = sum(truth[i] != truth[j] for i, j in together) / len(together) if together else 0.0

    quality = evaluate(truth, found)

    assert precision == pytest.approx(quality.b3_precision)
    assert recall == pytest.approx(quality.b3_recall)
    assert wrong == pytest.approx(quality.wrong_merge_rate)
    assert sum(len(m) == 1 for m in mates) / n == pytest.approx(quality.singleton_share)


def test_found_and_pure_share_count_clusters_of_three_and_more() -> None:
    truth = ["a"] * 4 + ["b"] * 4 + ["c"] * 2
    found = [1, 1, 1, 9, 2, 2, 3, 3, 3, 4]

    quality = evaluate(truth, found)

    assert quality.found == 1.0  # a by cluster 1, b by the pure half in cluster 2, c is too small to count
    assert quality.pure_share == pytest.approx(0.5)  # of cluster 1 and cluster 3


def test_perfect_is_perfect() -> None:
    quality = evaluate(["x", "x", "y"], [7, 7, 8])

    assert (quality.ari, quality.b3_f1, quality.wrong_merge_rate) == (1.0, 1.0, 0.0)


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="2 true and 1 found"):
        evaluate([1, 2], [1])
