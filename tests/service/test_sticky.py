"""Pins, mutes and severities: who is in the Top 10, what scores, when they end, and how they are taken back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from bridge.service import clusters, issues, sticky
from bridge.service.access import Actor, Forbidden
from bridge.service.decisions import undo_all
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.issue_filters import Filters, parse
from bridge.service.issue_rows import Row
from bridge.store.clusters import Cluster
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.sticky import Sticky
from bridge.words import Hold, Role
from tests.pipeline.loop import AGENT, PM, Loop, three_issues, ticket

SUPPLIERS_MANAGER = Actor("S. Manager", Role.SUPPLIER_MANAGER)


@pytest.fixture
def loop(db: Database) -> Loop:
    return Loop(db)


def rows(loop: Loop, actor: Actor = PM, filters: Filters | None = None) -> dict[int, Row]:
    with loop.db.read() as session:
        found = issues.board(session, actor, filters or Filters(), at=loop.clock())
    return {row.id: row for row in found.rows}


def top(loop: Loop) -> list[int]:
    return [id_ for id_, row in rows(loop).items() if row.in_top]


def in_days(loop: Loop, days: int) -> date:
    return (loop.clock() + timedelta(days=days)).date()


def hold(loop: Loop, id_: int, kind: Hold, reason: str = "the board asked", **values: Any) -> Cluster:
    found: Cluster = loop.decide(sticky.hold, id_, kind, reason=reason, **values)
    return found


def figures(loop: Loop) -> dict[int, tuple[int | None, float | None]]:
    return {id_: (row.rank, row.money.amount) for id_, row in rows(loop).items()}


def test_a_pin_brings_thin_evidence_into_the_top_and_changes_no_figure(loop: Loop) -> None:
    first, second, thin = three_issues(loop)
    assert top(loop) == [first, second]
    before = figures(loop)
    hold(loop, thin, Hold.PIN)
    assert top(loop) == [first, second, thin]
    assert figures(loop) == before
    loop.rank()
    assert figures(loop) == before


def test_a_mute_leaves_the_top_and_comes_back_by_itself(loop: Loop) -> None:
    first, second, _ = three_issues(loop)
    before = figures(loop)
    hold(loop, first, Hold.MUTE, until=in_days(loop, 3))
    assert top(loop) == [second]
    assert figures(loop) == before
    assert [h.acts for h in rows(loop)[first].held] == [True]
    assert list(rows(loop, filters=parse({"held": ["mute"]}))) == [first]
    loop.clock.pass_(timedelta(days=4).total_seconds())
    assert top(loop) == [first, second]
    assert [h.acts for h in rows(loop)[first].held] == [False]
    assert not rows(loop, filters=parse({"held": ["mute"]}))
    loop.clock.pass_(timedelta(days=8).total_seconds())
    assert rows(loop)[first].held == ()
    with loop.db.read() as session:
        assert not sticky.held_of(session, PM, first, loop.clock())[0].acts


def test_a_severity_changes_the_score_until_its_last_day(loop: Loop) -> None:
    first, second, _ = three_issues(loop)
    before = figures(loop)
    hold(loop, second, Hold.SEVERITY, severity="S1", until=in_days(loop, 2))
    assert (rows(loop)[second].money.amount or 0) == pytest.approx(2 * (before[second][1] or 0))
    assert rows(loop)[first].money.amount == before[first][1]
    loop.clock.pass_(timedelta(days=3).total_seconds())
    loop.rank()
    assert rows(loop)[second].severity == "S2"
    assert [h.acts for h in rows(loop)[second].held] == [False]
    assert [event.actor for event in loop.rows(Event, kind="severity.expired")] == ["rank"]
    loop.clock.pass_(60)
    loop.rank()
    assert len(loop.rows(Event, kind="severity.expired")) == 1


def test_a_muted_issue_that_is_pinned_is_muted_no_more_and_undo_mutes_it_again(loop: Loop) -> None:
    first, second, _ = three_issues(loop)
    hold(loop, first, Hold.MUTE, until=in_days(loop, 30))
    hold(loop, first, Hold.PIN)
    assert top(loop) == [first, second]
    pinned = loop.rows(Event, kind="cluster.pinned")[-1].id
    loop.decide(undo_all, [pinned])
    assert top(loop) == [second]
    with pytest.raises(ServiceError):
        loop.decide(undo_all, [pinned])
    loop.decide(sticky.let_go, first, Hold.MUTE)
    assert top(loop) == [first, second]
    loop.decide(clusters.undo)
    assert top(loop) == [second]


def test_undo_of_a_severity_brings_the_one_before_back(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    start = figures(loop)
    hold(loop, first, Hold.SEVERITY, severity="S1")
    raised = figures(loop)
    hold(loop, first, Hold.SEVERITY, severity="S4")
    loop.decide(clusters.undo)
    assert figures(loop) == raised
    loop.decide(clusters.undo)
    assert figures(loop) == start


def test_an_older_decision_is_not_taken_back_over_a_newer_one(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    hold(loop, first, Hold.PIN)
    hold(loop, first, Hold.PIN, reason="for longer", until=in_days(loop, 9))
    older = loop.rows(Event, kind="cluster.pinned")[0].id
    with pytest.raises(ServiceError, match="decided about again"):
        loop.decide(undo_all, [older])
    assert len([row for row in loop.rows(Sticky) if row.ended_at is None]) == 1


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        (Hold.PIN, {"reason": "  "}, "say why"),
        (Hold.PIN, {"reason": "x" * 301}, "1 to 300"),
        (Hold.MUTE, {}, "last day"),
        (Hold.MUTE, {"until": date(2020, 1, 1)}, "cannot be the last day"),
        (Hold.PIN, {"until": date(2999, 1, 1)}, "cannot be the last day"),
        (Hold.SEVERITY, {"severity": "S9"}, "S1, S2, S3, S4"),
        (Hold.SEVERITY, {}, "S1, S2, S3, S4"),
    ],
)
def test_what_lacks_something_is_refused(loop: Loop, kind: Hold, values: dict[str, Any], words: str) -> None:
    first, *_ = three_issues(loop)
    with pytest.raises(ServiceError, match=words):
        hold(loop, first, kind, **values)
    assert loop.rows(Sticky) == []


def test_the_eleventh_pin_is_refused_and_names_the_ten(loop: Loop) -> None:
    for n in range(11):
        loop.put(ticket(f"p{n}", f"Single {n}", requester=f"a@x{n}.example"))
    loop.pull()
    ids = [loop.cluster(f"Single {n}", f"p{n}") for n in range(11)]
    loop.rank()
    assert top(loop) == []
    for id_ in ids[:10]:
        hold(loop, id_, Hold.PIN)
    assert sorted(top(loop)) == ids[:10]
    with pytest.raises(ServiceError, match=f"IB-{ids[0]}, "):
        hold(loop, ids[10], Hold.PIN)
    hold(loop, ids[0], Hold.PIN, reason="again")


def test_who_may_decide_and_who_reads_the_reason(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    with pytest.raises(Forbidden):
        loop.decide(sticky.hold, first, Hold.PIN, reason="x", actor=AGENT)
    with pytest.raises(UnknownId):
        hold(loop, 999, Hold.PIN)
    hold(loop, first, Hold.PIN, reason="canary reason")
    assert rows(loop, AGENT)[first].held[0].reason == "canary reason"
    assert rows(loop, SUPPLIERS_MANAGER)[first].held[0].reason is None
