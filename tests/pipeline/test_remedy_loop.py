"""From a tracker's move to a note in the ticket: suggested once, approved by a person, told once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from bridge.pipeline.push import SinkPolicy
from bridge.service import clusters, remedies
from bridge.service.errors import ServiceError
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.outbox import OutboxRow, TrackerItem
from bridge.store.remedies import Delivery, PlanRevision, RemedyPlan
from connectors.base import FixVersion
from tests.pipeline.loop import Loop, three_issues, ticket

RELEASED = (FixVersion("4.2", released=True),)


@pytest.fixture
def loop(db: Database) -> Loop:
    return Loop(db)


def published(loop: Loop) -> int:
    first, *_ = three_issues(loop)
    loop.decide(clusters.publish, first)
    loop.send()
    return first


def moved(loop: Loop, status: str, **changes: Any) -> None:
    """A person moves the issue in the tracker, and the bridge sees it."""
    loop.clock.pass_(60)
    loop.tracker.edit("1", status=status, **changes)
    loop.track()


def edit(loop: Loop, cluster: int, changes: Mapping[str, str], **values: Any) -> None:
    loop.clock.pass_(60)
    loop.decide(remedies.edit, cluster, changes, **values)


def approve(loop: Loop, cluster: int, owner: str | None = "O. Wner") -> Any:
    loop.clock.pass_(60)
    return loop.decide(remedies.approve, cluster, owner=owner)


def the_plan(loop: Loop) -> RemedyPlan:
    [found] = loop.rows(RemedyPlan)
    return found


def notes(loop: Loop, source_id: str) -> list[str]:
    return list(loop.desk.notes.get(source_id, {}).values())


def test_tracker_suggests_once(loop: Loop) -> None:
    published(loop)
    moved(loop, "In progress")
    assert loop.plan().done == 1
    assert loop.plan().done == 0
    loop.track()
    assert loop.plan().done == 0
    [draft] = loop.rows(PlanRevision)
    assert (draft.state, draft.confidence, draft.actor) == ("in_progress", "draft", "tracker")
    assert the_plan(loop).approved_revision is None


def test_unknown_status_is_noted_and_suggests_nothing(loop: Loop) -> None:
    published(loop)
    moved(loop, "Limbo")
    report = loop.plan()
    assert (report.done, loop.rows(PlanRevision)) == (0, [])
    assert "unknown tracker status 'Limbo'" in report.notes[0]


def test_older_page_of_the_tracker_changes_nothing(loop: Loop) -> None:
    published(loop)
    moved(loop, "In progress")
    loop.clock.pass_(-3600)
    loop.tracker.edit("1", status="new")
    loop.clock.pass_(3600)
    loop.track()
    assert loop.rows(TrackerItem)[0].status == "In progress"


def test_human_decision_after_the_trackers_move_wins(loop: Loop) -> None:
    cluster = published(loop)
    moved(loop, "In progress")
    edit(loop, cluster, {"state": "investigating", "owner": "O"})
    assert loop.plan().done == 0
    assert [row.state for row in loop.rows(PlanRevision)] == ["investigating"]


def test_contradiction_is_flagged_and_stops_the_notes(loop: Loop) -> None:
    cluster = published(loop)
    moved(loop, "Closed", fix_versions=RELEASED)
    loop.plan()
    approve(loop, cluster)
    moved(loop, "In progress", fix_versions=())
    loop.plan()
    assert "the plan says released, the tracker says in_progress" in str(the_plan(loop).tracker_conflict)
    assert loop.rows(Event, kind="tracker.conflict_raised")
    assert loop.push().done == 0
    approve(loop, cluster)
    assert (the_plan(loop).tracker_conflict, the_plan(loop).state) == (None, "in_progress")
    assert loop.push().done == 2


def test_unclear_resolution_asks_before_anything_is_quoted(loop: Loop) -> None:
    cluster = published(loop)
    edit(loop, cluster, {"state": "triage", "owner": "O"})
    approve(loop, cluster)
    with loop.db.write() as session:
        item = session.get_one(TrackerItem, ("tracker", "1"))
        loop.clock.pass_(60)
        item.category, item.status, item.updated_at = "done", "Done", loop.clock()
        session.add(item)
    loop.plan("jira")
    assert "is it fixed?" in str(the_plan(loop).tracker_conflict)


def test_release_seen_in_the_tracker_reaches_every_open_ticket_once(loop: Loop) -> None:
    cluster = published(loop)
    moved(loop, "Closed", fix_versions=RELEASED)
    loop.plan()
    assert loop.push().done == 0
    approve(loop, cluster)
    released_at = loop.clock()
    assert loop.push(SinkPolicy(fields={"remedy": "{issue}: {state}"})).done == 2
    loop.deliver()
    for source_id in ("1", "2"):
        [note] = notes(loop, source_id)
        assert "Fix: in 4.2 (release)" in note
        assert loop.desk.tags[source_id] == {"bridge-released"}
        assert loop.desk.fields[source_id] == {"remedy": f"IB-{cluster}: released"}
        assert not loop.desk.ticket(source_id).messages[-1].public
    assert notes(loop, "3") == []
    assert the_plan(loop).released_at == released_at
    assert loop.push().done == 0
    assert {row.state for row in loop.rows(Delivery)} == {"sent"}


def test_late_joiner_is_told_and_nobody_else_again(loop: Loop) -> None:
    cluster = published(loop)
    edit(loop, cluster, {"state": "triage", "owner": "O"})
    approve(loop, cluster)
    loop.push()
    loop.deliver()
    loop.put(ticket("9", at=loop.clock()), ticket("8", status="solved", at=loop.clock()))
    loop.pull()
    loop.decide(clusters.move, [loop.id_of("9"), loop.id_of("8")], cluster)
    assert loop.push().done == 1
    loop.deliver()
    assert [len(notes(loop, id_)) for id_ in ("1", "2", "9", "8")] == [1, 1, 1, 0]


def test_newer_revision_overtakes_what_has_not_left(loop: Loop) -> None:
    cluster = published(loop)
    edit(loop, cluster, {"state": "triage", "owner": "O"})
    approve(loop, cluster)
    loop.push()
    edit(loop, cluster, {"state": "investigating"})
    approve(loop, cluster)
    loop.push()
    loop.deliver()
    assert [len(notes(loop, id_)) for id_ in ("1", "2")] == [1, 1]
    assert "being investigated" in notes(loop, "1")[0]
    assert sorted(row.state for row in loop.rows(Delivery)) == ["sent", "sent", "superseded", "superseded"]
    assert {row.state for row in loop.rows(OutboxRow, kind="push_remedy")} == {"sent", "superseded"}


def test_stale_plan_is_told_to_nobody_until_it_is_confirmed(loop: Loop) -> None:
    cluster = published(loop)
    edit(loop, cluster, {"state": "triage", "owner": "O"})
    approve(loop, cluster)
    loop.clock.moment += timedelta(days=8)
    assert loop.push().done == 0
    confirmed, _ = approve(loop, cluster)
    assert confirmed.at == loop.clock()
    assert loop.push().done == 2


def test_approving_twice_changes_nothing(loop: Loop) -> None:
    cluster = published(loop)
    edit(loop, cluster, {"state": "triage"})
    first, _ = approve(loop, cluster)
    again, _ = approve(loop, cluster)
    assert again.revision == first.revision
    assert len(loop.rows(Event, kind="plan.approved")) == 1


def test_going_back_takes_a_reason_and_clears_the_release(loop: Loop) -> None:
    cluster = published(loop)
    edit(loop, cluster, {"state": "released", "fixed_in_channels": "4.2"})
    approve(loop, cluster)
    assert the_plan(loop).released_at == loop.clock()
    with pytest.raises(ServiceError, match="takes a promise back"):
        edit(loop, cluster, {"state": "investigating"})
    edit(loop, cluster, {"state": "investigating"}, reason="reports since")
    approve(loop, cluster)
    assert the_plan(loop).released_at is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "planned", "owner": "O"}, "eta.kind"),
        ({"state": "investigating"}, "owner"),
        ({"state": "triage", "owner": "O", "say": "Borealis has it too"}, "names the account 'Borealis'"),
        ({"state": "triage", "owner": "O", "say": "by 2027-03-04"}, "typed date"),
        ({"state": "duplicate", "duplicate_of": "IB-1"}, "leads back"),
        ({"state": "duplicate", "duplicate_of": "IB-999"}, "there is no issue IB-999"),
        ({"state": "duplicate", "duplicate_of": "soon"}, "expected IB-12"),
    ],
)
def test_what_an_approval_refuses(loop: Loop, changes: dict[str, str], words: str) -> None:
    cluster = published(loop)
    assert cluster == 1
    edit(loop, cluster, changes)
    with pytest.raises(ServiceError, match=words):
        approve(loop, cluster, owner=None)
    assert the_plan(loop).approved_revision is None
    assert loop.push().done == 0


def test_duplicates_may_not_go_in_a_circle(loop: Loop) -> None:
    first, second, _ = three_issues(loop)
    edit(loop, first, {"state": "duplicate", "duplicate_of": f"IB-{second}"})
    approve(loop, first)
    edit(loop, second, {"state": "duplicate", "duplicate_of": f"IB-{first}"})
    with pytest.raises(ServiceError, match="leads back"):
        approve(loop, second)


def test_no_internal_word_is_sent(loop: Loop) -> None:
    cluster = published(loop)
    canaries = {
        name: f"canary-{name}" for name in ("dont_say", "internal_notes", "cause_internal", "symptom", "evidence")
    }
    edit(loop, cluster, {"state": "triage", "owner": "canary-owner", **canaries})
    approve(loop, cluster, owner=None)
    loop.push(SinkPolicy(fields={"x": "{issue} {state}"}))
    loop.send()
    assert notes(loop, "1")
    everything = repr([row.payload for row in loop.rows(OutboxRow)])
    assert "canary" not in everything
