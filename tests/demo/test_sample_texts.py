"""Every wording can be filled, every issue has many of them, and the scenario names issues that exist."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.demo.company import suppliers
from bridge.demo.scenario import DEMO_USERS, REMEDIES, TRACKER_MOVES
from bridge.demo.texts import LANGUAGES, Family, families, needs, phrases, singles
from bridge.demo.wording import fill, mistype
from bridge.words import Role


@pytest.mark.parametrize("family", families(), ids=lambda family: family.key)
def test_an_issue_has_many_wordings_and_all_can_be_filled(family: Family) -> None:
    assert len(family.ways) >= (12 if family.size >= 30 else 6)
    assert len({way.body for way in family.ways}) == len(family.ways)
    texts = [(way.language, text) for way in family.ways for text in (way.body, *way.subjects)]
    texts += [(language, text) for language, details in family.details.items() for text in details]
    for language, text in texts:
        filled = fill(text, language, Random(1))
        assert filled
        assert not set("{}|<") & set(filled)


def test_several_issues_are_told_in_several_languages() -> None:
    told = Counter(language for family in families() for language in {way.language for way in family.ways})

    assert told["en"] == len(families())
    assert all(told[language] >= 6 for language in LANGUAGES)


def test_singles_are_all_different() -> None:
    clauses = [clause for kind in needs() for clause in kind.clauses]
    bodies = [way.body for way in singles() if way.body]

    assert len(singles()) >= 120
    assert len(set(clauses)) == len(clauses) >= 150
    assert len(set(bodies)) == len(bodies)
    assert all("[need]" in frame.lower() for kind in needs() for frame in kind.frames)


def test_phrases_have_the_same_sections_in_every_language() -> None:
    assert all(phrases(language).keys() == phrases("en").keys() for language in LANGUAGES)


@given(st.text(alphabet="abc xyzäé\n", max_size=80), st.integers(0, 4), st.integers(0, 99))
def test_mistyping_touches_at_most_the_words_it_was_told_to(text: str, errors: int, seed: int) -> None:
    wrong = mistype(text, Random(seed), errors)

    before, after = text.split(" "), wrong.split(" ")
    assert len(before) == len(after)
    assert sum(a != b for a, b in zip(before, after, strict=True)) <= errors


def test_the_scenario_speaks_of_issues_that_exist() -> None:
    keys = {family.key for family in families()}

    assert {move.issue for move in TRACKER_MOVES} == {remedy.issue for remedy in REMEDIES} <= keys
    owners = {user.name for user in DEMO_USERS if user.role is Role.PRODUCT_MANAGER}
    assert {remedy.owner for remedy in REMEDIES} <= owners


def test_one_demo_user_a_role() -> None:
    assert sorted(user.role for user in DEMO_USERS) == sorted(Role)
    names = {row["supplier"] for row in suppliers()}
    assert {user.supplier for user in DEMO_USERS} - {None} <= names
