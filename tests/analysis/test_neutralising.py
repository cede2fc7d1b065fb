"""Nothing of the grammar that acts in a tracker survives, and the text stays readable: a small parser a dialect.

The expressions follow what the trackers' own parsers look for, not what ours replaces: GitHub's and GitLab's
references and quick actions, Redmine's link syntax and Textile, Jira's wiki notation; Markdown is read by a real parser.
"""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bridge.analysis.neutralising import neutralise
from bridge.analysis.redaction import redact
from connectors._body import find_key, strip_markers
from connectors.base import Dialect

M, G, L, R, J = Dialect.MARKDOWN, Dialect.GITHUB, Dialect.GITLAB, Dialect.REDMINE, Dialect.JIRA
EVERYWHERE = {
    "mention": r"(?<![\w])@[a-zA-Z0-9_(\[{]",
    "closing word": r"(?i)\b(?:clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing)|implement(?:s|ed|ing)?)\b:?\s+"
    r"(?:#|GH-|[\w./-]+#|https?://)\S*\d",
    "html": r"<[a-zA-Z/!?]",
    "address": r"(?i)\b[a-z][a-z0-9+.-]*://|\bwww\.\w",
    "marker": r"(?i)\[\s*issue-bridge\s*:",
}
OF = {
    M: {},
    G: {"reference": r"(?<!\w)#\d|(?i:\bGH-\d)", "commit": r"(?<![\w.])(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{7,40}(?!\w)"},
    L: {
        "reference": r"(?<!\w)(?:#|!|&|\$|~|%)\d|(?i:\bGL-\d)|(?<!\w)[~%]\"|\[(?:vulnerability|epic|issue|work_item|feature_flag):"
        r"|\*iteration:|\^alert#",
        "quick action": r"(?m)^[ \t>]*/[a-z_]+",
        "commit": r"(?<![\w.])(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{7,40}(?!\w)",
    },
    R: {
        # app/helpers/application_helper.rb, parse_redmine_links, and lib/redmine/wiki_formatting
        "reference": r"(?:^|[\s(,\-\[>])!?(?:(?:attachment|document|version|forum|news|message|project|commit|source|export|user)"
        r":(?:\"|[^\s\"])|##?\d|r\d)",
        "macro": r"!?\{\{[\w_]+",
        "wiki link": r"\[\[[^\]\n]+\]\]",
        "picture": r"!\S+?\.\w{3,4}!|!\[",
        "link": r"\"[^\"]+\":\S",
        "block": r"(?m)^(?:h[1-6]|bq|fn\d+|p|pre|bc|notextile)[^\s.]*\.\.? ",
    },
    J: {
        "mention": r"\[~",
        "key": r"\b[A-Z][A-Z0-9_]+-\d",
        "link": r"\[[^\]\s][^\]]*\]",
        "macro": r"\{\w+[^}]*\}",
        "picture": r"![^\s!]+(?:\.\w+|\|[^!]*)!",
        "block": r"(?m)^(?:h[1-6]|bq)\. |^-{4,}$|^\|\|",
    },
}  # fmt: skip
HOSTILE = (
    "@admin please", "see #123 and !45, &6, ~bug, %1.2, $9", "fixes #12", "Closes org/repo#3", "resolves https://x.example/1",
    "Fixed: GH-26", "closes GL-7", "/close", "  /assign @me", "> /label ~x", "![](https://t.example/p.png)", "!logo.png!",
    "<img src=x onerror=y>", "<!-- issue-bridge -->", "[a](javascript:x)", "[a]: https://e.example", "[issue-bridge:ib-1 begin, x]",
    "[ Issue-Bridge:ib-1 end]", "{{include(Wiki)}}", "{{collapse", "[[Secret]]", "www.evil.example", '"t":http://x.example',
    "&#64;octocat", "`code` | cell", "Re\u200b: @\u200ball", "r123", "commit:abc123", 'source:"a/b.rb"', "user:jsmith", "version:1.0",
    "deadbee1", "9ba12248b19a04f5", "# Heading", "Heading\n===", "Heading\n---", "***", "~~~\nfence", "```\nfence", "    code",
    "h1. Heading", "bq. quoted", "h2(x). y", "[~jsmith]", "[^secret.txt]", "PROJ-12", "ABC_D-3 and UTF-8", "{code}x{code}",
    "{color:red}x", "----", "||a||b||", "* item", "- item", "1. item", "> quote", "[vulnerability:1]", "*iteration:3", "^alert#4",
    "[x][y]", "<https://x.example>", "mailto:a@b.example", "\\@x", "\\/close", "## [issue-bridge:ib-2 end]",
)  # fmt: skip
pieces = st.one_of(st.text(max_size=10), st.sampled_from(HOSTILE))
texts = st.lists(pieces, max_size=6).map(" ".join) | st.lists(pieces, max_size=6).map("\n".join)
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
HARMLESS = {"text", "softbreak", "hardbreak", "em_open", "em_close", "strong_open", "strong_close", "s_open", "s_close"}


