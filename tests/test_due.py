"""A worker takes what somebody asked for and does it for real."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import col, select

from bridge.bootstrap import Bridge, build
from bridge.cli.worker import worker_of
from bridge.due import Shown, run_due
from bridge.jobs import Jobs
from bridge.progress import StepReport
from bridge.service.seeds import seed
from bridge.settings import load_settings
from bridge.store import due_runs
from bridge.store.leases import acquire, held
from bridge.store.migrate import upgrade
from bridge.store.ranking import data_snapshot, last_run
from bridge.store.requests import DueRun
from bridge.store.sync import bump
from bridge.store.tickets import Ticket
from bridge.words import RunKind
from bridge.worker import LEADER
from connectors.base import AuthFailed
from connectors.files import Files

PATIENCE_S = 60
AT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
CONFIG = """\
[worker]
intake_minutes = 60
outgoing_minutes = 60
feedback_minutes = 60
[connections.desk]
type = "files"
path = "exports"
[connections.issues]
type = "files_tracker"
path = "issues"
"""


@pytest.fixture
def bridge(tmp_path: Path) -> Bridge:
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "exports").mkdir()
    (tmp_path / "issues").mkdir()
    made = build(load_settings(tmp_path, {}))
    upgrade(made.db)
    with made.db.write() as session:
        seed(session, currency="EUR", internal_domains=(), at=AT)
    return made


def export(bridge: Bridge, *tickets: str) -> None:
    lines = [f"{t},2026-05-01T08:00:00Z,The invoice has no PDF,It is empty,ann@acme.example" for t in tickets]
    path = bridge.settings.home / "exports" / "tickets.csv"
    path.write_text("\n".join(("id,created_at,subject,body,requester", *lines, "")))


def ask(bridge: Bridge, connection: str, kind: RunKind = RunKind.READ) -> None:
    with bridge.db.write() as session:
        due_runs.ask(session, connection, kind, by="ann", at=AT)


def ended(bridge: Bridge) -> list[DueRun]:
    with bridge.db.read() as session:
        return list(session.exec(select(DueRun).where(col(DueRun.finished_at).is_not(None)).order_by(col(DueRun.id))))


def now(bridge: Bridge, kind: RunKind = RunKind.READ, stop: Callable[[], bool] = lambda: False) -> bool:
    lease = acquire(bridge.db, LEADER, "a", 30) or pytest.fail("somebody leads")
    try:
        return run_due(bridge, kind, lease, stop)
    finally:
        with bridge.db.write() as session:
            session.connection().exec_driver_sql("UPDATE lease SET owner = NULL, until = NULL WHERE name = 'leader'")


def test_a_night_ranks_last_even_while_another_ranking_is_under_way(bridge: Bridge) -> None:
    asked, reports = threading.Semaphore(0), list[StepReport]()

    def stop() -> bool:
        asked.release()
        return False

    night = threading.Thread(target=lambda: reports.extend(Jobs(bridge, stop=stop).nightly()))
    with held(bridge.db, "step:rank", 30, owner="the intake") as lease:
        assert lease is not None
        night.start()
        # Asked before the step, and again while it waits for its turn.
        assert all(asked.acquire(timeout=PATIENCE_S) for _ in range(2))
        with bridge.db.write() as session:
            bump(session, "clusters")
    night.join(PATIENCE_S)

    assert [report.step for report in reports] == ["relearn", "embed", "group", "rank", "thin"]
    assert reports[-1].notes == []
    with bridge.db.read() as session:
        run = last_run(session)
        assert run is not None
        assert run.snapshot == data_snapshot(session)


def test_nothing_asked_for_is_nothing_done(bridge: Bridge) -> None:
    assert not now(bridge)
    assert not now(bridge, RunKind.CHECK)


def test_the_whole_loop_runs_for_one_connection(bridge: Bridge) -> None:
    export(bridge, "T-1", "T-2")
    ask(bridge, "desk")

    assert now(bridge)

    [run] = ended(bridge)
    assert [(r["step"], r["connection"]) for r in run.reports][:5] == [
        ("pull", "desk"),
        ("relearn", None),
        ("embed", None),
        ("group", None),
        ("rank", None),
    ]
    assert (run.reports[0]["done"], run.step) == (2, "deliver")
    with bridge.db.read() as session:
        assert len(session.exec(select(Ticket)).all()) == 2


def test_a_step_that_the_clock_is_at_is_left_to_it(bridge: Bridge) -> None:
    export(bridge, "T-1")
    ask(bridge, "desk")

    with held(bridge.db, "step:pull:desk", 30, "the clock") as lease:
        assert lease is not None
        now(bridge)

    [run] = ended(bridge)
    assert run.reports[0]["notes"] == ["another worker is doing this step: left to it"]
    with bridge.db.read() as session:
        assert session.exec(select(Ticket)).all() == []


def test_a_connection_that_the_worker_does_not_know_is_said_so(bridge: Bridge) -> None:
    ask(bridge, "new_one")
    ask(bridge, "new_one", RunKind.CHECK)

    assert now(bridge)
    assert now(bridge, RunKind.CHECK)
    for run in ended(bridge):
        assert "restart it after a change of config.toml" in run.reports[0]["error"]


def test_all_tickets_are_grouped_anew_when_somebody_asks(bridge: Bridge) -> None:
    export(bridge, "T-1", "T-2")
    ask(bridge, "desk")
    now(bridge)
    ask(bridge, "grouping", RunKind.GROUP)

    assert now(bridge, RunKind.GROUP)
    assert not now(bridge, RunKind.GROUP)
    run = ended(bridge)[-1]
    assert [(r["step"], r["error"]) for r in run.reports] == [
        (step, None) for step in ("relearn", "embed", "group", "rank", "thin")
    ]


def test_a_check_tells_what_the_other_side_said(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    export(bridge, "T-1")
    ask(bridge, "desk", RunKind.CHECK)
    now(bridge, RunKind.CHECK)

    def refused(self: Files) -> str:
        raise AuthFailed(f"desk: the token is refused for {'jane'}@example.com: make a new one")

    monkeypatch.setattr(Files, "check", refused)
    ask(bridge, "desk", RunKind.CHECK)
    now(bridge, RunKind.CHECK)

    well, ill = (run.reports[0] for run in ended(bridge))
    assert (well["error"], well["done"], len(well["notes"])) == (None, 1, 1)
    assert ill["error"] == "desk: the token is refused for [email]: make a new one"


def test_a_check_that_hangs_ends_with_the_stop(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def hang(self: Files) -> str:
        begun.set()
        go_on.wait(60)
        return ""

    monkeypatch.setattr(Files, "check", hang)
    ask(bridge, "desk", RunKind.CHECK)
    try:
        assert now(bridge, RunKind.CHECK, begun.is_set)
    finally:
        go_on.set()
    [run] = ended(bridge)
    assert "no answer within" in run.reports[0]["error"]


def test_progress_is_written_twice_a_second_at_most(bridge: Bridge) -> None:
    ask(bridge, "desk")
    lease = acquire(bridge.db, LEADER, "a", 30)
    assert lease is not None
    run = due_runs.take(bridge.db, lease, RunKind.READ)
    assert run is not None
    times = iter([0.0, 0.1, 0.6, 0.6, 0.7])
    shown = Shown(bridge.db, run, lambda: next(times))

    def seen() -> tuple[str | None, int, int | None]:
        with bridge.db.read() as session:
            row = session.get_one(DueRun, run.id)
            return row.step, row.done, row.total

    shown("pull", 1, 9)
    assert seen() == ("pull", 1, 9)
    shown("pull", 2, 9)
    assert seen() == ("pull", 1, 9)
    shown("pull", 7, 9)
    assert seen() == ("pull", 7, 9)
    shown("embed", 0, None)
    assert seen() == ("embed", 0, None)


def test_a_running_worker_takes_it_within_seconds(bridge: Bridge) -> None:
    export(bridge, "T-1")
    worker = worker_of(bridge)
    worker.jobs = {}
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    try:
        ask(bridge, "desk")
        waited = threading.Event()
        for _ in range(300):
            if ended(bridge):
                break
            waited.wait(0.1)
    finally:
        worker.stop.set()
        thread.join(30)
    [run] = ended(bridge)
    assert run.taken_at is not None
    assert [report["error"] for report in run.reports if report["error"]] == []
