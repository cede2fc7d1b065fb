"""The constants of the score: tried, saved, rolled back; what was tried is what the next ranking says."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.service import scoring, seeds
from bridge.service.access import Actor, Forbidden
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.scoring_effect import Effect
from bridge.store.clusters import RankRun, Score, ScoringConfigVersion
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.suppliers import Supplier
from bridge.words import Role, display_id
from tests.pipeline.loop import PM, Loop, three_issues

ADMIN = Actor("the admin", Role.ADMIN)
CSM = Actor("the csm", Role.CSM)
AGENT = Actor("the agent", Role.AGENT)
PRICE = "supplier_unit_cost.Meridian Desk"
TYPED = {"expectation.self_serve": "2", "severity_weight.S2": "0.9", "beta.normal": "0.15"}


@pytest.fixture
def loop(db: Database) -> Loop:
    made = Loop(db)
    with db.write() as session:
        session.add(Supplier(name="Meridian Desk", kind="outsourced"))
    three_issues(made)
    made.rank()
    return made


def ask(loop: Loop, function: Any, *arguments: Any, **more: Any) -> Any:
    with loop.db.read() as session:
        return function(session, *arguments, **more)


def effect(loop: Loop, typed: dict[str, str], actor: Actor = PM) -> Effect:
    found = ask(loop, scoring.trial, actor, typed).effect
    assert found is not None
    return found


def placed(loop: Loop) -> list[tuple[str, int, float]]:
    """The newest ranking."""
    with loop.db.read() as session:
        from bridge.store.ranking import last_run, run_scores

        run = last_run(session)
        assert run is not None
        return [(display_id(s.cluster_id), s.rank, s.score) for s in run_scores(session, run.id or 0)]


def save(loop: Loop, typed: dict[str, str], reason: str = "tried out", actor: Actor = PM, **more: Any) -> scoring.Saved:
    with loop.db.write() as session:
        return scoring.save(session, actor, typed, reason, at=loop.clock(), **more)


def rollback(loop: Loop, version: int, actor: Actor = PM, reason: str = "it was better") -> scoring.Saved:
    with loop.db.write() as session:
        return scoring.rollback(session, actor, version, reason, at=loop.clock())


def test_what_was_tried_is_what_the_next_ranking_says(loop: Loop) -> None:
    before = placed(loop)
    tried = effect(loop, TYPED)
    assert [(m.id, m.rank_now, m.score_now) for m in sorted(tried.moves, key=lambda m: m.rank_now)] == before
    assert placed(loop) == before, "trying writes nothing"
    done = save(loop, TYPED)
    assert (done.version, done.ranked, {c.key for c in done.changes}) == (2, True, set(TYPED))
    assert [(m.id, m.rank_then, m.score_then) for m in tried.moves] == placed(loop)
    assert placed(loop) != before


def test_unchanged_constants_move_nothing(loop: Loop) -> None:
    found = effect(loop, {})
    assert all((m.rank_now, m.score_now) == (m.rank_then, m.score_then) for m in found.moves)
    assert (found.moved, found.entered, found.left) == (0, (), ())
    assert found.stay_20 == found.size_20 == found.issues == 3


def test_a_change_is_a_version_with_reason_and_event(loop: Loop) -> None:
    save(loop, {"kappa": "0.3"}, "  new accounts\ncount less ")
    now = ask(loop, scoring.constants, PM)
    assert (now.version, now.by, now.why, now.values["kappa"]) == (2, PM.name, "new accounts count less", "0.3")
    newest, first = ask(loop, scoring.versions, PM)
    assert [(c.key, c.before, c.after) for c in newest.changes] == [("kappa", "0.5", "0.3")]
    assert (newest.in_force, first.in_force, first.changes) == (True, False, ())
    event = [e for e in loop.rows(Event) if e.kind == "config.changed"][-1]
    assert (event.before, event.after) == ({"version": 1, "kappa": 0.5}, {"version": 2, "kappa": 0.3})
    assert event.reason == "new accounts count less"


def test_going_back_is_a_new_version_like_an_old_one(loop: Loop) -> None:
    before = placed(loop)
    save(loop, TYPED)
    tried = ask(loop, scoring.trial_of, PM, 1)
    assert {c.key for c in tried.changes} == set(TYPED)
    done = rollback(loop, 1)
    assert (done.version, done.like, done.ranked) == (3, 1, True)
    assert placed(loop) == before
    assert [v.like for v in ask(loop, scoring.versions, PM)] == [1, None, None]
    rows = loop.rows(ScoringConfigVersion)
    assert len(rows) == 3
    assert rows[2].params == rows[0].params != rows[1].params
    assert loop.rows(Event)[-2].after["like"] == 1
    with pytest.raises(ServiceError, match="nothing changed"):
        rollback(loop, 1)
    with pytest.raises(UnknownId, match="version 9"):
        rollback(loop, 9)


def test_going_back_keeps_what_the_settings_say(loop: Loop) -> None:
    save(loop, {"kappa": "0.3"})
    with loop.db.write() as session:
        seeds.seed(session, currency="CHF", internal_domains=["ours.example", "test.example"], at=loop.clock())
    rollback(loop, 1)
    now = ask(loop, scoring.constants, PM)
    assert (now.currency, now.internal_domains, now.values["kappa"]) == ("CHF", ("ours.example", "test.example"), "0.5")


@pytest.mark.parametrize(
    ("typed", "reason", "says"),
    [
        ({}, "why not", "nothing changed"),
        ({"kappa": "0.5"}, "why not", "nothing changed"),
        ({"kappa": "0.3"}, "  ", "say why"),
        ({"kappa": "9", "k0": "x"}, "why", "kappa: Write a number from 0 to 5.; k0"),
        ({PRICE: "3"}, "why", "no such constant"),
    ],
)
def test_what_cannot_be_saved_says_so_and_leaves_nothing(loop: Loop, typed: Any, reason: str, says: str) -> None:
    before = len(loop.rows(Event)), len(loop.rows(RankRun)), len(loop.rows(Score))
    with pytest.raises(ServiceError, match=says):
        save(loop, typed, reason)
    assert len(loop.rows(ScoringConfigVersion)) == 1
    assert (len(loop.rows(Event)), len(loop.rows(RankRun)), len(loop.rows(Score))) == before


def test_two_people_do_not_overwrite_each_other(loop: Loop) -> None:
    save(loop, {"kappa": "0.3"}, seen=1)
    with pytest.raises(ServiceError, match=f"{PM.name} saved version 2 while you looked at version 1"):
        save(loop, {"kappa": "0.4"}, seen=1)


def test_who_may_what(loop: Loop) -> None:
    assert ask(loop, scoring.constants, CSM).version == 1
    for actor, function, arguments in (
        (AGENT, scoring.constants, ()),
        (AGENT, scoring.versions, ()),
        (CSM, scoring.trial, ({},)),
        (CSM, scoring.trial_of, (1,)),
    ):
        with pytest.raises(Forbidden):
            ask(loop, function, actor, *arguments)
    with pytest.raises(Forbidden):
        save(loop, {"kappa": "0.3"}, actor=CSM)
    with pytest.raises(Forbidden):
        rollback(loop, 1, actor=CSM)


def test_prices_of_suppliers_are_for_admins(loop: Loop) -> None:
    save(loop, {PRICE: "7.5"}, actor=ADMIN)
    assert PRICE not in ask(loop, scoring.constants, PM).values
    assert ask(loop, scoring.constants, ADMIN).values[PRICE] == "7.5"
    assert [v.changes for v in ask(loop, scoring.versions, PM)] == [(), ()]
    save(loop, {"kappa": "0.3"})
    rollback(loop, 1)
    assert ask(loop, scoring.constants, ADMIN).values[PRICE] == "7.5", "a product manager does not take it away"
    rollback(loop, 1, actor=ADMIN)
    assert ask(loop, scoring.constants, ADMIN).values[PRICE] == ""


def test_before_the_first_ranking_nothing_is_told(db: Database) -> None:
    loop = Loop(db)
    tried = ask(loop, scoring.trial, PM, {"kappa": "0.3"})
    assert (tried.effect, tried.errors, len(tried.changes)) == (None, {}, 1)


def test_an_account_that_changed_since_the_ranking_counts_as_ranked(loop: Loop) -> None:
    with loop.db.write() as session:
        from sqlmodel import select

        from bridge.store.accounts import Account
        from bridge.store.sync import bump

        for account in session.exec(select(Account)):
            account.arr, account.risk_band = 1.0, "high"
        bump(session, "accounts")
    found = effect(loop, {})
    assert [(m.id, m.rank_then, m.score_then) for m in found.moves] == placed(loop)
