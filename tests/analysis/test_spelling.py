from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.spelling import FACTOR, FEWEST_SENDERS, NOTHING, Spelling, learn, repair, vocabulary

KNOWN = frozenset(
    ("my", "card", "payment", "was", "declined", "the", "invoice", "is", "empty", "care", "form", "from", "in", "and")
)
TEXTS = [(f"{n}.example", "My card payment was declined and the invoice is empty") for n in range(FACTOR * 3)]
WORDS = learn([*TEXTS, *((f"{n}.example", "the Tidepool exporter is empty in the exporter") for n in range(20))], KNOWN)


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("My crad payment was declined", "My card payment was declined"),
        ("my card paymnt was declinned.", "my card payment was declined."),
        ("Paymwnt was declined", "Payment was declined"),
        ("the invocie (my card) is empty", "the invoice (my card) is empty"),
    ],
)
def test_slips_become_the_words_of_the_collection(slip: str, meant: str) -> None:
    assert repair(slip, WORDS) == meant


@pytest.mark.parametrize(
    "text",
    [
        "the care is empty",
        "my card and the Tidepol",
        "the PAYMNT is empty",
        "the cardX was declined",
        "the card2 was declined and error E40crd is empty",
        "the payment_crad is in my card.crad/crad",
        "my exporter was declined",
        "Mein Kard ist leer und das Formular auch",
    ],
)
def test_names_codes_dictionary_words_and_other_languages_stay(text: str) -> None:
    assert repair(text, WORDS) == text


def test_a_word_that_two_could_be_meant_by_stays() -> None:
    words = Spelling({"lined": 90, "linen": 80}, frozenset(("the", "is", "empty")))
    assert repair("the linex is empty", words) == "the linex is empty"


def test_words_of_too_few_senders_correct_nothing() -> None:
    few = [("a.example", "my card payment was declined")] * 50
    assert learn(few, KNOWN).words == {}
    assert "card" in learn([(f"{n}.example", "my card") for n in range(FEWEST_SENDERS)], KNOWN).words


def test_without_a_dictionary_nothing_is_touched() -> None:
    assert repair("my crad payment", Spelling(WORDS.words)) == "my crad payment"
    assert repair("my crad payment", NOTHING) == "my crad payment"


def test_words_are_kept_as_json() -> None:
    again = Spelling.from_json(WORDS.to_json(), KNOWN)
    assert repair("My crad payment was declined", again) == "My card payment was declined"


def test_the_vocabulary_is_that_of_a_wordpiece_model(tmp_path: Path) -> None:
    assert vocabulary(tmp_path) == frozenset()
    file = tmp_path / "tokenizer.json"
    file.write_text(json.dumps({"model": {"type": "WordPiece", "vocab": {"card": 1, "##s": 2, "[CLS]": 3}}}))
    assert vocabulary(tmp_path) == {"card"}
    file.write_text(json.dumps({"model": {"type": "Unigram", "vocab": [["card", -1.0]]}}))
    assert vocabulary(tmp_path) == frozenset()


PIECES = ("card", "crad", "Payment", "paymnt", " ", " ", "\n", ". ", "E40", "Tidepool", "my", "is")


@given(st.one_of(st.text(max_size=120), st.lists(st.sampled_from(PIECES), max_size=20).map("".join)))
def test_only_words_change_and_a_second_repair_changes_nothing(text: str) -> None:
    once = repair(text, WORDS)
    assert repair(once, WORDS) == once
    assert len(once.split("\n")) == len(text.split("\n"))
    assert [c for c in once if not c.isalpha()] == [c for c in text if not c.isalpha()]
