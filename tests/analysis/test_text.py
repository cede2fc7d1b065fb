from __future__ import annotations

import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.analysis.language import language_of
from bridge.analysis.text import (
    CUT,
    EMBEDDED,
    MAX_TEXT,
    bare_subject,
    content_hash,
    embed_text,
    looks_like_html,
    to_text,
)

HTML = """<!DOCTYPE html><html><head><title>T</title><style>p{color:red}</style></head><body><p>Hi team,</p>
<table><tr><td>Order</td><td>4711</td></tr></table><div style="display: none">hidden</div><script>alert(1)</script>
<p>caf&eacute;&nbsp;&amp; tea<br>next</p></body></html>"""


def test_html_becomes_text() -> None:
    text = to_text(HTML, "text/html; charset=utf-8")
    assert [line for line in text.split("\n") if line] == ["Hi team,", "Order 4711", "café & tea", "next"]


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 5000 + "needle", "<b>" * 30000 + "needle", "<p>needle", "needle</div></td></html>", "<p needle <b>needle</b",
        "\0<p>\0needle\ud800</p>", "<ul><li>" * 3000 + "needle", "<![CDATA[x]]><p>needle", '<?xml version="1.0" encoding="utf-16"?><p>needle</p>',
        '<p style="padding-left:999999999em">needle</p>' * 500, "<script>if (a < b)</script>needle", "<!-- x --><p>needle</p>",
    ],
)  # fmt: skip
def test_broken_deep_and_hostile_html_keeps_its_words_and_stays_small(body: str) -> None:
    text = to_text(body, "text/html")
    assert "needle" in text
    assert len(text) <= len(body) + 10


@pytest.mark.parametrize("body", ["", " ", "<p></p>", "<script>x</script>", "<!--", "<"])
def test_html_without_words_is_taken(body: str) -> None:
    assert len(to_text(body, "text/html")) <= 1


def test_wide_tables_do_not_blow_up() -> None:
    rows = [f"<tr><td>{'wide ' * 4000}</td><td>x</td></tr>", *["<tr><td>a</td><td>b</td></tr>"] * 3000]
    body = f"<table>{''.join(rows)}</table>"
    assert len(to_text(body, "text/html")) < 2 * len(body)


def test_invisible_and_control_characters_go() -> None:
    assert to_text("a\u200bb\u202ec\u2066d\x07e\ufefff\0g\ud800h\u00ad", "text/plain") == "abcdefgh"


def test_whitespace_and_composition_are_normal() -> None:
    assert to_text("Cafe\u0301\u00a0 x\t y \r\n\r\n\r\n\r\n z \u2028q", "text/plain") == "Café x y\n\nz\nq"


def test_long_texts_are_cut_between_words_and_say_so() -> None:
    text = to_text("word " * 100_000, "text/plain")
    assert text.endswith("word" + CUT)
    assert len(text) <= MAX_TEXT + len(CUT)


@given(st.text(max_size=400), st.sampled_from(["text/plain", "text/html"]))
@settings(deadline=None)
def test_any_body_becomes_storable_text_and_plain_text_stays_as_it_is(body: str, content_type: str) -> None:
    text = to_text(body, content_type)
    text.encode()
    assert "\0" not in text
    assert to_text(text, "text/plain") == text


@pytest.mark.parametrize(
    "unit",
    ["<div>", "<table", "<script>", "<", "&amp;", "<!--", "<p style='", "x ", "\n", "<td>", "<p>a</p>", "\u200b"],
)
def test_time_grows_with_the_body_and_not_with_its_square(unit: str) -> None:
    def cost(length: int) -> float:
        body = (unit * (length // len(unit) + 1))[:length]
        begun = time.process_time()
        to_text(body, "text/html")
        return time.process_time() - begun

    small = max(min(cost(20_000) for _ in range(2)), 0.01)
    assert any(cost(160_000) < 30 * small for _ in range(3)), "more than once: another process may have had the core"


@pytest.mark.parametrize(
    ("body", "is_html"),
    [
        (HTML, True),
        ("<div>Hello<br>there</div>", True),
        ("Hello<br>there<br/>and&nbsp;so on", True),
        ("<p>Hello</p>", True),
        ("When I type <br> it fails", False),
        ("if a < b and c > d: <name>", False),
        ("From: Bo <bo@example.com>", False),
        ("", False),
    ],
)
def test_html_is_recognised(body: str, is_html: bool) -> None:
    assert looks_like_html(body) is is_html


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        ("Re: AW: Fwd: [#123] No login", "No login"),
        ("[Ticket 4711] RE[2]: No login", "No login"),
        ("WG: [EXTERN] TR: No login", "No login"),
        ("Ticket #4711: No login", "No login"),
        ("Return to sender: refund", "Return to sender: refund"),
        ("Refund (EUR) missing", "Refund (EUR) missing"),
        ("Re:", "Re:"),
        ("", ""),
    ],
)
def test_subjects_lose_their_prefixes(subject: str, bare: str) -> None:
    assert bare_subject(subject) == bare


def test_what_is_embedded_is_subject_and_first_words() -> None:
    assert (
        embed_text("Re: No login", ["Hi,\n\nthe page is white.\n\nRegards\nKim", "", "in Firefox too", "third"])
        == "No login\nthe page is white.\n\nin Firefox too"
    )
    assert embed_text("", ["hello there", "hello there", "no login"]) == "hello there\n\nno login"
    assert embed_text("No login", ["It fails. Best to all."], lambda text: text.removesuffix(" Best to all.")) == (
        "No login\nIt fails."
    )
    assert embed_text("", ["", "the page is white."]) == "the page is white."
    assert embed_text("No login", []) == "No login"


@given(st.text(max_size=100), st.lists(st.text(max_size=3000), max_size=2))
def test_what_is_embedded_is_short(subject: str, messages: list[str]) -> None:
    assert len(embed_text(subject, messages)) <= EMBEDDED


def test_what_is_embedded_ends_with_a_word() -> None:
    assert embed_text("", ["abcdefg " * 500]).endswith("abcdefg")


def test_the_hash_is_of_the_text() -> None:
    assert content_hash("a") == "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    assert content_hash("\ud800") != content_hash("a")


@pytest.mark.parametrize(
    ("text", "hint", "language"),
    [
        ("Die Rechnung für Oktober wurde doppelt abgebucht, bitte prüfen Sie das.", None, "de"),
        ("I cannot log in since the last update, the page stays white.", "de", "en"),
        ("La page de paiement reste blanche depuis la mise à jour d'hier soir.", None, "fr"),
        ("El informe mensual sale vacío desde la última actualización del sistema.", None, "es"),
        ("De koppeling met de boekhouding werkt sinds gisteren niet meer.", None, "nl"),
        ("ok", None, None),
        ("ok", "pt-BR", "pt"),
        ("ok", "Portuguese", None),
        ("", None, None),
        ("[email] [phone] [name] https://example.com/very/long/link/to/nowhere/at/all", None, None),
    ],
)
def test_languages(text: str, hint: str | None, language: str | None) -> None:
    assert language_of(text, hint) == language


def test_the_language_model_is_loaded_late() -> None:
    code = "import sys, bridge.analysis.text; sys.exit('py3langid' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
