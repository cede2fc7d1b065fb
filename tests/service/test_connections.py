"""The state of each connection: healthy, late, stopped, refused; ages from rows, groups of what was set aside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.progress import SYNC
from bridge.service import due
from bridge.service.access import Actor, Forbidden
from bridge.service.connection_facts import Facts
from bridge.service.connection_page import connection_page
from bridge.service.connections import Connections, connections, next_slot
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.freshness import age_p95
from bridge.service.set_aside_groups import groups
from bridge.store import due_runs
from bridge.store.db import Database
from bridge.store.gates import Gate, wait
from bridge.store.intake import Aside, set_aside
from bridge.store.leases import acquire
from bridge.store.outbox import TrackerItem
from bridge.store.sync import RunSlot, note_failure, note_success
from bridge.words import Role, RunKind
from tests.service.test_status import add_ticket

AT = datetime(2026, 5, 4, 8, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ADMIN, READER, AGENT = (Actor(r, r) for r in (Role.ADMIN, Role.PRODUCT_MANAGER, Role.AGENT))
FACTS = {
    "desk": Facts("desk", "files", enabled=True, roles=("help_desk",), streams=("tickets",), every_s=300, job="intake"),
    "issues": Facts(
        "issues", "redmine", enabled=True, roles=("tracker",), streams=("issues",), every_s=300, job="feedback"
    ),
    "off": Facts("off", "files", enabled=False),
}


def read(db: Database, **how: Any) -> Connections:
    with db.read() as session:
        return connections(session, READER, FACTS, AT, lease_s=30, **how)


def states(db: Database) -> dict[str, tuple[str, str]]:
    return {row.facts.name: (row.colour, row.word) for row in read(db).rows}


def test_first_start_is_not_broken(db: Database) -> None:
    found = read(db)

    assert states(db) == {
        "desk": ("grey", "Not read yet"),
        "issues": ("grey", "Not read yet"),
        "off": ("grey", "Switched off"),
    }
    assert (found.leader, found.troubles, found.rows[0].per_day, found.rows[0].lag) == (None, (), (0,) * 12, None)
    assert found.rows[0].next_at is None, "nobody leads, so nobody will read"


def test_healthy_late_stopped_and_refused(db: Database) -> None:
    with db.write() as session:
        note_success(session, "desk", "tickets", AT - 14 * MINUTE)
        note_success(session, "issues", "issues", AT - 16 * MINUTE)
    assert states(db)["desk"] == ("green", "Healthy")
    assert states(db)["issues"] == ("amber", "Late")

    with db.write() as session:
        note_failure(session, "desk", "tickets", AT, "desk: 401", auth=True)
        note_failure(session, "issues", "issues", AT, "issues: 503, mend it", auth=False)
    assert states(db)["desk"] == ("red", "Credentials refused")
    assert states(db)["issues"] == ("red", "Stopped")
    desk, issues = read(db).troubles
    assert (desk.what, desk.since, desk.seen_at) == ("Reading tickets of desk", AT - 14 * MINUTE, AT)
    assert "BRIDGE__CONNECTIONS__DESK__TOKEN" in desk.mend
    assert (issues.said, "Plans do not hear" in issues.effect) == ("issues: 503, mend it", True)


def test_writes_that_wait_are_amber_and_reading_stays_readable(db: Database) -> None:
    with db.write() as session:
        note_success(session, "issues", "issues", AT)
        wait(session, "issues", Gate(AT + MINUTE, 3), at=AT, error="issues: no answer")

    assert states(db)["issues"] == ("amber", "Writes wait")
    assert read(db).rows[1].last_read_at == AT


def test_records_a_day_are_counted_where_they_belong(db: Database) -> None:
    with db.write() as session:
        for n, days in enumerate((0, 0, 1, 11, 12)):
            add_ticket(session, f"{n}", created_at=AT - timedelta(days=days))
        add_ticket(session, "x", connection="other", created_at=AT)
        common = {"connection": "issues", "url": "u", "title": "t", "status": "open", "seen_at": AT}
        session.add(TrackerItem(remote_id="1", updated_at=AT - timedelta(days=2), **common))

    desk, issues, off = read(db).rows
    assert desk.per_day == (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2)
    assert issues.per_day == (0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0)
    assert off.per_day is None


def slot(db: Database, job: str, at: datetime, **report: Any) -> None:
    told = {"step": "pull", "connection": "desk", "done": 1, "seconds": 0.5, "error": None, "notes": [], **report}
    with db.write() as session:
        session.add(
            RunSlot(job=job, slot=at.isoformat(), owner="a", epoch=1, started_at=at, finished_at=at, reports=[told])
        )


def test_age_is_measured_from_reads_that_ended_well(db: Database) -> None:
    for minutes in (60, 40, 20):
        slot(db, "intake", AT - minutes * MINUTE)
    slot(db, "intake", AT - 10 * MINUTE, error="no answer")
    slot(db, "intake", AT - 5 * MINUTE, notes=["another worker is doing this step: left to it"])

    assert read(db).rows[0].lag == 19 * MINUTE
    assert read(db).rows[1].lag is None


@given(st.lists(st.integers(0, 86_000), min_size=3, max_size=30, unique=True))
def test_age_p95_is_what_a_walk_through_the_day_finds(seconds: list[int]) -> None:
    reads = [AT - timedelta(seconds=s) for s in seconds]
    found = age_p95(reads, AT)
    assert found is not None
    first, last = min(reads), AT
    if first == last:
        return
    span = (last - first).total_seconds()
    over, moments = 0.0, sorted(reads)
    for before, after in zip(moments, [*moments[1:], last], strict=True):
        over += max(0.0, (after - before).total_seconds() - found.total_seconds())
    assert over == pytest.approx(0.05 * span, abs=1e-3)


def test_too_few_reads_are_not_judged() -> None:
    assert age_p95([AT, AT - MINUTE, AT - timedelta(days=2)], AT) is None
    assert age_p95([AT, AT, AT, AT], AT) is None


def test_next_slot_is_the_clock_s() -> None:
    assert next_slot(300, AT) == datetime(2026, 5, 4, 8, 5, tzinfo=UTC)
    assert next_slot(300, datetime(2026, 5, 4, 8, 5, tzinfo=UTC)) == datetime(2026, 5, 4, 8, 10, tzinfo=UTC)


def test_the_leader_is_named_while_its_lease_lasts(db: Database) -> None:
    lease = acquire(db, "leader", "machine/1/2:77:1", 30)
    assert lease is not None

    found = read(db)
    assert found.leader is not None
    assert (found.leader.host, found.leader.pid) == ("machine", "77")
    assert found.rows[0].next_at == datetime(2026, 5, 4, 8, 5, tzinfo=UTC)


def test_asking_shows_as_waiting_and_only_operators_may(db: Database) -> None:
    with db.write() as session:
        first = due.ask(session, ADMIN, FACTS, "desk", AT)
        assert due.ask(session, ADMIN, FACTS, "desk", AT).id == first.id
        for actor, name, error in (
            (READER, "desk", Forbidden),
            (ADMIN, "nowhere", UnknownId),
            (ADMIN, "off", ServiceError),
        ):
            with pytest.raises(error):
                due.ask(session, actor, FACTS, name, AT)
    row = read(db).rows[0]
    assert row.run is not None
    assert (row.run.state, row.run.sentence) == ("waiting", "Waits for the worker")
    with db.read() as session, pytest.raises(Forbidden):
        due.progress(session, AGENT, FACTS, "desk")


def test_progress_from_waiting_to_its_end(db: Database) -> None:
    def shown() -> due.Progress:
        with db.read() as session:
            found = due.progress(session, READER, FACTS, "desk")
            assert found is not None
            return found

    with db.write() as session:
        due.ask(session, ADMIN, FACTS, "desk", AT)
    lease = acquire(db, "leader", "a", 30)
    assert lease is not None
    run = due_runs.take(db, lease, RunKind.READ)
    assert run is not None
    due_runs.note(db, run, "pull", 1240, 5820)
    assert (shown().state, shown().sentence) == ("running", "Reading tickets: 1,240 of 5,820")
    assert shown().share == pytest.approx(1240 / 5820 / len(SYNC))
    due_runs.finish(db, lease, run, [{"step": "pull", "connection": "desk", "done": 5820, "error": None, "notes": []}])
    assert (shown().state, shown().sentence, shown().share) == ("finished", "Done: 5,820 records changed", 1.0)


def test_one_connection_in_full(db: Database) -> None:
    slot(db, "intake", AT - MINUTE, error="no answer")
    with db.read() as session:
        found = connection_page(session, READER, FACTS, "desk", AT, lease_s=30)
        with pytest.raises(UnknownId):
            connection_page(session, READER, FACTS, "nowhere", AT, lease_s=30)

    [run] = found.runs
    assert (run.by, run.failed, run.steps[0].word, run.steps[0].error) == (
        "the clock",
        True,
        "Reading tickets",
        "no answer",
    )


def test_set_aside_is_grouped_by_what_is_wrong(db: Database) -> None:
    with db.write() as session:
        dated = [Aside(f"line {n}", f"created_at 'x{n}' is no time", f"h{n}", f"e{n}") for n in range(3)]
        set_aside(session, "desk", "tickets", [*dated, Aside("line 9", "no subject", "h9", "e9")], AT)
        set_aside(session, "import", "accounts", [Aside("line 2", "no name", "h", "e")], AT)

    with db.read() as session:
        found = groups(session, READER)
        with pytest.raises(Forbidden):
            groups(session, AGENT)
    assert next((g.connection, g.records, g.excerpt) for g in found) == ("desk", 3, "e2")
    assert {(g.reason, g.records, g.may_replay) for g in found[1:]} == {("no subject", 1, True), ("no name", 1, False)}
