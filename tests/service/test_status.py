"""The state of an installation as JSON."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlmodel import Session

from bridge.service.seeds import seed
from bridge.service.status import status
from bridge.store.accounts import Account, AccountDomain
from bridge.store.clusters import Cluster, Membership, RankRun
from bridge.store.db import Database
from bridge.store.intake import Aside, set_aside
from bridge.store.outbox_queries import enqueue
from bridge.store.suppliers import GroupMap, Supplier
from bridge.store.sync import note_failure, sync_state
from bridge.store.tickets import Ticket

AT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


def add_ticket(session: Session, source_id: str, **values: Any) -> int:
    common = {"connection": "desk", "subject": "s", "embed_text": "t", "record_hash": "h", "priority": "normal"}
    times = {"created_at": AT, "updated_at": AT, "last_customer_at": AT}
    ticket = Ticket(source_id=source_id, **{**common, **times, "status": "open", **values})
    session.add(ticket)
    session.flush()
    return ticket.id or 0


def add_cluster(session: Session, *tickets: int, merged_into: int | None = None) -> int:
    cluster = Cluster(uid=f"u{tickets}", title="t", created_at=AT, merged_into=merged_into)
    session.add(cluster)
    session.flush()
    session.add_all(Membership(ticket_id=t, cluster_id=cluster.id or 0, q=1, origin="model", since=AT) for t in tickets)
    return cluster.id or 0


def test_an_empty_database_has_a_status(db: Database) -> None:
    with db.read() as session:
        found = status(session)

    assert json.loads(json.dumps(found)) == found
    assert found["tickets"] == {"live": 0, "open": 0, "merged": 0, "deleted": 0, "unresolved_share": None}
    assert (found["unmapped_share"], found["last_ranking"], found["streams"]) == (None, None, [])


def test_tickets_clusters_and_shares(db: Database) -> None:
    with db.write() as session:
        session.add(Account(id=1, name="Acme", source="test", as_of=AT))
        session.add(Supplier(id=1, name="Pennywhistle", kind="outsourced"))
        session.flush()
        session.add(AccountDomain(domain="acme.example", account_id=1))
        session.add(GroupMap(group="Gold", supplier_id=1, valid_from=date(2026, 5, 4)))
        session.add(GroupMap(group="Gold", supplier_id=1, valid_from=date(2026, 1, 1), valid_to=date(2026, 2, 1)))
        one = add_ticket(session, "1", account_ref="ACME", group="Gold")
        two = add_ticket(session, "2", requester_domain="acme.example", status="closed", group="Silver")
        three = add_ticket(
            session, "3", requester_domain="other.example", group="Gold", created_at=AT - timedelta(days=1)
        )
        four = add_ticket(session, "4", account_ref="Nobody")
        merged = add_ticket(session, "5", merged_into="1", group="Gold")
        gone = add_ticket(session, "6", deleted_at=AT, group="Gold")
        add_cluster(session, one, two)
        add_cluster(session, three, merged)
        add_cluster(session, gone)
        add_cluster(session, four)
        found = status(session)

    assert found["tickets"] == {"live": 4, "open": 3, "merged": 1, "deleted": 1, "unresolved_share": 0.5}
    assert found["clusters"] == {"issues": 1, "singles": 2}
    assert (found["accounts"], found["unmapped_share"]) == (1, 0.75)


def test_what_is_stuck_or_failed(db: Database) -> None:
    with db.write() as session:
        seed(session, currency="EUR", internal_domains=[], at=AT)
        sync_state(session, "desk", "tickets").cursor = "7"
        note_failure(session, "desk", "tickets", AT, "401", auth=True)
        asides = [Aside(f"line {n}", "no date", str(n), "") for n in range(7)]
        set_aside(session, "desk", "tickets", asides, AT)
        for key, later in (("a", 2), ("b", 1), ("c", 3)):
            enqueue(
                session,
                key=key,
                stream="s",
                kind="create_issue",
                connection="t",
                payload={},
                at=AT + timedelta(days=later),
            )
        dead = enqueue(session, key="d", stream="s0", kind="push_remedy", connection="t", payload={}, at=AT)
        assert dead is not None
        dead.state, dead.error = "dead", "410 gone"
        enqueue(
            session, key="e", stream="s0", kind="push_remedy", connection="t", payload={}, at=AT + timedelta(days=9)
        )
        session.add(RankRun(as_of=AT, config_version=1, snapshot="tickets:1", clusters=0))
    with db.read() as session:
        found = status(session)

    assert json.loads(json.dumps(found)) == found
    [stream] = found["streams"]
    assert (stream["cursor"], stream["last_success_at"], stream["last_error"], stream["auth_failed"]) == (
        True,
        None,
        "401",
        True,
    )
    assert found["set_aside"]["by_stream"] == [{"connection": "desk", "stream": "tickets", "records": 7}]
    assert [row["ref"] for row in found["set_aside"]["newest"]] == [f"line {n}" for n in (6, 5, 4, 3, 2)]
    assert found["outbox"]["by_state"] == {"pending": 4, "dead": 1}
    assert found["outbox"]["oldest_waiting_at"] == (AT + timedelta(days=1)).isoformat()
    [letter] = found["outbox"]["dead"]
    assert (letter["error"], letter["holds_back"]) == ("410 gone", 1)
    assert found["last_ranking"] == {"as_of": AT.isoformat(), "snapshot": "tickets:1"}
