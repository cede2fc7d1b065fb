"""The review queue: what waits for whom and why, each answer an event that counts, teaches and can be taken back."""

from __future__ import annotations

import pytest

from bridge.service import clusters, locking, placing, review_answers, review_queue
from bridge.service.access import Actor, Forbidden
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.grouping_log import log
from bridge.store.clusters import Cluster, Membership, Rejection
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.grouping import Candidate, ClusterChange, GroupingAnswer, GroupingRun, KeptApart
from bridge.store.grouping_queries import kept_apart
from bridge.words import Role
from tests.pipeline.loop import AGENT, PM, Loop, three_issues, ticket
from tests.service.card_desk import GROUP, issue, show, supplier
from tests.service.doubts import alone, exactly

SUPPLIED = 2


@pytest.fixture
def loop(db: Database) -> Loop:
    """Login (1, 2), export (3, 4), typo (5); 6 is between login and export, 7 maybe the typo, both of other days."""
    made = Loop(db)
    first, second, third = three_issues(made)
    made.put(ticket("6", "Login export fails"), ticket("7", "A typo, I think", requester="c@cobalt.example"))
    made.pull()
    with made.db.write() as session:
        session.get_one(Cluster, first).phrases = ["login export", "sign in"]
    alone(made, "Login export fails", "6", [(first, 0.7, 0.9), (second, 0.69, 0.5)])
    alone(made, "A typo, I think", "7", [(third, 0.6, 0.7)])
    return made


def asked(loop: Loop, actor: Actor = PM, **values: int) -> review_queue.Queue:
    with loop.db.read() as session:
        return review_queue.queue(session, actor, at=loop.clock(), **values)


def answers(loop: Loop) -> list[tuple[int, bool, str, float | None]]:
    rows = sorted(loop.rows(GroupingAnswer), key=lambda row: row.id)
    return [(row.cluster_id, row.agreed, row.zone, row.similarity) for row in rows if not row.undone]


def test_queue_says_between_what_and_why_in_words(loop: Loop) -> None:
    found = asked(loop)
    assert (found.total, found.by_rank, [row.number for row in found.rows]) == (2, True, ["6", "7"])
    first, second = found.rows
    assert first.doubt == "between IB-1 and IB-2, nothing tells them apart"
    assert [(o.issue, o.why) for o in first.options] == [
        ("IB-1", "the nearest ticket says almost the same"),
        ("IB-2", "the nearest ticket is about something near"),
    ]
    assert first.options[0].phrases == ("login export",)
    assert second.doubt == "IB-3, or an issue of its own"
    assert [row.number for row in asked(loop, cluster_id=3).rows] == ["7"]
    assert asked(loop, page=9).page == 1


def test_first_candidate_is_a_yes_and_the_single_leads_there(loop: Loop) -> None:
    own, before = loop.places()["6"], exactly(loop)
    event = loop.decide(review_answers.belongs, [loop.id_of("6")], 1, actor=AGENT)
    [row] = loop.rows(Membership, ticket_id=loop.id_of("6"))
    assert (row.cluster_id, row.q, row.origin, row.zone) == (1, 1.0, "human", "confirmed")
    assert answers(loop) == [(1, True, "review", 0.7)]
    assert loop.rows(Candidate, ticket_id=loop.id_of("6")) == []
    assert loop.rows(Rejection) == []
    with loop.db.read() as session:
        assert clusters.living(session, own).id == 1
        (step,) = log(session, PM, cluster_id=own).trail.steps  # type: ignore[union-attr]
    assert (step.into, step.by) == ("IB-1", None)
    loop.decide(placing.undo_own, event.id, actor=AGENT)
    assert exactly(loop) == before
    assert answers(loop) == []
    assert asked(loop).total == SUPPLIED
    with loop.db.read() as session:
        assert clusters.living(session, own).id == own


def test_second_candidate_is_a_no_for_the_first(loop: Loop) -> None:
    loop.decide(review_answers.belongs, [loop.id_of("6")], 2)
    assert answers(loop) == [(1, False, "review", 0.7), (2, True, "review", 0.69)]


def test_neither_refuses_both_and_stays_alone(loop: Loop) -> None:
    own, before = loop.places()["6"], exactly(loop)
    loop.decide(review_answers.neither, loop.id_of("6"))
    assert loop.places()["6"] == own
    assert {(r.ticket_id, r.cluster_id) for r in loop.rows(Rejection)} == {(loop.id_of("6"), 1), (loop.id_of("6"), 2)}
    assert [agreed for _, agreed, *_ in answers(loop)] == [False, False]
    assert [row.number for row in asked(loop).rows] == ["7"]
    loop.decide(clusters.undo)
    assert exactly(loop) == before


