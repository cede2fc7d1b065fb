"""Feedback is an event of ids, once a day; a watched plan that changed is told, and only to who may know."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bridge.service import feedback, remedies
from bridge.service.access import Actor
from bridge.service.errors import ServiceError, UnknownId
from bridge.store.access import User, Watch
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.words import Role
from tests.pipeline.loop import AGENT, Loop
from tests.service.card_desk import DAY, GROUP, issue, plan, show, supplier


@pytest.fixture
def loop(db: Database) -> Loop:
    made = Loop(db)
    plan(made, issue(made, "Login loops", "1", "2", group=GROUP), "investigating", say="We look into it.")
    return made


def user(loop: Loop, actor: Actor) -> Actor:
    with loop.db.write() as session:
        row = User(name=actor.name, role=actor.role, supplier_id=actor.supplier_id)
        session.add(row)
        session.flush()
        return replace(actor, user_id=row.id)


@pytest.mark.parametrize("act", list(feedback.ACTS))
def test_the_same_click_is_one_event_a_day(loop: Loop, act: str) -> None:
    issue_id, ticket_id = loop.places()["1"], loop.id_of("1")
    for _ in range(3):
        loop.decide(feedback.tell, act, issue_id, ticket_id=ticket_id, actor=AGENT)
    [event] = loop.rows(Event, kind=feedback.ACTS[act])
    assert (event.after, event.subject) == ({"ticket": ticket_id, "revision": 2}, f"cluster:{issue_id}")
    assert "ogin" not in json.dumps([event.before, event.after, event.reason])
    loop.decide(feedback.tell, act, issue_id, ticket_id=loop.id_of("2"), actor=AGENT)
    loop.clock.pass_(DAY)
    loop.decide(feedback.tell, act, issue_id, ticket_id=ticket_id, actor=AGENT)
    assert len(loop.rows(Event, kind=feedback.ACTS[act])) == 3


def test_card_tells_the_reader_what_they_did(loop: Loop) -> None:
    issue_id = loop.places()["1"]
    loop.decide(feedback.tell, "ask_owner", issue_id, ticket_id=loop.id_of("1"), actor=AGENT)
    loop.decide(feedback.tell, "used", issue_id, ticket_id=loop.id_of("1"), actor=AGENT)
    assert {(one.act, one.whom) for one in show(loop, "1").said} == {("ask_owner", "R. Diaz"), ("used", None)}
    assert {one.act for one in show(loop, "2").said} == {"ask_owner"}
    assert show(loop, "1", Actor("Somebody Else", Role.AGENT)).said == ()


def test_what_is_no_feedback_is_refused(loop: Loop) -> None:
    with pytest.raises(ServiceError, match="nothing that can be told"):
        loop.decide(feedback.tell, "drop", loop.places()["1"], actor=AGENT)
    with pytest.raises(UnknownId):
        loop.decide(feedback.tell, "used", loop.places()["1"], ticket_id=loop.id_of("1"), actor=supplier(loop, "other"))
    with pytest.raises(ServiceError, match="is no user here"):
        loop.decide(feedback.watch, loop.places()["1"], actor=AGENT)


def test_watched_plan_that_changed_is_told_until_it_is_seen(loop: Loop) -> None:
    actor, issue_id = user(loop, AGENT), loop.places()["1"]
    for _ in range(2):
        loop.decide(feedback.watch, issue_id, actor=actor)
    assert show(loop, "1", actor).watching

    def news() -> list[int]:
        with loop.db.read() as session:
            return [one.cluster_id for one in feedback.changed(session, actor)]

    assert news() == []
    loop.decide(remedies.edit, issue_id, {"say": "We found it."})
    assert news() == []
    loop.decide(remedies.approve, issue_id)
    assert news() == [issue_id]
    with loop.db.write() as session:
        feedback.seen(session, actor, issue_id)
    assert news() == []
    with loop.db.write() as session:
        feedback.unwatch(session, actor, issue_id)
    assert loop.rows(Watch) == []


def test_supplier_is_not_told_of_a_plan_for_our_own_people(loop: Loop) -> None:
    other = issue(loop, "Elsewhere it fails", "8", "9", group="elsewhere")
    plan(loop, other, "investigating", say="We look into it.")
    actor = user(loop, supplier(loop))
    loop.decide(feedback.watch, other, actor=actor)
    plan(loop, other, "investigating", say="Ours alone.", audience="internal")
    with loop.db.read() as session:
        assert feedback.changed(session, actor) == []
