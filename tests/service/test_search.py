"""Tickets by words on both databases: by what they say and what they mean, and nothing for who may not read them."""

from __future__ import annotations

import pytest

from bridge.analysis.embedding import Vectors
from bridge.service.access import Actor
from bridge.service.errors import UnknownId
from bridge.service.explaining import Explanation, explain
from bridge.service.search import TicketHit, excerpt, tickets_by_words
from bridge.service.ticket_words import ticket_words
from bridge.store.db import Database
from bridge.words import Role
from tests.pipeline.loop import AGENT, MODEL, PM, Loop
from tests.service.card_desk import GROUP, issue, supplier


@pytest.fixture
def loop(db: Database) -> Loop:
    found = Loop(db)
    issue(found, "Bank feed stops after two days", "1", "2", "3")
    issue(found, "Invoice total is wrong", "4", "5")
    found.embed()
    return found


def numbers(hits: tuple[TicketHit, ...]) -> list[str]:
    return [hit.number for hit in hits]


def search(loop: Loop, text: str, actor: Actor = PM, *, meaning: bool = False) -> tuple[TicketHit, ...]:
    vector: tuple[str, Vectors] | None = (MODEL, loop.bag.encode([text])[0]) if meaning else None
    with loop.db.read() as session:
        return tickets_by_words(session, actor, text, vector=vector, wait=True)


def test_words_find_the_tickets_that_say_them(loop: Loop) -> None:
    hits = search(loop, "when does the bank feed stop")
    assert set(numbers(hits)) == {"1", "2", "3"}
    assert "feed" in hits[0].words
    assert hits[0].issue is not None
    assert search(loop, "zebra") == ()
    assert search(loop, "the of and") == ()


def test_meaning_finds_without_the_index_of_words(loop: Loop) -> None:
    with loop.db.read() as session:
        vector = MODEL, loop.bag.encode(["Invoice total is wrong for us"])[0]
        hits = tickets_by_words(session, PM, "zzz", vector=vector)
    assert numbers(hits)[:2] == ["5", "4"]


def test_a_supplier_finds_its_own_tickets_only(loop: Loop) -> None:
    own = supplier(loop)
    assert search(loop, "bank feed", own, meaning=True) == ()
    issue(loop, "Bank feed is late", "9", group=GROUP)
    loop.embed()
    assert numbers(search(loop, "bank feed", own, meaning=True)) == ["9"]


def test_an_agent_of_other_connections_finds_nothing(loop: Loop) -> None:
    assert search(loop, "bank feed", Actor("x", Role.AGENT, connections=frozenset({"other"})), meaning=True) == ()


def test_a_new_version_is_made_for_those_who_wait(loop: Loop) -> None:
    with loop.db.read() as session:
        first = ticket_words(session, wait=True)
        assert ticket_words(session, wait=True) is first
    issue(loop, "Printer eats paper", "9")
    assert numbers(search(loop, "printer paper")) == ["9"]


@pytest.mark.parametrize("words", [("needle",), ()])
def test_an_excerpt_is_around_the_words(words: tuple[str, ...]) -> None:
    text = "hay " * 200 + "the needle is here " + "hay " * 200
    found = excerpt(text, words)
    assert len(found) <= 190
    assert ("needle" in found) is bool(words)


def why(loop: Loop, number: str, actor: Actor = PM) -> Explanation:
    with loop.db.read() as session:
        return explain(
            session, actor, "desk", number, model=MODEL, encode=lambda text: (MODEL, loop.bag.encode([text])[0])
        )


def test_an_explanation_names_fellows_words_and_sentences(loop: Loop) -> None:
    found = why(loop, "1")
    assert {one.number for one in found.nearest} == {"2", "3"}
    assert found.fellows == 2
    assert "feed" in found.words
    assert found.alike is not None
    assert any(part.tells for part in found.parts)
    assert "The model placed it" in found.placed or "A person" in found.placed


def test_a_supplier_learns_nothing_of_others(loop: Loop) -> None:
    own = supplier(loop)
    with pytest.raises(UnknownId):
        why(loop, "1", own)
    issue(loop, "Bank feed is late", "9", group=GROUP)
    loop.embed()
    found = why(loop, "9", own)
    assert found.nearest == ()
    assert found.runner_up is None


def test_who_may_not_read_a_ticket_gets_no_text_of_it(loop: Loop) -> None:
    found = why(loop, "1", Actor("x", Role.AGENT, connections=frozenset({"other"})))
    assert (found.nearest, found.words, found.parts) == ((), (), ())
    assert why(loop, "1", AGENT).nearest
