"""The list of issues: what each role sees of it, filters, pages, and that it changes at once with a decision."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from bridge.service import clusters, issue_bulk, issues, remedies, saved_views
from bridge.service.access import Actor, Forbidden
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.issue_entries import Need
from bridge.service.issue_filters import Filters, Sort, parse
from bridge.service.issue_money import band
from bridge.store.access import SavedView, User
from bridge.store.clusters import RankRun
from bridge.store.db import Database
from bridge.words import Role
from tests.pipeline.loop import AGENT, PM, Loop, three_issues, ticket

SUPPLIERS_MANAGER = Actor("S. Manager", Role.SUPPLIER_MANAGER)
NAMES = ("Acme", "Borealis", "Cobalt")


@pytest.fixture
def loop(db: Database) -> Loop:
    return Loop(db)


def board(loop: Loop, actor: Actor = PM, filters: Filters | None = None, page: int = 1) -> issues.IssueList:
    with loop.db.read() as session:
        return issues.board(session, actor, filters or Filters(), page, at=loop.clock())


def ranks(loop: Loop) -> dict[int, int | None]:
    return {row.id: row.rank for row in board(loop).rows}


def text(found: Any) -> str:
    return json.dumps(dataclasses.asdict(found), default=str)


def big_issue(loop: Loop, accounts: int = 6) -> int:
    for n in range(accounts):
        loop.account(f"Member {n}", 70_000.0 + n, f"m{n}.example")
        loop.put(ticket(f"m{n}", "Sync stops", requester=f"a@m{n}.example"))
    loop.pull()
    found = loop.cluster("Sync stops", *(f"m{n}" for n in range(accounts)))
    loop.rank()
    return found


def test_product_manager_sees_names_amounts_and_their_reasons(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    row = board(loop).rows[0]
    assert (row.id, row.rank, row.accounts, row.tickets) == (first, 1, 2, 2)
    assert row.largest is not None
    assert row.largest.name == "Acme"
    assert row.money.amount is not None
    assert sum(amount for _, amount in row.parts) == round(row.money.amount)
    assert {change.change for change in row.what_if} == {
        "full workaround",
        "severity S1",
        "without the largest account",
    }
    assert sum(part.share or 0 for part in row.segments) == pytest.approx(1)
    assert row.weeks[-1] == 2


def test_agent_sees_no_money_and_no_names(loop: Loop) -> None:
    three_issues(loop)
    big_issue(loop)
    found = board(loop, AGENT)
    for row in found.rows:
        assert not any(dataclasses.asdict(row.money).values())
        assert (row.largest, row.parts, row.what_if, row.length) == (None, (), (), None)
        assert all(part.share is None for part in row.segments)
    assert not any(name in text(found) for name in (*NAMES, "Member"))
    assert found.review is not None
    assert found.review.portfolio.amount is None


def test_supplier_manager_sees_sums_of_five_accounts_and_bands_below(loop: Loop) -> None:
    three_issues(loop)
    big = big_issue(loop)
    found = board(loop, SUPPLIERS_MANAGER)
    rows = {row.id: row for row in found.rows}
    exact = {row.id: row.money.amount or 0.0 for row in board(loop).rows}
    assert rows[big].money.amount == exact[big]
    for id_, row in rows.items():
        assert row.money.low is None
        assert row.money.change is None
        assert row.largest is None
        if id_ != big:
            assert row.money.amount is None
            assert row.money.band == band(exact[id_])
            assert f"{exact[id_]:.2f}" not in text(found)
    assert not any(name in text(found) for name in (*NAMES, "Member"))


def test_orders_that_tell_amounts_apart_are_for_those_who_may_read_them() -> None:
    assert parse({"sort": ["rise"]}).sort is Sort.RISE
    assert parse({"sort": ["rise"]}, sees_money=False).sort is Sort.RANK


@pytest.mark.parametrize("role", [Role.SUPPLIER_AGENT, Role.SUPPLIER_CONTACT])
def test_suppliers_have_no_list(loop: Loop, role: Role) -> None:
    with pytest.raises(Forbidden):
        board(loop, Actor("x", role))


def test_merge_moves_ranks_at_once_and_undo_moves_them_back(loop: Loop) -> None:
    first, second, third = three_issues(loop)
    before = ranks(loop)
    loop.clock.pass_(60)
    loop.decide(clusters.merge_clusters, second, third)
    after = ranks(loop)
    assert first in after
    assert second not in after
    assert after[third] != before[third]
    assert board(loop).basis.pending == 0  # type: ignore[union-attr]
    loop.clock.pass_(60)
    loop.decide(clusters.undo)
    assert ranks(loop) == before
    runs = loop.rows(RankRun)
    assert sum(bool(run.summary.get("passing")) for run in runs) == 1
    loop.clock.pass_(60)
    loop.rank()
    assert not any(run.summary.get("passing") for run in loop.rows(RankRun))
    assert ranks(loop) == before


def test_where_ranking_takes_long_the_list_says_what_is_not_ranked(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    _, second, third = three_issues(loop)
    monkeypatch.setattr("bridge.service.reranking.AT_ONCE", 1)
    loop.decide(clusters.merge_clusters, second, third)
    rows = {row.id: row for row in board(loop).rows}
    assert second not in rows
    assert rows[third].changed
    assert rows[third].tickets == 3
    assert board(loop).basis.pending == 1  # type: ignore[union-attr]
    loop.clock.pass_(60)
    loop.rank()
    assert board(loop).basis.pending == 0  # type: ignore[union-attr]


def test_every_decision_shows_on_a_list_that_was_read_before(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    assert board(loop).rows[0].needs == (Need.UNREVIEWED,)
    loop.decide(remedies.edit, first, {"state": "investigating", "owner": "R. Diaz"})
    assert board(loop).rows[0].trust.suggested
    loop.decide(remedies.approve, first)
    row = board(loop).rows[0]
    assert (row.trust.light, row.needs) == ("green", ())
    loop.decide(clusters.publish, first)
    assert board(loop).rows[0].published
    loop.publish()
    assert board(loop).rows[0].tracked[0].key is None
    loop.deliver()
    assert board(loop).rows[0].tracked[0].key
    loop.clock.pass_(8 * 86_400)
    assert board(loop).rows[0].needs == (Need.STALE,)


def test_filters_narrow_and_pages_end(loop: Loop) -> None:
    three_issues(loop)
    for n in range(60):
        loop.put(ticket(f"x{n}", f"Single {n}", requester=f"a@x{n}.example"))
    loop.pull()
    for n in range(60):
        loop.cluster(f"Single {n}", f"x{n}")
    loop.rank()
    assert [len(board(loop, page=n).rows) for n in (1, 2, 99)] == [50, 13, 13]
    assert board(loop, page=99).page == 2
    assert board(loop, filters=parse({"q": ["EXPORT slow"]})).total == 1
    assert board(loop, filters=parse({"thin": ["hide"]})).total == 2
    assert board(loop, filters=parse({"severity": ["S4"]})).total == 1
    assert board(loop, filters=parse({"badge": ["single account"], "thin": ["hide"]})).total <= 2
    assert board(loop, filters=parse({"state": ["planned"]})).total == 0
    assert board(loop, filters=parse({"tracker": ["yes"]})).total == 0
    assert board(loop, filters=parse({"unidentified": ["hide"]})).total == 3
    assert board(loop, filters=parse({"need": ["any"]})).total == 2
    top = [row for row in board(loop).rows if row.in_top]
    assert board(loop).rows[: len(top)] == tuple(top)
    assert not any("thin evidence" in row.badges for row in top)
    by_tickets = [row.tickets for row in board(loop, filters=Filters(sort=Sort.TICKETS)).rows]
    assert by_tickets == sorted(by_tickets, reverse=True)


@contextmanager
def counting(db: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_queries_do_not_grow_with_the_list_and_a_held_board_asks_little(loop: Loop) -> None:
    three_issues(loop)
    with counting(loop.db) as few:
        board(loop)
    big_issue(loop)
    with counting(loop.db) as more:
        board(loop)
    with counting(loop.db) as held:
        board(loop)
    reads = [[s for s in seen if "SELECT" in s] for seen in (few, more, held)]
    assert len(reads[0]) == len(reads[1]) <= 17
    assert len(reads[2]) <= 3


def test_together_counts_an_account_once(loop: Loop) -> None:
    ids = three_issues(loop)
    with loop.db.read() as session:
        one = issues.together(session, PM, [ids[0]], at=loop.clock())
        both = issues.together(session, PM, list(ids), at=loop.clock())
        seen = issues.together(session, SUPPLIERS_MANAGER, list(ids), at=loop.clock())
        hidden = issues.together(session, AGENT, list(ids), at=loop.clock())
    assert both.overlap is not None
    assert both.overlap < 0
    assert one.overlap == pytest.approx(0)
    assert (both.amount or 0) > (one.amount or 0)
    assert (seen.amount, seen.overlap, seen.band) == (None, None, band(both.amount or 0))
    assert (hidden.amount, hidden.band) == (None, None)


def test_views_are_ones_own(loop: Loop) -> None:
    three_issues(loop)
    with loop.db.write() as session:
        users = [User(name=name, role=Role.PRODUCT_MANAGER) for name in ("one", "two")]
        session.add_all(users)
        session.flush()
        one, two = (Actor(u.name, Role.PRODUCT_MANAGER, user_id=u.id) for u in users)
    view = loop.decide(saved_views.save_view, "Exports", parse({"q": ["export"]}), actor=one)
    mine = {v.name: v for v in board(loop, one).views}
    assert (mine["Exports"].query, mine["Exports"].count) == ("q=export", 1)
    assert mine["Monday review"].count == 3
    assert "Exports" not in {v.name for v in board(loop, two).views}
    with loop.db.write() as session, pytest.raises(UnknownId):
        saved_views.drop_view(session, two, view.id or 0)
    for n in range(4):
        loop.decide(saved_views.save_view, f"v{n}", Filters(), actor=one)
    with pytest.raises(ServiceError, match="5 views"):
        loop.decide(saved_views.save_view, "v5", Filters(), actor=one)
    with loop.db.write() as session:
        saved_views.drop_view(session, one, view.id or 0)
    assert len(loop.rows(SavedView)) == 4


def test_bulk_decides_about_all_or_none(loop: Loop) -> None:
    ids = three_issues(loop)
    assert loop.decide(issue_bulk.publish_many, [*ids, ids[0]]) == 3
    assert loop.decide(issue_bulk.publish_many, list(ids)) == 0
    assert loop.decide(issue_bulk.assign_owner, list(ids[:2]), "R. Diaz") == 2
    assert [row.trust.owner for row in board(loop).rows] == ["R. Diaz", "R. Diaz", None]
    for wrong in ([], list(range(1, 60)), [999]):
        with pytest.raises(ServiceError):
            loop.decide(issue_bulk.publish_many, wrong)
    with pytest.raises(Forbidden):
        loop.decide(issue_bulk.publish_many, list(ids), actor=AGENT)


def test_movement_is_told_against_last_monday_or_the_first_ranking(loop: Loop) -> None:
    first, second, _ = three_issues(loop)
    assert board(loop).review.since is None  # type: ignore[union-attr]
    loop.clock.pass_(86_400 + 60)
    loop.put(ticket("9", "Export is slow", requester="x@acme.example", priority="urgent", at=loop.clock()))
    loop.pull()
    with loop.db.write() as session:
        from bridge.store.memberships import Place, place

        place(session, [Place(loop.ids(session)["9"], second, 1.0, "human")], loop.clock())
    loop.rank()
    review = board(loop).review
    assert review is not None
    assert not review.is_monday
    assert review.rise[0].title == "Export is slow"
    assert review.rise[0].why == "accounts joined"
    rows = {row.id: row for row in board(loop).rows}
    assert (rows[second].up, rows[first].up) == (1, -1)
    loop.clock.pass_(timedelta(days=8).total_seconds())
    loop.rank()
    assert board(loop).review.is_monday  # type: ignore[union-attr]
