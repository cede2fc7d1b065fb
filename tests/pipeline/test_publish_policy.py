"""Publishing by a tracker's own settings: what waits, what a public tracker is told, labels, routes, taking over, merging."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.analysis.touching import WEEKLY
from bridge.pipeline.publish import Policy, Target
from bridge.service import clusters, publishing
from bridge.service.access import Forbidden
from bridge.service.errors import ServiceError
from bridge.service.publish_preview import publish_preview
from bridge.settings import Bar, LabelRule, Route, TrackerPublishing
from bridge.store.clusters import Cluster
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.outbox import OutboxRow, TrackerLink
from connectors._body import block_of
from tests.canaries import Canaries
from tests.pipeline.loop import AGENT, APPROVE, AUTOMATIC, PM, Loop, three_issues, ticket

PUBLIC = TrackerPublishing(visibility="public", labels=("voice",))


@pytest.fixture
def loop(db: Database) -> Loop:
    return Loop(db)


def targets(loop: Loop, policy: Policy = APPROVE) -> dict[str, Target]:
    return {"tracker": Target("tracker", policy, loop.tracker)}


def waiting(loop: Loop, policy: Policy = APPROVE) -> publishing.Waiting:
    with loop.db.read() as session:
        return publishing.waiting_to_be_published(session, PM, targets(loop, policy), at=loop.clock())


def act(loop: Loop, what: str, cluster: int, policy: Policy = APPROVE, **values: str) -> None:
    loop.decide(publishing.act, what, cluster, "tracker", targets(loop, policy), **values)


def rename(loop: Loop, cluster: int, title: str, by: str = PM.name) -> None:
    with loop.db.write() as session:
        row = session.get_one(Cluster, cluster)
        row.title, row.title_by = title, by
        session.add(row)


def test_what_passes_the_bar_waits_for_a_person_and_goes_out_as_shown(loop: Loop) -> None:
    first, second, _ = three_issues(loop)
    loop.send()
    found = waiting(loop)
    assert [(p.cluster_id, p.rank) for p in found.proposals] == [(first, 1), (second, 2)]
    shown = found.proposals[0].written
    act(loop, "approve", first, seen=shown.digest)
    loop.clock.pass_(60)
    loop.deliver()
    [issue] = loop.tracker.issues()
    assert (issue.title, issue.body) == (shown.title, shown.body), "the very bytes"
    assert [p.cluster_id for p in waiting(loop).proposals] == [second]
    assert loop.send().done == 0
    with pytest.raises(ServiceError, match="already"):
        act(loop, "approve", first)


def test_a_text_that_changed_since_it_was_shown_is_not_approved(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    loop.send()
    seen = waiting(loop).proposals[0].written.digest
    rename(loop, first, "Login fails on Mondays")
    with pytest.raises(ServiceError, match="changed since you looked"):
        act(loop, "approve", first, seen=seen)
    assert loop.rows(OutboxRow) == []


def test_declined_stays_declined_until_it_is_proposed_again(loop: Loop) -> None:
    first, second, _ = three_issues(loop)
    loop.send()
    act(loop, "decline", first, reason="known, and by design")
    loop.send()
    loop.publish(AUTOMATIC)
    found = waiting(loop)
    assert [row.cluster_id for row in found.declined] == [first]
    assert first not in {row.cluster_id for row in loop.rows(TrackerLink)}
    act(loop, "again", first)
    loop.send()
    assert [p.cluster_id for p in waiting(loop).proposals] == [first]
    kinds = [event.kind for event in loop.rows(Event, subject=f"cluster:{first}") if event.kind.startswith("publish")]
    assert kinds == ["publish.declined", "publish.proposed_again"]
    with pytest.raises(ServiceError, match="was not declined"):
        act(loop, "again", second)


def test_a_proposal_goes_away_with_its_rank_and_comes_with_a_score(loop: Loop) -> None:
    first, second, _ = three_issues(loop)
    loop.send()
    assert len(waiting(loop).proposals) == 2
    loop.publish(replace(APPROVE, top=1))
    assert [p.cluster_id for p in waiting(loop).proposals] == [first]
    loop.publish(replace(APPROVE, min_score=1e9))
    assert waiting(loop).proposals == ()
    loop.publish()
    loop.decide(clusters.publish, second)
    loop.send()
    assert [p.cluster_id for p in waiting(loop).proposals] == [first], "published from its own page"


def test_only_product_decides(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    loop.publish()
    for what in ("approve", "decline", "again", "take_over"):
        with pytest.raises(Forbidden):
            loop.decide(publishing.act, what, first, "tracker", targets(loop), actor=AGENT)
    with loop.db.read() as session, pytest.raises(Forbidden):
        publish_preview(session, AGENT, first, targets(loop), at=loop.clock())


def test_one_tracker_by_itself_another_after_a_person(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    loop.publish(AUTOMATIC)
    from bridge.pipeline.publish import publish

    with loop.lease() as lease:
        publish(loop.db, "other", APPROVE, lease=lease, now=loop.clock)
    assert {row.connection for row in loop.rows(TrackerLink)} == {"tracker"}
    with loop.db.read() as session:
        found = publishing.waiting_to_be_published(
            session, PM, {"other": Target("other", APPROVE, loop.tracker)}, at=loop.clock()
        )
    assert found.proposals[0].cluster_id == first


def test_a_public_tracker_is_told_nothing_of_anybody(loop: Loop) -> None:
    """A canary in every field that the desk, the accounts and the model have."""
    canaries, secret = Canaries(), "Zanzibar Lamps"
    loop.account(secret, 7_654_321.0, "zanzibar.example")
    said = canaries.of_every_kind("body")
    for number in ("1", "2"):
        loop.put(
            ticket(number, f"canarysubject {secret} {canaries.of_every_kind('subject')}", body=f"canarybody {said}",
                   requester=f"canaryname{number}@zanzibar.example", requester_name="Canary Person", group="canarygroup",
                   assignee="canaryagent", tags=("canarytag",), attributes={"canarykey": "canaryvalue"}, channel="canarychannel",
                   account=secret, url="https://desk.internal.example/canaryurl/1"),
        )  # fmt: skip
    loop.put(ticket("3", "canarythird", requester="x@other.example"))
    loop.pull()
    cluster = loop.cluster("canarymodeltitle", "1", "2", "3")
    with loop.db.write() as session:
        session.get_one(Cluster, cluster).phrases = ["canaryphrase", f"{secret} canarywords"]
    loop.rank()
    rule = LabelRule(label="canary-free", connection="desk")
    policy = replace(
        AUTOMATIC, own=PUBLIC.model_copy(update={"label_rules": (rule,)}), page="https://bridge.internal.example"
    )
    assert loop.send(policy).done == 0
    assert [p.needs_title for p in waiting(loop, policy).proposals] == [True], "the model's title is tickets' words"
    with pytest.raises(ServiceError, match="a title that a person wrote"):
        act(loop, "approve", cluster, policy)
    rename(loop, cluster, f"Login of {secret} at zanzibar.example fails @all")
    loop.send(policy)
    loop.decide(clusters.publish, cluster)
    loop.send(policy)
    loop.put(*(ticket(f"9{n}", "canarylater", at=loop.clock(), account=f"Canary {n}") for n in range(6)))
    loop.pull()
    loop.decide(clusters.move, [loop.id_of(f"9{n}") for n in range(6)], cluster)
    loop.rank()
    loop.clock.moment += WEEKLY
    loop.send(policy)
    loop.cluster("another", "90")
    got = str(loop.tracker.issues()).casefold()
    assert "updated 2026" in got
    assert "login of [customer] at [customer] fails" in got
    for word in ("zanzibar", "7654321", "7,654", "7.6", "eur", "internal.example", "desk.", "https://", "strategic"):
        assert word not in got.replace("customer", ""), word
    assert got.replace("canary-free", "").count("canary") == 0
    assert canaries.leaks(got) == []
    assert loop.tracker.issue("1").labels == ("voice", "canary-free")


def test_labels_and_project_follow_the_accounts_not_the_tickets(loop: Loop) -> None:
    first, second, third = three_issues(loop)
    own = TrackerPublishing(
        labels=("voice",),
        segment_labels=("strategic",),
        label_rules=(LabelRule(label="billing", tag="billing"), LabelRule(label="desk", connection="desk")),
        routes=(Route(project="money", tag="Billing"), Route(project="shop", attributes={"area": "shop"})),
    )
    loop.put(
        *(ticket(f"7{n}", requester="a@acme.example", tags=("billing",), updated_at=loop.clock()) for n in range(5))
    )
    loop.put(ticket("5", "Typo", requester="c@cobalt.example", attributes={"area": "Shop"}, updated_at=loop.clock()))
    loop.pull()
    loop.decide(clusters.move, [loop.id_of(f"7{n}") for n in range(5)], first)
    loop.rank()
    for cluster in (first, second, third):
        loop.decide(clusters.publish, cluster)
    policy = replace(APPROVE, own=own)
    loop.send(policy)
    made = {issue.title: (issue.labels, issue.project) for issue in loop.tracker.issues()}
    assert made["Login fails"] == (("voice", "segment-strategic", "desk"), None), "five tickets of one of two accounts"
    assert made["Typo"] == (("voice", "desk"), "shop")


def test_a_label_of_ours_that_a_person_removed_stays_removed_and_theirs_stay(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    loop.decide(clusters.publish, first)
    policy = replace(APPROVE, own=TrackerPublishing(labels=("voice", "old")))
    loop.send(policy)
    loop.clock.pass_(60)
    loop.tracker.edit("1", labels=("voice", "old", "theirs"))
    loop.track()
    newer = replace(APPROVE, own=TrackerPublishing(labels=("voice", "new")))
    loop.clock.moment += WEEKLY
    loop.send(newer)
    assert loop.tracker.issue("1").labels == ("voice", "theirs", "new")
    loop.clock.pass_(60)
    loop.tracker.edit("1", labels=("theirs",))
    loop.track()
    loop.clock.moment += WEEKLY
    loop.send(APPROVE)
    assert loop.rows(TrackerLink)[0].left == ["labels"]
    assert loop.tracker.issue("1").labels == ("theirs",)


def test_priority_by_money_has_a_margin_too(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    loop.decide(clusters.publish, first)
    with loop.db.read() as session:
        shown = publish_preview(session, PM, first, targets(loop), at=loop.clock())
    assert shown.priority == "top"
    own = TrackerPublishing(money_bands=(1e9, 1.0))
    loop.send(replace(APPROVE, own=own))
    assert loop.tracker.issue("1").priority == "High"


def test_what_a_person_changed_is_taken_over_again(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    loop.decide(clusters.publish, first)
    loop.send()
    loop.tracker.edit("1", title="Their title", body=loop.tracker.issue("1").body.replace("Accounts", "Customers"))
    loop.track()
    loop.publish()
    assert [(c.cluster_id, c.fields) for c in waiting(loop).conflicts] == [(first, ("title", "body"))]
    act(loop, "take_over", first, reason="their words name a customer")
    assert waiting(loop).conflicts == ()
    assert loop.send().done == 1
    issue = loop.tracker.issue("1")
    assert issue.title == "Login fails"
    assert "* Accounts affected" in issue.body
    loop.clock.pass_(60)
    loop.track()
    assert loop.send().done == 0
    assert loop.rows(TrackerLink)[0].left == []
    with pytest.raises(ServiceError, match="nothing to take over"):
        act(loop, "take_over", first)


@pytest.mark.parametrize("days", [0, 1, 8])
def test_an_update_is_shown_as_it_is_sent(loop: Loop, days: int) -> None:
    first, *_ = three_issues(loop)
    loop.decide(clusters.publish, first)
    loop.send()
    loop.put(*(ticket(f"8{n}", at=loop.clock(), requester=f"n{n}@new{n}.example") for n in range(4)))
    loop.pull()
    loop.decide(clusters.move, [loop.id_of(f"8{n}") for n in range(4)], first)
    loop.rank()
    loop.clock.moment += timedelta(days=days)
    with loop.db.read() as session:
        [shown] = publish_preview(session, PM, first, targets(loop), at=loop.clock()).trackers
    before = loop.tracker.issue("1")
    sent = loop.publish().done
    loop.deliver()
    after = loop.tracker.issue("1")
    assert (shown.kind == "update") == bool(sent)
    if sent:
        assert (after.title, after.body) == (shown.title, shown.body)
        assert shown.why
    else:
        assert (after, shown.note) == (before, "nothing has changed that is worth telling")


def test_merging_two_published_issues_comments_in_both_and_closes_none(loop: Loop) -> None:
    first, second, _ = three_issues(loop)
    loop.decide(clusters.publish, first)
    loop.decide(clusters.publish, second)
    loop.send()
    loop.decide(clusters.merge_clusters, second, first)
    loop.send()
    one, other = loop.tracker.issue("1"), loop.tracker.issue("2")
    assert [len(issue.comments) for issue in (one, other)] == [1, 1]
    assert f"IB-{second} (memory://tracker/2) was merged into this issue" in one.comments[0]
    assert f"was merged into IB-{first} (memory://tracker/1)" in other.comments[0]
    assert {one.status, other.status} == {"new"}
    loop.send()
    loop.send()
    assert len(loop.tracker.issue("1").comments) == 1
    loop.decide(clusters.undo)
    loop.send()
    one, other = loop.tracker.issue("1"), loop.tracker.issue("2")
    assert ["taken back" in issue.comments[-1] for issue in (one, other)] == [True, True]
    assert "* Accounts affected" in str(block_of(other.body))
    loop.send()
    assert [len(issue.comments) for issue in (one, other)] == [2, 2]


def test_merging_a_published_issue_into_an_unpublished_one_publishes_it(loop: Loop) -> None:
    first, second, _ = three_issues(loop)
    loop.decide(clusters.publish, second)
    loop.send()
    loop.decide(clusters.merge_clusters, second, first)
    loop.send()
    loop.send()
    assert [issue.title for issue in loop.tracker.issues()] == ["Export is slow", "Login fails"]
    assert f"are now counted in IB-{first} (memory://tracker/2)." in str(block_of(loop.tracker.issue("1").body))
    assert [len(issue.comments) for issue in loop.tracker.issues()] == [1, 1]
    loop.decide(clusters.undo)
    loop.send()
    assert loop.rows(Cluster, id=first)[0].approved_at is not None, "it is in the tracker: that cannot be taken back"
    assert [len(issue.comments) for issue in loop.tracker.issues()] == [2, 2]


def test_undoing_such_a_merge_before_anything_left_unpublishes_it(loop: Loop) -> None:
    first, second, _ = three_issues(loop)
    loop.decide(clusters.publish, second)
    loop.send()
    loop.decide(clusters.merge_clusters, second, first)
    loop.decide(clusters.undo)
    loop.send()
    assert loop.rows(Cluster, id=first)[0].approved_at is None
    assert [issue.title for issue in loop.tracker.issues()] == ["Export is slow"]
    assert loop.tracker.issue("1").comments == ()


def test_bar_of_a_tracker_wins_over_the_common_one() -> None:
    from bridge.pipeline.publish import policy_of
    from bridge.settings import PublishSettings
    from connectors.base import Dialect

    common = PublishSettings(mode="automatic")
    assert policy_of(common, None, Dialect.REDMINE).automatic
    own = policy_of(common, TrackerPublishing(mode="approve", bar=Bar(top=3, min_score=10.0)), Dialect.REDMINE)
    assert (own.automatic, own.top, own.min_score) == (False, 3, 10.0)
