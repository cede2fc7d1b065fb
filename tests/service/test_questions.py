"""Questions about issues: answered, applied, written down with numbers, taken back; on real databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bridge.service import answering, clusters, questions
from bridge.service.access import Actor, Forbidden, Scope
from bridge.service.answering import Reply
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.questions import QuestionView
from bridge.store.clusters import Cluster, Membership
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.grouping import GroupingAnswer, KeptApart
from bridge.store.grouping_answers import standing
from bridge.store.grouping_queries import kept_apart
from bridge.words import Role
from tests.pipeline.loop import AGENT, MODEL, PM, Loop, ticket

OTHER_PM = Actor("S. Okafor", Role.PRODUCT_MANAGER)


@pytest.fixture
def loop(db: Database) -> Loop:
    """Two issues that say the same, one that says two things, and others around them."""
    loop = Loop(db)
    loop.account("Acme", 240_000.0, "acme.example")
    told = {
        "vat": ["vat total wrong on pdf invoice", "wrong vat total on the pdf invoice", "pdf invoice vat total wrong"],
        "tax": ["pdf invoice shows wrong vat total", "vat total on pdf invoice is wrong"],
        "both": ["export csv slow", "slow csv export", "export of csv slow", *["printer label cut off"] * 3],
        "login": ["login loops back", "sign in login loops", "login loops again"],
    }
    ids: dict[str, list[str]] = {}
    for name, subjects in told.items():
        for n, subject in enumerate(subjects):
            loop.put(ticket(f"{name}{n}", subject))
            ids.setdefault(name, []).append(f"{name}{n}")
    loop.pull()
    loop.embed()
    loop.made = {name: loop.cluster(told[name][0], *numbers) for name, numbers in ids.items()}  # type: ignore[attr-defined]
    loop.rank()
    return loop


def made(loop: Loop, name: str) -> int:
    return int(loop.made[name])  # type: ignore[attr-defined]


def asked(loop: Loop, actor: Actor = PM) -> list[tuple[str, tuple[str, ...]]]:
    with loop.db.read() as session:
        found = questions.lines(session, actor, loop.clock(), model=MODEL, limit=100)
    return [(line.kind, line.issues) for line in found]


def about(loop: Loop, *names: str) -> tuple[str, ...]:
    return tuple(f"IB-{id_}" for id_ in sorted(made(loop, name) for name in names))


def shown(loop: Loop, kind: str, actor: Actor = PM) -> QuestionView:
    """The page's question of this kind, those before it put off."""
    for _ in range(20):
        with loop.db.read() as session:
            view = questions.next_question(session, actor, loop.clock(), model=MODEL)
        assert view is not None, f"no question to {kind} anything"
        if view.kind == kind:
            return view
        loop.decide(answering.skip, view.kind, [int(i[3:]) for i in view.issues], actor=actor)
    raise AssertionError("they do not end")


def reply(loop: Loop, kind: str, *names: str, yes: bool, **more: Any) -> answering.Done:
    found: answering.Done = loop.decide(
        answering.answer, Reply(kind, [made(loop, name) for name in names], yes, **more), model=MODEL
    )
    return found


def placed(loop: Loop) -> set[tuple[int, int, float, str]]:
    return {(r.ticket_id, r.cluster_id, r.q, r.origin) for r in loop.rows(Membership)}


def test_page_shows_both_issues_and_what_will_happen(loop: Loop) -> None:
    view = shown(loop, "merge")
    assert view.issues == about(loop, "vat", "tax")
    assert [side.tickets for side in view.sides] == [3, 2]
    assert sum(side.stays for side in view.sides) == 1
    assert all(side.quotes and side.accounts == ("Acme",) for side in view.sides)
    assert any("will lead to" in said for said in view.effects)


def test_yes_merges_and_undo_restores_all(loop: Loop) -> None:
    before = placed(loop)
    done = reply(loop, "merge", "vat", "tax", yes=True)
    (row,) = loop.rows(GroupingAnswer)
    assert (row.kind, row.agreed, row.actor) == ("merge", True, PM.name)
    assert row.similarity > 0.3
    assert all(isinstance(value, float | int) for value in row.evidence.values())
    assert {r.cluster_id for r in loop.rows(Membership)} == {made(loop, name) for name in ("vat", "both", "login")}
    assert ("merge", about(loop, "vat", "tax")) not in asked(loop)
    loop.decide(answering.take_back, done.answer)
    assert placed(loop) == before
    assert {c.merged_into for c in loop.rows(Cluster)} == {None}
    assert ("merge", about(loop, "vat", "tax")) in asked(loop)
    with pytest.raises(ServiceError, match="already"):
        loop.decide(answering.take_back, done.answer)


def test_different_is_kept_and_never_asked_again_until_undone(loop: Loop) -> None:
    before = placed(loop)
    done = reply(loop, "merge", "vat", "tax", yes=False)
    (row,) = loop.rows(KeptApart)
    assert (row.one, row.other) == tuple(sorted((made(loop, "vat"), made(loop, "tax"))))
    assert placed(loop) == before
    assert ("merge", about(loop, "vat", "tax")) not in asked(loop)
    assert [e.kind for e in loop.rows(Event, kind="clusters.kept_apart")] == ["clusters.kept_apart"]
    loop.decide(answering.take_back, done.answer)
    assert loop.rows(KeptApart) == []
    assert ("merge", about(loop, "vat", "tax")) in asked(loop)


