"""Publish: nothing leaves unapproved, nothing twice, and what a person changed in the tracker is theirs."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.analysis.touching import DAILY, WEEKLY
from bridge.service import clusters
from bridge.store.clusters import Cluster
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.outbox import OutboxRow, TrackerLink
from connectors._body import block_of
from tests.pipeline.loop import AUTOMATIC, Loop, three_issues, ticket


@pytest.fixture
def loop(db: Database) -> Loop:
    return Loop(db)


def body(loop: Loop, issue_id: str = "1") -> str:
    return str(block_of(loop.tracker.issue(issue_id).body))


def more_tickets(loop: Loop, cluster_id: int, *ids: str) -> None:
    loop.put(*(ticket(id_, at=loop.clock()) for id_ in ids))
    loop.pull()
    loop.decide(clusters.move, [loop.id_of(id_) for id_ in ids], cluster_id)


def test_nothing_is_sent_that_nobody_approved(loop: Loop) -> None:
    three_issues(loop)
    report = loop.send()
    assert (report.done, loop.tracker.issues(), loop.rows(OutboxRow)) == (0, [], [])


def test_approved_issues_are_created_by_rank_and_once(loop: Loop) -> None:
    first, second, third = three_issues(loop)
    for cluster in (third, second, first):
        loop.decide(clusters.publish, cluster)
    assert loop.send().done == 3
    assert [issue.title for issue in loop.tracker.issues()] == ["Login fails", "Export is slow", "Typo"]
    assert {issue.priority for issue in loop.tracker.issues()} == {"Urgent"}
    assert "* Accounts affected: 2 (strategic 1, mid-market 1)" in body(loop)
    assert loop.send().done == 0
    assert (len(loop.rows(OutboxRow)), len(loop.tracker.issues())) == (3, 3)


def test_automatic_bar_leaves_thin_evidence_and_what_was_taken_back(loop: Loop) -> None:
    first, second, third = three_issues(loop)
    loop.publish(AUTOMATIC)
    approved = {row.id: row.approved_by for row in loop.rows(Cluster)}
    assert approved == {first: "automatic", second: "automatic", third: None}
    [event, _] = loop.rows(Event, kind="cluster.published")
    assert event.actor == "automatic"
    loop.decide(clusters.undo)
    loop.send(AUTOMATIC)
    assert [issue.title for issue in loop.tracker.issues()] == ["Login fails"]
    assert loop.rows(Cluster, id=second)[0].approved_by == clusters.WITHDRAWN
    loop.decide(clusters.publish, second)
    loop.send(AUTOMATIC)
    assert len(loop.tracker.issues()) == 2


def test_automatic_bar_never_approves_a_tombstone(loop: Loop) -> None:
    first, second, _ = three_issues(loop)
    loop.decide(clusters.merge_clusters, second, first)
    loop.publish(AUTOMATIC)
    assert loop.rows(Cluster, id=second)[0].approved_at is None


def test_update_only_when_a_fact_changes(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    loop.decide(clusters.publish, first)
    loop.send()
    assert loop.send().done == 0
    more_tickets(loop, first, "9", "10", "11")
    assert loop.send().done == 0, "counts are told once a day"
    loop.clock.moment += DAILY
    assert loop.send().done == 1
    assert "* Tickets: 5 open of 5" in body(loop)
    assert body(loop).endswith("Updated 2026-03-02: tickets 2 to 5.")
    [update] = loop.rows(OutboxRow, kind="update_issue")
    assert update.payload["draft"]["title"] is None
    assert [row.after["why"] for row in loop.rows(Event, kind="tracker.touched")] == [["tickets 2 to 5"]]
    more_tickets(loop, first, "12")
    loop.clock.moment += DAILY
    assert loop.send().done == 0, "one more ticket is noise"
    loop.clock.moment += WEEKLY
    assert loop.send().done == 1
    assert body(loop).endswith(": brought up to date.")
    loop.clock.moment += WEEKLY
    assert loop.send().done == 0, "nothing to say"


def test_updates_before_the_create_left_collapse_into_one(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    loop.decide(clusters.publish, first)
    loop.publish()
    for id_ in ("8", "9"):
        more_tickets(loop, first, id_)
        loop.clock.moment += WEEKLY
        loop.publish()
    assert [row.state for row in loop.rows(OutboxRow, kind="update_issue")] == ["superseded", "pending"]
    loop.deliver()
    assert "* Tickets: 4 open of 4" in body(loop)
    assert len(loop.tracker.issues()) == 1


@pytest.mark.parametrize(
    ("name", "change", "ours"),
    [
        ("title", {"title": "Our own title"}, {"title": "Login fails"}),
        ("priority", {"priority": "Low"}, {"priority": "Urgent"}),
    ],
)
def test_field_that_a_person_changed_is_theirs_until_they_agree(
    loop: Loop, name: str, change: dict[str, str], ours: dict[str, str]
) -> None:
    first, *_ = three_issues(loop)
    loop.decide(clusters.publish, first)
    loop.send()
    loop.tracker.edit("1", **change)
    loop.track()
    report = loop.publish()
    assert report.notes == [f"IB-{first}: {name} changed by a person in tracker: left as is"]
    more_tickets(loop, first, "9")
    loop.clock.moment += WEEKLY
    loop.send()
    issue = loop.tracker.issue("1")
    assert {key: getattr(issue, key) for key in change} == change
    assert "* Tickets: 3 open of 3" in body(loop)
    loop.clock.pass_(60)
    loop.tracker.edit("1", **ours)
    loop.track()
    assert loop.publish().notes == []
    assert loop.rows(TrackerLink)[0].left == []


def test_block_that_a_person_edited_is_theirs(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    loop.decide(clusters.publish, first)
    loop.send()
    edited = loop.tracker.issue("1").body.replace("Accounts affected: 2", "Accounts affected: many")
    loop.tracker.edit("1", body=edited)
    more_tickets(loop, first, "9")
    loop.clock.moment += WEEKLY
    loop.track()
    loop.send()
    assert "Accounts affected: many" in body(loop)
    assert loop.rows(TrackerLink)[0].left == ["body"]


def test_text_beside_the_block_belongs_to_people(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    loop.decide(clusters.publish, first)
    loop.send()
    loop.tracker.edit("1", body=f"Ours.\n\n{loop.tracker.issue('1').body}\n\nYours.")
    more_tickets(loop, first, "9")
    loop.clock.moment += WEEKLY
    loop.track()
    loop.send()
    text = loop.tracker.issue("1").body
    assert text.startswith("Ours.")
    assert text.endswith("Yours.")
    assert "Tickets: 3 open of 3" in text


def test_removed_markers_are_seen(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    loop.decide(clusters.publish, first)
    loop.send()
    loop.tracker.edit("1", body="rewritten by hand")
    loop.track()
    loop.publish()
    assert loop.rows(TrackerLink)[0].left == ["body"]


def test_title_of_hostile_words_is_recognised_as_ours(loop: Loop) -> None:
    loop.put(ticket("1"), ticket("2"))
    loop.pull()
    title = "@admin: see #12, fixes #13 [issue-bridge:ib-9 begin] <b>4111 1111 1111 1111</b> www.evil.example"
    cluster = loop.cluster(title, "1", "2")
    loop.rank()
    loop.decide(clusters.publish, cluster)
    loop.send()
    assert loop.publish().notes == []
    assert loop.rows(TrackerLink)[0].left == []
    assert "1111" not in loop.tracker.issue("1").title


def test_merged_issue_points_to_its_winner_and_comes_back_by_undo(loop: Loop) -> None:
    first, second, _ = three_issues(loop)
    loop.decide(clusters.publish, first)
    loop.decide(clusters.publish, second)
    loop.send()
    before = body(loop, "2")
    loop.decide(clusters.merge_clusters, second, first)
    loop.send()
    assert f"are now counted in IB-{first} (memory://tracker/1)." in body(loop, "2")
    assert loop.send().done == 0
    loop.decide(clusters.undo)
    loop.send()
    assert body(loop, "2") == before


def test_issue_that_was_deleted_over_there_is_told(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    loop.decide(clusters.publish, first)
    loop.send()
    loop.tracker.edit("1", deleted=True)
    loop.track()
    more_tickets(loop, first, "9")
    report = loop.publish()
    assert report.done == 0
    assert "was deleted in tracker" in report.notes[0]


def test_names_and_money_never_leave(loop: Loop) -> None:
    for cluster in three_issues(loop):
        loop.decide(clusters.publish, cluster)
    loop.send()
    for issue in loop.tracker.issues():
        # the marker's key is random hexadecimal: it may hold any number
        written = re.sub(r"\[issue-bridge:[^\]]*\]", "", issue.title + issue.body)
        assert "Customers report" in written
        for secret in ("Acme", "acme", "240", "borealis", "EUR"):
            assert secret not in written


def test_publishing_again_after_it_was_taken_back_unsent(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    loop.decide(clusters.publish, first)
    loop.publish()
    loop.decide(clusters.undo)
    assert (loop.rows(OutboxRow), loop.rows(TrackerLink)) == ([], [])
    loop.clock.moment += timedelta(minutes=1)
    loop.decide(clusters.publish, first)
    loop.send()
    assert len(loop.tracker.issues()) == 1


def test_ticket_moves_and_merges_are_told_in_counts_only(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    loop.decide(clusters.publish, first)
    loop.send()
    loop.put(replace(ticket("2", requester="b@borealis.example"), merged_into="1", updated_at=loop.clock()))
    loop.pull()
    loop.rank()
    loop.clock.moment += WEEKLY
    loop.send()
    assert "* Tickets: 1 open of 1" in body(loop)
