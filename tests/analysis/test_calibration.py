"""Calibration: words before fifty answers, then chances that hold; borders that move a little and stay in order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.calibration import (
    ASKED_FROM,
    FURTHEST,
    NEEDED,
    UNCALIBRATED,
    Answer,
    Calibration,
    Curve,
    calibrate,
    ece,
    fit,
    reliability,
)
from bridge.words import Zone

SHIPPED = 0.6
ANSWERS = st.lists(
    st.builds(Answer, second=st.floats(-1, 1), agreed=st.booleans()), min_size=NEEDED, max_size=NEEDED + 10
)


def answers(n: int, seed: int = 0, steep: float = 20.0, middle: float = 0.8) -> list[Answer]:
    """People who agree the more often the nearer."""
    rng = np.random.default_rng(seed)
    near = rng.uniform(0.5, 1, size=n)
    agreed = rng.uniform(size=n) < 1 / (1 + np.exp(-steep * (near - middle)))
    return [Answer(float(s), bool(a)) for s, a in zip(near, agreed, strict=True)]


def test_words_only_before_enough_answers() -> None:
    for found in (UNCALIBRATED, calibrate(answers(NEEDED - 1), SHIPPED)):
        assert not found.shows_percentages
        assert found.chance_of(0.9) is None
        assert found.fellow is None
        assert found.worth_asking(-1)
        assert (found.q_of(0.99, Zone.AUTOMATIC), found.q_of(0.1, Zone.CONFIRMED)) == (0.9, 1.0)
    assert calibrate(answers(NEEDED), SHIPPED).shows_percentages


def test_what_a_person_said_is_certain_whatever_the_curve() -> None:
    found = calibrate(answers(200), SHIPPED)
    assert found.q_of(0.0, Zone.CONFIRMED) == 1.0
    assert found.q_of(0.0, Zone.NEW) == found.q_of(0.0, Zone.REVIEW) == 0.9
    assert found.q_of(None, Zone.AUTOMATIC) == 0.9
    assert 0 < found.q_of(-1.0, Zone.AUTOMATIC) < found.q_of(0.9, Zone.AUTOMATIC) < 1


def test_chances_hold_on_answers_to_come() -> None:
    found, later = calibrate(answers(400, seed=1), SHIPPED), answers(4000, seed=2)
    chances = [found.chance_of(a.second) or 0.0 for a in later]
    assert ece(chances, [a.agreed for a in later]) < 0.05


@given(ANSWERS)
def test_nearer_is_never_less_sure_and_the_border_stays_within_bounds(given_: list[Answer]) -> None:
    found = calibrate(given_, SHIPPED)
    known = [chance for s in range(-10, 11) if (chance := found.chance_of(s / 10)) is not None]
    assert len(known) == 21
    assert known == sorted(known)
    assert all(0 <= chance <= 1 for chance in known)
    assert [found.worth_asking(s / 10) for s in range(-10, 11)] == [chance >= ASKED_FROM for chance in known]
    assert found.fellow is None or SHIPPED <= found.fellow <= FURTHEST


@given(ANSWERS, st.randoms())
def test_order_of_the_answers_does_not_matter(given_: list[Answer], random: object) -> None:
    other = list(given_)
    random.shuffle(other)  # type: ignore[attr-defined]
    one, two = calibrate(given_, SHIPPED), calibrate(other, SHIPPED)
    assert one.chance_of(0.5) == pytest.approx(two.chance_of(0.5), abs=1e-6)


def test_the_border_follows_the_workspace_where_distance_tells() -> None:
    easy, hard = (calibrate(answers(300, middle=middle), SHIPPED).fellow for middle in (0.5, 0.8))
    assert (easy, hard) == (pytest.approx(SHIPPED, abs=0.03), pytest.approx(0.76, abs=0.04))
    assert calibrate(answers(300, middle=0.95), SHIPPED).fellow == FURTHEST
    assert calibrate(answers(300, steep=2.0, middle=0.9), SHIPPED).fellow is None, "distance says little"


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
    assert calibrate(answers(80), SHIPPED) == calibrate(answers(80), SHIPPED)
    assert Calibration() == UNCALIBRATED