def test_kept_apart_follows_merges(loop: Loop) -> None:
    reply(loop, "merge", "vat", "tax", yes=False)
    loop.decide(clusters.merge_clusters, made(loop, "tax"), made(loop, "login"))
    with loop.db.read() as session:
        assert kept_apart(session) == {tuple(sorted((made(loop, "vat"), made(loop, "login"))))}


def test_split_makes_the_halves_that_were_shown(loop: Loop) -> None:
    before = placed(loop)
    view = shown(loop, "split")
    assert view.issues == about(loop, "both")
    assert [side.id for side in view.sides] == [*about(loop, "both"), None]
    done = reply(loop, "split", "both", yes=True, mark=view.mark)
    where = loop.places()
    parts = {frozenset(n for n, c in where.items() if c == id_) for id_ in set(where.values())}
    assert {frozenset({"both0", "both1", "both2"}), frozenset({"both3", "both4", "both5"})} <= parts
    loop.decide(answering.take_back, done.answer)
    assert placed(loop) == before


def test_keep_whole_writes_an_answer_and_asks_again_when_it_doubled(loop: Loop) -> None:
    before, events = placed(loop), len(loop.rows(Event))
    reply(loop, "split", "both", yes=False)
    assert (placed(loop), len(loop.rows(Event))) == (before, events)
    assert ("split", about(loop, "both")) not in asked(loop)
    more = [f"more{n}" for n in range(6)]
    for number in more:
        loop.put(ticket(number, "printer label cut off"))
    loop.pull()
    loop.embed()
    with loop.db.write() as session:
        from bridge.store.memberships import Place, place
        from bridge.store.sync import bump

        ids = loop.ids(session)
        place(session, [Place(ids[n], made(loop, "both"), 0.9, "model") for n in more], loop.clock())
        bump(session, "clusters")
    assert ("split", about(loop, "both")) in asked(loop)


def test_what_changed_since_it_was_shown_is_refused(loop: Loop) -> None:
    view = shown(loop, "split")
    with loop.db.read() as session:
        parts = questions.halves(session, made(loop, "both"), model=MODEL)
    assert parts is not None
    loop.decide(clusters.move, [parts.new[0]], made(loop, "login"))
    with pytest.raises(ServiceError, match="since you looked"):
        reply(loop, "split", "both", yes=True, mark=view.mark)
    assert "split" not in {row.kind for row in loop.rows(GroupingAnswer)}


def test_people_who_put_tickets_together_are_not_asked_to_divide_them(loop: Loop) -> None:
    with loop.db.write() as session:
        ids = loop.ids(session)
    for number in ("both0", "both3"):
        loop.decide(clusters.move, [ids[number]], made(loop, "both"))
    with loop.db.read() as session:
        assert questions.halves(session, made(loop, "both"), model=MODEL) is None
    with pytest.raises(ServiceError, match="any more"):
        reply(loop, "split", "both", yes=True)


def test_half_that_a_person_placed_keeps_the_id(loop: Loop) -> None:
    loop.decide(clusters.move, [loop.id_of("both0")], made(loop, "both"))
    with loop.db.read() as session:
        parts = questions.halves(session, made(loop, "both"), model=MODEL)
    assert parts is not None
    assert loop.id_of("both0") in parts.rest


def test_locked_issues_are_left_alone(loop: Loop) -> None:
    with loop.db.write() as session:
        session.get_one(Cluster, made(loop, "vat")).locked_at = loop.clock()
    assert not [ids for _, ids in asked(loop) if about(loop, "vat")[0] in ids]


def test_skipped_comes_back_after_a_day_and_stays_for_others(loop: Loop) -> None:
    wanted = ("merge", about(loop, "vat", "tax"))
    loop.decide(answering.skip, "merge", [made(loop, "tax"), made(loop, "vat")])
    assert wanted not in asked(loop)
    assert wanted in asked(loop, OTHER_PM)
    loop.clock.pass_(timedelta(days=1).total_seconds())
    assert wanted in asked(loop)
    assert loop.rows(GroupingAnswer) == []


def test_an_answer_whose_decision_was_undone_elsewhere_counts_for_nothing(loop: Loop) -> None:
    done = reply(loop, "merge", "vat", "tax", yes=True)
    loop.decide(clusters.undo)
    with loop.db.read() as session:
        assert standing(session, "merge") == []
        assert answering.done(session, PM, done.answer) is None
    with pytest.raises(ServiceError, match="already"):
        loop.decide(answering.take_back, done.answer)


def test_who_may_not_decide_may_not_ask(loop: Loop) -> None:
    with pytest.raises(Forbidden):
        asked(loop, AGENT)
    for act, values in (
        (answering.answer, (Reply("merge", [1, 2], yes=True),)),
        (answering.skip, ("merge", [1, 2])),
        (answering.take_back, (1,)),
    ):
        named = {"model": MODEL} if act is answering.answer else {}
        with pytest.raises(Forbidden):
            loop.decide(act, *values, actor=AGENT, **named)
    with pytest.raises(UnknownId):
        loop.decide(answering.take_back, 99)
    with pytest.raises(ServiceError, match="any more"):
        reply(loop, "merge", "vat", "both", yes=True)


def test_a_token_that_may_only_decide_sees_no_names(loop: Loop) -> None:
    decides = Actor("program", Role.PRODUCT_MANAGER, scopes=frozenset({Scope.DECIDE}))
    view = shown(loop, "merge", decides)
    assert all(side.accounts == () and all(q.account is None for q in side.quotes) for side in view.sides)
