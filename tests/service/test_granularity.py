"""The dial of grouping: its effect before it is set, setting it, taking it back, and grouping by hand."""

from __future__ import annotations

import pytest

from bridge.analysis.calibration import NEEDED
from bridge.service import clusters, granularity
from bridge.service.access import Forbidden
from bridge.service.errors import ServiceError
from bridge.service.grouping_state import state
from bridge.store.clusters import Membership
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.grouping import GroupingAnswer, GroupingConfig
from bridge.store.grouping_answers import granularity as present
from bridge.store.requests import DueRun
from bridge.words import Granularity
from tests.pipeline.loop import AGENT, MODEL, PM, Loop, three_issues

COARSE, BALANCED, STRICT = Granularity


@pytest.fixture
def loop(db: Database) -> Loop:
    return Loop(db)


def effect(loop: Loop) -> granularity.Effect:
    with loop.db.read() as session:
        return granularity.effect(session, PM, model=MODEL)


def test_effect_is_told_and_nothing_is_written(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    loop.embed()
    loop.decide(clusters.publish, first)
    before = loop.rows(Membership), len(loop.rows(Event)), len(loop.rows(GroupingConfig))
    found = effect(loop)
    assert [s.granularity for s in found.settings] == [COARSE, BALANCED, STRICT]
    assert [s.present for s in found.settings] == [False, True, False]
    now = found.settings[1]
    assert (now.moved, now.top_changed, now.examples) == (0, 0, ())
    assert (found.tickets, found.all_tickets, found.top) == (5, 5, 3)
    assert found.kept == 2, "the tickets of the published issue"
    after = loop.rows(Membership), len(loop.rows(Event)), len(loop.rows(GroupingConfig))
    assert [len(before[0]), *before[1:]] == [len(after[0]), *after[1:]]


def test_effect_of_an_empty_workspace(loop: Loop) -> None:
    found = effect(loop)
    assert (found.tickets, [s.issues for s in found.settings]) == (0, [0, 0, 0])


def test_setting_it_is_a_new_row_with_an_event_and_undo(loop: Loop) -> None:
    event = loop.decide(granularity.choose, STRICT, "too broad")
    with loop.db.read() as session:
        assert present(session) is STRICT
        found = granularity.chosen(session, PM)
    assert (found.by, found.why, found.event) == (PM.name, "too broad", event.id)
    with pytest.raises(ServiceError, match="strict already"):
        loop.decide(granularity.choose, STRICT, "")
    loop.decide(granularity.undo_choice, event.id)
    with loop.db.read() as session:
        assert present(session) is BALANCED
        assert granularity.chosen(session, PM).event is None
    assert [row.granularity for row in loop.rows(GroupingConfig)] == [STRICT, BALANCED], "followed, never changed"
    assert [e.undoes for e in loop.rows(Event, kind="grouping.changed.undone")] == [event.id]


def test_only_the_newest_setting_can_be_taken_back(loop: Loop) -> None:
    old = loop.decide(granularity.choose, STRICT, "")
    loop.decide(granularity.choose, COARSE, "")
    for wrong in (old.id, 999):
        with pytest.raises(ServiceError, match="newest"):
            loop.decide(granularity.undo_choice, wrong)


def test_grouping_by_hand_waits_once(loop: Loop) -> None:
    first = loop.decide(granularity.regroup)
    assert (first.state, first.sentence) == ("waiting", "Waits for the worker")
    assert loop.decide(granularity.regroup).id == first.id
    assert len(loop.rows(DueRun)) == 1


def test_state_counts_tickets_and_answers(loop: Loop) -> None:
    three_issues(loop)
    with loop.db.write() as session:
        cluster = loop.rows(Membership)[0].cluster_id
        for n in range(3):
            session.add(
                GroupingAnswer(
                    at=loop.clock(),
                    actor="x",
                    kind="ticket",
                    cluster_id=cluster,
                    evidence={"second": 0.5},
                    agreed=n > 0,
                )
            )
    with loop.db.read() as session:
        found = state(session, PM, model=MODEL)
    assert (found.tickets, found.issues, found.singles, found.unplaced) == (5, 2, 1, 0)
    assert (found.calibration.answers, found.calibration.needed, found.calibration.agreed) == (3, NEEDED, 2)
    assert (found.calibration.percentages, found.calibration.error) == (False, None)
    assert found.drift is None


def test_percentages_from_fifty_answers_that_stand(loop: Loop) -> None:
    three_issues(loop)
    cluster = loop.rows(Membership)[0].cluster_id
    with loop.db.write() as session:
        for n in range(NEEDED + 1):
            session.add(
                GroupingAnswer(
                    at=loop.clock(),
                    actor="x",
                    kind="ticket",
                    cluster_id=cluster,
                    evidence={"second": n / 60},
                    agreed=n > 25,
                    undone=n == 0,
                )
            )
    with loop.db.read() as session:
        found = state(session, PM, model=MODEL).calibration
    assert (found.answers, found.percentages) == (NEEDED, True)
    assert found.error is not None
    assert found.error < 0.3


def test_who_may_not_decide_may_not_look(loop: Loop) -> None:
    with loop.db.read() as session, pytest.raises(Forbidden):
        granularity.effect(session, AGENT, model=MODEL)
    for act, values in ((granularity.choose, (STRICT, "")), (granularity.undo_choice, (1,)), (granularity.regroup, ())):
        with pytest.raises(Forbidden):
            loop.decide(act, *values, actor=AGENT)
