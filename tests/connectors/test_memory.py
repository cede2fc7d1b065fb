"""The memory connectors keep the contract of the real ones."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from connectors._memory import MemoryOptions
from connectors.base import (
    Account,
    AuthFailed,
    ConnectorError,
    HelpDesk,
    InDoubt,
    IssueTracker,
    Message,
    NotFound,
    RateLimited,
    RemedyMessage,
    RemedySink,
    Side,
    Ticket,
    Transient,
)
from connectors.memory import MemoryDesk
from connectors.memory_tracker import MemoryTracker
from tests.connectors.contract import KEY, T0, HelpDeskContract, SinkContract, TrackerContract

ERRORS: dict[str, ConnectorError] = {
    "401": AuthFailed("check the token"),
    "404": NotFound("gone"),
    "429": RateLimited("slow down", 7.0),
    "500": Transient("down"),
}


class MemoryWorld:
    """Plays faults through the hooks."""

    faults: frozenset[str] = frozenset()
    can = frozenset({"delete", "merge"})
    page_size = 4
    ticket_id = "1"
    closed_word = "done"

    def __init__(self, made: Any) -> None:
        self.made = made

    def connector(self) -> Any:
        return self.made

    def fault(self, kind: str) -> None:
        def fail(_operation: str) -> None:
            raise ERRORS[kind]

        self.made.before = fail

    def mend(self) -> None:
        self.made.before = lambda _operation: None

    def lose_reply(self) -> None:
        def fail(_operation: str) -> None:
            self.made.after = lambda _operation: None
            raise InDoubt("the reply was lost")

        self.made.after = fail


class MemoryDeskWorld(MemoryWorld):
    faults = frozenset({"401", "404", "429"})

    def put(self, ticket_id: str, at: datetime, subject: str) -> None:
        said = Message("m1", Side.CUSTOMER, public=True, created_at=T0, body=subject)
        self.made.put(Ticket(ticket_id, T0, at, subject, (said,)))

    def delete(self, ticket_id: str, at: datetime) -> None:
        self.made.put(Ticket(ticket_id, T0, at, "", deleted=True))

    def merge(self, ticket_id: str, into: str, at: datetime) -> None:
        self.made.put(Ticket(ticket_id, T0, at, "", merged_into=into))

    def notes(self) -> list[tuple[str, bool]]:
        return [(message.body, message.public) for message in self.made.ticket("1").messages if "note" in message.id]

    def tags(self) -> set[str]:
        return set(self.made.ticket("1").tags)


class MemoryTrackerWorld(MemoryWorld):
    faults = frozenset({"401", "404", "429"})

    def bodies(self) -> list[str]:
        return [issue.body for issue in self.made.issues()]

    def body(self, issue_id: str) -> str:
        return self.made.issue(issue_id).body

    def edit(self, issue_id: str, *, body: str | None = None, status: str | None = None) -> None:
        changes = {"body": body, "status": status}
        self.made.edit(issue_id, **{name: value for name, value in changes.items() if value is not None})

    def comments(self, issue_id: str) -> list[str]:
        return list(self.made.issue(issue_id).comments)


class TestMemoryDesk(HelpDeskContract):
    other_side = MemoryDeskWorld

    @pytest.fixture
    def world(self) -> MemoryDeskWorld:
        return MemoryDeskWorld(MemoryDesk(MemoryOptions(page_size=4)))


class TestMemorySink(SinkContract):
    other_side = MemoryDeskWorld

    @pytest.fixture
    def world(self) -> MemoryDeskWorld:
        desk = MemoryDesk()
        desk.put(Ticket("1", T0, T0, "subject", tags=("by-people",)))
        return MemoryDeskWorld(desk)

    def test_a_note_touches_the_tickets_update_time(self, world: MemoryDeskWorld) -> None:
        world.made.push_remedy("1", RemedyMessage("x"), key=KEY)
        assert world.made.ticket("1").updated_at > T0

    def test_a_ticket_that_is_not_there_takes_no_note(self, world: MemoryDeskWorld) -> None:
        with pytest.raises(NotFound):
            world.made.push_remedy("2", RemedyMessage("x"), key=KEY)


class TestMemoryTracker(TrackerContract):
    other_side = MemoryTrackerWorld

    @pytest.fixture
    def world(self) -> MemoryTrackerWorld:
        return MemoryTrackerWorld(MemoryTracker(MemoryOptions(page_size=2)))


def test_accounts_come_once_and_again_when_changed() -> None:
    desk = MemoryDesk(MemoryOptions(page_size=2))
    for number in range(5):
        desk.put_account(Account(str(number), f"Account {number}"))
    pages = list(desk.pull_accounts(None))
    assert sorted(account.id for page in pages for account in page.items) == ["0", "1", "2", "3", "4"]
    assert [account for page in desk.pull_accounts(pages[-1].cursor) for account in page.items] == []


def test_they_play_their_roles() -> None:
    assert isinstance(MemoryDesk(), HelpDesk)
    assert isinstance(MemoryDesk(), RemedySink)
    assert isinstance(MemoryTracker(), IssueTracker)
