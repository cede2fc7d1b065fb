"""Where the score's rules begin and end: values on the border, which no draw meets by chance."""

from __future__ import annotations

import math

import pytest

from bridge.analysis.exposure import Evidence, Terms, expose
from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.uncertainty import THIN_EVIDENCE, Uncertainty, badges
from bridge.words import Severity

RELEASED = 1_000_000.0
TERMS = Terms((1.0, 0.5, 0.2, 0.05), 180, 45, 28, 0.5, 3)


@pytest.mark.parametrize(("late", "counts"), [(-1.0, False), (0.0, False), (1.0, True)])
def test_a_signal_at_the_moment_of_the_release_is_answered_by_it(late: float, counts: bool) -> None:
    ticket = Evidence("1", str(Severity.S1), 1.0, RELEASED - 9, RELEASED + late, True)
    assert (expose([ticket], None, TERMS, RELEASED + 2, RELEASED) is not None) is counts


@pytest.mark.parametrize(
    ("confidences", "thin"), [([0.6, 0.6], False), ([0.6, 0.59], True), ([1.0], True), ([0.2, 1.0], False)]
)
def test_evidence_is_thin_below_two_tickets_or_a_mean_of_six_tenths(confidences: list[float], thin: bool) -> None:
    found = Uncertainty(1.0, (0.0, 1.0), 0.5, 2.0, 0.0)
    shown = badges(
        found,
        accounts=2,
        tickets=len(confidences),
        confidence=math.fsum(confidences),
        after_release=False,
        overridden=False,
        config=ScoringConfig(),
    )
    assert (THIN_EVIDENCE in shown) is thin
