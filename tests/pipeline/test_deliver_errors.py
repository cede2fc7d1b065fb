"""What each error does to the row, to its stream and to its connection."""

from __future__ import annotations

import random
from collections import deque

import pytest

from bridge.store.db import Database
from bridge.store.gates import gates
from bridge.store.outbox_queries import retry
from connectors.base import CreateGuarantee
from tests.pipeline.other_side import START, Clock, OtherSide
from tests.pipeline.outgoing import LEASE_S, events_of, put, put_issue, put_update, row_of, run

HOUR = 3600


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def other(clock: Clock) -> OtherSide:
    return OtherSide(clock)


def run_until_idle(db: Database, other: OtherSide, clock: Clock, step_s: float = HOUR, times: int = 30) -> None:
    for _ in range(times):
        run(db, other, clock)
        clock.pass_(step_s)


def test_refused_request_is_sent_again_after_a_backoff(db: Database, other: OtherSide, clock: Clock) -> None:
    row_id = put_issue(db)
    other.faults = deque(["before"])

    report = run(db, other, clock)

    row = row_of(db, row_id)
    assert (row.state, row.attempts, row.sending_at) == ("pending", 1, None)
    assert 0 <= (row.due_at - START).total_seconds() <= 30
    assert row.error == "other: connection refused"
    assert "other: 1 waiting: tried again from" in report.notes[0]
    clock.pass_(31)
    assert run(db, other, clock).done == 1
    assert not other.calls["find"]


def test_row_dies_after_its_attempts_if_the_connection_works(db: Database, other: OtherSide, clock: Clock) -> None:
    row_id = put_issue(db)
    other.faults = deque(["before"] * 99)

    run_until_idle(db, other, clock)

    row = row_of(db, row_id)
    assert (row.state, row.attempts, other.calls["write"], other.calls["check"]) == ("dead", 4, 4, 1)
    [event] = events_of(db, "notification.failed")
    assert (event.reason, event.after["key"]) == ("Transient: the row in the outbox tells more", "k1")


@pytest.mark.parametrize("lag", [0.0, 60.0])
def test_lost_answer_is_looked_up_after_the_hold(db: Database, clock: Clock, lag: float) -> None:
    other = OtherSide(clock, lag=lag, create_guarantee=CreateGuarantee("eventual_lookup", hold_s=60))
    row_id = put_issue(db)
    other.faults = deque(["lost"])

    report = run(db, other, clock)

    assert row_of(db, row_id).state == "sending"
    assert "other: 1 in doubt: in doubt, looked up from 2026-03-01T12:01:05+00:00 on" in report.notes
    clock.pass_(64)
    run(db, other, clock)
    assert not other.calls["find"]
    clock.pass_(1)
    assert run(db, other, clock).done == 1
    assert (row_of(db, row_id).remote_id, other.keys) == ("R1", ["k1"])


def test_request_that_never_arrived_is_sent_again_after_the_look(db: Database, other: OtherSide, clock: Clock) -> None:
    put_issue(db)
    other.faults = deque(["doubt"])
    run(db, other, clock)
    clock.pass_(LEASE_S + 30)

    assert run(db, other, clock).done == 1

    assert (other.keys, other.calls["find"]) == (["k1"], 1)


def test_row_that_never_arrives_dies_and_is_surely_absent(db: Database, other: OtherSide, clock: Clock) -> None:
    row_id = put_issue(db)
    other.faults = deque(["doubt"] * 99)

    run_until_idle(db, other, clock)

    row = row_of(db, row_id)
    assert (row.state, row.sending_at, other.calls["write"]) == ("dead", None, 4)
    assert "sent 4 times and never arrived (other: answered 502)" in str(row.error)


def test_doubt_without_search_is_for_a_person(db: Database, clock: Clock) -> None:
    other = OtherSide(clock, create_guarantee=CreateGuarantee("none"))
    row_id = put_issue(db)
    other.faults = deque(["lost"])

    run_until_idle(db, other, clock)

    row = row_of(db, row_id)
    assert (row.state, other.keys, other.calls["find"]) == ("dead", ["k1"], 0)
    assert str(row.error).startswith("may already exist")

    with db.write() as session:
        retry(session, row, actor="ann", at=clock())
    run(db, other, clock)
    assert (row_of(db, row_id).state, other.keys) == ("dead", ["k1"])
    with db.write() as session:
        retry(session, row, actor="ann", at=clock(), surely_absent=True)
    assert run(db, other, clock).done == 1


def test_repeatable_writes_are_repeated_without_a_look(db: Database, other: OtherSide, clock: Clock) -> None:
    row_id = put(db, "set_fields", {"ticket_id": 1, "source_id": "T9", "fields": {"a": "b"}, "tags": []})
    other.faults = deque(["lost", "doubt"])

    run_until_idle(db, other, clock)

    assert (row_of(db, row_id).state, other.calls["write"], other.calls["find"]) == ("sent", 3, 0)


