"""Webhooks: who gets in, who does not, and that the same one twice is one thing."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import event
from sqlmodel import select

from bridge.service import webhooks
from bridge.store.requests import DueRun, WebhookDelivery
from connectors._signatures import hub_sha256, plain_token, standard_webhooks
from connectors.hooks import Hook, Webhooks
from tests.web.house import House

NEW, OLD, OTHER = "n" * 20, "o" * 20, "x" * 20
BODY = b'{"ticket": 12}'
AT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
MOST_STATEMENTS = 20


class Signing:
    """A connector whose vendor signs as Standard Webhooks say."""

    def verify(self, headers: Mapping[str, str], body: bytes, *, secrets: Sequence[str], at: datetime) -> Hook | None:
        return Hook(headers["webhook-id"]) if standard_webhooks(headers, body, secrets, at) else None


def signed(secret: str, body: bytes = BODY, at: datetime | None = None, sent_id: str = "msg_1") -> dict[str, str]:
    stamp = str(int((at or datetime.now(UTC)).timestamp()))
    made = hmac.new(secret.encode(), f"{sent_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": sent_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(made).decode()}",
    }


@pytest.fixture
def house(bare_house: House) -> Iterator[House]:
    """``desk`` proves webhooks by a secret, ``signing`` by a signature, ``tracker`` has no secret."""
    both = {"webhook_secret": SecretStr(NEW), "webhook_secret_previous": SecretStr(OLD)}
    known = dict(bare_house.bridge.connections)
    desk = known["desk"]
    known["desk"] = replace(desk, settings=desk.settings.model_copy(update=both))
    known["signing"] = replace(known["desk"], name="signing", connector=Signing())
    made = House(replace(bare_house.bridge, connections=known), bare_house.loop)
    yield made
    made.db.dispose()


@pytest.fixture
def send(house: House) -> Callable[..., int]:
    client: FlaskClient = house.app.test_client()

    def post(name: str = "desk", body: bytes = BODY, **how: Any) -> int:
        return client.post(f"/webhooks/{name}", data=body, content_type="application/json", **how).status_code

    return post


def runs(house: House) -> list[tuple[str, str]]:
    with house.db.read() as session:
        return [(row.connection, row.asked_by) for row in session.exec(select(DueRun))]


def by_secret(secret: str, **more: str) -> dict[str, str]:
    return {webhooks.SECRET_HEADER: secret, **more}


def test_the_double_is_what_a_vendor_s_connector_would_be() -> None:
    assert isinstance(Signing(), Webhooks)


@pytest.mark.parametrize("secret", [NEW, OLD])
def test_a_secret_makes_the_connection_due(house: House, send: Callable[..., int], secret: str) -> None:
    assert send(headers=by_secret(secret)) == 202
    assert runs(house) == [("desk", "webhook")]


def test_basic_authentication_carries_the_secret_too(house: House, send: Callable[..., int]) -> None:
    assert send(auth=("anybody", NEW)) == 202
    assert send(auth=("anybody", OTHER)) == 401


def test_duplicates_and_replays_have_no_effect(house: House, send: Callable[..., int]) -> None:
    for _ in range(3):
        assert send(headers=by_secret(NEW)) == 202
    with house.db.write() as session:
        for row in session.exec(select(DueRun)):
            row.taken_at = row.finished_at = datetime.now(UTC)
    assert send(headers=by_secret(NEW)) == 202
    assert len(runs(house)) == 1, "the replay came after the run had ended"

    assert send(body=b'{"ticket": 13}', headers=by_secret(NEW)) == 202
    assert send(headers=by_secret(NEW, **{webhooks.DELIVERY_HEADER: "d-2"})) == 202
    assert len(runs(house)) == 2, "two more that wait are one run"


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("desk", dict),
        ("desk", lambda: {"headers": by_secret("")}),
        ("desk", lambda: {"headers": by_secret(OTHER)}),
        ("desk", lambda: {"headers": by_secret(NEW[:-1])}),
        ("desk", lambda: {"headers": by_secret("ö" * 20)}),
        ("desk", lambda: {"query_string": {"secret": NEW}}),
        ("desk", lambda: {"headers": {"Authorization": f"Bearer {NEW}"}}),
        ("tracker", lambda: {"headers": by_secret(NEW)}),
        ("nowhere", lambda: {"headers": by_secret(NEW)}),
        ("signing", lambda: {"headers": by_secret(NEW)}),
        ("signing", lambda: {"headers": signed(OTHER)}),
        ("signing", lambda: {"headers": signed(NEW, body=BODY + b" ")}),
        ("signing", lambda: {"headers": signed(NEW, at=datetime.now(UTC) - timedelta(seconds=301))}),
        ("signing", lambda: {"headers": signed(NEW, at=datetime.now(UTC) + timedelta(seconds=320))}),
        ("signing", lambda: {"headers": {**signed(NEW), "webhook-id": "msg_2"}}),
        ("signing", lambda: {"headers": {**signed(NEW), "webhook-timestamp": "now"}}),
        ("signing", lambda: {"headers": {**signed(NEW), "webhook-id": ""}}),
    ],
)
def test_everything_wrong_is_the_same_401(house: House, name: str, how: Callable[[], dict[str, Any]]) -> None:
    """Signed when it is sent: what was signed at collection is too old by the time the test comes."""
    client = house.app.test_client()
    refused = client.post(f"/webhooks/{name}", data=BODY, **how())
    nowhere = client.post("/webhooks/nowhere", data=BODY)

    assert refused.status_code == 401
    assert refused.data == nowhere.data
    assert runs(house) == []
    with house.db.read() as session:
        assert session.exec(select(WebhookDelivery)).all() == []


def test_a_signature_is_taken_with_both_secrets(house: House, send: Callable[..., int]) -> None:
    assert send("signing", headers=signed(NEW)) == 202
    assert send("signing", headers=signed(OLD, sent_id="msg_2")) == 202
    several = (
        signed(OTHER, sent_id="msg_3")["webhook-signature"] + " " + signed(NEW, sent_id="msg_3")["webhook-signature"]
    )
    assert send("signing", headers={**signed(NEW, sent_id="msg_3"), "webhook-signature": several}) == 202


def test_an_unknown_connection_costs_the_same_comparisons(monkeypatch: pytest.MonkeyPatch, house: House) -> None:
    counted: list[int] = []
    real = webhooks.any_equal

    def counting(given: Sequence[str], known: Sequence[str]) -> bool:
        counted.append(len(given) * len(known))
        return real(given, known)

    monkeypatch.setattr(webhooks, "any_equal", counting)
    for name in ("desk", "tracker", "nowhere"):
        known = house.bridge.connections.get(name)
        assert webhooks.sender(known, by_secret(OTHER), BODY, password=None, at=AT) is None
    assert len(set(counted)) == 1


def test_too_much_is_refused_and_a_get_is_no_webhook(house: House, send: Callable[..., int]) -> None:
    assert send(body=b"x" * (5 * 1024 * 1024 + 1), headers=by_secret(NEW)) == 413
    assert house.app.test_client().get("/webhooks/desk").status_code == 405
    assert runs(house) == []


def test_old_deliveries_are_forgotten(house: House, send: Callable[..., int]) -> None:
    with house.db.write() as session:
        session.add(WebhookDelivery(connection="desk", delivery_id="old", at=datetime.now(UTC) - timedelta(days=8)))
    send(headers=by_secret(NEW))
    with house.db.read() as session:
        assert len(session.exec(select(WebhookDelivery)).all()) == 1


def test_the_answer_comes_at_once(house: House, send: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for nothing outside, and the hundredth asks the database no more than the second."""
    monkeypatch.setattr(type(house.bridge.connections["desk"].connector), "pull_tickets", None)
    statements: list[str] = []
    event.listen(house.db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    asked = []
    for n in range(100):
        assert send(body=f"{n}".encode(), headers=by_secret(NEW)) == 202
        asked.append(len(statements))
        statements.clear()
    assert asked[99] == asked[1] <= MOST_STATEMENTS


@given(body=st.binary(min_size=1, max_size=60), where=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_any_flipped_byte_is_noticed(body: bytes, where: int, flip: int) -> None:
    at = where % len(body)
    forged = body[:at] + bytes([body[at] ^ flip]) + body[at + 1 :]
    headers = signed(NEW, body, AT)
    hub = {"x-hub-signature-256": "sha256=" + hmac.new(NEW.encode(), body, hashlib.sha256).hexdigest()}

    assert standard_webhooks(headers, body, [OLD, NEW], AT)
    assert not standard_webhooks(headers, forged, [OLD, NEW], AT)
    assert hub_sha256(hub, body, [OLD, NEW])
    assert not hub_sha256(hub, forged, [OLD, NEW])


def test_signatures_are_those_that_the_vendors_publish() -> None:
    """Examples of the Standard Webhooks specification and of GitHub's documentation."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    at = datetime.fromtimestamp(1614265330, UTC)
    assert standard_webhooks(headers, b'{"test": 2432232314}', ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], at)
    assert not standard_webhooks(headers, b'{"test": 2432232315}', ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], at)
    github = {"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}
    assert hub_sha256(github, b"Hello, World!", ["It's a Secret to Everybody"])
    assert plain_token({"x-gitlab-token": NEW}, "x-gitlab-token", [OLD, NEW])
    assert not plain_token({}, "x-gitlab-token", [OLD, NEW])
