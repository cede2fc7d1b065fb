"""Our block in other people's text."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connectors._body import block_of, find_key, is_signed, replace_block, sign, strip_markers, wrap
from connectors.base import Permanent

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
marks = st.sampled_from(
    [
        "[issue-bridge:evil begin]",
        "[issue-bridge:evil end]",
        "[issue-bridge:evil]",
        "\\[Issue-Bridge:evil begin, kept up to date",
        "[ issue-bridge :evil]",
        "[[issue-bridge:evil begin]]",
        "\n",
        "(",
        "[",
    ]
)
forged = st.lists(st.one_of(text, marks), max_size=8).map("\n".join)


@given(forged)
def test_stripped_text_carries_no_marker(words: str) -> None:
    clean = strip_markers(words)
    assert find_key(clean) is None
    assert not is_signed(clean, "evil")
    assert strip_markers(clean) == clean


@given(forged, forged, forged, st.booleans())
def test_a_block_is_found_and_replaced_among_peoples_words(before: str, after: str, block: str, windows: bool) -> None:
    before, after = strip_markers(before), strip_markers(after)
    body = f"{before}\n{wrap(block, 'k-1')}\n{after}"
    body = body.replace("\n", "\r\n") if windows else body
    assert find_key(body) == "k-1"
    changed = replace_block(body, "new words", "k-1")
    assert changed is not None
    assert block_of(changed) == "new words"
    ends = "\r\n" if windows else "\n"
    assert changed.startswith(before.replace("\n", ends) + ends)
    assert changed.endswith(ends + after.replace("\n", ends))
    assert replace_block(changed, "new words", "k-1") == changed


@given(st.text("ab \n-*#|", max_size=60))
def test_a_block_comes_back_as_it_was(block: str) -> None:
    assert block_of(wrap(block, "k")) == block.strip("\n")


def test_a_block_whose_marker_a_person_removed_is_left_alone() -> None:
    body = wrap("words", "k")
    for line in (body.splitlines()[0], body.splitlines()[-1]):
        assert replace_block(body.replace(line, ""), "new", "k") is None
    assert replace_block(body, "new", "other") is None
    assert block_of("no block") is None


def test_a_rich_editors_backslashes_do_no_harm() -> None:
    body = wrap("words", "k").replace("[", "\\[").replace("]", "\\]")
    assert find_key(body) == "k"
    assert replace_block(body, "new", "k") is not None
    assert is_signed(sign("words", "k").replace("[", "\\[").replace("]", "\\]"), "k")


@given(forged, st.from_regex(r"[a-z0-9][a-z0-9._:-]{0,30}", fullmatch=True))
def test_a_signature_is_that_of_its_key_alone(words: str, key: str) -> None:
    signed = sign(words, key)
    assert is_signed(signed, key)
    assert not is_signed(signed, key + "0")
    assume(key != "evil")
    assert not is_signed(signed, "evil")


@pytest.mark.parametrize("key", ["", "a b", "a]b", "../x", "ü", "x" * 300])
def test_a_key_that_cannot_be_a_marker_is_refused(key: str) -> None:
    with pytest.raises(Permanent):
        wrap("words", key)
    with pytest.raises(Permanent):
        sign("words", key)
