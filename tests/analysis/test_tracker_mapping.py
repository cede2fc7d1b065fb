"""Every row of the tables of the mapping, and what must hold for any tracker's words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.tracker_mapping import ITEM_ORDER, ItemFacts, Suggestion, combine, contradicts, suggest
from bridge.words import RemedyState as S

OPEN, DUE, OUT = ("4.2", False, None), ("4.2", False, "2027-03-31"), ("4.2", True, None)
SHIPPED = {"fix_version": "4.2", "fixed_in_channels": [{"channel": "release", "version": "4.2"}]}


def jira(category: str, resolution: str | None = None, *versions: tuple[str, bool, str | None]) -> Suggestion:
    return suggest("jira", ItemFacts("Any name", category, resolution, versions))


def redmine(status: str, *versions: tuple[str, bool, str | None]) -> Suggestion:
    return suggest("redmine", ItemFacts(status, versions=versions))


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (jira("new"), S.TRIAGE),
        (jira("new", None, OPEN), S.PLANNED),
        (jira("new", None, OUT), S.TRIAGE),
        (jira("indeterminate"), S.IN_PROGRESS),
        (jira("done", "Done"), S.FIX_READY),
        (jira("done", "Fixed", OPEN), S.FIX_READY),
        (jira("done", "Fixed", OUT), S.RELEASED),
        (jira("done", "Won't Do"), S.DECLINED),
        (jira("done", "Won't Fix"), S.DECLINED),
        (jira("done", "Declined"), S.DECLINED),
        (jira("done", "Duplicate"), S.DUPLICATE),
        (jira("done", "Cannot Reproduce"), S.INVESTIGATING),
        (jira("done", None), S.FIX_READY),
        (jira("done", "Mystery", OUT), S.FIX_READY),
        (jira("undefined"), None),
        (redmine("New"), S.TRIAGE),
        (redmine("New", OPEN), S.PLANNED),
        (redmine("In Progress"), S.IN_PROGRESS),
        (redmine("Resolved"), S.FIX_READY),
        (redmine("Resolved", OUT), S.FIX_READY),
        (redmine("Feedback"), S.IN_PROGRESS),
        (redmine("Closed"), S.FIX_READY),
        (redmine("Closed", OPEN), S.FIX_READY),
        (redmine("Closed", OUT), S.RELEASED),
        (redmine("Rejected", OPEN), S.DECLINED),
        (redmine("Neu"), None),
    ],
)
def test_rows_of_the_tables(found: Suggestion, state: S | None) -> None:
    assert found.state == state


def test_what_the_items_show_becomes_fields() -> None:
    low = {"eta.kind": "date", "eta.latest": "2027-03-31", "eta.confidence": "low"}
    assert jira("new", None, DUE).fields == {"fix_version": "4.2", **low}
    assert redmine("New", OPEN).fields == {"fix_version": "4.2", "eta.kind": "version"}
    assert redmine("Closed", OUT).fields == SHIPPED
    assert redmine("Rejected", OPEN).fields == {}


def test_flags_are_for_people() -> None:
    assert "waiting" in str(redmine("Feedback").flag)
    assert "duplicate" in str(jira("done", "Duplicate").flag)
    assert "decide" in str(jira("done", "Cannot Reproduce").flag)
    assert "unknown tracker status 'Neu'" in str(redmine("Neu").flag)
    assert jira("done", None).ask
    assert not jira("done", "Done").ask


words = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["New", "Closed", "done", "released", "Resolved", "Feedback", "Rejected", "indeterminate"]),
)
facts = st.builds(
    ItemFacts,
    status=words,
    category=st.one_of(st.none(), words, st.sampled_from(["new", "indeterminate", "done"])),
    resolution=st.one_of(st.none(), words, st.sampled_from(["Done", "Fixed", "Won't Do", "Duplicate"])),
    versions=st.lists(st.tuples(st.text(max_size=5), st.booleans(), st.none()), max_size=3).map(tuple),
)
trackers = st.sampled_from(["jira", "redmine", "files", "memory", ""])
suggestions = st.builds(suggest, trackers, facts)


@given(trackers, facts)
def test_no_word_crashes_and_nothing_is_released_without_a_released_version(tracker: str, item: ItemFacts) -> None:
    found = suggest(tracker, item)
    if found.state is None:
        assert found.flag
        assert not found.fields
    if found.state in (S.RELEASED, S.VERIFIED):
        assert any(released for _, released, _ in item.versions)
        assert found.fields["fixed_in_channels"]


@given(st.lists(suggestions, max_size=5), st.randoms())
def test_order_of_the_items_changes_nothing(items: list[Suggestion], random: object) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert combine(shuffled) == combine(items)


@given(st.lists(st.sampled_from(ITEM_ORDER), max_size=4), st.sampled_from(ITEM_ORDER), st.sampled_from(ITEM_ORDER))
def test_an_item_that_moves_forward_never_takes_the_whole_back(others: list[S], one: S, another: S) -> None:
    low, high = sorted((one, another), key=ITEM_ORDER.index)
    before = combine([Suggestion(s) for s in (*others, low)]).state
    after = combine([Suggestion(s) for s in (*others, high)]).state
    assert before is not None
    assert after is not None
    assert ITEM_ORDER.index(before) <= ITEM_ORDER.index(after)


@given(st.lists(suggestions, min_size=1, max_size=5))
def test_nothing_is_said_while_an_item_is_unknown(items: list[Suggestion]) -> None:
    found = combine([*items, Suggestion(None, "unknown")])
    assert found.state is None
    assert "unknown" in str(found.flag)


def test_declined_items_drop_out_unless_all_are() -> None:
    declined, ready = Suggestion(S.DECLINED), Suggestion(S.FIX_READY)
    assert combine([declined, ready]).state == S.FIX_READY
    assert combine([declined, Suggestion(S.DUPLICATE)]).state == S.DUPLICATE
    assert combine([declined, Suggestion(S.INVESTIGATING)]).state == S.INVESTIGATING
    assert combine([declined, declined]).state == S.DECLINED
    assert combine([]).state is None


@pytest.mark.parametrize(
    ("approved", "suggested", "wrong"),
    [
        (S.PLANNED, S.DECLINED, True),
        (S.IN_PROGRESS, S.DUPLICATE, True),
        (S.DECLINED, S.DECLINED, False),
        (S.DECLINED, S.IN_PROGRESS, True),
        (S.DECLINED, S.TRIAGE, False),
        (S.RELEASED, S.IN_PROGRESS, True),
        (S.VERIFIED, S.TRIAGE, True),
        (S.FIX_READY, S.INVESTIGATING, True),
        (S.RELEASED, S.FIX_READY, False),
        (S.RELEASED, S.RELEASED, False),
        (S.VERIFIED, S.RELEASED, False),
        (S.PLANNED, S.IN_PROGRESS, False),
        (S.UNREVIEWED, S.RELEASED, False),
    ],
)
def test_what_contradicts_an_approved_plan(approved: S, suggested: S, wrong: bool) -> None:
    assert contradicts(approved, suggested) is wrong
