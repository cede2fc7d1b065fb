"""What each state needs, which moves go back, and how long a plan may be quoted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bridge.analysis.remedy_fields import FIELDS, FieldError, parse_field
from bridge.analysis.remedy_states import ORDER, REVIEW_DAYS, SKELETON, is_backward, is_stale, missing, review_due
from bridge.words import RemedyState as S
from tests.analysis.remedies import APPROVED

CHANNELS = [{"channel": "release", "version": "1"}]
ENOUGH: dict[S, tuple[dict[str, Any], int]] = {
    S.UNREVIEWED: ({}, 0),
    S.TRIAGE: ({"support_liaison": "L"}, 0),
    S.INVESTIGATING: ({"owner": "O"}, 0),
    S.KNOWN_ERROR: ({"cause_known": True, "workaround.kind": "none"}, 0),
    S.PLANNED: ({"owner": "O", "eta.kind": "none"}, 0),
    S.IN_PROGRESS: ({"owner": "O"}, 1),
    S.FIX_READY: ({"owner": "O", "fix_version": "1"}, 0),
    S.RELEASED: ({"owner": "O", "fixed_in_channels": CHANNELS}, 0),
    S.VERIFIED: ({"owner": "O", "fixed_in_channels": CHANNELS, "evidence": "E"}, 0),
    S.DECLINED: ({"decline_reason": "cost", "say": "No."}, 0),
    S.DUPLICATE: ({"duplicate_of": "IB-2"}, 0),
}


@pytest.mark.parametrize("state", S)
def test_each_state_needs_just_this(state: S) -> None:
    fields, links = ENOUGH[state]
    assert missing(state, fields, links) == []
    for name in fields:
        without = {key: value for key, value in fields.items() if key != name}
        assert len(missing(state, without, links)) == 1, name
    if links:
        assert missing(state, fields, 0)


def test_owner_may_triage_too() -> None:
    assert missing(S.TRIAGE, {"owner": "O"}, 0) == []


def test_moves_that_take_a_promise_back() -> None:
    for place, old in enumerate(ORDER):
        assert [new for new in ORDER if is_backward(old, new)] == list(ORDER[:place])
        assert is_backward(old, S.DECLINED) is (old is S.VERIFIED)
    assert not any(is_backward(S.DECLINED, new) for new in S)


@pytest.mark.parametrize("state", S)
def test_time_of_a_plan(state: S) -> None:
    days, due = REVIEW_DAYS[state], review_due(state, APPROVED)
    assert SKELETON[state]
    if days is None:
        assert due is None
        assert not is_stale(state, APPROVED, APPROVED + timedelta(days=9999))
    else:
        assert due == APPROVED + timedelta(days=days)
        assert not is_stale(state, APPROVED, due)
        assert is_stale(state, APPROVED, due + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("say", "  We know. ", "We know."),
        ("owner", "  ", None),
        ("cause_known", "Yes", True),
        ("cause_known", "0", False),
        ("eta.latest", "2027-03-31", "2027-03-31"),
        ("error_signatures", "E1; E2 ;", ["E1", "E2"]),
        ("fixed_in_channels", "stable:4.2; 4.1", [{"channel": "stable", "version": "4.2"}, {"channel": "release", "version": "4.1"}]),
    ],
)  # fmt: skip
def test_typed_text_becomes_a_value(name: str, text: str, value: object) -> None:
    assert parse_field(name, text) == value


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("sai", "x", "no field 'sai'"),
        ("cause_known", "perhaps", "yes or no"),
        ("eta.latest", "31.3.2027", "a date like 2027-03-31"),
        ("eta.confidence", "sure", "low, medium, high"),
        ("say_short", "x" * 161, "160 characters at most, got 161"),
    ],
)
def test_bad_text_is_refused_with_what_it_takes(name: str, text: str, words: str) -> None:
    with pytest.raises(FieldError, match=words):
        parse_field(name, text)


def test_every_field_can_be_cleared() -> None:
    assert [parse_field(name, "") for name in FIELDS] == [None] * len(FIELDS)
