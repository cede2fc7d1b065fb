from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.boilerplate import NOTHING, Boilerplate, learn, strip, units

THINGS = (
    "invoice",
    "password",
    "printer",
    "calendar",
    "webhook",
    "photo",
    "report",
    "basket",
    "coupon",
    "tablet",
    "label",
    "login",
)
FAULTS = (
    "stays empty",
    "fails at night",
    "is sent twice",
    "cannot be opened",
    "shows a wrong date",
    "hangs for hours",
    "is cut off",
)
PLACES = (
    "in Firefox",
    "on the phone",
    "after the update",
    "for new users",
    "in the archive",
    "since Monday",
    "with two sites",
)
REQUESTS = [f"The {thing} {fault} {place}" for thing in THINGS for fault in FAULTS for place in PLACES]
FOOTER = "Aurelia Foods is registered at the court of Bremen."
SMALL_TALK = "I hope this finds you well."


def mails(count: int, seed: int = 0) -> list[tuple[str | None, str]]:
    """Different requests; half with small talk, those of one company with its footer."""
    draw = random.Random(seed)
    found: list[tuple[str | None, str]] = []
    for place, request in enumerate(draw.sample(REQUESTS, count)):
        sender = ("aurelia.example", "other.example", "third.example")[place % 3]
        talk = f"{SMALL_TALK} " if place % 2 else ""
        found.append((sender, f"{talk}{request}." + (f"\n\n{FOOTER}" if place % 3 == 0 else "")))
    return found


def test_what_repeats_beside_other_content_is_cut() -> None:
    texts = mails(90)
    known = learn(texts)
    assert strip(f"{SMALL_TALK} The scanner beeps.\n\n{FOOTER}", "aurelia.example", known) == "The scanner beeps."
    assert strip("The scanner beeps I hope this finds you well", None, known) == "The scanner beeps"
    for sender, text in texts:
        assert strip(text, sender, known) in {f"{request}." for request in REQUESTS}


def test_a_footer_of_few_mails_is_known_of_its_sender_only() -> None:
    own = "The tulip people of the north."
    texts: list[tuple[str | None, str]] = [*mails(60), *(("tulip.example", f"{r}.\n{own}") for r in REQUESTS[::200])]
    known = learn(texts)
    assert strip(f"No scan today.\n{own}", "tulip.example", known) == "No scan today."
    assert own in strip(f"No scan today.\n{own}", "other.example", known)


@pytest.mark.parametrize("times", [5, 60, 200])
def test_an_issue_that_many_report_in_the_same_words_is_kept(times: int) -> None:
    issue = "Login does not work."
    many: list[tuple[str | None, str]] = [
        (f"{n}.example", f"{SMALL_TALK} {issue}\nSent at {n} by {THINGS[n % 12]}{n}" if n % 2 else f"{issue} {n}")
        for n in range(times)
    ]
    known = learn([*mails(120), *many, *((f"{n}.example", issue) for n in range(times))])
    assert issue in strip(f"{SMALL_TALK} {issue}", None, known)
    assert strip(f"{SMALL_TALK} Scan fails.", None, known) == "Scan fails."


def test_sentences_that_always_come_together_are_kept() -> None:
    issue = "Since the update nothing loads. The screen stays white."
    known = learn([*mails(90), *((f"{n}.example", f"{SMALL_TALK} {issue}") for n in range(60))])
    assert strip(f"{SMALL_TALK} {issue}", None, known) == issue


def test_an_error_line_of_one_issue_is_kept() -> None:
    error = "Error 4711: gateway timeout."
    told = [
        f"The {thing} of the card terminal was declined at the till {place}. {error}"
        for thing in THINGS
        for place in PLACES
    ]
    known = learn([*mails(200), *((f"{n}.example", text) for n, text in enumerate(told))])
    assert error in strip(told[0], "0.example", known)


def test_fields_of_a_form_are_told_from_what_is_filled_in() -> None:
    forms = [
        (f"{n}.example", f"Category: General\nBrowser: Firefox 115\nMessage: {r}") for n, r in enumerate(REQUESTS[:40])
    ]
    assert strip("Category: General\nBrowser: Firefox 120\nMessage: No scan", None, learn(forms)) == "No scan"


def test_a_text_of_boilerplate_keeps_its_rarest_part() -> None:
    known = learn(mails(90))
    assert strip(f"{SMALL_TALK}\n\n{FOOTER}", "aurelia.example", known) == FOOTER


def test_what_was_learned_before_needs_less_to_stay() -> None:
    texts = [*mails(90), *((f"{n}.example", SMALL_TALK) for n in range(1))]
    firm = learn(texts)
    shaken = [(s, t if n % 3 else SMALL_TALK + f" {s}") for n, (s, t) in enumerate(texts)]
    assert learn(shaken, before=firm).counts.keys() >= learn(shaken).counts.keys()


def test_bytes_hold_no_words_and_come_back() -> None:
    known = learn(mails(90), b"key")
    blob = known.to_bytes()
    assert Boilerplate.from_bytes(blob) == known
    assert known.version
    assert Boilerplate.from_bytes(blob).version == known.version
    assert b"hope" not in blob
    assert known.counts.keys().isdisjoint(learn(mails(90), b"other").counts)
    assert NOTHING.version == ""
    with pytest.raises(ValueError, match="learn it anew"):
        Boilerplate.from_bytes(b"x")


PIECES = (SMALL_TALK, FOOTER, "Name: Kim", "\n", "\n\n", " ", *REQUESTS[:5], "ok", "[email]", "?!", "Comment - ")
TEXTS = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
MANY = st.lists(st.tuples(st.sampled_from([None, "a.example", "b.example"]), TEXTS), max_size=30)


@given(MANY, TEXTS)
def test_nothing_is_emptied_or_invented(texts: list[tuple[str | None, str]], text: str) -> None:
    known = learn([*texts, *texts])
    assert known == learn(reversed(texts))
    for sender, own in [*texts, (None, text), ("a.example", text)]:
        left = strip(own, sender, known)
        assert bool(left.strip()) == bool(own.strip())
        assert set(left.split()) <= set(own.split())
        if any(unit.normal for unit in units(own)):
            assert any(unit.normal for unit in units(left))
        assert strip(own, sender, NOTHING) == own
