"""What is logged of a request, and what never is."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

from bridge import logs
from bridge.jobs import log_redacted
from bridge.service import tokens
from bridge.service.access import Scope
from bridge.web import connections, errors
from bridge.words import Role
from tests.web.house import House

CANARIES = ("canary-query", "canary-cookie", "canary-body", "canary-agent", "canary-error")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root, stream = logging.getLogger(), io.StringIO()
    before = root.handlers[:], root.level
    logs.configure("json", stream)
    yield stream
    root.handlers[:], level = before
    root.setLevel(level)
    structlog.reset_defaults()


def parsed(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_request_is_one_line_of_json(house: House, lines: io.StringIO) -> None:
    answer = house.client(Role.ADMIN).get("/connections/desk", headers={"X-Request-ID": "abc-12345"})

    [line] = [line for line in parsed(lines) if line["event"] == "request"]
    who = house.actor(Role.ADMIN)
    assert answer.headers["X-Request-ID"] == line["request_id"] == "abc-12345"
    assert (line["method"], line["route"], line["status"], line["actor"]) == (
        "GET", "/connections/<name>", 200, who.user_id,
    )  # fmt: skip
    assert line["ms"] > 0
    assert (line["level"], line["logger"]) == ("info", "bridge.web")


@pytest.mark.parametrize("sent", ["", "short", "x" * 65, "with space in it", "abc\tdefghij", "a<script>alert"])
def test_an_id_that_is_not_sane_is_replaced(bare_house: House, lines: io.StringIO, sent: str) -> None:
    made = bare_house.app.test_client().get("/healthz", headers={"X-Request-ID": sent}).headers["X-Request-ID"]

    assert made != sent
    assert len(made) == 32


def test_two_requests_have_two_ids(bare_house: House) -> None:
    client = bare_house.app.test_client()

    assert len({client.get("/healthz").headers["X-Request-ID"] for _ in range(3)}) == 3


def test_nothing_that_people_or_programs_say_is_logged(
    house: House, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house.db.write() as session:
        scopes = frozenset({Scope.METRICS})
        secret = tokens.create_token(session, house.actor(Role.ADMIN), "t", scopes, days=1, at=datetime.now(UTC))[1]
    client = house.client(Role.ADMIN)
    client.set_cookie("other", "canary-cookie")
    sid = client.get_cookie("bridge")
    client.get("/find?q=canary-query")
    client.get("/connections/canary-query")
    client.get("/canary-query/nowhere")
    client.get("/connections", headers={"User-Agent": "canary-agent", "Referer": "http://localhost/?canary-query"})
    client.get("/metrics", headers={"Authorization": f"Bearer {secret}"})
    client.post("/webhooks/desk", data="canary-body", headers={"X-Bridge-Webhook-Secret": "canary-body"})
    client.post("/signin", data={"name": "canary-body", "password": "canary-body"})

    def broken(*args: object, **more: object) -> None:
        raise KeyError(f"{CANARIES[-1]}: I cannot print my invoices")

    monkeypatch.setattr(connections, "connections", broken)
    assert client.get("/connections").status_code == 500
    monkeypatch.setattr(errors, "answer", broken)
    with pytest.raises(KeyError):
        client.get("/canary-query")
    said = lines.getvalue()

    assert "KeyError" in said
    assert [canary for canary in (*CANARIES, secret) if canary in said] == []
    assert sid is not None
    assert sid.value not in said
    assert all(isinstance(line, dict) for line in parsed(lines))


def test_an_error_is_its_type_and_place(lines: io.StringIO) -> None:
    said = CANARIES[-1]
    try:
        int(said)
    except ValueError as error:
        logging.getLogger("some.library").exception("it broke")
        log_redacted("a step failed", error)
    first, second = parsed(lines)

    assert first["error"] == "ValueError"
    assert "test_request_log.py" in first["place"][0]
    assert second["event"].startswith("a step failed: ValueError")
    assert said not in lines.getvalue()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("style", "stream", "text"),
    [
        ("text", io.StringIO(), True),
        ("json", Terminal(), False),
        ("auto", Terminal(), True),
        ("auto", io.StringIO(), False),
    ],
)
def test_lines_for_people_are_text(style: Any, stream: io.StringIO, text: bool) -> None:
    root = logging.getLogger()
    before = root.handlers[:]
    try:
        logs.configure(style, stream)
        logging.getLogger("bridge.worker").info("this worker leads (epoch %d)", 3)
    finally:
        root.handlers[:] = before
        structlog.reset_defaults()

    assert "this worker leads (epoch 3)" in stream.getvalue()
    assert stream.getvalue().startswith("{") is not text
