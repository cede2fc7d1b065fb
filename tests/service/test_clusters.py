"""Decisions about issues: no ticket is lost or doubled, each is an event, and undo puts everything back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bridge.service import clusters, remedies
from bridge.service.access import Forbidden
from bridge.service.errors import ServiceError, UnknownId
from bridge.store.clusters import Cluster, Membership, Rejection
from bridge.store.db import Database
from bridge.store.events import Event
from tests.pipeline.loop import AGENT, Loop, three_issues, ticket


@pytest.fixture
def loop(db: Database) -> Loop:
    return Loop(db)


def exactly(loop: Loop) -> set[tuple[int, int, float, str]]:
    return {(row.ticket_id, row.cluster_id, row.q, row.origin) for row in loop.rows(Membership)}


def act_merge(loop: Loop, ids: tuple[int, int, int]) -> None:
    loop.decide(clusters.merge_clusters, ids[1], ids[0])


def act_split(loop: Loop, ids: tuple[int, int, int]) -> None:
    loop.decide(clusters.split, ids[0], [loop.id_of("1"), loop.id_of("1")])


def act_move(loop: Loop, ids: tuple[int, int, int]) -> None:
    loop.decide(clusters.move, [loop.id_of("1"), loop.id_of("5")], ids[1])


ACTS = pytest.mark.parametrize(
    ("act", "kind"),
    [(act_merge, "cluster.merged"), (act_split, "cluster.split"), (act_move, "membership.moved")],
)


@ACTS
def test_decision_conserves_tickets_and_undo_restores(
    loop: Loop, act: Callable[[Loop, tuple[int, int, int]], None], kind: str
) -> None:
    ids = three_issues(loop)
    before = exactly(loop)
    act(loop, ids)
    after = exactly(loop)
    assert {row[0] for row in after} == {row[0] for row in before}
    assert len(after) == len(before)
    assert after != before
    assert {(q, origin) for *_, q, origin in after - before} == {(1.0, "human")}
    [event] = loop.rows(Event, kind=kind)
    assert event.actor == "R. Diaz"
    loop.decide(clusters.undo)
    assert exactly(loop) == before
    assert loop.rows(Rejection) == []
    [undone] = loop.rows(Event, kind=f"{kind}.undone")
    assert undone.undoes == event.id
    with pytest.raises(ServiceError, match="no decision to undo"):
        loop.decide(clusters.undo)


def test_merged_id_redirects_and_undo_gives_it_back(loop: Loop) -> None:
    first, second, third = three_issues(loop)
    loop.decide(clusters.merge_clusters, second, first)
    loop.decide(clusters.merge_clusters, first, third)
    with loop.db.read() as session:
        assert clusters.living(session, second).id == third
    events = loop.rows(Event, kind="cluster.merged")
    with pytest.raises(ServiceError, match="merged into another issue since"):
        loop.decide(clusters.undo, event_id=events[0].id)
    loop.decide(clusters.undo)
    loop.decide(clusters.undo)
    assert {row.merged_into for row in loop.rows(Cluster)} == {None}
    with pytest.raises(ServiceError, match="one issue already"):
        loop.decide(clusters.merge_clusters, first, first)


def test_undone_move_into_what_was_merged_meanwhile_lands_with_the_living(loop: Loop) -> None:
    first, second, third = three_issues(loop)
    loop.decide(clusters.move, [loop.id_of("1")], second)
    [event] = loop.rows(Event, kind="membership.moved")
    loop.decide(clusters.merge_clusters, first, third)
    loop.decide(clusters.undo, event_id=event.id)
    assert loop.places()["1"] == third


def test_ticket_moved_again_stays_where_it_is(loop: Loop) -> None:
    _, second, third = three_issues(loop)
    loop.decide(clusters.move, [loop.id_of("1")], second)
    [event] = loop.rows(Event, kind="membership.moved")
    loop.decide(clusters.move, [loop.id_of("1")], third)
    loop.decide(clusters.undo, event_id=event.id)
    assert loop.places()["1"] == third


def test_ticket_that_had_no_place_has_none_after_undo(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    loop.put(ticket("9"))
    loop.pull()
    loop.decide(clusters.move, [loop.id_of("9")], first)
    loop.decide(clusters.undo)
    assert "9" not in loop.places()


def test_undone_split_leaves_no_empty_issue(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    new = loop.decide(clusters.split, first, [loop.id_of("1")])
    assert new.title == "Login fails"
    loop.decide(clusters.undo)
    assert loop.rows(Cluster, id=new.id)[0].merged_into == first


def test_sent_issue_is_not_taken_back(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    loop.decide(clusters.publish, first)
    loop.decide(clusters.publish, first)
    assert len(loop.rows(Event, kind="cluster.published")) == 1
    loop.send()
    with pytest.raises(ServiceError, match="close it there"):
        loop.decide(clusters.undo)


@pytest.mark.parametrize(
    ("act", "args", "words"),
    [
        (clusters.publish, (99,), "no issue IB-99"),
        (clusters.split, (1, []), "name tickets"),
        (clusters.split, (1, [3]), "1 of these do not"),
        (clusters.split, (1, [1, 2]), "leave at least one"),
        (clusters.move, ([77], 1), "77"),
        (clusters.move, ([], 1), "nothing"),
    ],
)
def test_what_cannot_be_done_is_said(loop: Loop, act: Callable[..., Any], args: tuple[Any, ...], words: str) -> None:
    three_issues(loop)
    before = exactly(loop)
    with pytest.raises(ServiceError, match=words):
        loop.decide(act, *args)
    assert exactly(loop) == before


def test_unknown_ticket_is_an_unknown_id(loop: Loop) -> None:
    three_issues(loop)
    with pytest.raises(UnknownId):
        loop.decide(clusters.move, [77], 1)


@pytest.mark.parametrize(
    ("act", "args"),
    [
        (clusters.publish, (1,)),
        (clusters.merge_clusters, (1, 2)),
        (clusters.split, (1, [1])),
        (clusters.move, ([1], 2)),
        (clusters.undo, ()),
        (remedies.edit, (1, {"state": "triage"})),
        (remedies.approve, (1,)),
    ],
)
def test_agents_decide_nothing(loop: Loop, act: Callable[..., Any], args: tuple[Any, ...]) -> None:
    three_issues(loop)
    with pytest.raises(Forbidden):
        loop.decide(act, *args, actor=AGENT)
