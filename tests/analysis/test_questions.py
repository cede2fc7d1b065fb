"""Questions about clusters: what is asked, what is never asked, and in which order."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.dividing import divide
from bridge.analysis.embedding import Vectors
from bridge.analysis.questions import MERGE, SPLIT, Look, Pair, Said, Standing, ask, look


def near(*directions: tuple[int, int], spread: float = 0.25, seed: int = 0, dim: int = 24) -> Vectors:
    """For each (axis, count) so many unit rows around that axis."""
    rng = np.random.default_rng(seed)
    rows = [np.eye(dim)[axis] + spread * rng.normal(size=dim) / dim**0.5 for axis, n in directions for _ in range(n)]
    found = np.array(rows, dtype=np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


SIZES = {1: 10, 2: 6, 3: 8, 4: 8}
CLUSTERS = [1] * 10 + [2] * 6 + [3] * 8 + [4] * 8
VECTORS = near((0, 10), (0, 6), (1, 8), (2, 4), (3, 4))
"""Clusters 1 and 2 speak of the same, 3 of something else, 4 of two things."""


def asked(**standing: object) -> list[tuple[str, int, int | None]]:
    found = ask(look(CLUSTERS, VECTORS, SIZES), Standing(SIZES, **standing))  # type: ignore[arg-type]
    return [(q.kind, q.one, q.other) for q in found]


def test_asks_about_the_pair_that_speaks_alike_and_the_cluster_of_two_things() -> None:
    assert asked()[:2] == [(MERGE, 1, 2), (SPLIT, 4, None)]


def test_never_asks_again_what_people_have_said() -> None:
    assert (MERGE, 1, 2) not in asked(apart={(1, 2)})
    assert (SPLIT, 4, None) not in asked(whole={4: 8})
    assert (SPLIT, 4, None) in asked(whole={4: 4}), "it has doubled since"
    assert not {4, 1} & {id_ for _, one, other in asked(closed={4, 1}) for id_ in (one, other)}
    assert (SPLIT, 4, None) not in asked(undivided={4})


def test_what_weighs_more_is_asked_first() -> None:
    found = Look(pairs=(Pair(1, 2, 0.5), Pair(3, 4, 0.5)))
    sizes = dict.fromkeys((1, 2, 3, 4), 5)
    assert [q.one for q in ask(found, Standing(sizes))] == [1, 3]
    assert [q.one for q in ask(found, Standing(sizes, weights={3: 50.0, 4: 50.0}))] == [3, 1]


def test_answers_change_what_is_expected() -> None:
    found = look(CLUSTERS, VECTORS, SIZES)
    always = [Said(MERGE, 0.4, changed=True)] * 12
    never = [Said(MERGE, 0.4, changed=False)] * 12
    chances = [
        next(q.chance for q in ask(found, Standing(SIZES, said=s)) if q.kind == MERGE) for s in (never, (), always)
    ]
    assert chances == sorted(chances)
    assert len(set(chances)) == 3


def test_singles_and_nothing_are_no_question() -> None:
    assert look([], np.empty((0, 0), dtype=np.float32), {}) == Look()
    alone = look([1, 2], near((0, 1), (0, 1)), {1: 1, 2: 1})
    assert (alone.pairs, alone.halves) == ((), ())


@given(st.permutations(range(len(CLUSTERS))))
def test_order_of_the_tickets_does_not_matter_to_pairs(order: list[int]) -> None:
    found = look([CLUSTERS[i] for i in order], VECTORS[order], SIZES)
    there = look(CLUSTERS, VECTORS, SIZES)
    assert [(p.one, p.other) for p in found.pairs] == [(p.one, p.other) for p in there.pairs]
    assert np.allclose([p.alike for p in found.pairs], [p.alike for p in there.pairs], atol=2e-5)


def test_division_finds_the_two_things() -> None:
    division = divide(near((2, 5), (3, 7)), 2)
    assert division is not None
    assert division.second.tolist() == [False] * 5 + [True] * 7
    assert division.between < 0.3 < division.within


@given(st.integers(0, 9), st.integers(2, 20), st.integers(1, 4))
def test_halves_are_never_smaller_than_asked_and_lose_nothing(seed: int, rows: int, least: int) -> None:
    division = divide(near((0, rows), spread=3.0, seed=seed), least)
    if division is not None:
        assert len(division.second) == rows
        assert least <= division.second.sum() <= rows - least
        assert not division.second[0], "the half of the first row is the first one"


def test_one_ticket_apart_is_no_half() -> None:
    assert divide(near((2, 8), (3, 1), spread=0.05), 2) is None


def test_identical_rows_do_not_come_apart() -> None:
    assert divide(np.tile(near((0, 1)), (6, 1)), 2) is None
