"""What agents and customers are told: by rule, from what may leave, and never more exact than it is known."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.remedy_fields import FIELDS, may_leave
from bridge.analysis.remedy_text import MONTHS, NO_DATE, eta_text, note_text, say_text
from bridge.words import RemedyState
from tests.analysis.remedies import KEPT, canary, planted, quote

LATEST = "2027-05-20"
ON = date(2027, 3, 1)


@pytest.mark.parametrize("state", RemedyState)
def test_no_internal_field_reaches_a_text(state: RemedyState) -> None:
    told = quote(state, **planted(), say="We know. {eta} {fix_version} {review_due}", fix_version="4.2")
    for text in (note_text(told), say_text(told)):
        assert "canary" not in text
    bare = quote(state, **planted())
    assert "canary" not in note_text(bare) + say_text(bare)


def test_customer_fields_do_reach_the_note() -> None:
    fields = {
        "title_customer": "Cannot sign in",
        "say": "We know.",
        "workaround.kind": "full",
        "workaround.steps_customer": "Clear the cookies",
        "fixed_in_channels": [{"channel": "stable", "version": "4.2.1"}],
    }
    note = note_text(quote(RemedyState.RELEASED, **fields))
    for shown in ("IB-12: Cannot sign in", "  We know.", "(full) Clear the cookies", "in 4.2.1 (stable)", "R. Diaz"):
        assert shown in note
    assert "may be quoted until 15 Mar 2027" in note
    assert "Plan revision 3. Internal note: not sent to the customer." in note


def test_dont_say_is_kept_back() -> None:
    assert "dont_say" in KEPT
    assert not may_leave("dont_say")
    assert canary("dont_say") == planted()["dont_say"]
    assert {name for name in FIELDS if may_leave(name)} == {
        *("title_customer", "say", "say_short", "workaround.kind", "workaround.steps_customer"),
        *("fix_version", "fixed_in_channels", "decline_alternative"),
    }


@pytest.mark.parametrize(
    ("kind", "confidence", "shareable", "words"),
    [
        ("date", "high", True, "It is expected by 20 May 2027."),
        ("date", "medium", True, "It is expected in May 2027."),
        ("date", "low", True, NO_DATE),
        ("date", None, True, NO_DATE),
        ("date", "high", False, NO_DATE),
        ("date", "high", None, NO_DATE),
        ("range", "high", True, "It is expected in Q2 2027."),
        ("range", "medium", True, "It is expected in May 2027."),
        ("quarter", "high", True, "It is expected in Q2 2027."),
        ("quarter", "medium", True, "It is expected in Q2 2027."),
        ("quarter", "low", True, NO_DATE),
        ("version", "high", True, "It is meant for 4.2."),
        ("version", None, True, "It is meant for 4.2."),
        ("version", "low", True, NO_DATE),
        ("version", "high", False, NO_DATE),
        ("none", "high", True, NO_DATE),
        (None, None, True, NO_DATE),
    ],
)
def test_ladder_of_the_eta(kind: str | None, confidence: str | None, shareable: bool | None, words: str) -> None:
    fields = {"eta.kind": kind, "eta.confidence": confidence, "eta.shareable": shareable}
    assert eta_text({**fields, "eta.latest": LATEST, "fix_version": "4.2"}, ON) == words


def test_month_and_version_without_what_they_need() -> None:
    assert eta_text({"eta.kind": "version", "eta.shareable": True}, ON) == NO_DATE
    assert eta_text({"eta.kind": "date", "eta.shareable": True, "eta.confidence": "high"}, ON) == NO_DATE


@given(st.dates(date(2020, 1, 1), date(2099, 12, 31)), st.sampled_from(["date", "range", "quarter", "version"]))
def test_day_is_told_only_at_high_confidence(day: date, kind: str) -> None:
    for confidence in ("low", "medium", None):
        fields = {"eta.kind": kind, "eta.latest": day.isoformat(), "eta.confidence": confidence, "eta.shareable": True}
        told = eta_text(fields, date(2020, 1, 1))
        assert f"{day.day} {MONTHS[day.month - 1][:3]}" not in told
        assert day.isoformat() not in told
        if confidence != "medium":
            assert told == NO_DATE


def test_eta_that_has_passed_is_not_told() -> None:
    fields = {"eta.kind": "date", "eta.latest": LATEST, "eta.confidence": "high", "eta.shareable": True}
    assert eta_text(fields, date(2027, 5, 20)) != NO_DATE
    assert eta_text(fields, date(2027, 5, 21)) == NO_DATE
    told = quote(RemedyState.PLANNED, **fields)
    assert "20 May 2027" in note_text(told)
    assert "20 May 2027" not in note_text(told, date(2027, 5, 21))


def test_placeholders_are_filled_in_by_rule() -> None:
    told = quote(RemedyState.INVESTIGATING, say="Next by {review_due}, in {fix_version}. {eta}")
    assert say_text(told) == f"Next by 8 Mar 2027, in the next release. {NO_DATE}"
    assert "our next update" in say_text(quote(RemedyState.VERIFIED, say="{review_due}"))


def test_what_fills_a_placeholder_is_not_filled_in_again() -> None:
    told = quote(RemedyState.PLANNED, say="{fix_version}", fix_version="{eta}{review_due}")
    assert say_text(told) == "{eta}{review_due}"


@pytest.mark.parametrize("state", RemedyState)
def test_every_state_has_words_without_a_plan_of_words(state: RemedyState) -> None:
    told = say_text(quote(state))
    assert told
    assert "{" not in told


@pytest.mark.parametrize(
    ("state", "fields", "line"),
    [
        (RemedyState.TRIAGE, {}, "Fix: none at present"),
        (RemedyState.FIX_READY, {"fix_version": "4.2"}, "Fix: will be in 4.2"),
        (RemedyState.PLANNED, {}, f"Fix: {NO_DATE}"),
        (RemedyState.IN_PROGRESS, {"fixed_in_channels": [{"channel": "x", "version": "1"}]}, f"Fix: {NO_DATE}"),
        (RemedyState.TRIAGE, {"workaround.kind": "none", "workaround.steps_customer": "x"}, "Workaround: none known"),
    ],
)
def test_lines_of_the_note(state: RemedyState, fields: dict[str, Any], line: str) -> None:
    assert line in note_text(quote(state, **fields)).splitlines()
