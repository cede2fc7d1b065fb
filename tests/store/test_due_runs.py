"""What people ask for: one waits at most, the leader alone takes it, and nothing that was asked for is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select

from bridge.store import due_runs
from bridge.store.db import Database
from bridge.store.leases import Lease, LeaseLost, acquire
from bridge.store.requests import DueRun
from bridge.store.sync import LeaseRow
from bridge.words import RunKind

AT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


def ask(db: Database, connection: str = "desk", kind: RunKind = RunKind.READ, by: str = "ann") -> bool:
    with db.write() as session:
        return due_runs.ask(session, connection, kind, by=by, at=AT)


def leading(db: Database, owner: str = "a") -> Lease:
    with db.write() as session:
        session.merge(LeaseRow(name="leader"))
    lease = acquire(db, "leader", owner, 30)
    assert lease is not None
    return lease


def lose(db: Database) -> None:
    with db.write() as session:
        session.get_one(LeaseRow, "leader").until = AT


def rows(db: Database) -> list[DueRun]:
    with db.read() as session:
        return list(session.exec(select(DueRun).order_by(col(DueRun.id))).all())


def test_asking_again_is_harmless_and_kinds_and_connections_stand_apart(db: Database) -> None:
    assert ask(db)
    assert not ask(db, by="bob")
    assert ask(db, kind=RunKind.CHECK)
    assert ask(db, connection="tracker")

    assert [(row.connection, row.kind, row.asked_by) for row in rows(db)] == [
        ("desk", "read", "ann"),
        ("desk", "check", "ann"),
        ("tracker", "read", "ann"),
    ]


def test_a_run_goes_from_waiting_to_finished_and_another_may_wait_meanwhile(db: Database) -> None:
    ask(db)
    lease = leading(db)
    run = due_runs.take(db, lease, RunKind.READ)
    assert run is not None
    due_runs.note(db, run, "pull", 120, 500)

    assert ask(db, by="webhook")
    with db.read() as session:
        shown = due_runs.open_run(session, "desk", RunKind.READ)
        assert shown is not None
        assert (shown.id, shown.step, shown.done, shown.total) == (run.id, "pull", 120, 500)
        assert due_runs.open_runs(session, RunKind.READ)["desk"].id == run.id
    due_runs.finish(db, lease, run, [{"step": "pull", "done": 500}])

    with db.read() as session:
        [ended] = due_runs.last_runs(session, "desk", 5)
        assert ended.reports == [{"step": "pull", "done": 500}]
        waiting = due_runs.open_run(session, "desk", RunKind.READ)
        assert waiting is not None
        assert (waiting.asked_by, waiting.taken_at) == ("webhook", None)


def test_what_a_dead_leader_left_behind_is_asked_for_again(db: Database) -> None:
    ask(db)
    first = due_runs.take(db, leading(db), RunKind.READ)
    assert first is not None
    lose(db)
    second = due_runs.take(db, leading(db, "b"), RunKind.READ)

    assert second is not None
    assert second.id != first.id
    left, again = rows(db)
    assert left.reports[0]["error"] == due_runs.LEFT_BEHIND
    assert (again.asked_by, again.asked_at) == ("ann", AT)
    due_runs.note(db, first, "pull", 9, 9)
    assert rows(db)[0].done == 0, "the former leader's run has ended"


def test_without_the_lease_nothing_is_taken_or_finished(db: Database) -> None:
    ask(db)
    lease = leading(db)
    run = due_runs.take(db, lease, RunKind.READ)
    assert run is not None
    lose(db)
    leading(db, "b")

    with pytest.raises(LeaseLost):
        due_runs.finish(db, lease, run, [])
    ask(db, connection="tracker")
    with pytest.raises(LeaseLost):
        due_runs.take(db, lease, RunKind.READ)
    assert [row.finished_at for row in rows(db)] == [None, None]


def test_runs_of_a_month_ago_are_forgotten(db: Database) -> None:
    lease = leading(db)
    with db.write() as session:
        for age in (31, 1):
            at = datetime.now(UTC) - timedelta(days=age)
            session.add(DueRun(connection=f"{age}", asked_by="ann", asked_at=at, taken_at=at, finished_at=at))
    ask(db)

    assert due_runs.take(db, lease, RunKind.READ) is not None
    assert [row.connection for row in rows(db)] == ["1", "desk"]
