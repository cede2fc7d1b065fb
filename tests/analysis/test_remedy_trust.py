"""The light of a plan: only what is approved, fresh, owned and uncontradicted is green."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.remedy_states import REVIEW_DAYS
from bridge.analysis.remedy_trust import Doubt, Light, Standing, doubts, light
from bridge.words import Confidence, RemedyState

AT = datetime(2026, 11, 23, 6, tzinfo=UTC)
FRESH = Standing(RemedyState.IN_PROGRESS, Confidence.APPROVED, AT - timedelta(days=2), "R. Diaz")
S = RemedyState

plans = st.builds(
    Standing,
    state=st.sampled_from(S),
    confidence=st.none() | st.sampled_from(Confidence),
    confirmed_at=st.none() | st.integers(-60 * 24, 900 * 24).map(lambda hours: AT - timedelta(hours=hours)),
    owner=st.none() | st.just("R. Diaz"),
    conflict=st.booleans(),
    regression=st.booleans(),
    eta_latest=st.none() | st.dates(date(2026, 1, 1), date(2027, 6, 1)),
)


@pytest.mark.parametrize(
    ("plan", "expected", "doubt"),
    [
        (FRESH, Light.GREEN, None),
        (Standing(), Light.GREY, None),
        (replace(FRESH, state=S.UNREVIEWED), Light.GREY, None),
        (replace(FRESH, confirmed_at=AT - timedelta(days=8)), Light.AMBER, Doubt.STALE),
        (replace(FRESH, confidence=Confidence.DRAFT), Light.AMBER, Doubt.UNAPPROVED),
        (replace(FRESH, owner=None), Light.AMBER, Doubt.NO_OWNER),
        (replace(FRESH, state=S.TRIAGE, owner=None), Light.GREEN, None),
        (replace(FRESH, eta_latest=date(2026, 11, 22)), Light.AMBER, Doubt.OVERDUE),
        (replace(FRESH, eta_latest=date(2026, 11, 23)), Light.GREEN, None),
        (replace(FRESH, conflict=True), Light.AMBER, Doubt.CONFLICT),
        (replace(FRESH, state=S.RELEASED, conflict=True), Light.RED, Doubt.CONFLICT),
        (replace(FRESH, state=S.RELEASED, regression=True), Light.RED, Doubt.REGRESSION),
        (replace(FRESH, confidence=Confidence.WITHDRAWN), Light.RED, Doubt.WITHDRAWN),
        (replace(FRESH, state=S.DECLINED, owner=None, eta_latest=date(2026, 1, 1)), Light.GREEN, None),
    ],
)
def test_ladder(plan: Standing, expected: Light, doubt: Doubt | None) -> None:
    assert light(plan, AT) is expected
    assert doubts(plan, AT)[:1] == ((doubt,) if doubt else ())


@given(plans)
def test_green_means_quotable(plan: Standing) -> None:
    """The definition of 3.4, written out a second time."""
    days = REVIEW_DAYS[plan.state]
    fresh = plan.confirmed_at is not None and (days is None or plan.confirmed_at + timedelta(days=days) >= AT)
    owned = bool(plan.owner) or plan.state not in list(S)[4:9]
    if light(plan, AT) is Light.GREEN:
        assert plan.confidence is Confidence.APPROVED
        assert fresh
        assert owned
        assert not plan.conflict


@given(plans, st.sampled_from(["conflict", "regression", "owner", "confidence", "age"]))
def test_a_doubt_never_betters_the_light(plan: Standing, kind: str) -> None:
    worse = {
        "conflict": replace(plan, conflict=True),
        "regression": replace(plan, regression=True),
        "owner": replace(plan, owner=None),
        "confidence": replace(plan, confidence=plan.confidence and Confidence.WITHDRAWN),
        "age": replace(plan, confirmed_at=plan.confirmed_at and plan.confirmed_at - timedelta(days=400)),
    }[kind]
    order = list(Light)
    assert order.index(light(worse, AT)) >= order.index(light(plan, AT))


@given(plans, st.timedeltas(timedelta(0), timedelta(days=900)))
def test_time_alone_never_betters_the_light(plan: Standing, later: timedelta) -> None:
    order = list(Light)
    assert order.index(light(plan, AT + later)) >= order.index(light(plan, AT))
