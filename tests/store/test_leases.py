from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session

from bridge.store import leases, owners
from bridge.store.db import Database
from bridge.store.leases import Keeper, LeaseLost, acquire, database_clock, database_now, fence, held, release, renew
from bridge.store.owners import is_gone, owner_id
from bridge.store.sync import LeaseRow, fact, set_fact


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds by which the database's clock is ahead; append to it to let time pass."""
    ahead = [0.0]
    real = leases.database_now

    def now(session: Session) -> datetime:
        return real(session) + timedelta(seconds=sum(ahead))

    monkeypatch.setattr(leases, "database_now", now)
    return ahead


def epoch_of(db: Database, name: str) -> int:
    with db.read() as session:
        return session.get_one(LeaseRow, name).epoch


def ended_process() -> str:
    """The owner id of a process that has ended."""
    code = "from bridge.store.owners import owner_id; print(owner_id())"
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_one_holder_at_a_time(db: Database) -> None:
    first = acquire(db, "leader", "a", 30)

    assert first is not None
    assert acquire(db, "leader", "b", 30) is None
    assert acquire(db, "leader", "a", 30) is None
    other = acquire(db, "pull desk", "b", 30)
    assert other is not None
    release(db, first)
    second = acquire(db, "leader", "b", 30)
    assert second is not None
    assert (first.epoch, second.epoch, other.epoch) == (1, 2, 1)


def test_racing_processes_get_one_lease(db: Database) -> None:
    both = threading.Barrier(6, timeout=30)
    got: list[object] = []

    def race(owner: str) -> None:
        both.wait()
        got.append(acquire(db, "leader", owner, 30))

    threads = [threading.Thread(target=race, args=(f"w{n}",), daemon=True) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(got) == 6
    assert sum(lease is not None for lease in got) == 1
    assert epoch_of(db, "leader") == 1


def test_lease_that_ran_out_fences_its_former_holder(db: Database, later: list[float]) -> None:
    first = acquire(db, "leader", "a", 30)
    assert first is not None
    later.append(29)
    assert acquire(db, "leader", "b", 30) is None
    later.append(2)
    second = acquire(db, "leader", "b", 30)
    assert second is not None

    def write_late() -> None:
        with db.write() as session:
            set_fact(session, "who", "a")
            fence(session, first)

    with pytest.raises(LeaseLost, match=r"'leader' .epoch 1. went to another worker"):
        write_late()
    assert first.lost.is_set()
    assert not renew(db, first, 30)
    release(db, first)
    with db.write() as session:
        assert fact(session, "who") is None
        fence(session, second)
    assert epoch_of(db, "leader") == 2


def test_renewed_lease_stays(db: Database, later: list[float]) -> None:
    lease = acquire(db, "leader", "a", 30)
    assert lease is not None
    for _ in range(5):
        later.append(20)
        assert renew(db, lease, 30)
    assert acquire(db, "leader", "b", 30) is None


@pytest.mark.skipif(not owners.PROC.exists(), reason="only /proc tells whether a process is gone")
def test_lease_of_an_ended_process_is_free_at_once(db: Database) -> None:
    gone = ended_process()
    assert acquire(db, "leader", gone, 3600) is not None

    lease = acquire(db, "leader", owner_id(), 30)

    assert lease is not None
    assert lease.epoch == 2


@pytest.mark.skipif(not owners.PROC.exists(), reason="only /proc tells whether a process is gone")
def test_only_what_surely_ended_here_is_gone() -> None:
    host, pid, started = owner_id().split(":")

    assert not is_gone(owner_id())
    assert is_gone(ended_process())
    assert is_gone(f"{host}:{pid}:{int(started) + 1}"), "the number was given to another process"
    assert not is_gone(f"elsewhere:{pid}:{int(started) + 1}")
    assert not is_gone("w1")


def test_where_nobody_can_tell_a_process_counts_as_alive(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    gone = ended_process()
    monkeypatch.setattr(owners, "PROC", tmp_path)
    assert not is_gone(gone)


def test_held_renews_until_the_end_of_the_block(db: Database) -> None:
    with held(db, "pull desk", 0.3, "a") as lease:
        assert lease is not None
        with db.read() as session:
            first = session.get_one(LeaseRow, "pull desk").until
        for _ in range(1000):
            with db.read() as session:
                until = session.get_one(LeaseRow, "pull desk").until
            if until != first:
                break
            threading.Event().wait(0.01)
        assert until is not None
        assert first is not None
        assert until > first
        with held(db, "pull desk", 30, "b") as second:
            assert second is None
    with held(db, "pull desk", 30, "b") as third:
        assert third is not None
        assert third.epoch == 2


def test_held_lease_is_free_after_an_error(db: Database) -> None:
    with pytest.raises(ZeroDivisionError), held(db, "x", 30, "a"):
        raise ZeroDivisionError
    assert acquire(db, "x", "b", 30) is not None


def test_keeper_forgives_a_silent_database_until_the_lease_ran_out(tmp_path: object) -> None:
    away = Database(f"sqlite:///{tmp_path}/no/such/folder/bridge.db")
    clock = [100.0]
    keeper = Keeper(away, leases.Lease("leader", "a", 1), 30, lambda: clock[0])

    clock[0] += 29
    assert keeper.beat()
    clock[0] += 1
    assert not keeper.beat()
    assert keeper.lease.lost.is_set()


def test_database_clock_runs_and_is_aware_utc(db: Database) -> None:
    now = database_clock(db)
    first, second = now(), now()

    assert first.tzinfo is UTC
    assert first <= second
    with db.write() as session:
        began = database_now(session)
        assert began >= second
        assert database_now(session) >= began
    assert abs(first - datetime.now(UTC)) < timedelta(minutes=1)