def test_what_waits_no_more_is_not_answered(loop: Loop) -> None:
    loop.decide(review_answers.belongs, [loop.id_of("6")], 1)
    for act, args in ((review_answers.belongs, ([loop.id_of("6")], 2)), (review_answers.neither, (loop.id_of("6"),))):
        with pytest.raises(ServiceError, match="waits no more"):
            loop.decide(act, *args)
    with pytest.raises(ServiceError, match="no candidate of ticket 7"):
        loop.decide(review_answers.belongs, [loop.id_of("7")], 1)
    with pytest.raises(ServiceError, match="choose the tickets"):
        loop.decide(review_answers.belongs, [], 1)


def test_several_at_once_are_one_decision(loop: Loop) -> None:
    loop.put(ticket("8", "Login fails again"))
    loop.pull()
    alone(loop, "Login fails again", "8", [(1, 0.6, 0.7)])
    before = exactly(loop)
    assert [(g.issue, g.tickets) for g in asked(loop).groups] == [("IB-1", 2)]
    loop.decide(review_answers.belongs, [loop.id_of("6"), loop.id_of("8")], 1)
    assert loop.places()["6"] == loop.places()["8"] == 1
    assert len(loop.rows(Event, kind="membership.confirmed")) == 1
    loop.decide(clusters.undo)
    assert exactly(loop) == before


def test_queue_follows_merges_of_candidates(loop: Loop) -> None:
    loop.decide(clusters.merge_clusters, 2, 1)
    first = asked(loop).rows[0]
    assert (first.number, [o.issue for o in first.options]) == ("6", ["IB-1"])
    loop.decide(clusters.merge_clusters, loop.places()["6"], 1)
    assert loop.rows(Candidate, ticket_id=loop.id_of("6")) == []
    assert answers(loop) == [(1, True, "review", 0.7)]
    assert [row.number for row in asked(loop).rows] == ["7"]


def test_supplier_sees_own_groups_only_and_no_order_by_value(db: Database) -> None:
    loop = Loop(db)
    small = issue(loop, "Login loops", "1", "2", group=GROUP)
    large = issue(loop, "Export is slow", "3", "4", group=GROUP)
    hidden = issue(loop, "Hidden words", "5", "6", group="elsewhere")
    loop.account("Acme", 900_000.0, "acme.example")
    for n, (number, group) in enumerate((("11", GROUP), ("12", GROUP), ("13", "elsewhere"), ("14", GROUP))):
        loop.clock.pass_(60)
        loop.put(ticket(number, f"Doubt {n}", group=group, at=loop.clock()))
    loop.pull()
    loop.rank()
    alone(loop, "Doubt 0", "11", [(small, 0.6, 0.7)])
    alone(loop, "Doubt 1", "12", [(large, 0.6, 0.7)])
    alone(loop, "Doubt 2", "13", [(large, 0.6, 0.7)])
    alone(loop, "Doubt 3", "14", [(small, 0.6, 0.7), (hidden, 0.5, 0.5)])
    actor = supplier(loop)
    found = asked(loop, actor)
    assert [row.number for row in found.rows] == ["11", "12"], (
        "the oldest first, and none with an issue unknown to them"
    )
    assert not found.by_rank
    assert "Hidden" not in repr(found)
    with loop.db.read() as session:
        assert (review_queue.count(session, actor), review_queue.count(session, PM)) == (2, 4)
    with pytest.raises(UnknownId):
        loop.decide(review_answers.belongs, [loop.id_of("13")], large, actor=actor)
    with pytest.raises(UnknownId):
        loop.decide(review_answers.belongs, [loop.id_of("14")], hidden, actor=actor)
    loop.decide(review_answers.neither, loop.id_of("14"), actor=actor)
    assert [(r.cluster_id, r.agreed) for r in loop.rows(GroupingAnswer)] == [(small, False)], "nothing of the unseen"
    with pytest.raises(Forbidden):
        loop.decide(review_answers.neither, loop.id_of("11"), actor=Actor("x", Role.AGENT, scopes=frozenset()))


def test_card_asks_and_shows_no_remedy_of_a_candidate(loop: Loop) -> None:
    card = show(loop, "6")
    assert (card.issue, card.why, card.doubt) == (None, None, ("IB-1", "IB-2"))
    assert [one.near for one in card.suggestions[:2]] == [
        "the nearest ticket says almost the same",
        "the nearest ticket is about something near",
    ]
    loop.decide(placing.confirm_same, loop.id_of("6"), 1, actor=AGENT)
    assert answers(loop) == [(1, True, "review", 0.7)]
    assert show(loop, "6").issue == "IB-1"


