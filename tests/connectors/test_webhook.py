"""The signed webhook against a receiver that verifies as Standard Webhooks say, and takes each id once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors._signatures import standard_webhooks
from connectors.base import AuthFailed
from connectors.webhook import Webhook, WebhookOptions
from tests.connectors.contract import READ_ERRORS, SECRET
from tests.connectors.fake_api import FakeApi, Reply, Request, bomb
from tests.connectors.notifier_contract import KEY, NOTICE, NotifierContract

NOW = datetime(2026, 3, 2, 8, 0, 5, tzinfo=UTC)


class World:
    faults = frozenset(READ_ERRORS) - {"truncated"}  # any 2xx says that it was taken, whatever stands in it
    can = frozenset({"check_auth"})
    reader = None

    def __init__(self, api: FakeApi) -> None:
        self.api = api
        self.taken: dict[str, dict[str, Any]] = {}
        self.secret = SECRET
        api.route("POST", "/in/bridge")(self.take)

    def take(self, request: Request) -> Reply:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if not standard_webhooks(headers, request.body, [self.secret], NOW):
            return Reply(401, {"message": "the signature is wrong"})
        assert headers["idempotency-key"] == headers["webhook-id"]
        if (said := json.loads(request.body))["type"] == "notice":
            self.taken.setdefault(headers["webhook-id"], said)
        return Reply(204)

    def connector(self, **more: Any) -> Webhook:
        told = {**self.api.options, "base_url": f"{self.api.url}/in/bridge", "secret": SECRET, **more}
        made = Webhook(WebhookOptions.model_validate(told), name="ours", wall=NOW.timestamp)
        made._http._sleep = lambda _seconds: None
        return made

    def fault(self, kind: str) -> None:
        if kind == "gzip_bomb":
            bomb()
        self.api.fault(kind)

    def mend(self) -> None:
        self.api.mend()

    def lose_reply(self) -> None:
        self.api.fault("lost_reply", times=1)

    def messages(self) -> list[tuple[str, str]]:
        return [(key, said["text"]) for key, said in self.taken.items()]


@pytest.fixture
def world() -> Iterator[World]:
    with FakeApi() as api:
        yield World(api)


class TestWebhook(NotifierContract):
    other_side = World
    test_a_failing_read_raises_the_right_error = None  # type: ignore[assignment]  # its check is a message, too

    def is_harmless(self, world: World) -> None:
        assert "\r" not in world.api.requests[-1].headers["webhook-id"]


def test_the_body_tells_programs_what_people_read(world: World) -> None:
    world.connector().send(NOTICE, key=KEY)
    said = world.taken[KEY]
    assert said["data"] == {"kind": "emerging", "issues": ["IB-3"]}
    assert (said["id"], said["subject"], said["url"]) == (KEY, NOTICE.subject, NOTICE.url)


def test_another_secret_is_found_out(world: World) -> None:
    world.secret = "another-secret-of-the-receiver"
    with pytest.raises(AuthFailed, match="the signature is wrong"):
        world.connector().check()
