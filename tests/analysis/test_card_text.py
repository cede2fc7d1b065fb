"""What may be told under each light: a date only under green, and never a sentence cut in the middle."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.analysis.card_text import (
    CHECKING,
    NOTHING_TO_SHARE,
    RECEIVED,
    REPORTED,
    card_words,
    fix_line,
    safe_words,
    undated,
    workaround_line,
)
from bridge.analysis.dates import names_a_date
from bridge.analysis.remedy_text import Quote
from bridge.analysis.remedy_trust import Light
from bridge.words import RemedyState

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ON = AT.date()
DATES = (
    "on 3 April", "by April 3rd", "in Q2", "2026-04-03", "3.4.2026", "4/3/26", "by March 2026", "on Friday", "next week",
    "tomorrow", "am 3. April", "bis 3.4.", "im Mai", "nächste Woche", "am Montag", "le 3 avril", "en juillet", "lundi",
    "el 3 de abril", "mañana", "op 3 april", "volgende week", "{eta}", "{review_due}", "{fix_version}",
)  # fmt: skip
ANY_DATE = re.compile(
    r"\d{4}-\d\d|\d\.\d|\d/\d|\bQ[1-4]\b|apr|avr|mar[cs]|mai\b|juil|abr|friday|montag|lundi|week|woche|tomorrow|mañana"
    r"|\{|\}|\b20\d\d\b",
    re.IGNORECASE,
)
PLAIN = (
    "We found the cause",
    "Please save twice",
    "Reconnect the bank",
    "Bitte speichern Sie zweimal",
    "Merci de patienter",
)
states = st.sampled_from([state for state in RemedyState if state is not RemedyState.DUPLICATE])
not_green = st.sampled_from([Light.AMBER, Light.GREY, Light.RED])


def quote(state: RemedyState, **fields: object) -> Quote:
    return Quote(1, "Title", state, fields, 1, "R. Diaz", AT)


sentences = st.lists(
    st.one_of(
        st.sampled_from(PLAIN).map(lambda text: f"{text}."),
        st.tuples(st.sampled_from(PLAIN), st.sampled_from(DATES)).map(lambda pair: f"{pair[0]} {pair[1]}."),
    ),
    min_size=1,
    max_size=5,
).map(" ".join)


@given(states, not_green, sentences, st.sampled_from(["en", "de", "fr", "es", "nl", "pl", None]))
def test_no_light_but_green_names_a_date(state: RemedyState, light: Light, said: str, language: str | None) -> None:
    fields = {
        "say": said,
        "workaround.kind": "full",
        "workaround.steps_customer": said,
        "fix_version": "4.2",
        "fixed_in_channels": [{"channel": "stable", "version": "4.2.1"}],
        "eta.kind": "date",
        "eta.latest": "2026-04-03",
        "eta.confidence": "high",
        "eta.shareable": True,
    }
    told = quote(state, **fields)
    words = card_words(told, light, ON, language)
    assert words.text
    assert not ANY_DATE.search(words.text), words.text
    assert not ANY_DATE.search(workaround_line(fields, light) or "")
    assert fix_line(told, light, ON, date(2026, 2, 20)) == NOTHING_TO_SHARE


@given(sentences)
def test_what_stays_are_whole_sentences_of_the_plan(said: str) -> None:
    left = undated(said)
    assert all(f"{sentence}." in said for sentence in left.rstrip(".").split(". ") if sentence)
    assume(not ANY_DATE.search(said))
    assert left == said


@pytest.mark.parametrize("text", [f"We fix it {text}." for text in DATES[:-3]])
def test_every_kind_of_date_is_seen(text: str) -> None:
    assert names_a_date(text)


@pytest.mark.parametrize("text", ["You may save it twice.", "Im Browser neu laden.", "March on.", "Ask 3 people."])
def test_ordinary_sentences_are_no_dates(text: str) -> None:
    assert not names_a_date(text)


def test_green_fills_in_what_the_plan_may_share() -> None:
    told = quote(
        RemedyState.PLANNED,
        say_short="We fix it. {eta}",
        say="Longer.",
        fix_version="4.2",
        **{"eta.kind": "date", "eta.latest": "2026-04-03", "eta.confidence": "high", "eta.shareable": True},
    )
    assert card_words(told, Light.GREEN, ON, "en").text == "We fix it. It is expected by 3 Apr 2026."
    assert fix_line(told, Light.GREEN, ON, None) == "Expected by 3 Apr 2026, in version 4.2"


@pytest.mark.parametrize(
    ("state", "fields", "line"),
    [
        (RemedyState.RELEASED, {"fixed_in_channels": [{"channel": "s", "version": "4.1.3"}]},
         "Fixed in 4.1.3, released 20 Feb"),
        (RemedyState.DECLINED, {}, "Not planned. Looked at again on 28 Aug"),
        (RemedyState.FIX_READY, {"fix_version": "4.2"}, "Done, will be in 4.2"),
        (RemedyState.PLANNED, {"fix_version": "4.2", "eta.kind": "version", "eta.shareable": True}, "Meant for 4.2"),
        (RemedyState.PLANNED, {"fix_version": "4.2", "eta.kind": "version"}, NOTHING_TO_SHARE),
        (RemedyState.KNOWN_ERROR, {}, NOTHING_TO_SHARE),
    ],
)  # fmt: skip
def test_fix_line_of_each_state(state: RemedyState, fields: dict[str, object], line: str) -> None:
    assert fix_line(quote(state, **fields), Light.GREEN, ON, date(2026, 2, 20)) == line


def test_language_of_the_words_is_told_not_assumed() -> None:
    german = quote(
        RemedyState.KNOWN_ERROR, say="Wir kennen die Ursache und prüfen, wie es weitergeht. Bitte laden Sie neu."
    )
    assert card_words(german, Light.GREEN, ON, "en").language == "de"
    assert card_words(quote(RemedyState.TRIAGE), Light.GREEN, ON, "de").language == "en"
    assert safe_words(REPORTED, "de").language == "de"
    assert safe_words(REPORTED, "ja").language == "en"
    assert CHECKING.keys() == REPORTED.keys() == RECEIVED.keys()
