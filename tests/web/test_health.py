"""For machines that watch: alive, ready or why not, figures that Prometheus can read, and who may read them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from bridge.service import tokens
from bridge.service.access import Scope
from bridge.store.outbox_queries import enqueue
from bridge.store.sync import RunSlot, note_failure, note_success
from bridge.words import OutboxState, Role
from tests.cli.running import environment
from tests.web.house import SECRET_NAMES, House

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def ready(house: House) -> tuple[int, dict[str, Any]]:
    answer = house.app.test_client().get("/readyz")
    return answer.status_code, answer.json


def read(house: House, ago: timedelta) -> None:
    with house.db.write() as session:
        for name, stream in (("desk", "tickets"), ("tracker", "issues")):
            note_success(session, name, stream, datetime.now(UTC) - ago)


def figures(house: House, **how: Any) -> Samples:
    answer = house.app.test_client().get("/metrics", **how)
    assert answer.status_code == 200, answer.data
    families = text_string_to_metric_families(answer.get_data(as_text=True))
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def test_alive(bare_house: House) -> None:
    assert bare_house.app.test_client().get("/healthz").json == {"status": "ok"}


def test_a_first_start_is_ready_with_no_run_yet(bare_house: House) -> None:
    status, told = ready(bare_house)

    assert (status, told["status"], told["problems"]) == (200, "ready", [])
    assert told["connections"]["desk tickets"] == {"last_success": None, "note": "no run yet"}
    assert told["outbox"] == {"waiting": 0, "oldest_waiting_s": None, "dead": 0}
    assert told["database"]["revision"] == told["database"]["needed"]


def test_fresh_is_ready_and_three_intervals_later_it_is_not(bare_house: House) -> None:
    read(bare_house, timedelta(minutes=14))
    status, told = ready(bare_house)
    assert status == 200
    assert told["connections"]["desk tickets"]["age_s"] == pytest.approx(14 * 60, abs=5)

    read(bare_house, timedelta(minutes=16))
    status, told = ready(bare_house)
    assert (status, told["status"]) == (503, "not ready")
    assert told["problems"][0] == "tickets of desk were read 16 min ago, they are due every 5 min"


def test_dead_letters_are_told_and_do_not_take_the_pages_away(bare_house: House) -> None:
    with bare_house.db.write() as session:
        for n in range(2):
            row = enqueue(
                session, key=f"k{n}", stream="s", kind="comment", connection="t", payload={},
                at=datetime.now(UTC) - timedelta(minutes=1),
            )  # fmt: skip
            assert row is not None
            row.state = (OutboxState.DEAD, OutboxState.PENDING)[n].value
    status, told = ready(bare_house)

    assert (status, told["outbox"]["dead"], told["outbox"]["waiting"]) == (200, 1, 1)
    assert told["outbox"]["oldest_waiting_s"] == pytest.approx(60, abs=5)


def test_another_revision_is_not_ready(bare_house: House) -> None:
    with bare_house.db.write() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = '0001'"))
    status, told = ready(bare_house)

    assert status == 503
    assert "at revision 0001" in told["problems"][0]


def test_no_database_is_not_ready(bare_house: House) -> None:
    path = Path(str(bare_house.db.url.database))
    bare_house.db.dispose()
    path.write_bytes(b"this is no database" * 100)
    status, told = ready(bare_house)

    assert status == 503
    assert told["problems"] == ["the database does not answer (DatabaseError)"]


def test_public_answers_name_no_customer(house: House) -> None:
    client = house.app.test_client()
    for path in ("/healthz", "/readyz", "/metrics"):
        said = client.get(path).get_data(as_text=True)
        assert not [name for name in SECRET_NAMES if name in said]


def test_figures_of_steps_lag_outbox_and_http(bare_house: House) -> None:
    at = datetime.now(UTC) - timedelta(minutes=2)
    steps = [
        {"step": "pull", "connection": "desk", "done": 5, "seconds": 1.5, "error": None},
        {"step": "rank", "connection": None, "done": 1, "seconds": 0.25, "error": "no configuration"},
    ]
    with bare_house.db.write() as session:
        for n in range(2):
            session.add(
                RunSlot(job="intake", slot=f"{n}", owner="a", epoch=1, started_at=at, finished_at=at, reports=steps)
            )
        note_success(session, "desk", "tickets", at)
        note_failure(session, "tracker", "issues", at, "no answer", auth=False)
        enqueue(session, key="k", stream="s", kind="comment", connection="t", payload={}, at=at)
    client = bare_house.app.test_client()
    client.get("/healthz")
    client.get("/signin?next=/accounts")
    client.get("/nothing/here")
    client.open("/healthz", method="BREW")
    found = figures(bare_house)

    pull = (("connection", "desk"), ("step", "pull"))
    assert found["bridge_step_runs_24h", pull] == 2
    assert found["bridge_step_seconds_24h", pull] == 3
    assert found["bridge_step_records_24h", pull] == 10
    assert found["bridge_step_failed_24h", (("connection", ""), ("step", "rank"))] == 2
    desk = (("connection", "desk"), ("stream", "tickets"))
    assert found["bridge_lag_seconds", desk] == pytest.approx(120, abs=5)
    assert found["bridge_stream_failing", (("connection", "tracker"), ("stream", "issues"))] == 1
    assert found["bridge_outbox_rows", (("state", "pending"),)] == 1
    assert found["bridge_dead_letters", ()] == found["bridge_worker_leads", ()] == 0
    assert found["bridge_http_requests_total", (("method", "GET"), ("route", "/signin"), ("status", "200"))] == 1
    assert found["bridge_http_requests_total", (("method", "GET"), ("route", "(none)"), ("status", "404"))] == 1
    assert found["bridge_http_request_seconds_count", (("method", "GET"), ("route", "/healthz"))] == 1
    assert {dict(labels).get("method") for _, labels in found} <= {None, "GET", "other"}


@pytest.mark.parametrize(
    ("peer", "headers", "proxies", "status"),
    [
        ("127.0.0.1", {}, 0, 200),
        ("::1", {}, 0, 200),
        ("10.1.2.3", {}, 0, 401),
        ("", {}, 0, 401),
        ("10.1.2.3", {"X-Forwarded-For": "127.0.0.1"}, 0, 401),
        ("127.0.0.1", {"X-Forwarded-For": "10.1.2.3"}, 0, 401),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 0, 401),
        ("127.0.0.1", {}, 1, 401),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 1, 401),
    ],
)
def test_figures_are_for_this_machine_and_no_header_makes_one(
    bare_house: House, peer: str, headers: dict[str, str], proxies: int, status: int
) -> None:
    own = bare_house.bridge.settings
    settings = own.model_copy(update={"web": own.web.model_copy(update={"proxies": proxies})})
    client = House(replace(bare_house.bridge, settings=settings), bare_house.loop).app.test_client()

    assert client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": peer}).status_code == status


@pytest.mark.parametrize(("scope", "status"), [(Scope.METRICS, 200), (Scope.READ, 401), (Scope.ADMIN, 401)])
def test_figures_for_a_token_with_the_scope(bare_house: House, scope: Scope, status: int) -> None:
    with bare_house.db.write() as session:
        owner = bare_house.actor(Role.ADMIN)
        _, secret = tokens.create_token(session, owner, "prometheus", frozenset({scope}), days=1, at=datetime.now(UTC))
    far = {"REMOTE_ADDR": "10.1.2.3"}
    client = bare_house.app.test_client()

    assert client.get("/metrics", headers={"Authorization": f"Bearer {secret}"}, environ_base=far).status_code == status
    assert client.get("/metrics", headers={"Authorization": "Bearer brg_wrong"}, environ_base=far).status_code == 401
    assert bare_house.client(Role.ADMIN).get("/metrics", environ_base=far).status_code == 401


PROCESS = """
import sys
from pathlib import Path
from bridge.web import measuring
measuring.share(Path(sys.argv[1]))
measures = measuring.HttpMeasures()
measures.observe("GET", "/issues", 200, 0.01)
from bridge.service.measures import Measures
print(measures.page(Measures({}, {}, {}, {}, 0.0, {}, False)).decode())
"""


def test_several_processes_are_one_sum(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROCESS, str(tmp_path)]
    for expected in (1.0, 2.0):
        said = subprocess.run(
            command, env=environment(), capture_output=True, text=True, timeout=120, check=True
        ).stdout
        found = {
            s.name: s.value
            for family in text_string_to_metric_families(said)
            for s in family.samples
            if s.labels.get("route")
        }
        assert found["bridge_http_requests_total"] == expected
        assert found["bridge_http_request_seconds_count"] == expected
