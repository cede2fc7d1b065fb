"""What every notifier must do, as a test class to inherit; the world is what its receiver sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest

from connectors.base import ConnectorError, Ref
from connectors.notices import Notice, SearchableNotifier
from connectors.registry import roles_of
from tests.connectors.contract import World, WriteFaultContract, assert_tells_no_secret

KEY = "notice-0f3c9a"
NOTICE = Notice(
    subject="New and growing: VAT total is wrong in the PDF",
    text="5 accounts wrote about it in the last 14 days.\n\nIB-3 VAT total is wrong",
    at=datetime(2026, 3, 2, 8, 0, tzinfo=UTC),
    url="https://bridge.example/issues/IB-3",
    unsubscribe="https://bridge.example/unsubscribe/7.emerging.abc",
    html="<p>5 accounts wrote about it</p>",
    data={"kind": "emerging", "issues": ["IB-3"]},
)
HOSTILE = replace(
    NOTICE,
    subject="VAT\r\nBcc: everybody@evil.example\r\n\r\n<!channel> @channel",
    text="Hello\r\n.\r\nMAIL FROM:<x@evil.example>\r\n<!channel> <@U123> <https://evil.example|Sign in> @here & *bold*",
)


class NotifierWorld(World, Protocol):
    reader: str | None
    """Whom the notices are for: an address, or None for the connection's own place."""

    def messages(self) -> list[tuple[str, str]]:
        """(key or id, text) of what the receiver would show, repetitions that it recognises left out."""
        ...

    def lose_reply(self) -> None: ...


class NotifierContract(WriteFaultContract):
    """Inherit, and give a ``world`` fixture (NotifierWorld)."""

    write_errors: Mapping[str, type[ConnectorError]] = {}

    def read(self, connector: Any) -> None:
        connector.check()

    def write(self, connector: Any, world: Any) -> None:
        self.send(connector, world)

    def send(self, connector: Any, world: NotifierWorld, notice: Notice = NOTICE, key: str = KEY) -> Ref:
        ref: Ref = connector.send(replace(notice, to=world.reader), key=key)
        return ref

    def test_it_plays_the_role(self, world: NotifierWorld) -> None:
        assert "notifier" in roles_of(type(world.connector()))

    def test_what_is_sent_arrives(self, world: NotifierWorld) -> None:
        self.send(world.connector(), world)
        ((_, text),) = world.messages()
        assert "5 accounts wrote about it" in text

    def test_two_keys_are_two_messages(self, world: NotifierWorld) -> None:
        self.send(world.connector(), world)
        self.send(world.connector(), world, key=f"{KEY}-2")
        assert len(world.messages()) == 2

    def test_a_lost_reply_is_one_message_or_in_doubt_for_a_person(self, world: NotifierWorld) -> None:
        notifier = world.connector()
        world.lose_reply()
        with pytest.raises(ConnectorError) as raised:
            self.send(notifier, world)
        assert raised.value.in_doubt
        assert_tells_no_secret(raised.value, notifier)
        world.mend()
        kind = notifier.create_guarantee.kind
        if kind == "client_id":
            self.send(world.connector(), world)
        elif kind != "none":
            assert isinstance(notifier, SearchableNotifier)
            asked = replace(NOTICE, to=world.reader)
            assert notifier.find_notice(asked, key=KEY) is not None
            assert notifier.find_notice(asked, key=f"{KEY}-2") is None
        assert len(world.messages()) == 1

    def test_a_hostile_text_stays_a_text(self, world: NotifierWorld) -> None:
        self.send(world.connector(), world, HOSTILE)
        ((_, text),) = world.messages()
        assert "Hello" in text
        self.is_harmless(world)

    def is_harmless(self, world: Any) -> None:
        """Look at the raw message of HOSTILE, as this receiver reads it."""
        raise NotImplementedError
