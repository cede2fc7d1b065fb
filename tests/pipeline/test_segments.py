"""A ticket that tells two issues belongs to one and is told of at the other, until its words go."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from bridge.analysis.segments import SHORT
from bridge.pipeline.rank import compute
from bridge.service import clusters, erase, issue_mentions
from bridge.service.access import Actor
from bridge.service.erase import Kind
from bridge.service.explaining import explain
from bridge.service.issue_mentions import mentions
from bridge.store.clusters import Membership
from bridge.store.db import Database
from bridge.store.grouping import SecondaryMembership
from bridge.store.segments import secondaries, undivided
from bridge.store.tickets import Ticket, TicketSegment
from bridge.store.vectors import Vector, count_missing, count_texts
from bridge.words import Role, display_id
from connectors.base import Ticket as DeskTicket
from tests.pipeline.loop import MODEL, Loop, ticket
from tests.pipeline.other_side import START

ADMIN = Actor("the admin", Role.ADMIN)
LOGIN = "the login page rejects every password since monday"
EXPORT = "each invoice export stops somewhere around row number nine thousand"


@pytest.fixture
def loop(db: Database) -> Loop:
    """Four tickets of each of two issues; one that tells both, the longer part of logging in."""
    loop = Loop(db)
    loop.put(*(ticket(f"L{n}", "Login page", body=f"{LOGIN} {LOGIN} {LOGIN}") for n in range(4)))
    loop.put(*(ticket(f"E{n}", "", body=EXPORT) for n in range(4)))
    loop.put(both("B"))
    run(loop)
    return loop


def both(id_: str, **values: Any) -> DeskTicket:
    return ticket(id_, "Login page", body=f"{LOGIN} {LOGIN}\n\n{EXPORT}", **values)


def run(loop: Loop, *, consolidating: bool = False) -> None:
    loop.pull()
    loop.embed()
    loop.group(consolidating=consolidating)


def spoken(loop: Loop) -> list[tuple[int, int, int, int]]:
    rows = loop.rows(SecondaryMembership)
    return sorted((row.ticket_id, row.cluster_id, row.begins, row.ends) for row in rows)


def told(loop: Loop, cluster: int) -> list[tuple[str, str]]:
    """(ticket, what it says) as the issue's page has it."""
    with loop.db.read() as session:
        return [(row.name, row.said) for row in mentions(session, ADMIN, cluster).rows]


def also(loop: Loop, number: str, actor: Actor = ADMIN) -> list[tuple[str, str]]:
    """(issue, what is said of it) as the ticket's page has it."""
    with loop.db.read() as session:
        found = explain(session, actor, "desk", number, model=MODEL)
        return [(one.issue, one.said) for one in found.also]


def test_the_ticket_says_of_what_else_it_speaks_as_long_as_it_does(loop: Loop) -> None:
    export = loop.places()["E0"]
    assert also(loop, "B") == [(display_id(export), EXPORT)]
    assert also(loop, "B", Actor("an agent", Role.AGENT)) == [(display_id(export), EXPORT)]
    assert also(loop, "L0") == []
    loop.decide(clusters.merge_clusters, export, loop.cluster("Other"))
    living = ({*loop.places().values()} - {loop.places()["L0"]}).pop()
    assert also(loop, "B") == [(display_id(living), EXPORT)]
    loop.put(ticket("B", "Login page", body=LOGIN, updated_at=loop.clock() + timedelta(seconds=5)))
    loop.clock.pass_(60)
    loop.pull()
    assert also(loop, "B") == []


def test_who_may_not_read_a_ticket_is_not_told_its_words(loop: Loop) -> None:
    with loop.db.read() as session:
        [one] = issue_mentions.also(session, ADMIN, session.get_one(Ticket, loop.id_of("B")), readable=False)
    assert (one.issue, one.said) == (display_id(loop.places()["E0"]), "")


def test_a_ticket_says_nothing_of_what_was_denied_or_is_its_own(loop: Loop) -> None:
    export = loop.places()["E0"]
    loop.decide(clusters.move, [loop.id_of("B")], export)
    assert also(loop, "B") == []
    loop.decide(clusters.split, export, [loop.id_of("B")])
    assert also(loop, "B") == []


def test_a_ticket_that_tells_two_issues_is_told_of_at_the_other(loop: Loop) -> None:
    places = loop.places()
    assert places["B"] == places["L0"] != places["E0"]
    [row] = loop.rows(SecondaryMembership)
    assert (row.ticket_id, row.cluster_id) == (loop.id_of("B"), places["E0"])
    [text] = [t.embed_text for t in loop.rows(Ticket, source_id="B")]
    assert text[row.begins : row.ends] == EXPORT
    assert 0.9 < row.similarity <= 1.001
    assert told(loop, places["E0"]) == [("B", EXPORT)]
    assert told(loop, places["L0"]) == []


