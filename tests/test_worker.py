from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from select import select

import pytest
from sqlmodel import select as select_rows

from bridge.progress import StepReport
from bridge.store import runs
from bridge.store.db import Database
from bridge.store.leases import LeaseLost, acquire
from bridge.store.sync import LeaseRow, RunSlot
from bridge.worker import LEADER, Job, Worker

HOURLY = 60.0


def slots(db: Database) -> list[RunSlot]:
    with db.read() as session:
        found = list(session.exec(select_rows(RunSlot)).all())
        session.expunge_all()
        return found


def leader(db: Database) -> LeaseRow:
    with db.read() as session:
        row = session.get_one(LeaseRow, LEADER)
        session.expunge_all()
        return row


def working(name: str, log: list[str]) -> Callable[[Callable[[], bool]], list[StepReport]]:
    def run(stop: Callable[[], bool]) -> list[StepReport]:
        log.append(f"{name} {stop()}")
        return [StepReport("pull", "desk", done=3)]

    return run


def test_leader_runs_a_slot_once_and_the_other_stands_by(db: Database) -> None:
    log: list[str] = []
    first, second = (Worker(db, {"intake": Job(HOURLY, working(n, log))}, 30, owner=n) for n in ("a", "b"))

    assert first.lead()
    assert not second.lead()
    assert second.tick("intake") is None
    reports = first.tick("intake")
    assert first.tick("intake") is None

    assert reports is not None
    assert log == ["a False"]
    [slot] = slots(db)
    assert (slot.job, slot.owner, slot.epoch, slot.reports) == ("intake", "a", 1, [reports[0].to_dict()])
    assert slot.finished_at is not None


def test_new_leader_does_not_run_the_slot_again_and_the_old_one_writes_nothing(db: Database) -> None:
    log: list[str] = []
    second = Worker(db, {"intake": Job(HOURLY, working("b", log))}, 30, owner="b")

    def lose_the_lease(stop: Callable[[], bool]) -> list[StepReport]:
        with db.write() as session:
            session.get_one(LeaseRow, LEADER).until = datetime(2020, 1, 1, tzinfo=UTC)
        assert second.lead()
        assert not first.lead()
        log.append(f"a {stop()}")
        return []

    first = Worker(db, {"intake": Job(HOURLY, lose_the_lease)}, 30, owner="a")
    first.lead()

    assert first.tick("intake") is None
    assert second.tick("intake") is None

    assert log == ["a True"]
    [slot] = slots(db)
    assert (slot.owner, slot.finished_at) == ("a", None)
    assert (leader(db).owner, leader(db).epoch) == ("b", 2)


def test_failing_job_is_recorded_without_its_text(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    secret = f"{'jane'}@example.com"

    def fail(stop: Callable[[], bool]) -> list[StepReport]:
        raise ValueError(secret)

    worker = Worker(db, {"intake": Job(HOURLY, fail)}, 30, owner="a")
    worker.lead()
    worker.tick("intake")

    [slot] = slots(db)
    assert slot.reports[0]["error"] == "failed with ValueError"
    assert "intake failed with ValueError" in caplog.text
    assert secret not in caplog.text


def test_slots_are_nearest_and_whole(db: Database) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    five = 300.0

    assert runs.slot_of(noon, five) == "2026-03-01T12:00:00.000+00:00"
    early, late = noon - timedelta(milliseconds=40), noon + timedelta(milliseconds=40)
    assert runs.slot_of(early, five) == runs.slot_of(late, five) == runs.slot_of(noon, five)
    assert runs.slot_of(noon + timedelta(seconds=300), five) == "2026-03-01T12:05:00.000+00:00"


def test_slots_of_a_month_ago_are_forgotten(db: Database) -> None:
    lease = acquire(db, LEADER, "a", 30)
    assert lease is not None
    old = datetime.now(UTC) - timedelta(days=31)
    with db.write() as session:
        for job in ("intake", "nightly"):
            slot = runs.slot_of(old, 300)
            session.add(RunSlot(job=job, slot=slot, owner="a", epoch=1, started_at=old))

    assert runs.begin(db, lease, "intake", 300) is not None

    assert sorted((s.job, s.started_at > old) for s in slots(db)) == [("intake", True), ("nightly", False)]


def test_without_the_lease_no_slot_is_taken(db: Database) -> None:
    lease = acquire(db, LEADER, "a", 30)
    assert lease is not None
    with db.write() as session:
        session.get_one(LeaseRow, LEADER).epoch = 7

    with pytest.raises(LeaseLost):
        runs.begin(db, lease, "intake", 300)
    assert slots(db) == []


def test_running_worker_stops_between_pages_and_frees_the_lease(sqlite_db: Database) -> None:
    pages: list[int] = []
    begun = threading.Event()

    def pull(stop: Callable[[], bool]) -> list[StepReport]:
        while not stop() and len(pages) < 10_000:
            pages.append(1)
            begun.set()
            threading.Event().wait(0.01)
        return [StepReport("pull", done=len(pages))]

    worker = Worker(sqlite_db, {"intake": Job(HOURLY, pull)}, 30, owner="a")
    ended: list[bool] = []
    thread = threading.Thread(target=lambda: ended.append(worker.run()), daemon=True)
    thread.start()
    try:
        assert begun.wait(30)
    finally:
        worker.stop.set()
    thread.join(30)

    assert ended == [True]
    [slot] = slots(sqlite_db)
    assert slot.reports[0]["done"] == len(pages) < 10_000
    assert leader(sqlite_db).owner is None


PROGRAM = """
import sys, threading
from bridge.progress import StepReport
from bridge.store.db import Database
from bridge.worker import Job, Worker, stopped_by_signals

def pull(stop):
    print("pulling", flush=True)
    while not stop():
        threading.Event().wait(0.01)
    return [StepReport("pull", done=1)]

worker = Worker(Database(sys.argv[1]), {"intake": Job(60, pull)}, 30)
with stopped_by_signals(worker.stop):
    sys.exit(0 if worker.run() else 1)
"""


def await_pulling(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert select([process.stdout], [], [], 60)[0], "the worker did not begin"
    assert process.stdout.readline() == "pulling\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_process_within_ten_seconds(sqlite_db: Database, number: signal.Signals) -> None:
    url = str(sqlite_db.url)
    root = Path(__file__).parents[1]
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, url], stdout=subprocess.PIPE, text=True, cwd=root)
    try:
        await_pulling(process)
        began = time.monotonic()
        os.kill(process.pid, number)
        assert process.wait(30) == 0
        assert time.monotonic() - began < 10
    finally:
        process.kill()
        process.wait()

    assert leader(sqlite_db).owner is None
    assert slots(sqlite_db)[0].reports[0]["done"] == 1


def test_killed_leader_is_followed_at_once(sqlite_db: Database) -> None:
    root = Path(__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(sqlite_db.url)], stdout=subprocess.PIPE, text=True, cwd=root
    )
    try:
        await_pulling(process)
        assert acquire(sqlite_db, LEADER, "b", 30) is None
    finally:
        process.kill()
        process.wait()

    assert (acquire(sqlite_db, LEADER, "b", 30) is not None) == Path("/proc/self").exists()
