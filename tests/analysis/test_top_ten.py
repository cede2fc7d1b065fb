"""Who is in the Top 10, whatever is pinned and muted; and what issues are about, as their customers say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.facets import LONGEST, agreed, facets
from bridge.analysis.review import TOP, Held, top_ten

ISSUES = st.lists(st.tuples(st.integers(1, 60), st.booleans()), max_size=60, unique_by=lambda pair: pair[0])
SOME = st.sets(st.integers(1, 60), max_size=14)


@given(ISSUES, SOME, SOME)
def test_pins_come_in_mutes_stay_out_and_everybody_stands_by_rank(
    ranked: list[tuple[int, bool]], pinned: set[int], muted: set[int]
) -> None:
    muted -= pinned
    order = [id_ for id_, _ in ranked]
    found = top_ten(ranked, Held(pinned, muted))
    assert len(found) <= TOP
    assert found == sorted(found, key=order.index)
    there = [id_ for id_ in order if id_ in pinned]
    assert set(there[:TOP]) <= set(found)
    assert not muted & set(found)
    thin = {id_ for id_, is_thin in ranked if is_thin}
    assert not (set(found) & thin) - pinned
    able = [id_ for id_ in order if id_ not in thin | muted | pinned]
    assert len(found) == min(TOP, len(there) + len(able))
    assert [id_ for id_ in found if id_ not in pinned] == able[: len(found) - min(TOP, len(there))]


@given(ISSUES)
def test_without_pins_and_mutes_it_is_the_best_that_are_not_thin(ranked: list[tuple[int, bool]]) -> None:
    assert top_ten(ranked) == [id_ for id_, thin in ranked if not thin][:TOP]


def test_fields_go_before_tags_and_ours_are_none() -> None:
    assert facets(["bridge-IB-1", "Mobile-App", "vip"], {}) == ("mobile app", None)
    assert facets(["vip"], {"Product Area": "Billing;Export", "ticket-type": "How-to"}) == ("billing", "how to")
    assert facets([], {"product_version": "4.1"}) == (None, None)
    assert facets(["[email]"], {"area": " "}) == (None, None)


@given(st.lists(st.text()), st.dictionaries(st.text(), st.one_of(st.none(), st.text(), st.integers()), max_size=4))
def test_a_word_is_short_single_spaced_and_lower(tags: list[str], attributes: dict[str, object]) -> None:
    for word in facets(tags, attributes):
        assert word is None or (0 < len(word) <= LONGEST and word == " ".join(word.split()))


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 5), max_size=5))
def test_most_agree_or_nothing_is_said(counts: dict[str, int]) -> None:
    found = agreed(counts.items())
    assert found == agreed(reversed(counts.items()))
    if found is None:
        assert all(2 * count < sum(counts.values()) for count in counts.values())
    else:
        assert counts[found] == max(counts.values())
