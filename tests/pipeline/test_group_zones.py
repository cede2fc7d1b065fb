"""What the grouping step tells beside places: zones, doubts, frames, and what it did to ids."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlmodel import select

from bridge.analysis.calibration import NEEDED
from bridge.analysis.granularity import params_for
from bridge.pipeline.group import thinking
from bridge.service import clusters
from bridge.store.clusters import Cluster, Membership
from bridge.store.db import Database
from bridge.store.grouping import (
    Candidate,
    ClusterChange,
    GroupingAnswer,
    GroupingConfig,
    GroupingFrame,
    GroupingRun,
    KeptApart,
)
from bridge.store.models import Chosen, put_in_use
from bridge.words import Origin, Zone
from tests.pipeline.loop import MODEL, Loop, ticket
from tests.pipeline.other_side import START

LOGIN = "login page fails with blank screen after update today"
EXPORT = "export csv slow and times out for large monthly report"
NEAR = "login page fails blank invoice colour wrong order item"
FAR = "office chairs colour question unrelated shipment northern"


@pytest.fixture
def loop(db: Database, monkeypatch: pytest.MonkeyPatch) -> Loop:
    """Texts of a few words are either like each other or not: what is shown to a person begins further down."""
    monkeypatch.setattr(thinking, "params_for", lambda fine: replace(params_for(fine), doubt=0.4))
    return Loop(db)


def take(loop: Loop, *texts: tuple[str, str]) -> None:
    loop.put(*(ticket(number, text, body=text) for number, text in texts))
    loop.pull()
    loop.embed()


def zones(loop: Loop) -> dict[str, str]:
    found = {row.ticket_id: row.zone for row in loop.rows(Membership)}
    return {number: found[loop.id_of(number)] for number in loop.places()}


def load(loop: Loop) -> None:
    take(loop, *((f"L{n}", LOGIN) for n in range(5)), *((f"E{n}", EXPORT) for n in range(5)), ("N", NEAR), ("F", FAR))
    loop.group()


def test_zones_say_who_is_with_others_who_is_alone_and_who_waits(loop: Loop) -> None:
    load(loop)
    found, places = zones(loop), loop.places()
    assert {found[f"L{n}"] for n in range(5)} == {Zone.AUTOMATIC}
    assert found["F"] == Zone.NEW
    waiting = {row.ticket_id for row in loop.rows(Candidate)}
    assert waiting == {loop.id_of(number) for number, zone in found.items() if zone == Zone.REVIEW}
    assert list(places.values()).count(places["N"]) == 1
    [candidate] = [row for row in loop.rows(Candidate) if row.ticket_id == loop.id_of("N")]
    assert candidate.cluster_id == places["L0"]
    assert candidate.evidence["size"] == 5
    assert 0 < candidate.similarity <= candidate.evidence["nearest"] <= 1.001


def test_a_second_consolidation_changes_nothing_and_writes_no_run(loop: Loop) -> None:
    load(loop)
    loop.group(consolidating=True)
    runs, found, places = len(loop.rows(GroupingRun)), zones(loop), loop.places()
    assert loop.group(consolidating=True).done == 0
    assert (len(loop.rows(GroupingRun)), zones(loop), loop.places()) == (runs, found, places)


def test_a_single_that_gets_company_is_automatic(loop: Loop) -> None:
    load(loop)
    take(loop, ("F2", FAR))
    loop.group()
    assert loop.places()["F2"] == loop.places()["F"]
    assert {zones(loop)[n] for n in ("F", "F2")} == {Zone.AUTOMATIC}


def test_the_frame_stays_until_the_collection_outgrows_it(loop: Loop) -> None:
    load(loop)
    [first] = loop.rows(GroupingFrame)
    take(loop, ("L9", LOGIN))
    loop.group(consolidating=True)
    assert [row.frame for row in loop.rows(GroupingFrame)] == [first.frame]
    take(loop, *((f"X{n}", f"{FAR} {n}") for n in range(20)))
    loop.group(consolidating=True)
    [second] = loop.rows(GroupingFrame)
    assert second.frame != first.frame
    assert loop.rows(GroupingRun)[-1].trigger == "growth"
    assert loop.places()["L0"] == loop.places()["L9"]


def test_another_granularity_groups_afresh_and_keeps_what_people_placed(loop: Loop) -> None:
    load(loop)
    before = loop.places()
    loop.decide(clusters.move, [loop.id_of("N")], before["E0"])
    with loop.db.write() as session:
        session.add(GroupingConfig(granularity="strict", at=START, actor="R. Diaz", why="too coarse"))
    loop.group(consolidating=True)
    assert loop.rows(GroupingRun)[-1].trigger == "granularity"
    after = loop.places()
    assert after["N"] == after["E0"] == before["E0"]
    assert {after[f"L{n}"] for n in range(5)} == {before["L0"]}


def test_a_locked_issue_neither_gains_nor_loses(loop: Loop) -> None:
    load(loop)
    login = loop.places()["L0"]
    with loop.db.write() as session:
        session.get_one(Cluster, login).locked_at = START
    take(loop, ("L9", LOGIN))
    loop.group(consolidating=True)
    places = loop.places()
    assert places["L9"] != login
    assert {places[f"L{n}"] for n in range(5)} == {login}


def test_the_log_tells_what_became_of_ids(loop: Loop) -> None:
    take(loop, ("A", LOGIN))
    loop.group()
    take(loop, ("F", FAR))
    loop.group()
    alone = loop.places()
    assert [(row.kind, row.cluster_id, row.tickets) for row in loop.rows(ClusterChange)] == [
        ("opened", alone["A"], 1),
        ("opened", alone["F"], 1),
    ]
    facts = loop.rows(GroupingRun)[-1].facts
    assert (facts["placed"], facts["moved"], facts["opened"]) == (1, 0, 1)


def test_issues_kept_apart_are_not_merged_by_the_model(loop: Loop) -> None:
    load(loop)
    before = loop.places()
    apart = loop.decide(clusters.split, before["L0"], [loop.id_of("L0"), loop.id_of("L1")])
    loop.group(consolidating=True)
    after = loop.places()
    assert after["L0"] == after["L1"] == apart.id
    assert after["L2"] == before["L2"]
    with loop.db.read() as session:
        assert session.exec(select(KeptApart)).one()
    assert {row.zone for row in loop.rows(Membership) if row.origin == Origin.HUMAN} == {Zone.CONFIRMED}


def answer(loop: Loop, count: int, *, undone: bool = False) -> None:
    """People who agreed exactly where the second nearest fellow was near."""
    with loop.db.write() as session:
        for n in range(count):
            near = n % 2 == 0
            said = {"kind": "ticket", "cluster_id": 1, "zone": Zone.REVIEW.value, "agreed": near, "undone": undone}
            evidence = {"second": 0.95 if near else 0.6}
            session.add(GroupingAnswer(at=START, actor="Ann", similarity=0.5, evidence=evidence, **said))


def confidence(loop: Loop) -> dict[str, float]:
    found = {row.ticket_id: row.q for row in loop.rows(Membership)}
    return {number: found[loop.id_of(number)] for number in loop.places()}


def test_confidence_is_a_constant_until_enough_answers_tell_more(loop: Loop) -> None:
    load(loop)
    answer(loop, NEEDED - 1)
    loop.group(consolidating=True)
    assert set(confidence(loop).values()) == {0.9}
    answer(loop, 1)
    loop.group(consolidating=True)
    sure = confidence(loop)
    assert {sure[f"L{n}"] for n in range(5)} == {sure["L0"]}
    assert 0.9 < sure["L0"] < 1, "equal texts, each with fellows as near as can be"
    assert sure["F"] == 0.9, "alone: nothing is in doubt"
    take(loop, ("L9", LOGIN))
    loop.group()
    assert confidence(loop)["L9"] == sure["L0"]


def test_confidence_is_a_constant_again_once_answers_are_taken_back(loop: Loop) -> None:
    load(loop)
    answer(loop, NEEDED)
    loop.group(consolidating=True)
    with loop.db.write() as session:
        for row in session.exec(select(GroupingAnswer)):
            row.undone = True
            session.add(row)
    take(loop, ("X", "printer jam on floor seven"))
    loop.group(consolidating=True)
    assert set(confidence(loop).values()) == {0.9}


def test_nobody_is_asked_about_what_people_always_deny(loop: Loop) -> None:
    load(loop)
    [doubt] = [row for row in loop.rows(Candidate) if row.ticket_id == loop.id_of("N")]
    assert doubt.evidence["second"] <= doubt.evidence["nearest"]
    with loop.db.write() as session:
        for n in range(NEEDED * 4):
            far = {"second": 0.3 if n % 4 else 0.99}
            said = {"kind": "ticket", "cluster_id": 1, "zone": Zone.REVIEW.value, "agreed": not n % 4}
            session.add(GroupingAnswer(at=START, actor="Ann", similarity=0.5, evidence=far, **said))
    loop.group(consolidating=True)
    assert zones(loop)["N"] == Zone.NEW
    assert loop.rows(Candidate) == []


def test_what_a_person_takes_out_says_how_near_its_fellows_were(loop: Loop) -> None:
    load(loop)
    with loop.db.write() as session:
        put_in_use(session, Chosen(MODEL, ""))
    loop.decide(clusters.move, [loop.id_of("L0")], loop.places()["E0"])
    [said] = loop.rows(GroupingAnswer)
    assert (said.agreed, said.evidence["second"]) == (False, pytest.approx(1, abs=0.001))
    loop.decide(clusters.move, [loop.id_of("F")], loop.places()["E0"])
    assert len(loop.rows(GroupingAnswer)) == 1
