"""Pull: rows and cursor together, nothing older over anything newer, and bad records alone aside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest

from bridge.pipeline import pull as step
from bridge.store.clusters import Membership
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.sync import SyncState
from bridge.store.tickets import Message, SetAside, Ticket
from connectors.base import AuthFailed, ConnectorError, Page, Rejected, Transient
from connectors.memory import MemoryDesk, MemoryOptions
from tests.pipeline.loop import Loop, ticket
from tests.pipeline.other_side import START


class Scripted:
    """A desk that gives these pages and then fails, or not."""

    name = "desk"
    status_words: ClassVar[dict[str, str]] = {}
    priority_words: ClassVar[dict[str, str]] = {}

    def __init__(self, *pages: Page[Any], error: ConnectorError | None = None) -> None:
        self.pages, self.error, self.asked = pages, error, []

    def pull_tickets(self, cursor: str | None) -> Iterator[Page[Any]]:
        self.asked.append(cursor)
        yield from self.pages
        if self.error:
            raise self.error


@pytest.fixture
def loop(db: Database) -> Loop:
    return Loop(db)


def script(loop: Loop, *pages: Page[Any], error: ConnectorError | None = None) -> Scripted:
    desk = Scripted(*pages, error=error)
    loop.source = replace(loop.source, desk=desk)
    return desk


def state(loop: Loop) -> SyncState:
    [found] = loop.rows(SyncState)
    return found


def test_second_pull_of_the_same_is_skipped(loop: Loop) -> None:
    loop.put(ticket("1"), ticket("2"))
    first, second = loop.pull(), loop.pull()
    assert (first.done, second.done) == (2, 0)
    assert len(loop.rows(Message)) == 2
    [event] = loop.rows(Event, kind="ticket.ingested")
    assert sorted(event.after["tickets"]) == ["1", "2"]


def test_page_that_dies_before_its_commit_leaves_no_row_and_no_cursor(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(name: str) -> None:
        if name == "pull.before_commit":
            raise KeyboardInterrupt

    loop.put(ticket("1"))
    with monkeypatch.context() as patch:
        patch.setattr(step, "failpoint", die)
        with pytest.raises(KeyboardInterrupt):
            loop.pull()
    assert (loop.rows(Ticket), loop.rows(SyncState)) == ([], [])
    assert loop.pull().done == 1
    assert state(loop).cursor


def test_older_version_never_overwrites_a_newer_one(loop: Loop) -> None:
    new = ticket("1", "New words", at=START)
    old = replace(new, subject="Old words", updated_at=START - timedelta(hours=1))
    script(loop, Page((new, old), "c1"), Page((old,), "c2"))
    assert loop.pull().skipped == 2
    [row] = loop.rows(Ticket)
    assert row.subject == "New words"


def test_changed_ticket_is_updated_with_its_parts(loop: Loop) -> None:
    loop.put(ticket("1"))
    loop.pull()
    loop.put(ticket("1", status="solved", body="Other words", updated_at=START))
    assert loop.pull().done == 1
    [row], [message] = loop.rows(Ticket), loop.rows(Message)
    assert (row.status, message.text) == ("solved", "Other words")
    assert loop.rows(Event, kind="ticket.updated")


def test_deleted_ticket_becomes_a_tombstone(loop: Loop) -> None:
    item = ticket("1", tags=("x",), url="https://desk.example/1", attributes={"a": "b"}, csat="good", assignee="7")
    loop.put(item)
    loop.pull()
    loop.cluster("Login fails", "1")
    gone = replace(item, deleted=True, updated_at=START)
    script(loop, Page((gone,), "c1"))
    assert loop.pull().done == 1
    [row] = loop.rows(Ticket)
    assert row.deleted_at == START
    assert (row.subject, row.embed_text, row.embed_hash, row.url, row.csat) == ("", "", None, None, None)
    assert (row.tags, row.attributes, row.requester_key, row.assignee) == ([], {}, None, None)
    assert (loop.rows(Message), loop.rows(Membership)) == ([], [])
    assert loop.pull().done == 0


def test_deletion_is_a_version_too(loop: Loop) -> None:
    before, back = ticket("1", at=START), ticket("1", at=START, updated_at=START + timedelta(hours=2))
    gone = replace(before, deleted=True, updated_at=START + timedelta(hours=1))
    script(loop, Page((before,), "c1"), Page((gone,), "c2"), Page((before,), "c3"))
    loop.pull()
    assert loop.rows(Ticket)[0].deleted_at
    script(loop, Page((back,), "c4"), Page((gone,), "c5"))
    loop.pull()
    assert loop.rows(Ticket)[0].deleted_at is None


def test_rejected_record_is_set_aside_redacted_and_resolved_when_it_comes_well(loop: Loop) -> None:
    bad = Rejected("7", "no date in jo@canary.example", "subject=call +49 30 1234567; jo@canary.example" + " x" * 4500)
    script(loop, Page((), "c1", (bad,)))
    report = loop.pull()
    [row] = loop.rows(SetAside)
    assert (report.failed, row.ref, row.resolved_at) == (1, "7", None)
    assert "canary" not in row.reason + row.excerpt
    assert "1234567" not in row.excerpt
    assert len(row.excerpt) <= 200
    loop.clock.pass_(60)
    script(loop, Page((ticket("7"),), "c2"))
    loop.pull()
    assert loop.rows(SetAside)[0].resolved_at == loop.clock()


@pytest.mark.parametrize(
    "bad",
    [
        ticket("9\x00"),
        ticket("\ud800"),
        ticket(" "),
        ticket("9", updated_at=datetime(2026, 1, 1)),  # noqa: DTZ001 - the bad date is the case
        replace(ticket("9"), messages=ticket("9").messages * 2),
    ],
)
def test_poisoned_ticket_is_set_aside_alone(loop: Loop, bad: Any) -> None:
    script(loop, Page((ticket("1"), bad, ticket("2", "Zwiebel\x00\ud800 ok")), "c1"))
    report = loop.pull()
    assert (report.done, report.failed, report.error) == (2, 1, None)
    assert sorted(row.source_id for row in loop.rows(Ticket)) == ["1", "2"]
    assert len(loop.rows(SetAside)) == 1
    assert state(loop).cursor == "c1"


def test_error_is_recorded_and_the_cursor_stays(loop: Loop) -> None:
    desk = script(loop, Page((ticket("1"),), "c1"), error=Transient("desk: 502 for jo@canary.example"))
    report = loop.pull()
    assert report.done == 1
    assert "canary" not in str(report.error)
    assert (state(loop).cursor, state(loop).last_error, state(loop).last_success_at) == ("c1", report.error, None)
    assert state(loop).auth_failed_at is None
    loop.pull()
    assert desk.asked == [None, "c1"]


def test_refused_credentials_are_noted_until_a_success(loop: Loop) -> None:
    script(loop, error=AuthFailed("desk: the token is refused"))
    loop.pull()
    assert state(loop).auth_failed_at == START
    script(loop)
    loop.pull()
    assert (state(loop).auth_failed_at, state(loop).last_error) == (None, None)


def test_unknown_words_are_counted_and_advised(loop: Loop) -> None:
    loop.put(ticket("1", status="Limbo"), ticket("2", status="Limbo"))
    [note] = loop.pull().notes
    assert note.startswith("2 tickets with the unknown status 'Limbo'")
    assert "[connections.desk.status_map]" in note


def test_stopped_pull_goes_on_where_it_was(loop: Loop) -> None:
    loop.desk = MemoryDesk(MemoryOptions(page_size=2), name="desk", clock=loop.clock)
    loop.source = replace(loop.source, desk=loop.desk)
    loop.put(*(ticket(str(n), at=START - timedelta(hours=n)) for n in range(6)))
    loop.pull(stop=lambda: True)
    assert (len(loop.rows(Ticket)), state(loop).last_success_at) == (2, None)
    loop.pull()
    assert (len(loop.rows(Ticket)), state(loop).last_success_at) == (6, START)
