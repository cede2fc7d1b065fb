"""Whose ticket it is, and which segment an account falls into."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.resolution import DEFAULT_SEGMENTS, Directory, segment_of

RULES = [(s["name"], s["rule"]) for s in DEFAULT_SEGMENTS]
BOOK = Directory.build(
    names=[("Acme", 1), ("Borealis", 2), ("Twin", 5), ("TWIN", 6)],
    external_ids=[("crm:17", 1), ("erp:17", 2), ("crm:18", 2)],
    domains=[("acme.example", 1), ("shared.example", 1), ("shared.example", 2), ("gmail.com", 2)],
)


@pytest.mark.parametrize(
    ("ref", "domain", "account"),
    [
        (" acme ", None, 1),
        ("crm:17", None, 1),
        ("erp:17", None, 2),
        ("17", None, None),
        ("18", None, 2),
        ("Twin", None, None),
        (None, "ACME.example", 1),
        (None, "shared.example", None),
        (None, "gmail.com", None),
        ("Borealis", "acme.example", 2),
        ("Nobody", "acme.example", 1),
        ("", None, None),
        (None, None, None),
    ],
)
def test_what_the_desk_says_comes_before_the_domain(ref: str | None, domain: str | None, account: int | None) -> None:
    assert BOOK.resolve(ref, domain) == account


@pytest.mark.parametrize(
    ("value", "segment"),
    [(100_000, "strategic"), (99_999, "mid-market"), (24_999, "self-serve"), (0, "self-serve"), (None, "unclassified")],
)
def test_first_rule_that_holds(value: float | None, segment: str) -> None:
    assert segment_of(RULES, named=None, yearly_value=value) == segment


@given(st.none() | st.floats(allow_nan=False), st.none() | st.text())
def test_every_account_has_exactly_one_segment(value: float | None, named: str | None) -> None:
    assert segment_of(RULES, named=named, yearly_value=value) in dict(RULES)


def test_named_segment_wins_if_there_is_one() -> None:
    assert segment_of(RULES, named="self-serve", yearly_value=1e6) == "self-serve"
    assert segment_of(RULES, named="gone", yearly_value=1e6) == "strategic"


def test_without_segments_the_error_says_what_to_do() -> None:
    with pytest.raises(LookupError, match="bridge init"):
        segment_of([], named=None, yearly_value=1.0)
