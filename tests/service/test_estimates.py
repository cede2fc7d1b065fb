"""Estimates of an issue, and what a ranking tells beside the scores: both leave scores and order as they are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from bridge.ranked import records as stored
from bridge.service import clusters, estimates, scoring
from bridge.service.access import Actor, Forbidden
from bridge.service.decisions import decisions
from bridge.service.errors import ServiceError
from bridge.service.scored import scored
from bridge.store.accounts import Account
from bridge.store.beside import ClusterEstimate, handled
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.ranking import last_run
from bridge.store.suppliers import GroupMap, Supplier
from bridge.store.sync import bump
from bridge.words import Role
from tests.pipeline.loop import PM, Loop, three_issues, ticket

CSM = Actor("the csm", Role.CSM)


@pytest.fixture
def loop(db: Database) -> Loop:
    return Loop(db)


def records(loop: Loop) -> dict[int, dict[str, Any]]:
    with loop.db.read() as session:
        run = last_run(session)
        assert run is not None
        return {id_: record.explanation for id_, record in stored(session, run).items()}


def scores(loop: Loop) -> dict[int, tuple[float, float, float]]:
    return {id_: (r["score"], r["risk_now"], r["momentum"]) for id_, r in records(loop).items()}


def view(loop: Loop, cluster_id: int) -> estimates.Beside:
    with loop.db.read() as session:
        found = scored(session, cluster_id)
        assert found is not None
        return estimates.beside(session, found)


def priced(loop: Loop, **costs: str) -> None:
    admin = Actor("the admin", Role.ADMIN)
    with loop.db.write() as session:
        scoring.save(session, admin, costs, "what a ticket costs", at=loop.clock())


def test_an_estimate_gives_value_for_effort_and_leaves_the_score(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    before = scores(loop)
    event = loop.decide(estimates.estimate, first, {"effort": 4.0}, reason="one team, a month")
    found = view(loop, first)
    assert (found.effort, found.by) == (4.0, PM.name)
    assert found.wsjf == before[first][0] / 4
    assert found.week == before[first][0] / 52
    assert found.rice is not None
    assert (found.rice.reach, found.rice.impact, found.rice.effort) == (2, 0.5, 4.0)
    assert scores(loop) == before
    with loop.db.read() as session:
        log = decisions(session, PM, first, in_tracker=False)
    assert (log.rows[0].words, log.rows[0].undo) == ("estimated 4 person-weeks", event.id)


def test_an_estimate_is_taken_back_in_order(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    one = loop.decide(estimates.estimate, first, {"effort": 4.0})
    two = loop.decide(estimates.estimate, first, {"effort": 6.0, "blocked_share": 0.5})
    assert loop.decide(estimates.estimate, first, {"effort": 6.0}) is None, "nothing changed"
    with pytest.raises(ServiceError, match="estimated again since"):
        loop.decide(clusters.undo, event_id=one.id)
    loop.decide(clusters.undo, event_id=two.id)
    assert (view(loop, first).effort, view(loop, first).blocked_share) == (4.0, None)
    loop.decide(clusters.undo, event_id=one.id)
    assert loop.rows(ClusterEstimate) == []
    assert [e.kind for e in loop.rows(Event) if "estimated" in e.kind] == [
        "cluster.estimated",
        "cluster.estimated",
        "cluster.estimated.undone",
        "cluster.estimated.undone",
    ]


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"effort": 0.0}, "person-weeks above 0"),
        ({"effort": float("nan")}, "person-weeks above 0"),
        ({"effort": 1e9}, "up to 1,000"),
        ({"blocked_share": 1.5}, "0 to 100 %"),
    ],
)
def test_what_cannot_be_an_estimate_is_refused(loop: Loop, said: dict[str, float], says: str) -> None:
    first, *_ = three_issues(loop)
    with pytest.raises(ServiceError, match=says):
        loop.decide(estimates.estimate, first, said)
    with loop.db.write() as session, pytest.raises(Forbidden):
        estimates.estimate(session, CSM, first, {"effort": 1.0}, at=loop.clock())
    assert loop.rows(ClusterEstimate) == []


def test_growth_is_what_a_need_blocks_of_the_pipelines(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    with loop.db.write() as session:
        for account in session.exec(select(Account)):
            account.growth_pipeline = {"Acme": 50_000.0, "Borealis": None, "Cobalt": 7_000.0}[account.name]
        bump(session, "accounts")
    before = scores(loop)
    assert records(loop)[first]["growth"] is None
    loop.decide(estimates.estimate, first, {"blocked_share": 0.4})
    assert records(loop)[first]["growth"] == pytest.approx(20_000)
    assert view(loop, first).growth == pytest.approx(20_000)
    assert scores(loop) == before


def test_support_costs_what_its_tickets_cost_and_spam_changes_nothing_else(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    priced(loop, unit_cost="9")
    before, costs = scores(loop), {id_: r["support_cost"] for id_, r in records(loop).items()}
    assert costs[first] == pytest.approx(2 * 365 / 90 * 9)
    for number in range(100, 140):
        loop.put(ticket(str(number), requester="a@acme.example"))
    loop.pull()
    with loop.db.write() as session:
        from bridge.store.memberships import Place, place

        ids = loop.ids(session)
        place(session, [Place(ids[str(n)], first, 0.9, "model") for n in range(100, 140)], loop.clock())
    loop.rank()
    after = records(loop)
    assert after[first]["support_cost"] == pytest.approx(42 * 365 / 90 * 9)
    assert scores(loop) == before
    assert {id_: r["support_cost"] for id_, r in after.items() if id_ != first} == {
        id_: cost for id_, cost in costs.items() if id_ != first
    }


def test_tickets_are_counted_for_who_held_their_group_on_that_day(loop: Loop) -> None:
    now = loop.clock()
    changed = (now - timedelta(days=30)).date()
    with loop.db.write() as session:
        meridian, northwind = (
            Supplier(name="Meridian Desk", kind="outsourced"),
            Supplier(name="Northwind", kind="outsourced"),
        )
        session.add_all((meridian, northwind))
        session.flush()
        session.add(GroupMap(group="tier-1", supplier_id=meridian.id or 0, valid_to=changed))
        session.add(GroupMap(group="tier-1", supplier_id=northwind.id or 0, valid_from=changed))
    ages = {"1": 89.9, "2": 40, "3": 10, "4": 0, "5": 90.1}
    for number, age in ages.items():
        loop.put(ticket(number, group="tier-1", at=now - timedelta(days=age)))
    loop.put(ticket("6", at=now - timedelta(days=3)))
    loop.put(ticket("7", at=now - timedelta(days=3), requester="me@ours.example"))
    loop.put(ticket("8", at=now - timedelta(days=3), requester="me@test.ours.example"))
    loop.pull()
    one = loop.cluster("Login fails", *map(str, range(1, 9)))
    with loop.db.read() as session:
        found = handled(session, now, ["ours.example"])
        assert found == {one: {"Meridian Desk": 2, "Northwind": 2, None: 1}}
        assert handled(session, now, [])[one][None] == 3
        assert handled(session, now - timedelta(days=89.95), [])[one] == {"Meridian Desk": 1}
