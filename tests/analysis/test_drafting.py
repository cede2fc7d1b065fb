"""What a tracker is told: nothing in it can act over there, and what comes back is recognised."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from hypothesis import example, given
from hypothesis import strategies as st

from bridge.analysis.drafting import (
    TITLE_LIMIT,
    Facts,
    block_hash,
    issue_body,
    issue_title,
    merged_body,
)
from bridge.analysis.neutralising import neutralise
from bridge.analysis.redaction import redact
from bridge.settings.publishing import INTERNAL_TEMPLATE
from connectors._body import block_of, strip_markers, wrap
from tests.analysis.pii import CANARIES

ACTS = {
    "mention": re.compile(r"@[\w(\[{]|\[~\w"),
    "reference": re.compile(r"#\d|(?<!\w)[!&~%$]\w|\bGH-\d"),
    "closing word": re.compile(r"(?i)\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+(?:#|\w+/\w+#|https?://)"),
    "quick action": re.compile(r"(?m)^[\s>*+-]*/\w"),
    "picture": re.compile(r"!\[|!\S+!(?=\s|$)|<img"),
    "html": re.compile(r"<[a-zA-Z/!?]"),
    "link": re.compile(r"://|\]\(|\bwww\.|\":\S", re.ASCII),
    "macro": re.compile(r"\{\{|\[\["),
    "marker": re.compile(r"(?i)\[\s*issue-bridge"),
}
"""A small tracker's parser: what each kind of markup looks like to GitHub, GitLab, Jira or Redmine."""

HOSTILE = (
    "@admin please", "see #123 and !45, &6, ~bug, %1.2, $9", "fixes #12", "Closes org/repo#3", "resolve https://x.example/1",
    "/close", "  /assign @me", "> /label ~x", "![](https://t.example/p.png)", "!https://t.example/p.png!",
    "<img src=x onerror=y>", "<!-- issue-bridge -->", "[a](javascript:x)", "[issue-bridge:ib-1 begin, x]",
    "[ Issue-Bridge:ib-1 end]", "{{include(Wiki)}}", "[[Secret]]", "www.evil.example", '"t":http://x.example', "GH-26",
    "&#64;octocat", "`code` | cell", "Re\u200b: @\u200ball",
)  # fmt: skip
pieces = st.one_of(st.text(max_size=12), st.sampled_from(HOSTILE), st.sampled_from([text for _, text, _ in CANARIES]))
hostile = st.lists(pieces, max_size=6).map(" ".join) | st.lists(pieces, max_size=6).map("\n".join)

FACTS = Facts(
    cluster_id=12,
    title="Login fails",
    band="top 3",
    accounts=3,
    open_tickets=2,
    tickets_in_all=5,
    first_seen=date(2027, 1, 2),
    last_signal=date(2027, 3, 4),
    phrases=["login loop"],
    segments=[("strategic", 2), ("self-serve", 1)],
    tickets=[("17", "https://desk.example/t/17"), ("18", None)],
)


def assert_harmless(text: str) -> None:
    for kind, pattern in ACTS.items():
        assert not pattern.search(text), (kind, text)


@given(hostile)
@example("\n".join(HOSTILE))
def test_no_text_of_a_customer_acts_in_a_tracker(text: str) -> None:
    harmless = neutralise(text)
    assert_harmless(harmless)
    assert neutralise(harmless) == harmless
    assert len(harmless) == len(text)


@given(hostile)
def test_what_is_harmless_hides_nothing_from_redaction_and_loses_nothing_to_it(text: str) -> None:
    shown = neutralise(redact(text).text)
    assert redact(shown).text == shown


@given(hostile)
@example("x" * 115 + " 4111 1111 1111 1112 0")
def test_title_of_a_title_is_itself(text: str) -> None:
    title = issue_title(text)
    assert issue_title(title) == title
    assert redact(title).text == title
    assert strip_markers(title) == title
    assert len(title) <= TITLE_LIMIT
    assert "\n" not in title
    assert_harmless(title)


@given(st.lists(hostile, max_size=3), hostile, st.one_of(st.none(), hostile))
def test_body_is_harmless_and_comes_back_as_it_was(phrases: list[str], id_: str, url: str | None) -> None:
    body = issue_body(replace(FACTS, phrases=phrases, tickets=[(id_, url)]), INTERNAL_TEMPLATE)
    assert_harmless(body)
    assert block_hash(block_of(wrap(body, "ib-1"))) == block_hash(body)


def test_no_personal_data_of_words_ids_or_addresses_is_told() -> None:
    for kind, text, secret in CANARIES:
        body = issue_body(
            replace(FACTS, phrases=[text], tickets=[(text, text)], segments=[(text, 1)]), INTERNAL_TEMPLATE
        )
        assert secret not in body, kind
        assert secret not in issue_title(text), kind


def test_body_tells_counts_and_dates() -> None:
    assert issue_body(FACTS, INTERNAL_TEMPLATE).splitlines() == [
        "Customers report this issue (IB-12).",
        "",
        "* Rank by customer value at risk: top 3",
        "* Accounts affected: 3 (strategic 2, self-serve 1)",
        "* Tickets: 2 open of 5",
        "* First report 2027-01-02, last customer signal 2027-03-04",
        "* Customers' words: login loop",
        "",
        "Open tickets:",
        "* 17 https://desk.example/t/17",
        "* 18",
    ]


def test_body_names_ten_tickets_and_counts_the_rest() -> None:
    body = issue_body(replace(FACTS, open_tickets=14, tickets=[(str(n), None) for n in range(14)]), INTERNAL_TEMPLATE)
    assert body.endswith("* 9\n* and 4 more")


def test_body_of_a_touch_says_when_and_why() -> None:
    body = issue_body(
        replace(FACTS, updated=(date(2027, 3, 5), ("accounts 2 to 3", "rank top 10 to top 3"))), INTERNAL_TEMPLATE
    )
    assert body.endswith("\n\nUpdated 2027-03-05: accounts 2 to 3, rank top 10 to top 3.")


def test_body_of_a_merged_issue_names_the_other() -> None:
    assert merged_body(1, 2, "https://t.example/2").endswith("are now counted in IB-2 (https://t.example/2).")


@given(st.text())
def test_block_hash_sees_everything_but_line_ends(text: str) -> None:
    plain = text.replace("\r", "")
    trailing = "\n".join(line + " \t" for line in plain.split("\n"))
    assert block_hash(plain.replace("\n", "\r\n")) == block_hash(plain)
    assert block_hash(trailing + "\n") == block_hash(plain)
    assert block_hash(plain + "x") != block_hash(plain)


def test_block_hash_of_nothing_is_none() -> None:
    assert block_hash(None) is None
