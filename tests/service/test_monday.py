"""The Monday review: what counts as done, what is left, what moved since the last one, and lists of days gone by."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from bridge.service import clusters, issues, monday, remedies, sticky
from bridge.service.access import Forbidden
from bridge.service.errors import ServiceError
from bridge.service.issue_filters import Filters, parse
from bridge.service.issue_review import Review
from bridge.store.clusters import RankRun
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.remedies import RemedyPlan
from bridge.store.sync import bump
from bridge.words import Hold
from tests.pipeline.loop import AGENT, PM, Loop, three_issues, ticket

DAY = timedelta(days=1).total_seconds()


@pytest.fixture
def loop(db: Database) -> Loop:
    return Loop(db)


def look(loop: Loop) -> Review:
    with loop.db.read() as session:
        found = monday.monday(session, PM, at=loop.clock()).review
    assert found is not None
    return found


def listed(loop: Loop, **words: str) -> issues.IssueList:
    with loop.db.read() as session:
        filters = parse({name: [word] for name, word in words.items()}) if words else Filters()
        return issues.board(session, PM, filters, at=loop.clock())


def planned(loop: Loop, id_: int, **changes: str) -> None:
    loop.decide(remedies.edit, id_, {"state": "investigating", "owner": "R. Diaz", **changes}, reason="x")
    loop.decide(remedies.approve, id_)


def test_progress_counts_to_done(loop: Loop) -> None:
    first, second, thin = three_issues(loop)
    assert (look(loop).done, len(look(loop).top)) == (0, 2)
    planned(loop, first)
    assert [place.id for place in look(loop).undecided] == [second]
    with pytest.raises(ServiceError, match=f"IB-{second}"):
        loop.decide(monday.finish)
    late = (loop.clock() + timedelta(days=1)).date().isoformat()
    planned(loop, second)
    planned(loop, thin, state="planned", **{"eta.kind": "date", "eta.earliest": late, "eta.latest": late})
    assert look(loop).undecided == ()
    loop.clock.pass_(2 * DAY)
    assert [place.id for place in look(loop).below] == [thin]
    assert look(loop).done == 2
    with loop.db.write() as session:
        for plan in session.exec(select(RemedyPlan).where(RemedyPlan.cluster_id == first)):
            plan.tracker_conflict = "closed over there"
        bump(session, "plans")
    assert {place.id for place in look(loop).undecided} == {first, thin}


def test_a_finished_review_is_what_the_next_one_is_told_against(loop: Loop) -> None:
    first, second, thin = three_issues(loop)
    loop.clock.pass_(60)
    done = loop.decide(monday.finish, reason="everybody is ill")
    assert done.left == (("unreviewed", 2),)
    review = look(loop)
    assert (review.reviewed_by, review.since) == (PM.name, loop.clock())
    assert [*review.entered, *review.left, *review.rise, *review.fall] == []
    loop.clock.pass_(DAY)
    loop.put(ticket("9", "Export is slow", requester="x@acme.example", priority="urgent", at=loop.clock()))
    loop.pull()
    with loop.db.write() as session:
        from bridge.store.memberships import Place, place

        place(session, [Place(loop.ids(session)["9"], second, 1.0, "human")], loop.clock())
    loop.rank()
    loop.decide(sticky.hold, thin, Hold.PIN, reason="asked for")
    loop.decide(sticky.hold, first, Hold.MUTE, reason="known", until=(loop.clock() + timedelta(days=9)).date())
    review = look(loop)
    assert [(move.ref, move.why) for move in review.entered] == [(f"IB-{thin}", "pinned")]
    assert [(move.ref, move.why) for move in review.left] == [(f"IB-{first}", "muted")]
    assert [(move.ref, move.why) for move in review.rise][:1] == [(f"IB-{second}", "accounts joined")]
    loop.clock.pass_(30 * DAY)
    loop.rank()
    assert look(loop).reviewed_by == PM.name


def test_taking_the_review_back_brings_the_one_before_back(loop: Loop) -> None:
    three_issues(loop)
    one = loop.decide(monday.finish, reason="first")
    loop.clock.pass_(DAY)
    two = loop.decide(monday.finish, reason="second")
    with pytest.raises(ServiceError, match="newest"):
        loop.decide(monday.undo_finish, one.id)
    loop.decide(monday.undo_finish, two.id)
    assert look(loop).since == one.at
    with pytest.raises(ServiceError, match="newest"):
        loop.decide(monday.undo_finish, two.id)
    loop.decide(monday.undo_finish, one.id)
    assert look(loop).reviewed_by is None
    assert [e.kind for e in loop.rows(Event) if e.subject.startswith("review:")] == [
        "review.held",
        "review.held",
        "review.held.undone",
        "review.held.undone",
    ]


def test_only_those_who_decide_finish_it(loop: Loop) -> None:
    with pytest.raises(ServiceError, match="nothing has been ranked"):
        loop.decide(monday.finish)
    three_issues(loop)
    with pytest.raises(Forbidden):
        loop.decide(monday.finish, reason="x", actor=AGENT)


def test_the_ranking_a_review_was_finished_on_is_kept(loop: Loop) -> None:
    _, second, third = three_issues(loop)
    loop.clock.pass_(60)
    loop.decide(clusters.merge_clusters, third, second)
    loop.decide(monday.finish, reason="x")
    kept = loop.rows(RankRun)
    loop.clock.pass_(60)
    loop.decide(clusters.undo)
    loop.rank()
    ids = {run.id for run in loop.rows(RankRun)}
    assert {run.id for run in kept if not run.summary.get("passing")} <= ids


def test_a_day_gone_by_shows_the_last_run_before_it_with_the_plans_of_then(loop: Loop) -> None:
    first, second, third = three_issues(loop)
    before = {row.id: (row.rank, row.money.amount) for row in listed(loop).rows}
    day = loop.clock().date()
    loop.decide(sticky.hold, third, Hold.PIN, reason="x")
    loop.rank()
    loop.clock.pass_(3 * DAY)
    planned(loop, first)
    loop.decide(clusters.merge_clusters, third, second)
    assert third not in {row.id for row in listed(loop).rows}
    then = listed(loop, as_of=day.isoformat())
    assert {row.id: (row.rank, row.money.amount) for row in then.rows} == before
    assert {row.trust.state.value for row in then.rows} == {"unreviewed"}
    assert then.past is not None
    assert then.past.ranked_at == then.basis.as_of  # type: ignore[union-attr]
    assert listed(loop, as_of=loop.clock().date().isoformat()).past is None
    early = listed(loop, as_of=(day - timedelta(days=400)).isoformat())
    assert (early.rows, early.past.ranked_at, early.past.first) == ((), None, then.past.ranked_at)  # type: ignore[union-attr]
    assert listed(loop, as_of="yesterday").past is None


def test_without_the_largest_account_the_list_ranks_anew(loop: Loop) -> None:
    first, second, third = three_issues(loop)
    found = listed(loop, largest="without")
    amounts = {row.id: row.money.amount for row in found.rows}
    assert [row.place for row in found.rows] == [1, 2, 3]
    assert [row.id for row in found.rows] == sorted(amounts, key=lambda id_: -(amounts[id_] or 0))
    assert amounts[third] == 0
    whole = {row.id: row.money for row in listed(loop).rows}
    assert amounts == {id_: whole[id_].without_largest for id_ in (first, second, third)}
    assert parse({"largest": ["without"]}, sees_money=False).largest == ""


def test_areas_types_and_suppliers_are_those_of_most_customers(loop: Loop) -> None:
    for name in ("Acme", "Borealis", "Cobalt"):
        loop.account(name, 1000.0, f"{name.lower()}.example")
    said = [("acme", {"Component": "Billing", "Type": "Defect"}, ("vip",)), ("borealis", {}, ("Billing", "bridge-x"))]
    for n, (who, attributes, tags) in enumerate(said):
        loop.put(ticket(f"b{n}", "VAT wrong", requester=f"a@{who}.example", attributes=attributes, tags=tags))
    for n in range(3):
        loop.put(ticket(f"c{n}", "Other", requester="c@cobalt.example", tags=("cobalt",)))
    loop.pull()
    billing = loop.cluster("VAT wrong", "b0", "b1")
    other = loop.cluster("Other", "c0", "c1", "c2")
    loop.rank()
    found = listed(loop)
    assert {row.id: row.area for row in found.rows} == {billing: "billing", other: None}
    assert found.known["area"] == ("billing",)
    assert [row.id for row in listed(loop, area="billing").rows] == [billing]
    assert listed(loop, area="nowhere").rows == ()
