"""The pages for operators: what they say, who may press what, and a fault mended from the page."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import col, select

from bridge.cli.worker import worker_of
from bridge.service.seeds import seed
from bridge.store import due_runs
from bridge.store.events import Event
from bridge.store.intake import Aside, set_aside
from bridge.store.leases import acquire
from bridge.store.outbox import OutboxRow
from bridge.store.requests import DueRun
from bridge.store.sync import SyncState, note_failure, note_success
from bridge.words import OutboxState, Role, RunKind
from tests.web.house import House

SECRET = "hunter2hunter2hunter2"
PATIENCE_MS = 60_000


def kill_a_row(house: House, **values: Any) -> int:
    """A dead letter of the house's published issue."""
    with house.db.write() as session:
        row = session.exec(select(OutboxRow).where(OutboxRow.kind == "create_issue")).first()
        assert row is not None
        row.state, row.error, row.attempts = OutboxState.DEAD.value, "tracker: 400: no such field: add it", 6
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)
        return row.id or 0


def page(house: House, path: str, role: Role = Role.ADMIN) -> str:
    answer = house.client(role).get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:400]
    return str(answer.get_data(as_text=True))


def runs(house: House) -> list[tuple[str, str]]:
    with house.db.read() as session:
        return [(row.connection, row.kind) for row in session.exec(select(DueRun))]


def test_without_a_worker_the_page_says_what_to_start(house: House) -> None:
    assert "No worker runs" in page(house, "/connections")
    assert acquire(house.db, "leader", "machine:77:1", 30) is not None
    said = page(house, "/connections")
    assert "No worker runs" not in said
    assert "worker 77 on machine leads" in said


def test_a_bare_house_says_what_to_do(tmp_path: Any, bare_house: House) -> None:
    said = page(bare_house, "/connections")

    assert "Not read yet" in said
    assert "Every record could be read" in said
    assert "Nothing waits" in said


def test_a_fault_is_told_in_four_parts(house: House) -> None:
    with house.db.write() as session:
        note_success(session, "desk", "tickets", datetime.now(UTC) - timedelta(hours=7))
        note_failure(session, "desk", "tickets", datetime.now(UTC), "desk: <b>503</b>: is it up?", auth=False)
    for path in ("/connections", "/connections/desk"):
        said = page(house, path)
        for part in (
            "Reading tickets of desk has stopped",
            "7 h ago",
            "missing here",
            "&lt;b&gt;503&lt;/b&gt;",
            "press Read now",
        ):
            assert part in said


def test_read_now_is_asked_once_and_shown(house: House) -> None:
    client = house.client(Role.ADMIN)
    for _ in range(2):
        answer = house.post(client, "/connections/desk/read", "/connections", **{"from": "list"})
        assert (answer.status_code, answer.location) == (303, "/connections")
    house.post(client, "/connections/desk/check", "/connections/desk")

    assert runs(house) == [("desk", "read"), ("desk", "check")]
    shown = client.get("/connections/desk/progress").json
    assert (shown["state"], shown["sentence"], shown["percent"]) == ("waiting", "Waits for the worker", 0)
    assert client.get("/connections/tracker/progress").json == {"state": "none"}
    assert client.get("/connections/nowhere/progress").status_code == 404
    with house.db.read() as session:
        asked = select(Event.kind).where(col(Event.kind).startswith("connection.")).order_by(col(Event.id))
        assert list(session.exec(asked)) == ["connection.read_asked", "connection.check_asked"]


@pytest.mark.parametrize(
    ("role", "reads", "acts"),
    [
        (Role.ADMIN, True, True),
        (Role.PRODUCT_MANAGER, True, False),
        (Role.SUPPLIER_MANAGER, True, False),
        (Role.CSM, False, False),
        (Role.AGENT, False, False),
        (Role.SUPPLIER_AGENT, False, False),
        (Role.SUPPLIER_CONTACT, False, False),
    ],
)
def test_who_reads_and_who_acts(house: House, role: Role, reads: bool, acts: bool) -> None:
    number = kill_a_row(house)
    client = house.client(role)
    for path in ("/connections", "/connections/desk", "/connections/desk/progress", "/outbox"):
        assert client.get(path).status_code == (200 if reads else 403)
    assert client.get("/add-connection").status_code == (200 if acts else 403)
    if reads:
        said = client.get("/connections").get_data(as_text=True)
        assert ("Read now" in said, "Retry" in said, "Add a connection" in said) == (acts, acts, acts)
    for path in ("/connections/desk/read", "/connections/desk/check", f"/outbox/{number}/retry"):
        assert house.post(client, path, "/connections").status_code == (303 if acts else 403)
    assert bool(runs(house)) == acts


def test_a_dead_letter_is_retried_or_given_up_with_a_reason(house: House) -> None:
    number = kill_a_row(house)
    client = house.client(Role.ADMIN)
    said = page(house, "/connections")
    assert "1 dead letter" in said
    assert "400: no such field" in said
    assert "PDF invoice" in page(house, "/outbox?view=dead")

    unsaid = house.post(client, f"/outbox/{number}/discard", "/outbox", reason=" ")
    assert unsaid.status_code == 303
    assert "say why" in client.get("/outbox").get_data(as_text=True)
    house.post(client, f"/outbox/{number}/retry", "/outbox")
    with house.db.read() as session:
        assert session.get_one(OutboxRow, number).state == OutboxState.PENDING
    kill_a_row(house)
    house.post(client, f"/outbox/{number}/discard", "/outbox", reason="written by hand")
    with house.db.read() as session:
        assert session.get_one(OutboxRow, number).state == OutboxState.DISCARDED
    assert client.get("/outbox?view=nonsense").status_code == 400
    assert house.post(client, "/outbox/999/retry", "/outbox").status_code == 404


