"""What messages say: nothing that a reader may not see, no word that could act, the same in text and HTML."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.alert_words import Names, Told, alert_letter
from bridge.analysis.digest_words import digest_letter
from bridge.analysis.letter import Letter, Line, Section, as_html, plain
from bridge.analysis.sight import READERS, Sight
from bridge.analysis.unsubscribing import read, token
from bridge.service.access import Actor, Permission, may
from bridge.service.scope import readable_tickets
from bridge.words import NoticeKind, Role

K = NoticeKind
TITLE, NAME, SCORE = "VAT is <wrong> & late", "Zanzibar Lamps", 87_654.0
NAMES = Names({3: TITLE, 4: "Export is slow"}, {"account:7": NAME}, "https://bridge.example")
PREMIUM = Told(K.PREMIUM, 3, 1, False, 2, 6, SCORE, ("account:7",))
EMERGING = Told(K.EMERGING, 3, 5, False, 2, 6, SCORE, days=14)
OTHER = Told(K.TOP10, 4, 9, False, 9, 2, 1_234.0)
FACTS: dict[str, Any] = {
    "top": [
        {"issue": 3, "rank": 1, "score": SCORE, "accounts": 6, "new": 2, "badges": [], "state": "planned"},
        {
            "issue": 4,
            "rank": 2,
            "score": 1_234.0,
            "accounts": 2,
            "new": 0,
            "badges": ["imputed"],
            "state": "unreviewed",
        },
    ],
    "issues": 12,
    "since": "2026-02-23T23:00:00+00:00",
    "moves": {"entered": [[4, 1_234.0, None]], "left": [], "rise": [[3, 5_000.0, "new accounts"]], "fall": []},
    "portfolio": {"amount": 88_000.0, "sum": 90_000.0, "overlap": 2_000.0, "accounts": 7},
    "known_share": 0.71,
    "unplanned": [4],
    "to_review": 12,
}


def digest(sight: Sight) -> Letter:
    return digest_letter(FACTS, [PREMIUM, EMERGING], NAMES, sight, date(2026, 3, 2))


def letters(sight: Sight) -> list[str]:
    made = [alert_letter([PREMIUM, EMERGING, OTHER], NAMES, sight), digest(sight)]
    return [text for one in made for text in (one.subject, plain(one), plain(one, links=False), as_html(one))]


def test_without_the_right_to_it_there_is_no_money_and_no_name() -> None:
    for text in letters(Sight.NONE):
        assert NAME not in text
        assert "EUR" not in text
        assert not re.search(r"87\.?[67]|1\.2k|88\.0k", text)


def test_who_may_see_sums_sees_bands_of_few_accounts_and_no_name() -> None:
    text = "".join(letters(Sight.SUMS))
    assert NAME not in text
    assert "EUR 87.7k/yr" in text
    assert "1.2k" not in text
    assert "&lt;10k" in text
    assert "5.0k" not in text


def test_who_may_see_all_sees_why() -> None:
    text = plain(digest(Sight.ALL))
    for part in (
        NAME,
        "EUR 87.7k/yr",
        "rose; EUR +5.0k/yr; accounts joined",
        "71 % of it",
        "12 tickets wait",
        "fix planned",
    ):
        assert part in " ".join(text.split())


def test_the_matrix_of_the_service_says_the_same() -> None:
    for role in Role:
        actor = Actor("x", role)
        assert (role in READERS) is may(actor, Permission.READ_CLUSTERS)
        if role in READERS:
            assert (READERS[role] is Sight.ALL) is may(actor, Permission.READ_VALUE)
            assert (READERS[role] is not Sight.NONE) is may(actor, Permission.READ_SUMS)


def test_who_is_told_how_many_tickets_wait_may_read_them_all() -> None:
    from bridge.pipeline.notify.composing import READ_ALL

    unbounded = {
        role
        for role in Role
        if role in READERS
        and str(readable_tickets(None, Actor("x", role, accounts=frozenset())) if role is not Role.CSM else "no")
        == "true"
    }  # type: ignore[arg-type]
    assert set(READ_ALL) == unbounded - {Role.AGENT}


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "background")]
        assert not [name for name, _ in attrs if name.startswith("on") or name == "style"]


@given(st.text(), st.text(), st.text())
def test_no_quoted_word_becomes_markup(title: str, said: str, label: str) -> None:
    line = Line(title, (said,), "https://bridge.example/issues/IB-1", label)
    letter = Letter(
        title, said, (Section(label, (line,)),), (said,), "https://bridge.example", None, "https://u.example/x"
    )
    tags = Tags()
    tags.feed(as_html(letter))
    assert tags.tags <= {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "h1",
        "h2",
        "p",
        "ul",
        "li",
        "a",
        "b",
        "span",
        "div",
    }
    assert all(link.startswith(("https://bridge.example", "https://u.example")) for link in tags.links)


def test_long_lines_are_folded_for_a_mail() -> None:
    assert max(map(len, plain(alert_letter([PREMIUM] * 3, NAMES, Sight.ALL)).splitlines())) <= 78


@given(st.integers(1, 10**9), st.sets(st.sampled_from(list(NoticeKind)), min_size=1))
def test_a_token_says_who_and_what(user: int, kinds: set[NoticeKind]) -> None:
    made = token(b"secret", user, kinds)
    found = read(b"secret", made)
    assert found is not None
    assert (found[0], set(found[1])) == (user, kinds)
    assert read(b"other", made) is None


@pytest.mark.parametrize("given_", ["", "-", "1-e-", "1-e-abc", "é-e-x", "1-z-" + "a" * 32])
def test_another_token_says_nothing(given_: str) -> None:
    assert read(b"secret", given_) is None


def test_a_changed_token_says_nothing() -> None:
    made = token(b"secret", 12, [K.EMERGING])
    for changed in (made.replace("12-", "13-"), made.replace("-e-", "-w-"), made[:-1], made + "a"):
        assert read(b"secret", changed) is None
