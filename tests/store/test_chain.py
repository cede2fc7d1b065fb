"""The chain over the events: what is written stays, and whoever gets past the database's refusal is found out."""

from __future__ import annotations

import json
import re
import threading
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from bridge.store import migrate
from bridge.store.chain import START, canonical, link, verify
from bridge.store.db import Database
from bridge.store.events import Event, record
from bridge.store.sync import bump

AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
UNGUARD = {
    "sqlite": ("DROP TRIGGER event_keeps_rows", "DROP TRIGGER event_keeps_content"),
    "postgres": ("DROP TRIGGER event_keeps_rows ON event", "DROP TRIGGER event_keeps_content ON event"),
}


def write(db: Database, *kinds: str, **values: Any) -> None:
    for kind in kinds:
        with db.write() as session:
            record(session, kind, "cluster:1", actor="R. Diaz", at=AT, **values)


def chain(db: Database, anchor: tuple[int, str] | None = None) -> Any:
    with db.read() as session:
        return verify(session, anchor)


def tamper(db: Database, backend: str, *statements: str) -> None:
    with db.write() as session:
        for statement in (*UNGUARD[backend], *statements):
            session.execute(text(statement))


def test_an_empty_chain_is_sound(db: Database) -> None:
    assert (chain(db).events, chain(db).hash, chain(db).breaks) == (0, START, None)


def test_events_of_one_and_of_many_transactions_are_chained(db: Database) -> None:
    with db.write() as session:
        for n in range(3):
            record(session, f"k{n}", "s", actor="a", at=AT, before={"1": 0.1, "ä": [None, True]}, reason="why\nso")
    write(db, "later", after={"tickets": ["7", "\u2028"]})

    found = chain(db)

    assert (found.events, found.position, found.breaks) == (4, 4, None)
    with db.read() as session:
        rows = session.exec(select(Event).order_by(col(Event.position))).all()
    assert [row.kind for row in rows] == ["k0", "k1", "k2", "later"]
    assert rows[0].previous_hash == START
    assert [row.previous_hash for row in rows[1:]] == [row.hash for row in rows[:-1]]


def test_what_was_rolled_back_leaves_no_gap(db: Database) -> None:
    write(db, "one")
    with db.write() as session:
        record(session, "lost", "s", actor="a", at=AT)
        session.rollback()
    with db.write() as session:
        savepoint = session.begin_nested()
        record(session, "lost too", "s", actor="a", at=AT)
        savepoint.rollback()
        record(session, "two", "s", actor="a", at=AT)

    assert (chain(db).events, chain(db).breaks) == (2, None)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET reason = 'another' WHERE id = 1",
        "UPDATE event SET hash = NULL WHERE id = 1",
        "UPDATE event SET id = 9 WHERE id = 1",
        "DELETE FROM event WHERE id = 2",
        "DELETE FROM event",
    ],
)
def test_the_database_refuses_to_change_or_remove(db: Database, statement: str) -> None:
    write(db, "one", "two")
    with pytest.raises(DBAPIError, match=r"events are never (changed|removed)"), db.write() as session:
        session.execute(text(statement))
    assert (chain(db).events, chain(db).breaks) == (2, None)


def test_postgres_refuses_to_truncate(db: Database, backend: str) -> None:
    write(db, "one")
    if backend == "postgres":
        with pytest.raises(DBAPIError, match="events are never removed"), db.write() as session:
            session.execute(text("TRUNCATE event CASCADE"))
    assert chain(db).events == 1


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE event SET reason = 'another' WHERE position = 2", r"event 2 \(position 2\): was changed"),
        ("UPDATE event SET actor = 'else' WHERE position = 4", r"event 4 \(position 4\): was changed"),
        ("UPDATE event SET at = '2020-01-01 00:00:00' WHERE position = 1", r"event 1 \(position 1\): was changed"),
        ("DELETE FROM event WHERE position = 2", r"before event 3 .*1 events are missing after position 1"),
        ("DELETE FROM event WHERE position = 4", "after position 3: the chain was noted to end at position 4"),
        ("UPDATE event SET id = 70 WHERE id = 2", r"event 70 \(position 2\): was changed"),
        (
            """INSERT INTO event (id, at, kind, actor, subject, before, after)
            VALUES (99, '2026-01-01 00:00:00', 'forged', 'a', 's', '{}', '{}')""",
            "event 99: stands outside of the chain",
        ),
        ("UPDATE event_head SET position = 9", "noted to end at position 9"),
    ],
)
def test_tampering_is_told_with_its_place(db: Database, backend: str, statement: str, words: str) -> None:
    write(db, "one", "two", "three", "four")
    tamper(db, backend, statement)
    found = chain(db)
    assert found.breaks is not None
    assert re.search(words, found.breaks), found.breaks


