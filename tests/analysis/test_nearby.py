"""Grouping at volume: the same plans where there is no volume, and nothing lost, moved wrongly or left to chance above."""

from __future__ import annotations

from random import Random
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.analysis import nearby, partition
from bridge.analysis.assigning import Params
from bridge.analysis.clustering import Flags, Placement, Plan, group
from bridge.analysis.embedding import Vectors
from bridge.analysis.evaluation import evaluate
from bridge.analysis.nearby import CLOSE, EARLIER, NEAREST, find_nearby
from bridge.analysis.partition import Partition
from bridge.analysis.smoothing import Smoothing, make_frame
from bridge.words import Origin

DIM = 32


def _issues(seed: int, n: int, issues: int, noise: float = 0.5) -> tuple[Vectors, list[int]]:
    """(unit rows, the issue of each), half of them one-offs."""
    rng = np.random.default_rng(seed)
    labels = np.where(rng.random(n) < 0.5, rng.integers(issues, size=n), issues + np.arange(n))
    centres = rng.standard_normal((issues + n, DIM))
    rows = centres[labels] + noise * rng.standard_normal((n, DIM))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), labels.tolist()


def _group(vectors: Vectors, *, vast: bool, tickets: list[int] | None = None) -> Plan:
    with mock.patch.object(partition, "VAST", 0 if vast else partition.VAST):
        return group(tickets or list(range(len(vectors))), vectors, {}, consolidating=True)


@pytest.mark.parametrize("tickets", [1, 5000, 10_000])
def test_up_to_ten_thousand_tickets_everything_is_compared(tickets: int) -> None:
    points = np.zeros((tickets, 2), dtype=np.float32)
    alone = Partition(points, tickets, {row: row for row in range(tickets)})
    with mock.patch.object(partition, "find_nearby", side_effect=AssertionError):
        assert alone.look_near(tickets) is None


def test_many_more_are_not() -> None:
    some = Partition(np.zeros((10, 2), dtype=np.float32), 0, {})
    assert some.look_near(50_000) is not None
    assert some.look_near(1) is some.nearby


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 300), st.integers(1, 20))
def test_nothing_is_lost_at_volume(seed: int, n: int, issues: int) -> None:
    vectors, _ = _issues(seed, n, issues)
    plan = _group(vectors, vast=True)
    assert sorted(plan.assign) == list(range(n))
    assert not plan.moves
    assert all(assigned.cluster < 0 for assigned in plan.assign.values())


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_the_order_of_the_arguments_does_not_matter_at_volume(seed: int, random: Random) -> None:
    vectors, _ = _issues(seed, 200, 10)
    shuffled = list(range(200))
    random.shuffle(shuffled)
    assert _group(vectors[shuffled], vast=True, tickets=shuffled) == _group(vectors, vast=True)


def test_volume_costs_no_quality() -> None:
    vectors, truth = _issues(3, 3000, 40, noise=0.35)
    exact, near = (_group(vectors, vast=vast).assign for vast in (False, True))
    qualities = [evaluate(truth, [of[t].cluster for t in range(3000)]) for of in (exact, near)]
    assert qualities[0].ari > 0.8
    assert qualities[1].ari > qualities[0].ari - 0.03
    assert qualities[1].b3_precision > qualities[0].b3_precision - 0.03


def test_what_people_decided_holds_at_volume() -> None:
    vectors, _ = _issues(5, 400, 4, noise=0.2)
    rng = np.random.default_rng(0)
    placed = {t: Placement(1 + int(rng.integers(60)), Origin.HUMAN if t % 7 == 0 else Origin.MODEL) for t in range(300)}
    flags = {1: Flags(anchored=True), 2: Flags(locked=True), 3: Flags(locked=True, anchored=True)}
    with mock.patch.object(partition, "VAST", 0):
        plan = group(list(range(400)), vectors, placed, flags=flags, apart={(4, 5)}, consolidating=True)
    winners = {merge.loser: merge.winner for merge in plan.merges}
    assert plan.merges
    assert not {1, 2, 3} & set(winners)
    assert not {2, 3} & {a.cluster for a in (*plan.assign.values(), *plan.moves.values())}
    kept = {t for t, p in placed.items() if p.origin is Origin.HUMAN or p.cluster in flags}
    assert not kept & set(plan.moves)
    after = {
        t: plan.moves[t].cluster if t in plan.moves else winners.get(p.cluster, p.cluster) for t, p in placed.items()
    }
    human = {p.cluster: after[t] for t, p in placed.items() if p.origin is Origin.HUMAN}
    assert human.get(4, 4) != human.get(5, 5)


def test_rows_near_are_told_exactly_and_those_before_in_addition() -> None:
    vectors, _ = _issues(1, 2000, 30, noise=0.4)
    found = find_nearby(vectors)
    assert found.rows.shape == (2000, NEAREST + EARLIER)
    similar = vectors @ vectors.T
    own = np.arange(2000)[:, None]
    told = found.rows != own
    assert np.allclose(np.take_along_axis(similar, found.rows, axis=1)[told], found.similar[told], atol=1e-5)
    assert (found.similar[~told] == -1).all()
    assert (found.similar[told] >= CLOSE).all()
    assert (np.sort(found.rows, axis=1)[:, 1:] != np.sort(found.rows, axis=1)[:, :-1])[told.all(axis=1)].all()
    before = found.rows[:, NEAREST:]
    assert (before <= own).all()
    assert (before < own).any()
    np.fill_diagonal(similar, -1)
    nearest = similar.argmax(axis=1)
    asked = similar.max(axis=1) >= Params().second_fellow
    assert asked.sum() > 500
    assert (found.rows == nearest[:, None]).any(axis=1)[asked].mean() > 0.9


def test_a_cell_of_equal_rows_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearby, "_MOST", 50)
    rows = np.zeros((500, DIM), dtype=np.float32)
    rows[:, 0] = 1
    plan = _group(rows, vast=True)
    assert len({assigned.cluster for assigned in plan.assign.values()}) == 1


def test_half_the_memory_shows_the_same() -> None:
    vectors, _ = _issues(2, 3000, 10)
    halves = vectors.astype(np.float16)
    one, other = (make_frame(range(3000), rows, Smoothing()).view(rows) for rows in (vectors, halves))
    assert other.dtype == np.float32
    assert np.einsum("ij,ij->i", one, other).mean() > 0.999
