"""Changing the rules of segments: what a preview says is what saving does, and it can be taken back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from bridge.service import segment_preview, segment_rules
from bridge.service.access import Actor, Forbidden
from bridge.service.errors import ServiceError
from bridge.store import account_pages
from bridge.store.accounts import Account
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.ranking import all_segments, last_run, run_scores
from bridge.store.sync import data_version
from bridge.words import Role
from tests.pipeline.loop import PM, Loop, three_issues

CSM = Actor("C. Care", Role.CSM)
AGENT = Actor("A. Gent", Role.AGENT)


@pytest.fixture
def loop(db: Database) -> Loop:
    made = Loop(db)
    three_issues(made)
    return made


def raws(loop: Loop) -> tuple[list[dict[str, Any]], str]:
    """The rules as a form sends them."""
    with loop.db.read() as session:
        kept = segment_rules.rules(session, PM)
    return [
        {"id": d.id, "name": d.name, "value_default": d.value_default, "expectation_tier": d.expectation_tier, **d.rule}
        for d in kept.drafts
    ], kept.mark


def held(loop: Loop) -> dict[str, tuple[str, float]]:
    with loop.db.read() as session:
        columns = account_pages.columns(all_segments(session), loop.clock().date())
        rows = account_pages.page(session, columns, [], [Account.id], limit=100, offset=0)
        return {row[0].name: (row[1], row[3]) for row in rows}


def look(loop: Loop, wanted: list[dict[str, Any]]) -> segment_preview.Preview:
    with loop.db.read() as session:
        return segment_preview.preview(session, PM, wanted, at=loop.clock())


def test_a_preview_writes_nothing_and_says_who_moves(loop: Loop) -> None:
    wanted, _ = raws(loop)
    wanted[0]["value_at_least"] = 50_000
    before, events = held(loop), len(loop.rows(Event))
    found = look(loop, wanted)
    assert [(m.name, m.before, m.after, m.value_before, m.value_after) for m in found.moves] == [
        ("Borealis", "mid-market", "strategic", 60_000.0, 60_000.0)
    ]
    assert (found.moved, found.accounts) == (1, 3)
    assert held(loop) == before
    assert len(loop.rows(Event)) == events


def test_saving_does_what_the_preview_said_and_ranks_anew(loop: Loop) -> None:
    loop.account("Delta", None, "delta.example")
    wanted, mark = raws(loop)
    wanted[-1]["value_default"] = 400_000
    wanted.insert(0, {"name": "Small", "value_default": 1, "expectation_tier": "premium", "lifecycle": ["prospect"]})
    said = look(loop, wanted)
    with loop.db.read() as session:
        version = data_version(session, "accounts")
    event = loop.decide(segment_rules.save, wanted, mark, "as agreed with sales")
    assert held(loop)["Delta"] == ("unclassified", 400_000.0)
    assert [(m.name, m.value_after) for m in said.moves] == [("Delta", 400_000.0)]
    assert said.unknown_after == 1.0
    kept = loop.rows(Event, kind="segments.changed")
    assert [(e.id, e.reason, e.actor) for e in kept] == [(event.id, "as agreed with sales", "R. Diaz")]
    with loop.db.read() as session:
        assert data_version(session, "accounts") == version + 1
        run = last_run(session)
        assert run is not None
        assert run.snapshot.startswith(f"accounts:{version + 1}/")


def test_ranks_of_the_preview_are_those_of_the_run_after_it(loop: Loop) -> None:
    """Premium expectations for the small ones lift the second issue over the first."""
    wanted, mark = raws(loop)
    wanted[2] |= {"expectation_tier": "premium"}
    wanted.insert(0, {"name": "Loved", "value_default": 1, "expectation_tier": "premium", "value_at_least": 50_000})
    with loop.db.write() as session:
        acme = session.exec(select(Account).where(Account.name == "Acme")).one()
        acme.lifecycle = "churned"
    said = look(loop, wanted)
    loop.decide(segment_rules.save, wanted, mark, "")
    with loop.db.read() as session:
        run = last_run(session)
        assert run is not None
        ranks = {score.cluster_id: (score.rank, score.score) for score in run_scores(session, run.id or 0)}
    for move in said.ranks or ():
        assert ranks[move.cluster_id] == (move.after, pytest.approx(move.score_after))


def test_undo_restores_the_rules_once(loop: Loop) -> None:
    before, (wanted, mark) = held(loop), raws(loop)
    original = raws(loop)
    wanted[0], wanted[1] = {**wanted[0], "name": "mid-market"}, {**wanted[1], "name": "strategic"}
    del wanted[2]
    event = loop.decide(segment_rules.save, wanted, mark, "")
    assert held(loop)["Acme"][0] == "mid-market"
    loop.decide(segment_rules.undo, event.id)
    assert (held(loop), raws(loop)) == (before, original)
    with pytest.raises(ServiceError, match="have changed since"):
        loop.decide(segment_rules.undo, event.id)
    with loop.db.read() as session:
        last = segment_rules.rules(session, PM).last
        assert last is not None
        assert last.event is None


def test_an_account_that_a_file_named_stays_in_a_renamed_segment(loop: Loop) -> None:
    with loop.db.write() as session:
        session.exec(select(Account).where(Account.name == "Cobalt")).one().segment_named = "strategic"
    wanted, mark = raws(loop)
    wanted[0]["name"] = "Key accounts"
    assert look(loop, wanted).moved == 0
    event = loop.decide(segment_rules.save, wanted, mark, "")
    assert held(loop)["Cobalt"][0] == held(loop)["Acme"][0] == "Key accounts"
    loop.decide(segment_rules.undo, event.id)
    assert held(loop)["Cobalt"][0] == "strategic"


def test_what_cannot_be_saved_says_which_rule_and_changes_nothing(loop: Loop) -> None:
    wanted, mark = raws(loop)
    with pytest.raises(ServiceError, match="nothing is changed"):
        loop.decide(segment_rules.save, wanted, mark, "")
    with pytest.raises(ServiceError, match="begin again"):
        loop.decide(segment_rules.save, wanted[1:], "0" * 16, "")
    with pytest.raises(segment_rules.RulesRefused, match=r"segment 4: the last segment takes all others") as caught:
        loop.decide(segment_rules.save, [*wanted[:3], {**wanted[3], "region": "DACH"}], mark, "")
    assert [(f.place, f.field) for f in caught.value.faults] == [(3, "region")]
    with pytest.raises(ServiceError, match="there no more"):
        loop.decide(segment_rules.save, [{**wanted[0], "id": 999}, *wanted[1:]], mark, "")
    assert raws(loop) == (wanted, mark)


def test_who_may(loop: Loop) -> None:
    wanted, mark = raws(loop)
    with loop.db.read() as session:
        assert not segment_rules.rules(session, CSM).may_edit
        for actor in (CSM, AGENT):
            with pytest.raises(Forbidden):
                segment_preview.preview(session, actor, wanted, at=loop.clock())
            with pytest.raises(Forbidden):
                segment_rules.save(session, actor, wanted[1:], mark, "", at=loop.clock())
            with pytest.raises(Forbidden):
                segment_rules.undo(session, actor, 1, at=loop.clock())
        with pytest.raises(Forbidden):
            segment_rules.rules(session, AGENT)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from([10_000, 30_000, 70_000, 300_000]), unique=True, max_size=3), st.booleans())
def test_preview_equals_what_comes_of_it(loop: Loop, floors: list[int], named: bool) -> None:
    with loop.db.write() as session:
        session.exec(select(Account).where(Account.name == "Cobalt")).one().segment_named = "x1" if named else None
    old, mark = raws(loop)
    was = held(loop)
    wanted = [
        {"name": f"x{floor // 10_000}", "value_default": floor, "expectation_tier": "standard", "value_at_least": floor}
        for floor in floors
    ] + [{**old[-1], "name": "rest", "value_default": len(floors)}]
    said = look(loop, wanted)
    event = loop.decide(segment_rules.save, wanted, mark, "")
    after = held(loop)
    assert {m.name: (m.after, m.value_after) for m in said.moves} == {
        name: after[name]
        for name in after
        if after[name] != was[name] and (after[name][0] != "rest" or was[name][0] != old[-1]["name"])
    }
    loop.decide(segment_rules.undo, event.id)
    assert held(loop) == was