def test_what_may_exist_offers_both_ways(house: House) -> None:
    number = kill_a_row(house, sending_at=datetime.now(UTC))
    assert "It may exist there already" in page(house, "/outbox")

    house.post(house.client(Role.ADMIN), f"/outbox/{number}/retry", "/outbox", absent="yes")
    with house.db.read() as session:
        row = session.get_one(OutboxRow, number)
        assert (row.state, row.sending_at) == (OutboxState.PENDING, None)


def test_a_replay_reads_from_the_start_now(house: House) -> None:
    with house.db.write() as session:
        set_aside(session, "desk", "tickets", [Aside("line 7", "no subject", "h", "<i>e</i>")], datetime.now(UTC))
        session.merge(SyncState(connection="desk", stream="tickets", cursor="c"))
    said = page(house, "/connections")
    assert "no subject" in said
    assert "&lt;i&gt;e&lt;/i&gt;" in said

    house.post(house.client(Role.ADMIN), "/connections/desk/replay", "/connections", stream="tickets")
    with house.db.read() as session:
        assert session.get_one(SyncState, ("desk", "tickets")).cursor is None
    assert runs(house) == [("desk", "read")]


def test_pasted_lines_are_judged_and_a_secret_is_not_sent_back(house: House) -> None:
    client = house.client(Role.ADMIN)
    good = house.post(client, "/add-connection", "/add-connection", text='[connections.a]\ntype = "files"\npath = "x"')
    assert "These lines are right" in good.get_data(as_text=True)
    lines = f'[connections.a]\ntype = "redmine"\nbase_url = "https://r.example"\nproject = "p"\napi_key = "{SECRET}"'
    for text in (lines, lines + "\nbroken = = 1"):
        said = house.post(client, "/add-connection", "/add-connection", text=text).get_data(as_text=True)
        assert SECRET not in said
        assert "not shown again" in said
    assert sorted(p.name for p in house.bridge.settings.home.iterdir() if p.suffix == ".toml") == ["config.toml"]


@contextmanager
def counted(house: House) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(house.db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(house.db.engine, "before_cursor_execute", note)


def test_queries_do_not_grow_with_what_there_is(house: House) -> None:
    client = house.client(Role.ADMIN)
    with counted(house) as few:
        client.get("/connections")
    at = datetime.now(UTC)
    with house.db.write() as session:
        for n in range(60):
            state, payload = ("dead", "pending")[n % 2], {"cluster_id": house.ids["vat"]}
            session.add(
                OutboxRow(key=f"x{n}", stream=f"s{n % 7}", kind="create_issue", connection="tracker", payload=payload,
                          state=state, due_at=at, created_at=at)
            )  # fmt: skip
        set_aside(session, "desk", "tickets", [Aside(f"l {n}", f"fault {n}", f"h{n}", "e") for n in range(60)], at)
    with counted(house) as many:
        client.get("/connections")
    assert len(many) <= len(few) + 2
    assert len(many) <= 26


def test_journey_admin_mends_a_connection_and_lets_a_dead_letter_go(house: House, chromium: Any) -> None:
    """The export folder has gone; the page says so; it is put back; Read now makes it healthy; the letter leaves."""
    home = house.bridge.settings.home
    with house.db.write() as session:
        seed(session, currency="EUR", internal_domains=(), at=datetime.now(UTC))
        for state in session.exec(select(SyncState)):
            session.delete(state)
    number = kill_a_row(house)
    shutil.move(home / "desk", home / "gone")
    worker = worker_of(house.bridge)
    worker.jobs = {}
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    try:
        with house.live() as url:
            context.add_cookies([house.cookie(Role.ADMIN, url)])
            tab = context.new_page()
            tab.set_default_timeout(PATIENCE_MS)
            faults: list[str] = []
            tab.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
            tab.goto(f"{url}/connections/desk")
            tab.get_by_role("button", name="Read now").click()
            tab.get_by_text("Reading tickets of desk has stopped").wait_for()

            shutil.move(home / "gone", home / "desk")
            tab.goto(f"{url}/connections")
            note = tab.locator(".ib-note", has_text="Reading tickets of desk has stopped")
            assert "desk" in note.locator(".ib-said").inner_text()
            note.get_by_role("button", name="Read now").click()
            row = tab.locator("tr", has=tab.get_by_role("link", name="desk", exact=True))
            row.locator(".ib-state", has_text="Healthy").wait_for()

            tab.locator(f"#row-{number}").get_by_role("button", name="Retry").click()
            tab.get_by_text(f"Row {number} goes out").wait_for()
            with house.db.read() as session:
                assert session.get_one(OutboxRow, number).state == OutboxState.PENDING
                [ended, *_] = due_runs.last_runs(session, "desk", 5, RunKind.READ)
            assert [report["error"] for report in ended.reports if report["error"]] == []
            assert faults == []
    finally:
        context.close()
        worker.stop.set()
        thread.join(30)