def test_events_that_change_places_are_found(db: Database, backend: str) -> None:
    write(db, "one", "two", "three")
    swap = ("UPDATE event SET position = 99 WHERE position = 2",)
    swap += ("UPDATE event SET position = 2 WHERE position = 3", "UPDATE event SET position = 3 WHERE position = 99")
    tamper(db, backend, *swap)
    assert "position 2" in str(chain(db).breaks)


def test_a_chain_written_anew_differs_from_what_was_noted(db: Database, backend: str) -> None:
    write(db, "one", "two", "three")
    noted = (chain(db).position, chain(db).hash)
    assert chain(db, noted).anchored
    with db.read() as session:
        first = session.exec(select(Event).where(Event.position == 1)).one()
    content = {**first.model_dump(), "actor": "somebody else"}
    forged = link(START, content)
    tamper(
        db,
        backend,
        "DELETE FROM event WHERE position > 1",
        f"UPDATE event SET actor = 'somebody else', hash = '{forged}' WHERE position = 1",
        f"UPDATE event_head SET position = 1, hash = '{forged}'",
    )

    assert chain(db).breaks is None
    assert "position 3, which was noted, is not there" in str(chain(db, noted).breaks)


def test_writers_at_once_make_one_chain_whatever_else_they_lock(db: Database) -> None:
    """One half records before it locks a data version, the other half after: neither waits for the other for ever."""
    faults: list[BaseException] = []

    def work(first: bool) -> None:
        try:
            for _ in range(15):
                with db.write() as session:
                    if first:
                        record(session, "early", "s", actor="a", at=AT)
                    bump(session, "clusters")
                    if not first:
                        record(session, "late", "s", actor="a", at=AT)
        except BaseException as fault:  # noqa: BLE001 - told by the assertion below
            faults.append(fault)

    with db.write() as session:
        bump(session, "clusters")
    threads = [threading.Thread(target=work, args=(n % 2 == 0,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert faults == []
    assert (chain(db).events, chain(db).breaks) == (60, None)


def test_events_from_before_the_chain_are_its_beginning(database_url: str) -> None:
    old = Database(database_url)
    migrate.upgrade(old, "0001")
    with old.write() as session:
        for n, reason in ((1, "NULL"), (2, "'why ä'"), (5, "'gap'")):
            session.execute(
                text(
                    "INSERT INTO event (id, at, kind, actor, subject, before, after, reason) VALUES"
                    f" ({n}, '2026-01-0{n} 10:00:00.123456', 'k', 'a', 's', :json, '{{}}', {reason})"
                ),
                {"json": '{"b": 1.50, "a": "\\u00e4"}'},
            )
    migrate.upgrade(old)
    if not old.is_sqlite:
        with old.write() as session:
            session.execute(text("SELECT setval('event_id_seq', 5)"))
    write(old, "new")

    assert (chain(old).events, chain(old).breaks) == (4, None)
    migrate.downgrade(old, "0001")
    migrate.upgrade(old)
    assert (chain(old).events, chain(old).breaks) == (4, None)
    old.dispose()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
CONTENT = st.fixed_dictionaries(
    {
        "id": st.integers(1, 9),
        "position": st.integers(1, 9),
        "at": st.datetimes(timezones=st.just(UTC)),
        "kind": st.text(max_size=5),
        "actor": st.text(max_size=5),
        "subject": st.text(max_size=5),
        "before": st.dictionaries(st.text(), JSON, max_size=3),
        "after": st.dictionaries(st.text(), JSON, max_size=3),
        "reason": st.none() | st.text(max_size=5),
        "undoes": st.none() | st.integers(1, 9),
    }
)


@given(CONTENT, CONTENT)
def test_equal_texts_are_equal_contents(one: dict[str, Any], other: dict[str, Any]) -> None:
    def plain(content: dict[str, Any]) -> Any:
        return json.dumps({**content, "at": content["at"].isoformat()}, sort_keys=True)

    assert (canonical(one) == canonical(other)) == (plain(one) == plain(other))


@given(CONTENT, st.permutations(list(range(10))))
def test_the_order_of_keys_and_the_zone_do_not_matter(content: dict[str, Any], order: list[int]) -> None:
    keys = list(content)
    turned = {keys[i]: content[keys[i]] for i in order}
    if content["at"].year not in (1, 9999):
        turned["at"] = content["at"].astimezone(timezone(timedelta(hours=5)))
    assert link("x", turned) == link("x", content)
    assert link("y", content) != link("x", content)
