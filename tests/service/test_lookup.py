"""The one box on both databases: ids in every spelling, words, and nothing for who may not know."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bridge.analysis.embedding import Vectors
from bridge.service import clusters, matching, placing
from bridge.service.access import Actor
from bridge.service.lookup import Found, look_up
from bridge.store.db import Database
from bridge.store.tickets import Ticket
from bridge.words import Role
from tests.pipeline.loop import AGENT, Loop, ticket
from tests.service.card_desk import GROUP, issue, plan, supplier


@pytest.fixture
def loop(db: Database) -> Loop:
    return Loop(db)


def find(loop: Loop, text: str, actor: Actor = AGENT, **values: Any) -> Found:
    with loop.db.read() as session:
        return look_up(session, actor, text, at=loop.clock(), **values)


def issues(found: Found) -> list[str]:
    return [hit.title for hit in found.hits]


@pytest.mark.parametrize(
    "text",
    ["77", "#77", "ticket 77", "ZD-77", "desk:77", "https://desk.example/tickets/77", "https://desk.example/t?id=77"],
)
def test_every_spelling_of_a_number_finds_the_ticket(loop: Loop, text: str) -> None:
    issue(loop, "Total is wrong", "77")
    [one] = find(loop, text).tickets
    assert (one.connection, one.number) == ("desk", "77")


def test_a_key_is_the_ticket_that_is_called_so(loop: Loop) -> None:
    issue(loop, "Total is wrong", "INC-77", "77")
    assert [one.number for one in find(loop, "INC-77").tickets] == ["INC-77"]
    assert [one.number for one in find(loop, "77").tickets] == ["77"]


def test_two_connections_with_one_number_are_a_choice(loop: Loop) -> None:
    issue(loop, "Total is wrong", "77")
    with loop.db.write() as session:
        row = session.get_one(Ticket, loop.id_of("77"))
        copy = {name: value for name, value in row.model_dump().items() if name not in ("id", "url")}
        session.add(Ticket(**{**copy, "connection": "other"}))
    assert [one.connection for one in find(loop, "77").tickets] == ["desk", "other"]
    assert [one.connection for one in find(loop, "other:77").tickets] == ["other"]
    assert [one.connection for one in find(loop, "https://desk.example/tickets/77").tickets] == ["desk"]


def test_address_of_a_foreign_desk_is_no_ticket_of_ours(loop: Loop) -> None:
    issue(loop, "Total is wrong", "77")
    found = find(loop, "https://elsewhere.example/tickets/77")
    assert (found.tickets, found.unknown) == ((), True)


def test_issue_id_follows_merges(loop: Loop) -> None:
    loser, winner = issue(loop, "Total is wrong", "1"), issue(loop, "Total is off", "2")
    loop.decide(clusters.merge_clusters, loser, winner)
    assert find(loop, f"ib-{loser}").issue == f"IB-{winner}"
    assert find(loop, "IB-999").unknown


def test_unknown_numbers_say_so_and_words_are_words(loop: Loop) -> None:
    issue(loop, "Bank feed stops after two days", "1", "2")
    assert find(loop, "404").unknown
    assert not find(loop, "bank feed").unknown
    assert find(loop, "the, of and").hits == ()
    assert find(loop, "zebra").hits == ()


def test_words_find_by_title_phrase_and_member_subject(loop: Loop) -> None:
    issue(loop, "Bank feed stops after two days", "1", "2", phrases=("reconnect bank",))
    made = issue(loop, "Webhooks arrive twice", "3", "4")
    loop.put(ticket("5", "Duplicated deliveries of hooks"))
    loop.pull()
    loop.decide(clusters.move, [loop.id_of("5")], made)
    assert issues(find(loop, "our feed has stopped, banks!"))[0] == "Bank feed stops after two days"
    assert issues(find(loop, "reconnecting? reconnect")) == ["Bank feed stops after two days"]
    [hit] = find(loop, "DELIVERIES").hits
    assert (hit.title, hit.words) == ("Webhooks arrive twice", ("DELIVERIES",))


def test_index_follows_every_decision(loop: Loop) -> None:
    issue(loop, "Bank feed stops", "1", "2")
    issue(loop, "Printer burns", "3")
    assert find(loop, "printer").hits == ()
    loop.decide(placing.new_issue, loop.id_of("3"), actor=AGENT)
    assert issues(find(loop, "printer")) == ["Printer burns"]
    loop.decide(clusters.merge_clusters, loop.places()["3"], loop.places()["1"])
    assert issues(find(loop, "printer")) == ["Bank feed stops"]


def test_hit_holds_what_may_be_copied(loop: Loop) -> None:
    plan(
        loop,
        issue(loop, "Bank feed stops", "1", "2"),
        "investigating",
        say="We look into it.",
        dont_say="secret-caution",
    )
    [hit] = find(loop, "bank").hits
    assert (hit.say.text, str(hit.light), hit.confirmed_by, hit.fix) == (
        "We look into it.",
        "green",
        "R. Diaz",
        "No date to share",
    )
    assert "secret-caution" not in repr(hit)


def test_supplier_finds_own_tickets_and_plans_for_them(loop: Loop) -> None:
    issue(loop, "Own total is wrong", "1", "2", group=GROUP)
    issue(loop, "Hidden total is wrong", "3", "4", group="elsewhere")
    planned = issue(loop, "Planned total is wrong", "5", "6", group="elsewhere")
    plan(loop, planned, "investigating", say="We look into it.", title_customer="The total is wrong")
    actor = supplier(loop)
    assert find(loop, "3", actor).unknown
    assert find(loop, "3", actor) == Found("3", unknown=True)
    assert find(loop, "https://desk.example/tickets/3", actor).unknown
    assert sorted(issues(find(loop, "total wrong", actor))) == ["Own total is wrong", "The total is wrong"]
    assert len(issues(find(loop, "total wrong"))) == 3
    assert find(loop, f"IB-{planned - 1}", actor).unknown


def test_meaning_finds_what_no_word_finds(loop: Loop) -> None:
    issue(loop, "Bank feed stops", "1", "2")
    issue(loop, "Printer burns", "3", "4")
    loop.embed()
    loop.group()

    def encode(text: str) -> tuple[str, Vectors]:
        return loop.bag.model_id, loop.bag.encode(["Printer burns"])[0]

    hits = find(loop, "smoke everywhere", encode=encode).hits
    assert [(hit.title, hit.words) for hit in hits] == [("Printer burns", ())]
    assert find(loop, "smoke everywhere").hits == ()
    assert issues(find(loop, "bank feed", encode=lambda text: (loop.bag.model_id, np.zeros(64, dtype=np.float32)))) == [
        "Bank feed stops"
    ]


def test_nothing_is_held_after_it_is_forgotten(loop: Loop) -> None:
    issue(loop, "Bank feed stops", "1", "2")
    assert find(loop, "bank").hits
    with loop.db.read() as session:
        matching.forget(session)
        held = matching._lexical._values.get(session.get_bind().engine.pool)
    assert held is None


def test_every_role_may_ask(loop: Loop) -> None:
    issue(loop, "Bank feed stops", "1", "2", group=GROUP)
    for role in Role:
        found = find(loop, "bank", Actor("x", role))
        assert all(title == "Bank feed stops" for title in issues(found))
        assert found.hits or role in (Role.SUPPLIER_AGENT, Role.SUPPLIER_CONTACT), role
