"""Titles are customers' words: never empty, never long, the same every time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.labelling import NO_TITLE, PHRASES, TITLE_LENGTH, Labeller

EXPORT = [
    "Hello team,\n\nthe CSV export stops at 10,000 rows. Please fix.",
    "Hi,\nour csv export is cut off after 10000 rows!",
    "CSV export incomplete, rows are missing.",
]
LOGIN = [
    "I cannot log in since the password reset.",
    "Password reset mail never arrives.",
    "password reset link broken",
]
ALL = Labeller(EXPORT + LOGIN)


def title(texts: list[str], subjects: list[str] | None = None, labeller: Labeller = ALL) -> str:
    return labeller.label(subjects or [""] * len(texts), texts).title


def test_key_phrases_set_a_cluster_apart() -> None:
    assert "csv export" in ALL.label([""] * 3, EXPORT).phrases
    assert "password reset" in ALL.label([""] * 3, LOGIN).phrases


def test_phrases_share_no_word() -> None:
    phrases = ALL.label([""] * 6, EXPORT + LOGIN).phrases
    words = [word for phrase in phrases for word in phrase.split()]

    assert 1 < len(phrases) <= PHRASES
    assert len(words) == len(set(words))


def test_first_sentence_is_the_title_where_there_is_no_subject() -> None:
    assert title(EXPORT) in {
        "The CSV export stops at 10,000 rows",
        "Our csv export is cut off after 10000 rows",
        "CSV export incomplete, rows are missing",
    }


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("RE: Fwd: [Ticket 4711] export stops at row 10000", "Export stops at row 10000"),
        ("AW: WG: Export bricht ab!", "Export bricht ab"),
        ("EXPORT STOPS HALFWAY", "Export stops halfway"),
        ("export   stops\thalfway...", "Export stops halfway"),
    ],
)
def test_subjects_are_cleaned(subject: str, expected: str) -> None:
    assert title(["export"], [subject]) == expected


def test_long_lines_end_at_a_word() -> None:
    name = title(["x"], ["the export of all invoices of the last year stops " * 3])

    assert len(name) <= TITLE_LENGTH
    assert name.endswith("…")
    assert "invoices" in name


def test_centrality_decides_between_equals() -> None:
    texts = ["export broken today", "export broken again"]
    labeller = Labeller(texts)

    assert labeller.label(["", ""], texts, [0.1, 0.9]).title == "Export broken again"
    assert labeller.label(["", ""], texts, [0.9, 0.1]).title == "Export broken today"


def test_a_greeting_is_no_title() -> None:
    assert title(["Hello team,\nthe importer hangs at 90 percent"]) == "The importer hangs at 90 percent"


@pytest.mark.parametrize("text", ["", "   ", "!!!", "12345", "\n\n"])
def test_a_ticket_without_words_still_has_a_title(text: str) -> None:
    assert title([text])


def test_no_tickets_have_a_title_too() -> None:
    assert title([], [], Labeller([])) == NO_TITLE


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1, max_size=6))
def test_title_is_short_filled_and_repeatable(tickets: list[tuple[str, str]]) -> None:
    texts, subjects = [text for text, _ in tickets], [subject for _, subject in tickets]
    name = title(texts, subjects, Labeller(texts))

    assert name.strip()
    assert len(name) <= TITLE_LENGTH
    assert "\n" not in name
    assert title(texts[::-1], subjects[::-1], Labeller(texts[::-1])) == name
