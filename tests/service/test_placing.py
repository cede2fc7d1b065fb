"""Same issue, wrong issue, new issue: one click each, remembered, and taken back by whoever clicked."""

from __future__ import annotations

import pytest

from bridge.service import clusters, placing
from bridge.service.access import Actor, Forbidden
from bridge.service.errors import ServiceError, UnknownId
from bridge.store.clusters import Membership, Rejection
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.memberships import redirect
from bridge.words import Role
from tests.pipeline.loop import AGENT, Loop
from tests.service.card_desk import GROUP, issue, plan, show, supplier


@pytest.fixture
def loop(db: Database) -> Loop:
    made = Loop(db)
    issue(made, "Login loops back to the sign-in page", "1", "2", "3", group=GROUP)
    issue(made, "Login loops for me", "4", group=GROUP)
    return made


def test_same_issue_is_one_click_and_one_undo(loop: Loop) -> None:
    before = {(m.ticket_id, m.cluster_id, m.q, m.origin) for m in loop.rows(Membership)}
    card = show(loop, "4")
    assert card.issue is None
    assert card.suggestions[0].title == "Login loops back to the sign-in page"
    assert {"login", "loops"} <= {word.lower() for word in card.suggestions[0].words}
    target = loop.places()["1"]
    event = loop.decide(placing.confirm_same, loop.id_of("4"), target, actor=AGENT)
    assert (loop.places()["4"], event.kind, event.actor) == (target, "membership.confirmed", AGENT.name)
    after = show(loop, "4")
    assert after.why is not None
    assert (after.issue, after.why.by_person, after.undo) == (f"IB-{target}", True, event.id)
    loop.decide(placing.undo_own, event.id, actor=AGENT)
    assert {(m.ticket_id, m.cluster_id, m.q, m.origin) for m in loop.rows(Membership)} == before
    assert show(loop, "4").undo is None
    with pytest.raises(ServiceError, match="taken back already"):
        loop.decide(placing.undo_own, event.id, actor=AGENT)


def test_wrong_issue_is_never_put_back_by_the_model(loop: Loop) -> None:
    loop.embed()
    was = loop.places()["1"]
    event = loop.decide(placing.wrong_issue, loop.id_of("1"), actor=AGENT)
    assert "1" not in loop.places()
    assert [(r.ticket_id, r.cluster_id) for r in loop.rows(Rejection)] == [(loop.id_of("1"), was)]
    assert show(loop, "1").issue is None
    assert f"IB-{was}" not in {one.issue for one in show(loop, "1").suggestions}
    loop.group()
    loop.group(consolidating=True)
    assert loop.places()["1"] != was
    loop.decide(placing.undo_own, event.id, actor=AGENT)
    with loop.db.read() as session:
        living = redirect(session, was)
    assert living is not None
    assert (loop.places()["1"], loop.rows(Rejection)) == (living.id, [])


def test_undo_of_wrong_gives_way_to_a_person_who_placed_it_since(loop: Loop) -> None:
    event = loop.decide(placing.wrong_issue, loop.id_of("1"), actor=AGENT)
    loop.decide(clusters.move, [loop.id_of("1")], loop.places()["4"])
    with pytest.raises(ServiceError, match="placed this ticket since"):
        loop.decide(placing.undo_own, event.id, actor=AGENT)


def test_new_issue_stays_alone(loop: Loop) -> None:
    loop.embed()
    own = loop.places()["4"]
    loop.decide(placing.new_issue, loop.id_of("4"), actor=AGENT)
    assert loop.places()["4"] == own
    loop.decide(placing.new_issue, loop.id_of("2"), actor=AGENT)
    assert loop.places()["2"] not in (loop.places()["1"], own)
    loop.group(consolidating=True)
    assert loop.places()["4"] == own
    shown = show(loop, "4")
    assert (shown.issue, shown.lamp.word) == (f"IB-{own}", "Unreviewed")


def test_only_own_decisions_and_readable_tickets(loop: Loop) -> None:
    event = loop.decide(placing.wrong_issue, loop.id_of("1"), actor=AGENT)
    with pytest.raises(ServiceError, match="no placement of yours"):
        loop.decide(placing.undo_own, event.id, actor=Actor("Somebody Else", Role.AGENT))
    with pytest.raises(ServiceError, match="no placement of yours"):
        loop.decide(placing.undo_own, 0, actor=AGENT)
    stranger = supplier(loop, "another group")
    for act, args in ((placing.wrong_issue, ()), (placing.new_issue, ()), (placing.confirm_same, (1,))):
        with pytest.raises(UnknownId):
            loop.decide(act, loop.id_of("2"), *args, actor=stranger)
    with pytest.raises(Forbidden):
        loop.decide(placing.wrong_issue, loop.id_of("2"), actor=Actor("x", Role.AGENT, scopes=frozenset()))


def test_supplier_cannot_place_into_an_issue_that_they_do_not_see(loop: Loop) -> None:
    hidden = issue(loop, "Hidden words", "8", "9", group="elsewhere")
    actor = supplier(loop)
    with pytest.raises(UnknownId):
        loop.decide(placing.confirm_same, loop.id_of("4"), hidden, actor=actor)
    plan(loop, hidden, "investigating", say="We look into it.")
    loop.decide(placing.confirm_same, loop.id_of("4"), hidden, actor=actor)
    assert loop.places()["4"] == hidden


def test_product_manager_takes_an_agents_click_back(loop: Loop) -> None:
    was = loop.places()["1"]
    loop.decide(placing.wrong_issue, loop.id_of("1"), actor=AGENT)
    loop.decide(clusters.undo)
    assert loop.places()["1"] == was
    assert [e.kind for e in loop.rows(Event) if e.undoes] == ["membership.rejected.undone"]
