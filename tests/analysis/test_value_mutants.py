"""Two wrong formulas are caught by the promises, the right one agrees with a naive second implementation."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from bridge.analysis.explanation import ClusterFacts
from bridge.words import Lifecycle, Priority, RemedyState
from tests.analysis.value_cases import (
    Case,
    account,
    accounts,
    cases,
    copies_change_nothing,
    non_negative_and_bounded,
    patient,
    real,
    reference,
    reference_score,
    score,
    ticket,
)


def sum_instead_of_max(case: Case) -> dict[str, tuple[float, float, float]]:
    return reference(case, combine=math.fsum)


def ratio_trend(case: Case) -> dict[str, tuple[float, float, float]]:
    return reference(case, momentum=lambda new, old: 0.5 * (new - old) / (new + old), only_new=False)


@patient
@given(cases(plain=True))
def test_score_agrees_with_a_second_implementation(case):
    ours, theirs = real(case), reference(case)
    assert ours.keys() == theirs.keys()
    assert all(ours[key] == pytest.approx(theirs[key]) for key in ours)
    assert score(case) == pytest.approx(reference_score(reference(case)))


SEARCH = settings(
    max_examples=1000,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    deadline=None,
    database=None,
)


@pytest.mark.parametrize(
    ("mutant", "promise"),
    [(sum_instead_of_max, copies_change_nothing), (ratio_trend, non_negative_and_bounded)],
)
def test_wrong_formulas_are_caught(mutant, promise):
    """The sum rewards spam (P2), a ratio of new to old accounts gives negative parts (P1)."""
    find(cases(plain=True), lambda case: not promise(mutant, case), settings=SEARCH)
    with pytest.raises(NoSuchExample):
        find(
            cases(plain=True),
            lambda case: not promise(real, case),
            settings=settings(SEARCH, max_examples=200),
        )


def test_back_filled_old_ticket_may_lower_momentum():
    """The documented limit of P3: an old ticket shows that the account is not new."""
    people = (account("a0", 10_000.0),)
    case = Case(people, ClusterFacts(1, (ticket("1", "a0", Priority.HIGH, age=1),)))
    old = ticket("0", "a0", Priority.HIGH, age=90)
    assert score(case.with_signals([*case.cluster.signals, old])) < score(case)


@patient
@given(accounts(), st.sampled_from([Lifecycle.PROSPECT, Lifecycle.CHURNED]))
def test_prospects_and_churned_accounts_put_nothing_at_risk(people, lifecycle):
    case = Case(people, ClusterFacts(1, (ticket("1", "a0", Priority.URGENT, age=0),), plan_state=RemedyState.TRIAGE))
    found = case.with_account(0, lifecycle=lifecycle).explain()
    assert (found.score, found.accounts, found.tickets) == (0.0, 1, 1)
    assert found.contributions[0].account.source == lifecycle.value