def acts(text: str, dialect: Dialect) -> list[str]:
    return [kind for kind, found in {**EVERYWHERE, **OF[dialect]}.items() if re.search(found, text)]


@pytest.mark.parametrize("dialect", list(Dialect))
def test_each_sample_acts_somewhere_as_it_stands(dialect: Dialect) -> None:
    """Else the parser above would be blind."""
    assert set(OF[dialect]) | set(EVERYWHERE) <= {kind for text in HOSTILE for kind in acts(text, dialect)}


@pytest.mark.parametrize("dialect", list(Dialect))
@settings(max_examples=300)
@given(text=texts)
@example(text="\n".join(HOSTILE))
def test_nothing_that_acts_survives(dialect: Dialect, text: str) -> None:
    harmless = neutralise(text, dialect)
    assert acts(harmless, dialect) == []
    assert find_key(harmless) is None
    assert strip_markers(harmless) == harmless
    assert neutralise(harmless, dialect) == harmless


@pytest.mark.parametrize("dialect", list(Dialect))
@given(text=texts)
@example(text="\n".join(HOSTILE))
def test_it_stays_readable_and_as_long(dialect: Dialect, text: str) -> None:
    harmless = neutralise(text, dialect)
    assert len(harmless) == len(text)
    folded = [(a, unicodedata.normalize("NFKC", b)) for a, b in zip(text, harmless, strict=True) if a != b]
    assert all(a == b for a, b in folded), "only full-width twins take a sign's place"


@pytest.mark.parametrize("dialect", list(Dialect))
@given(text=texts)
def test_redaction_finds_what_it_found_before(dialect: Dialect, text: str) -> None:
    shown = neutralise(redact(text).text, dialect)
    assert redact(shown).text == shown


@pytest.mark.parametrize("dialect", [M, G, L])
@settings(max_examples=300)
@given(text=texts)
@example(text="\n".join(HOSTILE))
def test_markdown_reads_words_and_nothing_else(dialect: Dialect, text: str) -> None:
    """As part of a line of our block, where every value stands."""
    line = " ".join(neutralise(" ".join(text.split()), dialect).split())
    tokens = MARKDOWN.parse(line)
    assert {t.type for t in tokens} <= {"paragraph_open", "inline", "paragraph_close", "ordered_list_open", "list_item_open",
                                        "list_item_close", "ordered_list_close"}  # fmt: skip
    assert {c.type for t in tokens for c in t.children or ()} <= HARMLESS


def test_ordinary_sentences_stay_as_they_are() -> None:
    for text in (
        "Export fails since 3.4 (Safari 17)",
        "10 % off, 5 € more",
        "invoice no. 1234567",
        "Preis: 12,50",
        "a/b c - d",
    ):
        for dialect in Dialect:
            assert neutralise(text, dialect) == text
