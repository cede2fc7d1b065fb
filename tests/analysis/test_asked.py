"""The one box: ids in every spelling are ids, sentences are words, and nothing that is pasted breaks it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.asked import read


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("48213", ("48213",)),
        ("#48213", ("48213",)),
        (" ticket #48213 ", ("48213",)),
        ("Ticket no. 48213", ("48213",)),
        ("ZD-48213", ("ZD-48213", "48213")),
        ("desk:48213", ("desk:48213", "48213")),
        ("desk:INC-77", ("desk:INC-77", "INC-77")),
        ("https://acme.zendesk.example/agent/tickets/48213", ("48213",)),
        ("https://rt.example/Ticket/Display.html?id=77", ("77",)),
        ("https://zammad.example/#ticket/zoom/12", ("12",)),
        ("https://desk.example/v2/tickets/48213/", ("48213", "v2")),
        ("a1b2c3d4-0000", ("a1b2c3d4-0000", "0000")),
    ],
)
def test_ids_in_every_spelling(text: str, numbers: tuple[str, ...]) -> None:
    assert read(text).numbers == numbers


@pytest.mark.parametrize(("text", "issue"), [("IB-12", 12), ("ib-12", 12), ("IB12", 12)])
def test_issue_ids(text: str, issue: int) -> None:
    assert read(text).issue == issue


@pytest.mark.parametrize("text", ["", "login loops", "error 500 on save", "the total is 12", "invoice", "x" * 600])
def test_sentences_are_words(text: str) -> None:
    assert read(text).is_words


@given(st.text(max_size=700))
def test_nothing_that_is_pasted_breaks_it(text: str) -> None:
    asked = read(text)
    assert asked.is_words or asked.numbers or asked.issue is not None or asked.url


@given(st.text(alphabet="htps:/?#[]@&=%0123456789ab.", max_size=80))
def test_no_address_breaks_it(tail: str) -> None:
    asked = read(f"http://{tail}")
    assert asked.is_words or asked.numbers or asked.issue is not None or asked.url