def test_moves_of_what_the_model_grouped_are_answers(loop: Loop) -> None:
    loop.decide(clusters.move, [loop.id_of("1")], 2)
    assert answers(loop) == [(1, False, "automatic", None)]
    loop.decide(placing.confirm_same, loop.id_of("3"), 2, actor=AGENT)
    assert answers(loop)[1:] == [(2, True, "automatic", None)]
    loop.decide(placing.wrong_issue, loop.id_of("4"), actor=AGENT)
    assert answers(loop)[2:] == [(2, False, "automatic", None)]
    loop.decide(clusters.move, [loop.id_of("5")], 2)
    assert len(answers(loop)) == len((1, 2, 3)), "of a ticket alone the model has guessed nothing"
    for _ in range(4):
        loop.decide(clusters.undo)
    assert answers(loop) == []


def test_merged_tickets_know_their_part(loop: Loop) -> None:
    loop.decide(clusters.merge_clusters, 1, 2)
    loop.decide(clusters.merge_clusters, 2, 3)
    parts = {row.ticket_id: row.part for row in loop.rows(Membership, cluster_id=3)}
    assert [parts[loop.id_of(n)] for n in "12345"] == [1, 1, 2, 2, None]
    with loop.db.write() as session:
        session.get_one(Membership, loop.id_of("5")).part = 2
    loop.decide(clusters.undo)
    assert loop.places()["5"] == 2, "what the model put there for that part's sake goes with it"


def test_split_keeps_apart_until_a_person_merges(loop: Loop) -> None:
    new = loop.decide(clusters.split, 1, [loop.id_of("1")])
    with loop.db.read() as session:
        assert kept_apart(session) == {(1, new.id)}
    loop.decide(clusters.merge_clusters, 1, 2)
    with loop.db.read() as session:
        assert kept_apart(session) == {(2, new.id)}, "follows the tombstone"
    loop.decide(clusters.merge_clusters, new.id, 2)
    assert loop.rows(KeptApart) == []
    loop.decide(clusters.undo)
    assert [(row.one, row.other) for row in loop.rows(KeptApart)] == [(1, new.id)]
    loop.decide(clusters.undo)
    loop.decide(clusters.undo)
    assert loop.rows(KeptApart) == []


def test_lock_is_a_decision_with_undo(loop: Loop) -> None:
    loop.decide(locking.lock, 1, reason="known well")
    loop.decide(locking.lock, 1)
    [event] = loop.rows(Event, kind="cluster.locked")
    assert loop.rows(Cluster, id=1)[0].locked_by == PM.name
    loop.decide(locking.unlock, 1)
    with pytest.raises(ServiceError, match="locked or unlocked again since"):
        loop.decide(clusters.undo, event_id=event.id)
    loop.decide(clusters.undo)
    assert loop.rows(Cluster, id=1)[0].locked_by == PM.name
    loop.decide(clusters.undo)
    assert loop.rows(Cluster, id=1)[0].locked_at is None
    with pytest.raises(Forbidden):
        loop.decide(locking.lock, 1, actor=AGENT)


def test_log_tells_runs_and_where_an_id_leads(loop: Loop) -> None:
    with loop.db.write() as session:
        run = GroupingRun(at=loop.clock(), model="m", trigger="growth", facts={"moved": 3})
        session.add(run)
        session.flush()
        session.add(ClusterChange(run_id=run.id or 0, kind="merged", cluster_id=3, other_id=2, tickets=1))
        session.get_one(Cluster, 3).merged_into = 2
    loop.clock.pass_(60)
    loop.decide(clusters.merge_clusters, 2, 1)
    with loop.db.read() as session:
        found = log(session, AGENT, cluster_id=3)
        everything = log(session, AGENT)
        with pytest.raises(UnknownId):
            log(session, AGENT, cluster_id=99)
    assert found.trail is not None
    assert [(s.issue, s.into, s.by) for s in found.trail.steps] == [
        ("IB-3", "IB-2", "model"),
        ("IB-2", "IB-1", PM.name),
    ]
    assert found.trail.now == "IB-1"
    assert [(r.trigger, dict(r.facts), [c.kind for c in r.changes]) for r in everything.runs] == [
        ("growth", {"moved": 3}, ["merged"])
    ]