def test_short_tickets_have_no_parts(loop: Loop) -> None:
    assert {row.ticket_id for row in loop.rows(TicketSegment)} == {loop.id_of("B")}
    assert {row.source_id for row in loop.rows(Ticket) if row.divided_hash is None} == {f"E{n}" for n in range(4)}


def test_a_second_run_changes_nothing(loop: Loop) -> None:
    before, since = spoken(loop), [row.since for row in loop.rows(SecondaryMembership)]
    encoded = list(loop.bag.encoded)
    loop.clock.pass_(60)
    run(loop, consolidating=True)
    assert spoken(loop) == before != []
    assert [row.since for row in loop.rows(SecondaryMembership)] == since
    assert loop.bag.encoded == encoded


def test_parts_wait_for_vectors_like_texts(loop: Loop) -> None:
    loop.put(
        ticket("N", "Login page", body=f"{LOGIN} {LOGIN}\n\nthe map of our branches shows a wrong town altogether")
    )
    loop.pull()
    with loop.db.read() as session:
        assert [row[0] for row in undivided(session, SHORT, 9)] == [loop.id_of("N")]
    loop.embed(stop=iter([False, True, True]).__next__)
    with loop.db.read() as session:
        assert undivided(session, SHORT, 9) == []
        texts = count_texts(session)
    loop.embed()
    with loop.db.read() as session:
        assert count_missing(session, MODEL) == 0
    assert texts == len(loop.rows(Vector))


def test_a_text_that_changes_speaks_of_nothing_until_it_is_looked_at_again(loop: Loop) -> None:
    export = loop.places()["E0"]
    loop.put(ticket("B", "Login page", body=LOGIN, updated_at=loop.clock() + timedelta(seconds=5)))
    loop.clock.pass_(60)
    loop.pull()
    assert told(loop, export) == []
    loop.embed()
    assert (spoken(loop), loop.rows(TicketSegment)) == ([], [])
    loop.put(both("B", updated_at=loop.clock() + timedelta(seconds=5)))
    loop.clock.pass_(60)
    run(loop, consolidating=True)
    assert told(loop, export) == [("B", EXPORT)]


def test_a_merge_shows_what_was_said_at_the_winner_and_its_undo_at_the_loser(loop: Loop) -> None:
    export, other = loop.places()["E0"], loop.cluster("Other")
    loop.decide(clusters.merge_clusters, export, other)
    living = ({*loop.places().values()} - {loop.places()["L0"]}).pop()
    assert told(loop, living) == [("B", EXPORT)]
    with loop.db.read() as session:
        assert {c for said in secondaries(session).values() for c in said} == {living}
    loop.decide(clusters.undo)
    assert told(loop, export) == [("B", EXPORT)]
    loop.decide(clusters.move, [loop.id_of("B")], export)
    assert told(loop, export) == []


def test_what_was_denied_is_not_told(loop: Loop) -> None:
    export = loop.places()["E0"]
    loop.decide(clusters.move, [loop.id_of("B")], export)
    loop.decide(clusters.split, export, [loop.id_of("B")])
    assert told(loop, export) == []
    loop.group(consolidating=True)
    assert export not in {cluster for _, cluster, *_ in spoken(loop)}


def test_they_do_not_score(loop: Loop) -> None:
    with loop.db.write() as session:
        told_of = compute(session, START).explanations
        session.execute(delete(SecondaryMembership))
        assert compute(session, START).explanations == told_of
    assert len(told_of) == 2
    assert len(loop.rows(Membership)) == 9


def test_erasing_drops_parts_and_their_vectors_alone(loop: Loop) -> None:
    before = {row.content_hash for row in loop.rows(Vector)}
    parts = {row.content_hash for row in loop.rows(TicketSegment)}
    shared = {row.embed_hash for row in loop.rows(Ticket) if row.source_id != "B"}
    with loop.db.write() as session:
        target = erase.find(session, ADMIN, Kind.REQUESTER, "ul0@acme.example", b"secret")
        erase.erase(session, ADMIN, target, reason="asked for", at=loop.clock())
    assert parts <= {row.content_hash for row in loop.rows(Vector)}
    with loop.db.write() as session:
        target = erase.find(session, ADMIN, Kind.REQUESTER, "uB@acme.example", b"secret")
        erase.erase(session, ADMIN, target, reason="asked for", at=loop.clock())
    assert (spoken(loop), loop.rows(TicketSegment)) == ([], [])
    assert {row.content_hash for row in loop.rows(Vector)} == before & shared


def test_a_ticket_that_the_desk_deletes_is_told_of_no_more(loop: Loop) -> None:
    loop.clock.pass_(60)
    loop.put(replace(both("B"), deleted=True, updated_at=loop.clock()))
    loop.pull()
    assert (spoken(loop), loop.rows(TicketSegment)) == ([], [])
