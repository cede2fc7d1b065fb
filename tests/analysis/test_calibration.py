"""Calibration: words before fifty answers, then chances that hold; borders that move a little and stay in order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.calibration import (
    MOST_MOVED,
    NEEDED,
    SHIPPED,
    UNCALIBRATED,
    Answer,
    Borders,
    Calibration,
    Curve,
    calibrate,
    ece,
    fit,
    reliability,
)
from bridge.words import Zone

ANSWERS = st.lists(
    st.builds(
        Answer,
        similarity=st.floats(-1, 1),
        agreed=st.booleans(),
        evidence=st.one_of(st.just({}), st.fixed_dictionaries({"second": st.floats(-1, 1)})),
    ),
    min_size=NEEDED,
    max_size=NEEDED + 10,
)


def answers(n: int, seed: int = 0, steep: float = 12.0, middle: float = 0.5) -> list[Answer]:
    """People who agree the more often the more alike."""
    rng = np.random.default_rng(seed)
    similar = rng.uniform(0.1, 0.9, size=n)
    agreed = rng.uniform(size=n) < 1 / (1 + np.exp(-steep * (similar - middle)))
    return [Answer(float(s), bool(a), {"second": float(s)}) for s, a in zip(similar, agreed, strict=True)]


def test_words_only_before_enough_answers() -> None:
    for found in (UNCALIBRATED, calibrate(answers(NEEDED - 1))):
        assert not found.shows_percentages
        assert found.chance_of(0.9) is None
        assert found.borders == SHIPPED
        assert (found.q_of(0.99, Zone.AUTOMATIC), found.q_of(0.1, Zone.CONFIRMED)) == (0.9, 1.0)
    assert calibrate(answers(NEEDED)).shows_percentages


def test_what_a_person_said_is_certain_whatever_the_curve() -> None:
    found = calibrate(answers(200))
    assert found.q_of(0.0, Zone.CONFIRMED) == 1.0
    assert found.q_of(0.0, Zone.NEW) == found.q_of(0.0, Zone.REVIEW) == 0.9
    assert 0 < found.q_of(-1.0, Zone.AUTOMATIC) < found.q_of(0.9, Zone.AUTOMATIC) < 1


def test_chances_hold_on_answers_to_come() -> None:
    found, later = calibrate(answers(400, seed=1)), answers(4000, seed=2)
    chances = [found.chance_of(a.similarity, a.evidence) or 0.0 for a in later]
    assert ece(chances, [a.agreed for a in later]) < 0.05


@given(ANSWERS)
def test_more_alike_is_never_less_sure_and_borders_stay_near_and_in_order(given_: list[Answer]) -> None:
    found = calibrate(given_)
    chances = [found.chance_of(s / 10) for s in range(-10, 11)]
    known = [chance for chance in chances if chance is not None]
    assert len(known) == 21
    assert known == sorted(known)
    assert all(0 <= chance <= 1 for chance in known)
    borders = found.borders
    assert borders.review <= borders.automatic
    assert abs(borders.automatic - SHIPPED.automatic) <= MOST_MOVED + 1e-9
    assert borders.review <= SHIPPED.review + MOST_MOVED + 1e-9


@given(ANSWERS, st.randoms())
def test_order_of_the_answers_does_not_matter(given_: list[Answer], random: object) -> None:
    other = list(given_)
    random.shuffle(other)  # type: ignore[attr-defined]
    one, two = calibrate(given_), calibrate(other)
    assert one.chance_of(0.5) == pytest.approx(two.chance_of(0.5), abs=1e-6)
    assert one.borders.automatic == pytest.approx(two.borders.automatic, abs=1e-6)


def test_borders_follow_the_workspace_within_bounds() -> None:
    easy, hard = calibrate(answers(300, middle=0.2)), calibrate(answers(300, middle=0.8))
    assert easy.borders.automatic < SHIPPED.automatic < hard.borders.automatic
    assert calibrate(answers(60), Borders(0.9, 0.85)).borders.automatic >= 0.9 - MOST_MOVED


def test_fit_recovers_a_curve_and_never_turns_it_round() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5000, 1))
    said = (rng.uniform(size=5000) < 1 / (1 + np.exp(-(2 * x[:, 0] - 1)))).astype(float)
    found = fit(x, said, Curve((0.5,), 0.0), 1.0)
    assert found.weights[0] == pytest.approx(2, abs=0.15)
    assert found.offset == pytest.approx(-1, abs=0.15)
    assert fit(-x, said, Curve((0.5,), 0.0), 1.0).weights == (0.0,)


def test_error_and_reliability_are_what_they_say() -> None:
    assert ece([0.0, 1.0], [False, True]) == 0
    assert ece([1.0, 1.0], [False, False]) == 1
    assert ece([], []) == 0
    rows = reliability([0.05, 0.05, 0.95, 1.0], [False, True, True, True])
    assert [(row.count, row.true) for row in rows] == [(2, 0.5), (2, 1.0)]


def test_is_a_value() -> None:
    assert calibrate(answers(80)) == calibrate(answers(80))
    assert Calibration() == UNCALIBRATED
