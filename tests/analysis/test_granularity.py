"""The dial: settings in order, and what one grouping changes against another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.assigning import Params
from bridge.analysis.granularity import Change, difference, params_for, sample
from bridge.words import Granularity

G = Granularity
GROUPINGS = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=30)


def test_settings_are_in_order_and_balanced_is_the_default() -> None:
    coarse, balanced, strict = (params_for(g) for g in (G.COARSE, G.BALANCED, G.STRICT))
    assert balanced == Params()
    assert coarse.tau < balanced.tau < strict.tau
    assert coarse.reach < balanced.reach < strict.reach
    assert coarse.alike < balanced.alike < strict.alike


def test_tells_who_becomes_one_and_who_becomes_two() -> None:
    before = {1: 10, 2: 10, 3: 20, 4: 20, 5: 30, 6: 30, 7: 30, 8: 30, 9: 40}
    after = {1: 10, 2: 10, 3: 10, 4: 10, 5: 30, 6: 30, 7: -1, 8: -1, 9: 40}
    found = difference(before, after, [10, 20, 30, 40])
    assert set(found.changes) == {
        Change(10, "merged", (20,)),
        Change(20, "merged", (10,)),
        Change(30, "split", parts=2),
    }
    assert (found.issues, found.singles, found.moved) == (3, 1, 4)


@given(GROUPINGS)
def test_same_grouping_under_other_names_changes_nothing(rows: list[tuple[int, int]]) -> None:
    before = {ticket: cluster for ticket, (cluster, _) in enumerate(rows)}
    found = difference(before, {ticket: -cluster for ticket, cluster in before.items()}, sorted(set(before.values())))
    assert (found.moved, found.changes) == (0, ())


@given(GROUPINGS)
def test_counts_add_up(rows: list[tuple[int, int]]) -> None:
    before, after = ({t: row[side] for t, row in enumerate(rows)} for side in (0, 1))
    found = difference(before, after, sorted(set(before.values())))
    assert found.issues + found.singles == len(set(after.values()))
    assert 0 <= found.moved < len(rows)


def test_sample_takes_whole_clusters_and_the_first_first() -> None:
    sizes = {1: 5, 2: 5, 3: 5, 4: 100}
    assert sample(sizes, [2], 10)[0] == 2
    assert sum(sizes[c] for c in sample(sizes, [2], 10)) <= 10
    assert sample(sizes, [4], 10) == [4], "what is asked about is looked at, whatever its size"
    assert sample(sizes, [2], 1000) == sample(dict(reversed(sizes.items())), [2], 1000)
