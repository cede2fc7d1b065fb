"""Slack's two doors against a fake that keeps channels and answers 200 with "ok": false, as Slack does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import AuthFailed, ConnectorError, InDoubt, NotFound, Permanent, RateLimited
from connectors.slack import Slack, SlackOptions, SlackWebhook, SlackWebhookOptions, escaped
from tests.connectors.contract import READ_ERRORS, SECRET
from tests.connectors.fake_api import FakeApi, Reply, Request, bomb
from tests.connectors.notifier_contract import HOSTILE, KEY, NOTICE, NotifierContract

CHANNEL, PERSON, DIRECT = "C024BE91L", "U7", "D9"
HOOK = f"/services/T0/B0/{SECRET}"


class FakeSlack:
    """``people`` by address, ``said`` by conversation. ``error`` is answered to every method where it is set."""

    def __init__(self, api: FakeApi) -> None:
        self.api = api
        self.people = {"r.diaz@acme.example": PERSON}
        self.said: dict[str, list[dict[str, Any]]] = {CHANNEL: [], DIRECT: [], "hook": []}
        self.error: dict[str, Any] = {}
        for method, path, answer in (
            ("GET", "/auth.test", lambda _: {"user": "bridge", "team": "Ours"}),
            ("GET", "/users.lookupByEmail", self.look_up),
            ("POST", "/conversations.open", lambda _: {"channel": {"id": DIRECT}}),
            ("POST", "/chat.postMessage", self.post),
            ("GET", "/conversations.history", self.history),
        ):
            api.route(method, path)(self.judged(answer))
        api.route("POST", HOOK)(self.hook)

    def judged(self, answer: Any) -> Any:
        def handle(request: Request) -> Reply:
            if request.headers.get("Authorization") != f"Bearer {SECRET}":
                return Reply(body={"ok": False, "error": "invalid_auth"})
            if self.error:
                return Reply(body={"ok": False, **self.error})
            found = answer(request)
            return Reply(body={"ok": "error" not in found, **found})

        return handle

    def look_up(self, request: Request) -> dict[str, Any]:
        who = self.people.get(request.arg("email"))
        return {"user": {"id": who}} if who else {"error": "users_not_found"}

    def post(self, request: Request) -> dict[str, Any]:
        message = request.json()
        if message["channel"] not in self.said:
            return {"error": "channel_not_found"}
        messages = self.said[message["channel"]]
        messages.append({**message, "ts": f"1772438400.{len(messages):06}"})
        return {"ts": messages[-1]["ts"]}

    def history(self, request: Request) -> dict[str, Any]:
        assert request.arg("include_all_metadata") == "True"
        newest = self.said[request.arg("channel")][::-1]
        start = int(request.arg("cursor", "0"))
        following = str(start + 2) if start + 2 < len(newest) else ""
        return {"messages": newest[start : start + 2], "response_metadata": {"next_cursor": following}}

    def hook(self, request: Request) -> Reply:
        self.said["hook"].append(request.json())
        return Reply(body=b"ok", content_type="text/html")


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with FakeApi() as api:
        yield api


class BotWorld:
    faults = frozenset(READ_ERRORS)
    can = frozenset({"check_auth"})
    reader: str | None = None
    place = CHANNEL

    def __init__(self, api: FakeApi) -> None:
        self.api = api
        self.fake = FakeSlack(api)

    def connector(self, **more: Any) -> Slack:
        told = {**self.api.options, "token": SECRET, "conversation": CHANNEL, **more}
        made = Slack(SlackOptions.model_validate(told), name="slack")
        made._http._sleep = lambda _seconds: None
        return made

    def fault(self, kind: str) -> None:
        if kind == "gzip_bomb":
            bomb()
        self.api.fault(kind)

    def mend(self) -> None:
        self.api.mend()

    def lose_reply(self) -> None:
        self.api.fault("lost_reply", times=1, method="POST", path="chat.postMessage|services")

    def messages(self) -> list[tuple[str, str]]:
        return [(m["metadata"]["event_payload"]["key"], m["text"]) for m in self.fake.said[self.place]]


class PersonWorld(BotWorld):
    reader = "r.diaz@acme.example"
    place = DIRECT
    faults = frozenset[str]()


class HookWorld(BotWorld):
    def connector(self, **more: Any) -> Any:
        told = {**self.api.options, "webhook": f"https://hooks.slack.com{HOOK}", **more}
        made = SlackWebhook(SlackWebhookOptions.model_validate(told), name="slack")
        made._http._sleep = lambda _seconds: None
        return made

    def messages(self) -> list[tuple[str, str]]:
        return [("", m["text"]) for m in self.fake.said["hook"]]


class TestBot(NotifierContract):
    other_side = BotWorld

    @pytest.fixture
    def world(self, api: FakeApi) -> BotWorld:
        return self.other_side(api)

    def is_harmless(self, world: BotWorld) -> None:
        (message,) = world.fake.said[world.place]
        assert "<!channel>" not in message["text"]
        assert "<@U123>" not in message["text"]
        assert "<https://evil" not in message["text"]
        assert "@here" not in message["text"]
        assert "@channel" not in message["text"]
        assert (message["parse"], message["link_names"]) == ("none", False)


class TestPerson(TestBot):
    other_side = PersonWorld


class TestHook(TestBot):
    other_side = HookWorld
    test_check_says_what_to_mend = None  # type: ignore[assignment]  # nothing but a message would ask a webhook
    test_a_failing_read_raises_the_right_error = None  # type: ignore[assignment]

    def is_harmless(self, world: BotWorld) -> None:
        (message,) = world.fake.said["hook"]
        assert "<!channel>" not in message["text"]
        assert "@channel" not in message["text"]


ANSWERS = [
    ({"error": "missing_scope", "needed": "users:read.email"}, AuthFailed, "users:read.email"),
    ({"error": "ratelimited"}, RateLimited, "ratelimited"),
    ({"error": "channel_not_found"}, NotFound, "Invite the bot"),
    ({"error": "fatal_error"}, InDoubt, "fatal_error"),
    ({"error": "msg_too_long"}, Permanent, "msg_too_long"),
    ({"error": "something_new"}, Permanent, "something_new"),
]


@pytest.mark.parametrize(("answer", "kind", "word"), ANSWERS)
def test_what_slack_says_in_a_200_is_sorted(
    api: FakeApi, answer: dict[str, Any], kind: type[ConnectorError], word: str
) -> None:
    world = BotWorld(api)
    world.fake.error = answer
    with pytest.raises(kind, match=word) as raised:
        world.connector().send(NOTICE, key=KEY)
    assert type(raised.value) is kind


def test_a_person_whom_slack_does_not_know_is_told_of(api: FakeApi) -> None:
    with pytest.raises(NotFound, match="mail address"):
        BotWorld(api).connector().send(replace(NOTICE, to="nobody@acme.example"), key=KEY)


def test_it_looks_through_all_pages(api: FakeApi) -> None:
    world = BotWorld(api)
    for n in range(7):
        world.connector().send(NOTICE, key=f"{KEY}-{n}")
    for n in range(7):
        found = world.connector().find_notice(NOTICE, key=f"{KEY}-{n}")
        assert found is not None
        assert found.id.endswith(f"{n:06}")


def test_it_links_to_the_page_and_to_nothing_else(api: FakeApi) -> None:
    world = BotWorld(api)
    world.connector().send(HOSTILE, key=KEY)
    text = world.messages()[0][1]
    assert text.count("<") == 1
    assert text.endswith("<https://bridge.example/issues/IB-3|Open in Issue Bridge>")


@given(st.text())
def test_nothing_that_is_quoted_keeps_its_meaning(text: str) -> None:
    said = escaped(text)
    assert not set("<>") & set(said)
    assert json.dumps(said)


def test_options_are_refused() -> None:
    with pytest.raises(ValueError, match="token"):
        SlackOptions.model_validate({"token": ""})
    with pytest.raises(ValueError, match="conversation"):
        SlackOptions.model_validate({"token": "x", "conversation": "#general"})
    with pytest.raises(ValueError, match="webhook"):
        SlackWebhookOptions.model_validate({"webhook": ""})
