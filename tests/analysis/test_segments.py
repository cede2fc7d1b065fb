from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.segments import LEAST, SHORT, segments

LOGIN = "Since the update I cannot sign in on my phone any more, the page stays white."
INVOICE = "The invoice of March lists the same position twice and the total is wrong."
PIECES = (LOGIN, INVOICE, "\n", "\n\n", " ", "- ", "2) ", "Also, ", "Second thing: ", "ok", ".", "Zweitens ", "x" * 90)


def texts_of(text: str) -> list[str]:
    return [part.text for part in segments(text)]


def test_a_short_text_is_one_part() -> None:
    assert texts_of(f"  {LOGIN}\n") == [LOGIN]
    assert texts_of("One.\n\nTwo.\n\nThree.") == ["One.\n\nTwo.\n\nThree."]
    assert texts_of(" \n ") == []


def test_paragraphs_items_and_turns_are_parts() -> None:
    assert texts_of(f"{LOGIN}\n\n{INVOICE}") == [LOGIN, INVOICE]
    assert texts_of(f"1. {LOGIN}\n2. {INVOICE}") == [f"1. {LOGIN}", f"2. {INVOICE}"]
    assert texts_of(f"{LOGIN} Second thing: {INVOICE}") == [LOGIN, f"Second thing: {INVOICE}"]
    assert texts_of(f"{LOGIN} Außerdem fehlt {INVOICE}") == [LOGIN, f"Außerdem fehlt {INVOICE}"]


def test_one_story_stays_one_part() -> None:
    story = f"{LOGIN} I tried it a second time. It is the same on the tablet. Second try this morning, no change."
    assert texts_of(story) == [story]


def test_a_lead_goes_with_what_it_announces() -> None:
    assert texts_of(f"Two things:\n\n{LOGIN}\n\n{INVOICE}") == [f"Two things:\n\n{LOGIN}", INVOICE]
    assert texts_of(f"{LOGIN}\n\n{INVOICE}\n\nThat is all.") == [LOGIN, f"{INVOICE}\n\nThat is all."]


def test_a_long_paragraph_is_divided_at_its_sentences() -> None:
    parts = texts_of(" ".join([LOGIN] * 20))
    assert len(parts) > 2
    assert all(part.startswith("Since") and part.endswith("white.") for part in parts)


@given(st.one_of(st.text(max_size=600), st.lists(st.sampled_from(PIECES), max_size=25).map("".join)))
def test_parts_lie_in_order_within_the_text_and_hold_all_of_it(text: str) -> None:
    parts = segments(text)
    assert parts == segments(text)
    at = 0
    for part in parts:
        assert at <= part.begins < part.ends <= len(text)
        assert part.text == text[part.begins : part.ends] == part.text.strip()
        assert not text[at : part.begins].strip()
        at = part.ends
    assert not text[at:].strip()
    if len(text.strip()) <= SHORT:
        assert len(parts) <= 1
    if len(parts) > 1:
        assert all(len(part.text) >= LEAST for part in parts)
