"""Which segment an account falls into, and what a list of rules must be."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.segment_drafts import read_drafts
from bridge.analysis.segment_rules import CONDITIONS, DEFAULT_SEGMENTS, Traits, holds, place_of, segment_of
from bridge.words import ExpectationTier, Lifecycle, LocationClass, RiskBand

RULES = [(s["name"], s["rule"]) for s in DEFAULT_SEGMENTS]
AMOUNTS = st.none() | st.sampled_from([0.0, 24_999.0, 25_000.0, 100_000.0]) | st.floats(0, 1e12)
TEXTS = ("DACH", "Nordics", "de", "sv")


def some(words: Any) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from([str(word) for word in words]), unique=True, min_size=1, max_size=3)


TRAITS = st.builds(
    Traits,
    value=AMOUNTS,
    growth=AMOUNTS,
    region=st.none() | st.sampled_from(TEXTS),
    tier=st.none() | st.sampled_from([str(w) for w in ExpectationTier]),
    risk=st.none() | st.sampled_from([str(w) for w in RiskBand]),
    lifecycle=st.sampled_from([str(w) for w in Lifecycle]),
    location=st.none() | st.sampled_from([str(w) for w in LocationClass]),
    languages=st.lists(st.sampled_from(TEXTS), unique=True, max_size=3).map(tuple),
    named=st.none() | st.sampled_from(["s0", "s1", "gone", "strategic"]),
)
RULE = st.fixed_dictionaries(
    {},
    optional={
        key: some(condition.words or TEXTS) if not condition.is_amount else st.floats(0, 1e6)
        for key, condition in CONDITIONS.items()
    },
)


@pytest.mark.parametrize(
    ("value", "segment"),
    [(100_000, "strategic"), (99_999, "mid-market"), (24_999, "self-serve"), (0, "self-serve"), (None, "unclassified")],
)
def test_first_rule_that_holds(value: float | None, segment: str) -> None:
    assert segment_of(RULES, Traits(value=value)) == segment


@given(st.lists(RULE, min_size=1, max_size=6), TRAITS)
def test_total_and_unique(rules: list[dict[str, Any]], traits: Traits) -> None:
    """Exactly one place; the first that holds unless a file names one; what lies behind it never matters."""
    named = [(f"s{place}", rule) for place, rule in enumerate([*rules, {}])]
    place = place_of(named, traits)
    assert 0 <= place < len(named)
    if any(name == traits.named for name, _ in named):
        assert named[place][0] == traits.named
        return
    assert holds(named[place][1], traits)
    assert not any(holds(rule, traits) for _, rule in named[:place])
    assert place_of([*named[: place + 1], ("other", {})], traits) == place


@given(RULE, RULE, TRAITS)
def test_a_rule_is_all_of_its_conditions(one: dict[str, Any], other: dict[str, Any], traits: Traits) -> None:
    both = {**one, **{key: value for key, value in other.items() if key not in one}}
    rest = {key: value for key, value in both.items() if key not in one}
    assert holds(both, traits) == (holds(one, traits) and holds(rest, traits))


@given(RULE)
def test_what_is_not_known_meets_no_condition(rule: dict[str, Any]) -> None:
    assert holds(rule, Traits()) is (not rule)


def test_an_unknown_condition_is_met_by_nothing() -> None:
    assert not holds({"shoe_size": 42}, Traits(value=1e9))
    assert not holds({"named_only": True}, Traits(value=1e9))


def test_named_segment_wins_if_there_is_one() -> None:
    assert segment_of(RULES, Traits(value=1e6, named="self-serve")) == "self-serve"
    assert segment_of(RULES, Traits(value=1e6, named="gone")) == "strategic"


def test_without_segments_the_error_says_what_to_do() -> None:
    with pytest.raises(LookupError, match="bridge init"):
        segment_of([], Traits(value=1.0))


def raw(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "value_default": "1000", "expectation_tier": "standard", **more}


def test_rules_are_read_from_a_form_and_from_a_program_alike() -> None:
    typed, faults = read_drafts([raw("A", value_at_least=5e4, region=["DACH", "Nordics"]), raw("rest")])
    written, more = read_drafts([raw(" A ", value_at_least="50000", region="DACH, Nordics,"), raw("rest")])
    assert faults == more == []
    assert typed == written
    assert typed[0].rule == {"value_at_least": 50_000.0, "region": ["DACH", "Nordics"]}


@pytest.mark.parametrize(
    ("raws", "place", "field", "words"),
    [
        ([raw("A", value_at_least="1,000"), raw("rest")], 0, "value_at_least", "value from '1,000'"),
        ([raw("A", value_at_least=1), raw("a", value_at_least=2), raw("rest")], 1, "name", "segment 1 has it already"),
        ([raw("A"), raw("rest")], 0, "value_at_least", "no condition"),
        ([raw("A", value_at_least=1)], 0, "value_at_least", "takes all others"),
        ([raw("A", risk_band=["grave"]), raw("rest")], 0, "risk_band", "one of low, normal"),
        ([raw("Unidentified")], 0, "name", "choose another"),
        ([raw("")], 0, "name", "name is empty"),
        ([raw("x" * 61)], 0, "name", "longer than 60"),
        ([{**raw("rest"), "value_default": ""}], 0, "value_default", "default value"),
        ([{**raw("rest"), "expectation_tier": "gold"}], 0, "expectation_tier", "premium"),
        ([raw("A", named_only=True, region="DACH"), raw("rest")], 0, "region", "no condition beside"),
        ([], 0, "name", "one segment at least"),
    ],
)
def test_a_fault_names_the_rule_and_the_field(raws: list[Any], place: int, field: str, words: str) -> None:
    _, faults = read_drafts(raws)
    assert (faults[0].place, faults[0].field) == (place, field)
    assert words in faults[0].words


@given(st.lists(RULE, max_size=5), TRAITS)
def test_what_is_accepted_is_total_and_unique(rules: list[dict[str, Any]], traits: Traits) -> None:
    raws = [raw(f"s{place}", **rule) for place, rule in enumerate([*rules, {}])]
    drafts, faults = read_drafts(raws)
    if all(rules):
        assert faults == []
        place = place_of([(draft.name, draft.rule) for draft in drafts], traits)
        assert place == place_of([(f"s{n}", rule) for n, rule in enumerate([*rules, {}])], traits)
    else:
        assert faults
