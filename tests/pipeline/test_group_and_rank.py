"""From texts to vectors, issues and a ranking: each step finds its own work, and a second run finds none."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from bridge.pipeline import group as group_step
from bridge.pipeline.rank import compute
from bridge.ranked import records
from bridge.service import clusters
from bridge.store.clusters import Cluster, Membership, RankRun, Score, ScoringConfigVersion
from bridge.store.db import Database
from bridge.store.sync import bump
from bridge.store.vectors import Vector
from tests.pipeline.loop import Loop, three_issues, ticket
from tests.pipeline.other_side import START


@pytest.fixture
def loop(db: Database) -> Loop:
    return Loop(db)


def load(loop: Loop) -> None:
    loop.put(*(ticket(f"L{n}", "Login page fails", body="login page fails") for n in range(3)))
    loop.put(*(ticket(f"E{n}", "Export csv slow", body="export csv slow") for n in range(3)))
    loop.pull()
    loop.embed()


def test_embed_goes_on_after_a_stop_and_then_has_nothing_to_do(loop: Loop) -> None:
    loop.put(*(ticket(str(n), f"word{n}") for n in range(5)))
    loop.pull()
    assert loop.embed(stop=iter([False, True, True]).__next__).done == 2
    assert loop.embed().done == 3
    encoded = list(loop.bag.encoded)
    assert loop.embed().done == 0
    assert loop.bag.encoded == encoded
    assert len(set(encoded)) == len(encoded) == len(loop.rows(Vector)) == 5


def test_tickets_of_one_text_share_a_vector(loop: Loop) -> None:
    load(loop)
    assert len(loop.rows(Vector)) == 2


def test_new_tickets_are_placed_once(loop: Loop) -> None:
    load(loop)
    assert loop.group().done == 6
    places = loop.places()
    assert len({places[f"L{n}"] for n in range(3)}) == 1
    assert places["L0"] != places["E0"]
    assert loop.group().done == 0
    loop.put(ticket("L9", "Login page fails", body="login page fails"))
    loop.pull()
    loop.embed()
    loop.group()
    assert loop.places() == places | {"L9": places["L0"]}
    assert {row.q for row in loop.rows(Membership)} == {0.9}


def test_tickets_without_text_are_singles(loop: Loop) -> None:
    loop.put(ticket("1", "", body=""), ticket("2", "", body=""))
    loop.pull()
    loop.embed()
    assert loop.group().done == 2
    assert len(set(loop.places().values())) == 2
    assert loop.group().done == 0


def test_people_and_published_issues_are_never_overruled(loop: Loop) -> None:
    load(loop)
    loop.group()
    before = loop.places()
    loop.decide(clusters.publish, before["L0"])
    apart = loop.decide(clusters.split, before["E0"], [loop.id_of("E0")])
    loop.decide(clusters.move, [loop.id_of("L1")], before["E1"])
    decided = loop.places()
    loop.group(consolidating=True)
    after = loop.places()
    assert after["E0"] == apart.id
    assert after["L1"] == decided["L1"] == before["E1"]
    assert after["L0"] == after["L2"] == before["L0"]


def test_decision_while_the_stepthinks_makes_itthink_again(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    load(loop)
    other = loop.cluster("By hand")
    real, tries = group_step.think, []

    def think(*args: object, **values: object) -> object:
        work = real(*args, **values)  # type: ignore[arg-type]
        if not tries:
            loop.decide(clusters.move, [loop.id_of("L0")], other)
        tries.append(1)
        return work

    monkeypatch.setattr(group_step, "think", think)
    loop.group()
    assert len(tries) == 2
    assert loop.places()["L0"] == other
    assert len(loop.places()) == 6


def test_ranking_is_stored_once_for_the_same_data(loop: Loop) -> None:
    dearest, next_, last = three_issues(loop)
    [run] = loop.rows(RankRun)
    scores = sorted(loop.rows(Score), key=lambda row: row.rank)
    assert [row.cluster_id for row in scores] == [dearest, next_, last]
    assert (run.clusters, run.as_of) == (3, START)
    loop.clock.pass_(3600)
    report = loop.rank()
    assert (report.done, report.skipped, len(loop.rows(RankRun))) == (0, 3, 1)
    loop.clock.pass_(86_400)
    assert loop.rank().done == 3
    with loop.db.write() as session:
        bump(session, "accounts")
    assert loop.rank().done == 3


def test_ranking_leaves_out_what_came_later_and_people_of_ours(loop: Loop) -> None:
    dearest, *_ = three_issues(loop)
    loop.put(ticket("8", requester="me@ours.example"), ticket("9", requester="x@new.example", at=START))
    loop.pull()
    own = loop.cluster("Ours", "8")
    loop.cluster("New", "9")
    with loop.db.read() as session:
        now = {e.cluster_id for e in compute(session, START).explanations}
        before = {e.cluster_id for e in compute(session, START - timedelta(days=1)).explanations}
    assert own not in now
    assert len(now) == 4
    assert len(before) == 3
    assert dearest in before


def test_tickets_of_nobodys_account_count_as_pseudo_accounts(loop: Loop) -> None:
    loop.put(
        ticket("1", requester="a@who.example"),
        ticket("2", requester="b@who.example"),
        ticket("3", requester="c@gmail.com"),
        ticket("4", requester="d@gmail.com"),
        ticket("5", requester="e@who.example", account="Some Name"),
        ticket("6", requester=None, account=" some name "),
    )
    loop.pull()
    loop.cluster("All", *"123456")
    loop.rank()
    [score] = loop.rows(Score)
    with loop.db.read() as session:
        [record] = records(session, session.get_one(RankRun, score.run_id)).values()
    keys = {part["account"].partition(":")[0]: part["account"] for part in record.explanation["contributions"]}
    assert score.summary["accounts"] == 3, "the name and the domain that a ticket shows together are one"
    assert keys["named"] == "named:some name"
    assert score.summary["by_segment"][0][0] == "unidentified"


def test_ranking_without_constants_says_what_to_do(loop: Loop) -> None:
    three_issues(loop)
    with loop.db.write() as session:
        for kind in (Score, RankRun, ScoringConfigVersion):
            for row in session.exec(select(kind)):
                session.delete(row)
            session.flush()
    assert "bridge init" in str(loop.rank().error)


def test_titles_come_from_the_words(loop: Loop) -> None:
    load(loop)
    loop.group()
    assert {row.title.lower() for row in loop.rows(Cluster)} == {"login page fails", "export csv slow"}
