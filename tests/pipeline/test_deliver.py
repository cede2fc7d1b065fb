"""What each kind of row does on the other side and writes down here."""

from __future__ import annotations

import pytest
from sqlmodel import select

from bridge.store.db import Database
from bridge.store.outbox import OutboxRow
from bridge.store.remedies import Delivery, RemedyPlan
from bridge.store.tickets import Ticket
from connectors.base import IssueDraft, PriorityLevel
from tests.pipeline.other_side import START, Clock, OtherSide
from tests.pipeline.outgoing import DRAFT, add_cluster, events_of, link_of, put, put_issue, put_update, row_of, run


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def other(clock: Clock) -> OtherSide:
    return OtherSide(clock)


def add_ticket_and_plan(db: Database) -> tuple[int, int]:
    cluster_id = add_cluster(db)
    with db.write() as session:
        plan = RemedyPlan(cluster_id=cluster_id)
        times = dict.fromkeys(("created_at", "updated_at", "last_customer_at"), START)
        texts = dict.fromkeys(("subject", "embed_text", "record_hash", "status", "priority"), "x")
        ticket = Ticket(connection="other", source_id="T9", **times, **texts)
        session.add_all([plan, ticket])
        session.flush()
        assert plan.id is not None
        assert ticket.id is not None
        return ticket.id, plan.id


def test_created_issue_is_linked_and_told(db: Database, other: OtherSide, clock: Clock) -> None:
    row_id = put_issue(db)

    report = run(db, other, clock)

    row = row_of(db, row_id)
    link = link_of(db, row.payload["cluster_id"])
    assert link is not None
    assert (report.done, report.failed, report.notes) == (1, 0, [])
    assert (row.state, row.remote_id, row.done_at, row.sending_at, row.lease_owner) == ("sent", "R1", START, None, None)
    assert (link.remote_id, link.url) == ("R1", "https://other.example/R1")
    assert link.written == DRAFT
    assert other.things[0].content == IssueDraft("Login fails", "12 customers", PriorityLevel.TOP, ("bridge",))
    [event] = events_of(db, "notification.sent")
    assert (event.actor, event.subject, event.after["remote_id"]) == ("bridge", f"cluster:{link.cluster_id}", "R1")


def test_second_run_does_nothing(db: Database, other: OtherSide, clock: Clock) -> None:
    put_issue(db)
    run(db, other, clock)
    calls = other.calls.copy()

    report = run(db, other, clock)

    assert (report.done, report.failed, report.notes) == (0, 0, [])
    assert other.calls == calls


def test_issues_are_created_in_the_order_of_their_rows(db: Database, other: OtherSide, clock: Clock) -> None:
    for n in range(12):
        put_issue(db, f"k{n}")

    run(db, other, clock)

    assert other.keys == [f"k{n}" for n in range(12)]


def test_update_finds_its_issue_and_leaves_none_alone(db: Database, other: OtherSide, clock: Clock) -> None:
    cluster_id = row_of(db, put_issue(db)).payload["cluster_id"]
    put_update(db, cluster_id, title=None, body="13 customers", priority=None)

    assert run(db, other, clock).done == 2

    assert other.updates == [("R1", IssueDraft(None, "13 customers", None))]
    link = link_of(db, cluster_id)
    assert link is not None
    assert link.written == {**DRAFT, "body": "13 customers"}


def test_update_without_issue_is_dead_with_clear_words(db: Database, other: OtherSide, clock: Clock) -> None:
    row_id = put_update(db, add_cluster(db), body="x")

    report = run(db, other, clock)

    assert report.failed == 1
    assert row_of(db, row_id).state == "dead"
    assert "publish the issue again" in str(row_of(db, row_id).error)
    assert not other.calls["write"]


def test_remedy_is_written_into_the_ledger(db: Database, other: OtherSide, clock: Clock) -> None:
    ticket_id, plan_id = add_ticket_and_plan(db)
    told = {"ticket_id": ticket_id, "plan_id": plan_id, "revision": 2}
    with db.write() as session:
        session.add(Delivery(**told, outbox_key="n1", state="queued", at=START))
    put(db, "push_remedy", {**told, "source_id": "T9", "text": "Fixed in 4.2"}, key="n1")
    put(db, "push_remedy", {**told, "revision": 3, "source_id": "T9", "text": "Out now"}, key="n2")

    run(db, other, clock)

    with db.read() as session:
        ledger = session.exec(select(Delivery).order_by(Delivery.revision)).all()
        written = [(d.revision, d.outbox_key, d.state, d.remote_id) for d in ledger]
    assert written == [(2, "n1", "sent", "R1"), (3, "n2", "sent", "R2")]
    assert [(t.where, t.content) for t in other.things] == [("ticket T9", "Fixed in 4.2"), ("ticket T9", "Out now")]


def test_fields_and_comments_are_sent(db: Database, other: OtherSide, clock: Clock) -> None:
    put(db, "set_fields", {"ticket_id": 1, "source_id": "T9", "fields": {"fix": "4.2"}, "tags": ["bridge-told"]})
    put(db, "comment", {"cluster_id": 1, "remote_id": "R7", "body": "Another 3 customers"}, key="c1")

    assert run(db, other, clock).done == 2

    assert other.fields == {"T9": ({"fix": "4.2"}, {"bridge-told"})}
    assert [(t.key, t.where, t.content) for t in other.things] == [("c1", "comment R7", "Another 3 customers")]


@pytest.mark.parametrize(
    ("kind", "payload", "words"),
    [
        ("teleport", {}, "unknown kind 'teleport'"),
        ("create_issue", {"cluster_id": 1}, "lacks draft"),
        ("push_remedy", {"source_id": "T9", "text": "x"}, "lacks ticket_id, plan_id, revision"),
    ],
)
def test_row_that_nobody_can_send_is_dead(db: Database, kind: str, payload: dict[str, object], words: str) -> None:
    row_id = put(db, kind, payload)

    report = run(db, OtherSide(Clock()), Clock())

    assert (row_of(db, row_id).state, report.failed) == ("dead", 1)
    assert words in report.notes[0]


def test_connection_without_the_role_is_named(db: Database, clock: Clock) -> None:
    row_id = put_issue(db)

    run(db, {"other": object()}, clock)

    assert row_of(db, row_id).error == "connection other is no issue tracker: mend its type, then retry this row"


def test_rows_of_an_unknown_connection_wait_and_are_named(db: Database, other: OtherSide, clock: Clock) -> None:
    row_id = put_issue(db, connection="former")

    report = run(db, other, clock)

    assert row_of(db, row_id).state == "pending"
    assert report.notes == [
        "former: 1 waiting: this connection is not configured or not enabled: configure it, or discard the rows"
    ]


def test_stop_is_asked_between_rows(db: Database, other: OtherSide, clock: Clock) -> None:
    for n in range(5):
        put_issue(db, f"k{n}")
    told: list[tuple[str, int, int | None]] = []

    run(db, other, clock, stop=lambda: len(other.things) == 2, progress=lambda *args: told.append(args))

    assert other.keys == ["k0", "k1"]
    assert told == [("deliver", 1, 5), ("deliver", 2, 5)]
    assert {row_of(db, n).lease_owner for n in range(1, 6)} == {None}


def test_no_transaction_is_open_while_sending(db: Database, other: OtherSide, clock: Clock) -> None:
    put_issue(db)
    seen: list[str] = []

    def another_writer() -> None:
        with db.write() as session:
            row = session.exec(select(OutboxRow).with_for_update(nowait=True)).one()
            seen.append(row.state)

    other.during_write = another_writer
    run(db, other, clock)

    assert seen == ["sending"]
