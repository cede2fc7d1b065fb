from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.analysis.characters import fold, visible
from bridge.analysis.redaction import PLACEHOLDER, redact, redact_tree
from tests.analysis.pii import CANARIES, LOOK_ALIKES

PIECES = (
    [text for _, text, _ in CANARIES]
    + list(LOOK_ALIKES)
    + ["[key]", "[email]", "@", ":", "password=", "+", "0", "\u200b", " "]
)


@pytest.mark.parametrize(("kind", "text", "secret"), CANARIES)
def test_every_canary_is_gone(kind: str, text: str, secret: str) -> None:
    done = redact(text)
    assert done.counts.get(kind, 0) >= 1, done
    assert secret not in done.text
    assert visible(secret) not in done.text
    assert fold(visible(secret)) not in fold(done.text)
    assert f"[{kind}]" in done.text


@pytest.mark.parametrize("before", ["", "x\n", "Hello, ", "(", '"', "see:"])
def test_canaries_are_gone_in_other_surroundings(before: str) -> None:
    leaked = [text for _, text, secret in CANARIES if secret in redact(f"{before}{text}\nBest").text]
    assert leaked == []


def test_look_alikes_stay() -> None:
    touched = {text: done.text for text in LOOK_ALIKES if (done := redact(text)).text != text}
    assert touched == {}


@given(
    st.lists(st.sampled_from(PIECES), max_size=6).map("".join), st.lists(st.sampled_from(["Key", "Anna Berg", "email"]))
)
@settings(max_examples=300, deadline=None)
def test_redacting_twice_changes_nothing(text: str, known: list[str]) -> None:
    once = redact(text, known).text
    again = redact(once, known)
    assert again.text == once
    assert again.counts == {}


@given(st.text(max_size=300))
@settings(deadline=None)
def test_any_text_is_taken_and_comes_back_storable(text: str) -> None:
    once = redact(text).text
    once.encode()
    assert "\0" not in once
    assert redact(once).text == once


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        ("Hi, Anna Berg here", ["Anna Berg"], "Hi, [name] here"),
        ("ANNA wrote, anna's cat; Annabel stays", ["Anna Berg"], "[name] wrote, [name]'s cat; Annabel stays"),
        ("Juergen Groß / Jürgen Gross", ["Jürgen Groß"], "[name] / [name]"),
        ("Regards, Bo Li", ["Bo Li"], "Regards, [name]"),
        ("bo and li apart", ["Bo Li"], "bo and li apart"),
        ("It may work, May said", ["May Jones"], "It may work, [name] said"),
        ("the support team helps", ["Support Team"], "the support team helps"),
        ("anna tried", ["anna.berg@example.com"], "[name] tried"),
        ("王伟的账户", ["王伟"], "[name]的账户"),
        ("Berg, Anna", ["Anna Berg"], "[name]"),
    ],
)
def test_known_names(text: str, known: list[str], expected: str) -> None:
    assert redact(text, known).text == expected


def test_counts_say_what_was_found() -> None:
    assert redact("a@example.com b@example.com 203.0.113.7").counts == {"email": 2, "ip": 1}


def test_the_rest_of_an_address_stays() -> None:
    assert redact("postgres://app:pw1@db.example.com/x").text == "postgres://[key]@db.example.com/x"
    assert redact("https://example.com/r?token=abc123&x=1").text == "https://example.com/r?token=[key]&x=1"


def test_trees_keep_their_shape() -> None:
    tree = {
        "a@example.com": [1, True, None, "call +49 30 1234567"],
        "password": "tulip",
        "n": {"card": 4111111111111111},
    }
    assert redact_tree(tree) == {
        "[email]": [1, True, None, "call [phone]"],
        "password": "[key]",
        "n": {"card": "[card]"},
    }


def test_trees_keep_both_values_of_keys_that_become_equal() -> None:
    assert redact_tree({"a@example.com": 1, "b@example.com": 2}) == {"[email]": 1, "[email] 2": 2}


def test_trees_hide_numbers_below_a_telling_key_and_leave_others() -> None:
    assert redact_tree({"phone": 4930123456, "size": 4930123456, "token": "abcd1234"}) == {
        "phone": "[phone]", "size": 4930123456, "token": "[key]",
    }  # fmt: skip


def test_trees_of_any_depth_end() -> None:
    tree: object = "a@example.com"
    for _ in range(5000):
        tree = [tree]
    assert "example" not in repr(redact_tree(tree))  # type: ignore[arg-type]


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(PIECES),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*PIECES, "password", "phone"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(json)
@settings(max_examples=100, deadline=None)
def test_trees_are_redacted_once_for_all(tree: object) -> None:
    once = redact_tree(tree)  # type: ignore[arg-type]
    assert redact_tree(once) == once


HOSTILE = {
    "letters": "a", "digits": "1", "at": "@", "a at": "a@", "dotted": "a.", "spaces": " ", "dashes": "-", "newlines": "\n",
    "groups": "1234 ", "zeros": "0 ", "national": "0301234567, ", "plus": "+", "abroad": "+4930123", "hex": "ab12:", "colons": ":",
    "iban": "de12", "ibans": "DE89 ", "jwt": "eyJ-", "jwts": "eyJabcde.", "pem": "-----BEGIN PRIVATE KEY-----\n", "password": "password", "is": "password is ",
    "scheme": "://", "user": "://a:", "query": "?token=", "bearer": "bearer ", "authorization": "authorization: ", "octets": "1.2.3.", "quote": 'password:"',
    "obfuscated": " at ", "brackets": "(at)", "dot": "a at b dot ", "tel": "tel: ", "placeholder": "[key]", "open": "[", "wide": "９", "hidden": "\u200b", "sk": "sk-a", "local": "a+-",
}  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_end_and_hide_what_stands_behind_them(unit: str) -> None:
    """How the time grows is measured by benchmarks/redaction.py; a search that explodes would never come back here."""
    text = (unit * (100_000 // len(unit))) + "\nwrite to jane.roe@example.org today"
    assert "jane.roe@example.org" not in redact(text).text


def test_placeholders_are_the_ones_that_are_promised() -> None:
    assert PLACEHOLDER.findall("[email][phone][card][iban][key][name][ip][ssn]")
    assert not PLACEHOLDER.search("[other]")
