"""The process ends anywhere, or sleeps too long, or is not alone: one thing in the world for each key."""

from __future__ import annotations

import threading
from collections import deque

import pytest

from bridge.pipeline.deliver import courier
from bridge.store.backup import mark_restored
from bridge.store.db import Database
from bridge.store.outbox_moves import claim
from bridge.store.outbox_queries import look_up_all_first
from connectors.base import CreateGuarantee
from connectors.pressing import seconds_left
from tests.pipeline.other_side import Clock, OtherSide
from tests.pipeline.outgoing import LEASE_S, Crash, crash_at, events_of, put_issue, row_of, run

POINTS = ("deliver.after_claim", "deliver.before_send", "deliver.after_send", "deliver.after_record")
GUARANTEES = {
    "consistent": (CreateGuarantee("consistent_lookup"), 0.0),
    "eventual": (CreateGuarantee("eventual_lookup", hold_s=90), 90.0),
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def other(clock: Clock) -> OtherSide:
    return OtherSide(clock)


@pytest.mark.parametrize("guarantee", GUARANTEES)
@pytest.mark.parametrize("fault", ["", "lost", "doubt", "rate"])
@pytest.mark.parametrize("point", POINTS)
def test_crash_anywhere_makes_exactly_one(
    db: Database, monkeypatch: pytest.MonkeyPatch, point: str, fault: str, guarantee: str
) -> None:
    clock = Clock()
    kind, lag = GUARANTEES[guarantee]
    other = OtherSide(clock, create_guarantee=kind, lag=lag, faults=deque([fault]))
    rows = [put_issue(db, f"k{n}") for n in range(3)]
    crash_at(monkeypatch, point)

    crashes = 0
    for n in range(8):
        try:
            run(db, other, clock, owner=f"w{n}")
        except Crash:
            crashes += 1
        clock.pass_(300)

    assert sorted(other.keys) == ["k0", "k1", "k2"]
    assert {row_of(db, n).state for n in rows} == {"sent"}
    assert (len(events_of(db, "notification.sent")), crashes) == (3, 1)


def test_restart_does_not_send_before_the_look(
    db: Database, other: OtherSide, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_issue(db)
    crash_at(monkeypatch, "deliver.after_send")
    with pytest.raises(Crash):
        run(db, other, clock)

    clock.pass_(LEASE_S - 1)
    run(db, other, clock, owner="w2")
    assert (other.calls["write"], other.calls["find"]) == (1, 0)
    clock.pass_(1)
    assert run(db, other, clock, owner="w2").done == 1
    assert (other.calls["write"], other.calls["find"]) == (1, 1)


@pytest.mark.parametrize("point", ["deliver.after_claim", "deliver.before_send"])
def test_worker_that_slept_past_its_lease_does_not_send(
    db: Database, other: OtherSide, clock: Clock, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    row_id = put_issue(db)
    slept: list[int] = []

    def sleep_and_be_overtaken(name: str) -> None:
        if name == point and not slept:
            slept.append(1)
            clock.pass_(3 * LEASE_S)
            run(db, other, clock, owner="w2")
            run(db, other, clock, owner="w2")

    monkeypatch.setattr(courier, "failpoint", sleep_and_be_overtaken)
    run(db, other, clock)

    assert (other.keys, other.calls["write"]) == (["k1"], 1)
    assert row_of(db, row_id).state == "sent"


def test_worker_with_too_little_lease_left_begins_no_request(
    db: Database, other: OtherSide, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    row_id = put_issue(db)
    at_write: list[float] = []
    other.during_write = lambda: at_write.append((lease_end - clock()).total_seconds())
    passed: list[str] = []

    def dawdle_once(name: str) -> None:
        nonlocal lease_end
        if name == "deliver.after_claim":
            lease_end = row_of(db, row_id).lease_until
        if name == "deliver.before_send" and name not in passed:
            clock.pass_(LEASE_S - 4)
        passed.append(name)

    lease_end = clock()
    monkeypatch.setattr(courier, "failpoint", dawdle_once)
    run(db, other, clock)

    assert passed.count("deliver.before_send") == 2
    assert at_write == [LEASE_S]
    assert row_of(db, row_id).attempts == 1


def test_late_answer_of_an_overtaken_worker_is_still_recorded(db: Database, other: OtherSide, clock: Clock) -> None:
    row_id = put_issue(db)
    other.during_write = lambda: clock.pass_(LEASE_S + 1)

    assert run(db, other, clock).done == 1
    assert (row_of(db, row_id).state, other.keys) == ("sent", ["k1"])


def test_two_workers_send_each_row_once(db: Database, clock: Clock) -> None:
    rows = [put_issue(db, f"k{n:02}") for n in range(24)]
    side = OtherSide(clock)
    both = threading.Barrier(2, timeout=30)
    met = [0]

    def meet() -> None:
        if met[0] < 8:
            met[0] += 1
            both.wait()

    side.during_write = meet
    done: list[int] = []

    def work(owner: str) -> None:
        done.append(run(db, side, clock, owner=owner).done)

    threads = [threading.Thread(target=work, args=(f"w{n}",), daemon=True) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert (len(done), sum(done)) == (2, 24)
    assert sorted(side.keys) == [f"k{n:02}" for n in range(24)]
    assert {row_of(db, n).state for n in rows} == {"sent"}


def test_claimed_row_is_nobody_elses(db: Database, clock: Clock) -> None:
    put_issue(db, "k1")
    put_issue(db, "k2")
    both = threading.Barrier(2, timeout=30)
    taken: list[int | None] = []

    def take(owner: str) -> None:
        both.wait()
        row = claim(db, owner, 60, clock(), ["other"])
        taken.append(row.id if row else None)

    threads = [threading.Thread(target=take, args=(f"w{n}",), daemon=True) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(taken, key=str) == [1, 2]
    assert claim(db, "w3", 60, clock(), ["other"]) is None


@pytest.mark.parametrize("marked_by", [mark_restored, look_up_all_first])
def test_restored_database_creates_nothing_again(
    db: Database, other: OtherSide, clock: Clock, marked_by: object
) -> None:
    run_before_loss = [put_issue(db, "k1"), put_issue(db, "k2")]
    other.create_issue(None, key="k1")  # type: ignore[arg-type]
    assert callable(marked_by)
    with db.write() as session:
        marked_by(session)

    assert run(db, other, clock).done == 2

    assert other.keys == ["k1", "k2"]
    assert [row_of(db, n).remote_id for n in run_before_loss] == ["R1", "R2"]


def test_row_enqueued_after_a_restore_is_looked_up_first(db: Database, other: OtherSide, clock: Clock) -> None:
    with db.write() as session:
        mark_restored(session)
    other.create_issue(None, key="k1")  # type: ignore[arg-type]
    put_issue(db, "k1")
    other.look_faults = deque(["before", "rate"])

    for _ in range(4):
        run(db, other, clock)
        clock.pass_(300)

    assert (other.keys, other.calls["find"]) == (["k1"], 3)


def test_write_must_begin_while_a_request_still_fits_into_the_lease(
    db: Database, other: OtherSide, clock: Clock
) -> None:
    put_issue(db)
    left: list[float] = []
    other.during_write = lambda: left.append(seconds_left())
    run(db, other, clock)

    assert LEASE_S - 5 - 2 < left[0] <= LEASE_S - 5
