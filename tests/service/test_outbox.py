"""What waits, what is dead, what holds back what; and who may decide about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from bridge.service import outbox
from bridge.service.access import Actor, Forbidden
from bridge.service.errors import ServiceError, UnknownId
from bridge.store.clusters import Cluster
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.outbox import OutboxRow
from bridge.store.outbox_queries import OutboxError, enqueue
from bridge.words import Role

AT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ADMIN, READER, AGENT = (Actor(r, r) for r in (Role.ADMIN, Role.PRODUCT_MANAGER, Role.AGENT))


def put(db: Database, key: str, stream: str = "s", kind: str = "create_issue", **values: Any) -> int:
    payload = values.pop("payload", {})
    with db.write() as session:
        row = enqueue(session, key=key, stream=stream, kind=kind, connection="t", payload=payload, at=AT)
        assert row is not None
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)
        session.flush()
        return row.id or 0


@pytest.fixture
def rows(db: Database) -> dict[str, int]:
    with db.write() as session:
        session.add(Cluster(id=7, uid="u7", title="Export drops rows", created_at=AT))
    return {
        "dead": put(db, "dead", state="dead", attempts=6, error="400: no such field", payload={"cluster_id": 7}),
        "behind": put(db, "behind"),
        "behind, too": put(db, "behind2"),
        "lost": put(db, "lost", "s2", state="dead", sending_at=AT, error="may already exist"),
        "later": put(db, "later", "s3", due_at=AT + 5 * MINUTE),
        "claimed": put(db, "claimed", "s4", lease_owner="w", lease_until=AT + MINUTE),
        "sending": put(db, "sending", "s5", state="sending", lease_until=AT + MINUTE, sending_at=AT),
        "doubt": put(
            db,
            "doubt",
            "s6",
            "push_remedy",
            state="sending",
            sending_at=AT - MINUTE,
            due_at=AT + MINUTE,
            payload={"source_id": "T-9", "revision": 3},
        ),
        "sent": put(db, "sent", "s7", state="sent", done_at=AT - MINUTE),
        "old": put(db, "old", "s8", state="sent", done_at=AT - timedelta(hours=25)),
        "replaced": put(db, "replaced", "s9", state="superseded", done_at=AT - MINUTE),
    }


def page(db: Database, **how: Any) -> outbox.OutboxPage:
    with db.read() as session:
        return outbox.outbox_page(session, ADMIN, AT, **how)


def test_figures_tell_due_from_later_and_sending_from_in_doubt(db: Database, rows: dict[str, int]) -> None:
    found = page(db).figures

    assert found._asdict() == {
        "due": 3, "later": 1, "sending": 1, "in_doubt": 1, "sent": 1, "superseded": 1, "dead": 2,
        "next_look": AT + MINUTE,
    }  # fmt: skip


def test_an_empty_outbox_has_figures(db: Database) -> None:
    found = page(db)

    assert (tuple(found.figures), found.lines, found.older) == ((0, 0, 0, 0, 0, 0, 0, None), (), None)


def test_lines_say_what_and_what_next_dead_ones_first(db: Database, rows: dict[str, int]) -> None:
    lines = {line.key: line for line in page(db).lines}

    assert [line.word for line in page(db).lines][:3] == ["Dead", "Dead", "In doubt"]
    dead = lines["dead"]
    assert (dead.what, dead.cluster, dead.about, dead.holds) == ("New issue", "IB-7", "Export drops rows", 2)
    assert (dead.may_retry, dead.may_discard, dead.may_exist) == (True, True, False)
    assert lines["lost"].may_exist
    assert (lines["doubt"].what, lines["doubt"].target) == ("Internal note, revision 3", "T-9")
    assert lines["doubt"].note == "looked up from 08:01:00 UTC on, never sent blind"
    assert {key for key, line in lines.items() if line.may_discard} == {"dead", "lost", "behind", "behind2", "later"}
    assert "old" not in lines


def test_lists_are_narrowed_and_paged(db: Database, rows: dict[str, int]) -> None:
    assert {line.key for line in page(db, view="dead").lines} == {"dead", "lost"}
    assert {line.key for line in page(db, view="sent").lines} == {"sent", "old"}
    seen: list[str] = []
    before = None
    while True:
        found = page(db, view="all", limit=4, before=before)
        seen += [line.key for line in found.lines]
        before = found.older
        if before is None:
            break
    assert len(seen) == len(set(seen)) == len(rows)
    with pytest.raises(ServiceError, match="choose one of"):
        page(db, view="everything")


def test_retry_and_discard_are_decisions_with_a_name_and_a_reason(db: Database, rows: dict[str, int]) -> None:
    with db.write() as session:
        outbox.retry(session, ADMIN, rows["dead"], AT)
        outbox.discard(session, ADMIN, rows["behind"], AT, "  written\nby hand ")

    with db.read() as session:
        assert session.get_one(OutboxRow, rows["dead"]).state == "pending"
        assert session.get_one(OutboxRow, rows["behind"]).state == "discarded"
        told = [(event.kind, event.actor, event.reason) for event in session.exec(select(Event).order_by(Event.id))]
    assert told == [("outbox.retried", "admin", None), ("outbox.discarded", "admin", "written by hand")]


def test_what_may_exist_is_looked_up_unless_somebody_has_looked(db: Database, rows: dict[str, int]) -> None:
    with db.write() as session:
        outbox.retry(session, ADMIN, rows["lost"], AT)
        assert session.get_one(OutboxRow, rows["lost"]).state == "sending"
    other = put(db, "lost2", "s12", state="dead", sending_at=AT)
    with db.write() as session:
        outbox.retry(session, ADMIN, other, AT, surely_absent=True)
        assert session.get_one(OutboxRow, other).state == "pending"


def test_who_may(db: Database, rows: dict[str, int]) -> None:
    with db.write() as session:
        assert outbox.outbox_page(session, READER, AT).lines
        for act in (
            lambda: outbox.outbox_page(session, AGENT, AT),
            lambda: outbox.retry(session, READER, rows["dead"], AT),
            lambda: outbox.discard(session, READER, rows["dead"], AT, "why"),
        ):
            with pytest.raises(Forbidden):
                act()
        with pytest.raises(UnknownId):
            outbox.retry(session, ADMIN, 999, AT)
        with pytest.raises(OutboxError):
            outbox.retry(session, ADMIN, rows["sent"], AT)
