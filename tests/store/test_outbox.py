from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.outbox import OutboxRow
from bridge.store.outbox_moves import claim, free_the_gone, leave, move
from bridge.store.outbox_queries import OutboxError, counts, dead_letters, discard, enqueue, held_back, retry, waiting
from bridge.store.owners import PROC
from tests.store.test_leases import ended_process

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def put(db: Database, key: str, stream: str | None = None, at: datetime = AT, **values: Any) -> int:
    with db.write() as session:
        values = {"connection": "redmine", "payload": {"a": 1}} | values
        row = enqueue(session, key=key, stream=stream or key, kind="create_issue", at=at, **values)
        assert row is not None
        assert row.id is not None
        return row.id


def change(db: Database, row_id: int, **values: Any) -> OutboxRow:
    with db.write() as session:
        row = session.get_one(OutboxRow, row_id)
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)
    return row


def take(
    db: Database, now: datetime = AT, owner: str = "w1", connections: tuple[str, ...] = ("redmine",)
) -> int | None:
    row = claim(db, owner, 60, now, connections)
    return row.id if row else None


def test_same_key_is_put_in_once_and_stays_as_it_was(db: Database) -> None:
    put(db, "k1")

    with db.write() as session:
        assert enqueue(session, key="k1", stream="s", kind="x", connection="c", payload={"a": 2}, at=AT) is None

    with db.read() as session:
        [row] = session.exec(select(OutboxRow)).all()
        assert (row.payload, row.state, row.kind, row.due_at) == ({"a": 1}, "pending", "create_issue", AT)


def test_enqueuing_belongs_to_the_transaction_of_the_decision(db: Database) -> None:
    def decide_and_fail() -> None:
        with db.write() as session:
            enqueue(session, key="k1", stream="s", kind="x", connection="c", payload={}, at=AT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        decide_and_fail()
    with db.read() as session:
        assert counts(session) == {}


def test_claims_come_in_the_order_of_decisions_and_only_when_due(db: Database) -> None:
    first = put(db, "k1", at=AT + timedelta(seconds=5))
    second = put(db, "k2")
    put(db, "k3", connection="elsewhere")

    assert take(db) == second
    assert take(db) is None
    assert take(db, AT + timedelta(seconds=5)) == first
    assert take(db, connections=()) is None


def test_lease_of_a_claim_runs_out(db: Database) -> None:
    row_id = put(db, "k1")
    late = claim(db, "w1", 60, AT, ["redmine"])
    assert late is not None

    assert take(db, AT + timedelta(seconds=59), "w2") is None
    assert take(db, AT + timedelta(seconds=60), "w2") == row_id
    with db.write() as session:
        assert not move(session, late, error="too late")
        assert not leave(session, late, state="dead")
    assert late.state == "pending"


@pytest.mark.parametrize(
    ("state", "holds"),
    [
        ("pending", True),
        ("sending", True),
        ("dead", True),
        ("sent", False),
        ("discarded", False),
        ("superseded", False),
    ],
)
def test_earlier_unsent_row_holds_back_its_stream(db: Database, state: str, holds: bool) -> None:
    first = put(db, "k1", "issue:a", at=AT + timedelta(days=1))
    second = put(db, "k2", "issue:a")
    other = put(db, "k3", "issue:b")
    change(db, first, state=state)

    assert [take(db), take(db)] == ([other, None] if holds else [second, other])


@pytest.mark.skipif(not PROC.exists(), reason="only /proc tells whether a process is gone")
def test_claim_of_an_ended_process_is_freed_unless_it_may_have_sent(db: Database) -> None:
    gone = ended_process()
    first, second, third = put(db, "k1"), put(db, "k2"), put(db, "k3")
    assert [take(db, owner=gone), take(db, owner=gone), take(db, owner="elsewhere:1:1")] == [first, second, third]
    change(db, second, state="sending")

    assert free_the_gone(db) == 1
    assert free_the_gone(db) == 0
    assert [take(db), take(db)] == [first, None]


def test_counts_dead_letters_and_what_waits(db: Database) -> None:
    rows = [put(db, f"k{n}", "s") for n in range(4)]
    change(db, rows[0], state="dead")
    change(db, rows[1], state="sending", due_at=AT + timedelta(hours=1))
    put(db, "e1", connection="elsewhere")

    with db.read() as session:
        assert counts(session) == {"dead": 1, "sending": 1, "pending": 3}
        assert counts(session, "elsewhere") == {"pending": 1}
        [dead] = dead_letters(session)
        assert (dead.id, held_back(session, dead)) == (rows[0], 3)
        assert dead_letters(session, limit=0) == []
        assert [tuple(w) for w in waiting(session)] == [
            ("elsewhere", "pending", 1, AT),
            ("redmine", "pending", 2, AT),
            ("redmine", "sending", 1, AT + timedelta(hours=1)),
        ]


def test_retry_gives_all_attempts_back_and_is_told(db: Database) -> None:
    row = change(db, put(db, "k1"), state="dead", attempts=8, error="422", done_at=AT)

    with db.write() as session:
        retry(session, row, actor="ann", at=AT + timedelta(days=1))

    with db.read() as session:
        now = session.get_one(OutboxRow, row.id)
        assert (now.state, now.attempts, now.done_at, now.error) == ("pending", 0, None, "422")
        [event] = session.exec(select(Event)).all()
        assert (event.kind, event.actor, event.subject) == ("outbox.retried", "ann", f"outbox:{row.id}")
        assert (event.before, event.after) == ({"state": "dead", "attempts": 8}, {"state": "pending", "key": "k1"})


@pytest.mark.parametrize(("surely_absent", "state"), [(False, "sending"), (True, "pending")])
def test_retry_of_what_may_exist_looks_first_unless_somebody_vouches(
    db: Database, surely_absent: bool, state: str
) -> None:
    row = change(db, put(db, "k1"), state="dead", sending_at=AT)

    with db.write() as session:
        assert retry(session, row, actor="ann", at=AT, surely_absent=surely_absent).state == state


@pytest.mark.parametrize("state", ["pending", "sending", "sent", "discarded"])
def test_only_the_dead_are_retried(db: Database, state: str) -> None:
    row = change(db, put(db, "k1"), state=state)
    with db.write() as session, pytest.raises(OutboxError, match=f"outbox row {row.id} is {state}: only a dead"):
        retry(session, row, actor="ann", at=AT)


@pytest.mark.parametrize("state", ["pending", "dead"])
def test_discarded_row_frees_its_stream(db: Database, state: str) -> None:
    row = change(db, put(db, "k1", "s"), state=state)
    second = put(db, "k2", "s")

    with db.write() as session:
        discard(session, row, actor="ann", at=AT, reason="made by hand")

    assert take(db) == second
    with db.read() as session:
        [event] = session.exec(select(Event)).all()
        assert (event.kind, event.reason, event.before["state"]) == ("outbox.discarded", "made by hand", state)


def test_row_on_its_way_is_not_discarded(db: Database) -> None:
    row = change(db, put(db, "k1"), state="sending")
    with db.write() as session, pytest.raises(OutboxError, match="is sending: only a dead or pending row"):
        discard(session, row, actor="ann", at=AT)
    change(db, row.id or 0, state="pending")
    assert take(db) == row.id
    with db.write() as session, pytest.raises(OutboxError, match="is being sent"):
        discard(session, row, actor="ann", at=AT)