def test_rate_limit_holds_the_whole_connection_and_no_other(db: Database, other: OtherSide, clock: Clock) -> None:
    third = OtherSide(clock, name="third")
    rows = [put_issue(db, "k1"), put_issue(db, "k2"), put_issue(db, "k3", connection="third")]
    sinks = {"other": other, "third": third}
    other.faults = deque(["rate"])

    report = run(db, sinks, clock)

    assert (other.calls["write"], third.keys) == (1, ["k3"])
    assert [row_of(db, n).attempts for n in rows] == [0, 0, 1]
    assert report.notes == ["other: 2 waiting: rate limited until 2026-03-01T12:02:00+00:00"]
    clock.pass_(119)
    put_issue(db, "k4", at=clock())
    assert run(db, sinks, clock).done == 0
    clock.pass_(1)
    assert run(db, sinks, clock).done == 3
    assert other.keys == ["k1", "k2", "k4"]


def test_refused_credentials_are_tried_every_15_minutes_and_told_once(
    db: Database, other: OtherSide, clock: Clock
) -> None:
    for n in range(5):
        put_issue(db, f"k{n}")
    other.faults = deque(["auth"] * 4)

    for _ in range(61):
        report = run(db, other, clock)
        clock.pass_(60)

    assert other.calls["write"] == 4 + 5
    assert other.keys == [f"k{n}" for n in range(5)]
    assert len(events_of(db, "connection.auth_failed")) == 1
    assert report.notes == []
    with db.read() as session:
        assert gates(session, ["other"])["other"].auth_failed_at is None


@pytest.mark.parametrize(
    ("fault", "words"), [("permanent", "the project is archived"), ("gone", "ticket T9 is not there any more in other")]
)
def test_permanent_error_is_dead_at_once(db: Database, other: OtherSide, clock: Clock, fault: str, words: str) -> None:
    told = {"ticket_id": 1, "plan_id": 1, "revision": 1}
    row_id = put(db, "push_remedy", {**told, "source_id": "T9", "text": "x"})
    other.faults = deque([fault])

    report = run(db, other, clock)

    row = row_of(db, row_id)
    assert (row.state, row.attempts, row.sending_at, report.failed) == ("dead", 1, None, 1)
    assert words in str(row.error)


def test_dead_row_holds_back_its_stream_only(db: Database, other: OtherSide, clock: Clock) -> None:
    first = put_issue(db, "k1")
    later = put_update(db, row_of(db, first).payload["cluster_id"], body="more")
    put_issue(db, "k2")
    other.faults = deque(["permanent"])

    run_until_idle(db, other, clock)

    assert other.keys == ["k2"]
    assert (row_of(db, first).state, row_of(db, later).state) == ("dead", "pending")
    with db.write() as session:
        retry(session, row_of(db, first), actor="ann", at=clock())
    assert run(db, other, clock).done == 2
    assert (other.keys, other.updates[0][0]) == (["k2", "k1"], "R2")


def test_fault_of_a_connector_stops_nobody_and_tells_no_text(db: Database, other: OtherSide, clock: Clock) -> None:
    row_id = put_issue(db, "k1")
    put_issue(db, "k2")
    other.faults = deque(["bug", "", "bug", "bug", "bug"])

    run_until_idle(db, other, clock)

    row = row_of(db, row_id)
    assert (row.state, other.keys) == ("dead", ["k2"])
    assert "KeyError" in str(row.error)
    assert "jane" not in str(row.error)


def test_errors_of_vendors_are_redacted(db: Database, other: OtherSide, clock: Clock) -> None:
    row_id = put_issue(db)
    other.faults = deque(["permanent"])

    run(db, other, clock, redact=lambda text: text.replace("project", "[P]"))

    assert row_of(db, row_id).error == "other: 422, the [P] is archived"


def test_look_up_that_always_fails_ends_with_a_person(db: Database, other: OtherSide, clock: Clock) -> None:
    row_id = put_issue(db)
    other.faults, other.look_faults = deque(["lost"]), deque(["doubt"] * 99)

    run_until_idle(db, other, clock)

    row = row_of(db, row_id)
    assert (row.state, row.sending_at is not None, other.calls["write"]) == ("dead", True, 1)
    other.look_faults.clear()
    with db.write() as session:
        retry(session, row, actor="ann", at=clock())
    assert run(db, other, clock).done == 1
    assert other.keys == ["k1"]


def test_seven_days_down_then_everything_in_order(db: Database, other: OtherSide, clock: Clock) -> None:
    for n in range(20):
        put_issue(db, f"k{n:02}")
    other.down = True
    rng = random.Random(3)

    for _ in range(7 * 24):
        run(db, other, clock, rng=rng)
        clock.pass_(HOUR)
    tries = other.calls["write"]
    other.down = False
    clock.pass_(HOUR)
    report = run(db, other, clock)

    assert tries <= 7 * 24 + 2, "each run tries one row, not all that wait"
    assert (report.done, report.notes) == (20, [])
    assert other.keys == [f"k{n:02}" for n in range(20)]
