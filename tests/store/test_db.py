"""What the database promises to everybody who opens a session."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError
from sqlmodel import col, select

from bridge.store.db import Database, ping
from bridge.store.events import Event
from bridge.store.outbox import TrackerLink
from bridge.store.sync import DataVersion, LeaseRow, bump, fact, set_fact
from tests.quick import as_shipped

NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001 - what must be refused
LOCAL_TIME = st.datetimes(min_value=NAIVE.replace(year=1900), max_value=NAIVE.replace(year=2200))
OFFSET = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.parametrize(("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)])
def test_sqlite_is_durable_and_checks_references(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch, pragma: str, value: object
) -> None:
    monkeypatch.setattr("bridge.store.db._engine", as_shipped)
    shipped = Database(str(sqlite_db.url))
    for door in (shipped.read, shipped.write):
        with door() as session:
            assert session.execute(text(f"PRAGMA {pragma}")).scalar_one() == value
    shipped.dispose()


def test_sqlite_takes_the_write_lock_at_the_beginning(sqlite_db: Database) -> None:
    statements: list[str] = []
    event.listen(sqlite_db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

    with sqlite_db.write() as session:
        set_fact(session, "a", "1")
    written = statements.copy()
    statements.clear()
    with sqlite_db.read() as session:
        fact(session, "a")

    assert written[0] == "BEGIN IMMEDIATE"
    assert statements[0] == "BEGIN"


def test_references_are_checked_on_both(db: Database) -> None:
    with pytest.raises(IntegrityError), db.write() as session:
        session.add(TrackerLink(cluster_id=404, connection="t"))


def test_a_naive_time_is_refused(db: Database) -> None:
    with pytest.raises(StatementError, match="has no time zone"), db.write() as session:
        session.add(LeaseRow(name="leader", until=NAIVE))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(local=LOCAL_TIME, offset=OFFSET)
def test_an_instant_comes_back_as_the_same_instant_in_utc(db: Database, local: datetime, offset: timezone) -> None:
    instant = local.replace(tzinfo=offset)
    with db.write() as session:
        session.merge(LeaseRow(name="leader", until=instant))

    with db.read() as session:
        found = session.get_one(LeaseRow, "leader").until
        equal = session.exec(select(LeaseRow.name).where(LeaseRow.until == instant)).all()

    assert found == instant
    assert found is not None
    assert found.tzinfo is UTC or found.utcoffset() == timedelta(0)
    assert equal == ["leader"]


def test_instants_sort_by_time_whatever_their_offset(db: Database) -> None:
    early = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=9)))
    late = datetime(2026, 1, 1, 4, tzinfo=UTC)
    with db.write() as session:
        session.add_all([Event(at=at, kind=kind, actor="a", subject="s") for at, kind in ((late, "2"), (early, "1"))])

    with db.read() as session:
        assert session.exec(select(Event.kind).order_by(col(Event.at))).all() == ["1", "2"]


def test_a_block_that_raises_writes_nothing(db: Database) -> None:
    def fail_half_way() -> None:
        with db.write() as session:
            set_fact(session, "a", "1")
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()

    with db.read() as session:
        assert fact(session, "a") is None


def test_reading_never_writes(db: Database) -> None:
    with db.read() as session:
        set_fact(session, "a", "1")
        session.flush()

    with db.read() as session:
        assert fact(session, "a") is None


def test_rows_can_be_used_after_their_session(db: Database) -> None:
    with db.write() as session:
        row = Event(at=datetime(2026, 1, 1, tzinfo=UTC), kind="k", actor="a", subject="s", after={"n": [1, "ä"]})
        session.add(row)

    assert row.id == 1
    assert row.after == {"n": [1, "ä"]}


def test_the_second_writer_waits_and_loses_nothing(db: Database) -> None:
    with db.write() as session:
        session.add(DataVersion(name="tickets", n=0))
    rounds, failed = 20, []

    def count() -> None:
        try:
            for _ in range(rounds):
                with db.write() as session:
                    bump(session, "tickets")
        except OperationalError as error:
            failed.append(error)

    threads = [threading.Thread(target=count) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    with db.read() as session:
        assert session.get_one(DataVersion, "tickets").n == 2 * rounds


def test_a_reader_is_not_held_up_by_a_writer(db: Database) -> None:
    with db.write() as writing:
        set_fact(writing, "a", "1")
        writing.flush()
        with db.read() as reading:
            assert fact(reading, "a") is None


def test_a_json_column_holds_what_was_given(db: Database) -> None:
    value: dict[str, Any] = {"text": 'naïve 😀 "quoted"', "list": [1, 2.5, None, True], "deep": {"a": {}}}
    with db.write() as session:
        session.add(Event(at=datetime(2026, 1, 1, tzinfo=UTC), kind="k", actor="a", subject="s", before=value))

    with db.read() as session:
        assert session.exec(select(Event.before)).one() == value


def test_ping_tells_a_database_that_is_not_there(db: Database) -> None:
    with db.read() as session:
        ping(session)
    gone = Database("postgresql://nobody:x@127.0.0.1:1/none")
    with pytest.raises(OperationalError), gone.read() as session:
        ping(session)
