"""The connector on a real Request Tracker. The server is shared: no test relies on an empty desk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors._paging import Keyset
from connectors._position import Position
from connectors.base import NotFound, Page, Permanent, RemedyMessage, Side, Ticket
from connectors.request_tracker import RequestTracker, pull
from tests.connectors.contract import SinkContract, last_cursor
from tests.connectors.relay import Relay
from tests.services.servers import RequestTrackerServer

pytestmark = pytest.mark.services


def connector(server: RequestTrackerServer, user: str = "bridge", **more: Any) -> RequestTracker:
    return RequestTracker(RequestTracker.Options.model_validate({**server.options(user), **more}), name="desk")


def make(server: RequestTrackerServer, subject: str, by: str = "alice", **more: Any) -> str:
    ticket = {"Queue": "Support", "Subject": subject, "Content": "It fails.", "ContentType": "text/plain"}
    requestor = {} if by in ("root", "agent1") else {"Requestor": f"{by}@{'acme' if by == 'alice' else 'globex'}.test"}
    answer = server.session(by).post(f"{server.api}/ticket", json={**ticket, **requestor, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def do(server: RequestTrackerServer, method: str, path: str, by: str = "root", **body: Any) -> None:
    answer = server.session(by).request(method, f"{server.api}/{path}", json=body)
    assert answer.ok, answer.text


def say(server: RequestTrackerServer, ticket_id: str, kind: str, text: str, by: str) -> None:
    do(server, "POST", f"ticket/{ticket_id}/{kind}", by, Content=text, ContentType="text/plain")


def tickets(pages: Iterator[Page[Ticket]]) -> dict[str, Ticket]:
    return {ticket.id: ticket for page in pages for ticket in page.items}


def since_now() -> str:
    """A cursor from which a pull reads what changes from now on: the server keeps the tickets of every test."""
    at = datetime.now(UTC) - timedelta(seconds=2)
    return Position(Keyset(at + pull.OVERLAP).dump(), at).dump()


@pytest.fixture
def start() -> str:
    return since_now()


class World:
    faults: frozenset[str] = frozenset()

    def __init__(self, server: RequestTrackerServer, relay: Relay) -> None:
        self._server, self._relay, self._start = server, relay, since_now()
        self.ticket_id = make(server, "no export")
        do(server, "PUT", f"ticket/{self.ticket_id}", CustomFields={"Tags": ["by-people"]})

    def connector(self) -> RequestTracker:
        return connector(self._server, base_url=self._relay.url)

    def lose_reply(self) -> None:
        self._relay.fault("lost_reply", times=1, method="POST")

    def notes(self) -> list[tuple[str, bool]]:
        ticket = tickets(connector(self._server).pull_tickets(self._start))[self.ticket_id]
        return [(message.body, message.public) for message in ticket.messages[1:]]

    def tags(self) -> set[str]:
        ticket = self._server.session("root").get(f"{self._server.api}/ticket/{self.ticket_id}").json()
        return {value for field in ticket["CustomFields"] if field["name"] == "Tags" for value in field["values"]}


@pytest.fixture
def world(request_tracker_server: RequestTrackerServer) -> Iterator[World]:
    with Relay(request_tracker_server.url) as relay:
        yield World(request_tracker_server, relay)


class TestRealSink(SinkContract):
    """Faults are the fake's business; only a lost reply is played here."""

    other_side = World


def test_a_thread_has_sides_words_and_account(request_tracker_server: RequestTrackerServer, start: str) -> None:
    server = request_tracker_server
    ticket_id = make(server, "Export fails é", Content="<p>It <b>fails</b></p>", ContentType="text/html")
    say(server, ticket_id, "correspond", "We look", "agent1")
    say(server, ticket_id, "comment", "Known?", "agent1")
    say(server, ticket_id, "correspond", "Any news?", "alice")
    do(server, "PUT", f"ticket/{ticket_id}", Priority=60, Owner="agent1", Queue="Billing", Status="stalled")
    ticket = tickets(connector(server).pull_tickets(start))[ticket_id]

    assert [(m.author, m.public, m.body, m.content_type) for m in ticket.messages] == [
        (Side.CUSTOMER, True, "<p>It <b>fails</b></p>", "text/html"),
        (Side.AGENT, True, "We look", "text/plain"),
        (Side.AGENT, False, "Known?", "text/plain"),
        (Side.CUSTOMER, True, "Any news?", "text/plain"),
    ]
    changes = {(event.kind, event.old, event.new) for event in ticket.events}
    assert {("assignee", None, "agent1"), ("group", "Support", "Billing"), ("status", "open", "stalled")} <= changes
    assert (ticket.subject, ticket.status, ticket.priority) == ("Export fails é", "stalled", "medium")
    assert (ticket.group, ticket.assignee) == ("Billing", "agent1")
    assert (ticket.requester, ticket.requester_name, ticket.account) == ("alice@acme.test", "Alice Adams", "Acme Corp")


def test_what_an_agent_enters_for_a_customer_is_the_customers(
    request_tracker_server: RequestTrackerServer, start: str
) -> None:
    server = request_tracker_server
    ticket_id = make(server, "by phone", by="agent1", Requestor="bob@globex.test")
    message = tickets(connector(server).pull_tickets(start))[ticket_id].messages[0]

    assert message.author is Side.CUSTOMER


def test_all_pages_are_read_and_then_only_changes(
    request_tracker_server: RequestTrackerServer, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    server = request_tracker_server
    monkeypatch.setattr(pull, "PAGE_SIZE", 2)
    made = {make(server, f"s{number}") for number in range(5)}
    pages = list(connector(server).pull_tickets(start))
    assert made <= {ticket.id for page in pages for ticket in page.items}
    say(server, min(made), "correspond", "again", "alice")
    changed = tickets(connector(server).pull_tickets(pages[-1].cursor))

    assert changed[min(made)].messages[-1].body == "again"


def test_deleted_and_merged_tickets_come_back_as_such(request_tracker_server: RequestTrackerServer, start: str) -> None:
    server = request_tracker_server
    deleted, merged, target, undone = (make(server, name) for name in ("deleted", "merged", "target", "undone"))
    cursor = last_cursor(connector(server).pull_tickets(start))
    for ticket_id in (deleted, undone):
        do(server, "PUT", f"ticket/{ticket_id}", Status="deleted")
    do(server, "PUT", f"ticket/{undone}", Status="open")
    do(server, "PUT", f"ticket/{merged}", MergeInto=int(target))
    found = tickets(connector(server).pull_tickets(cursor))

    assert found[deleted].deleted
    assert found[merged].merged_into == target
    assert undone not in found or not found[undone].deleted


def test_only_the_named_queues_are_read(request_tracker_server: RequestTrackerServer, start: str) -> None:
    server = request_tracker_server
    billing, support = make(server, "b", Queue="Billing"), make(server, "s")
    found = tickets(connector(server, queues=("Billing",)).pull_tickets(start))

    assert billing in found
    assert support not in found


def test_the_customer_gets_mail_of_a_reply_and_none_of_a_remedy(request_tracker_server: RequestTrackerServer) -> None:
    server = request_tracker_server
    ticket_id = make(server, "mail me", by="bob")
    before = len(server.mail.to("bob@globex.test"))
    sink = connector(server)
    sink.push_remedy(ticket_id, RemedyMessage("Fixed in 4.2 — größer"), key="mail-1")
    sink.set_fields(ticket_id, {"Linked Issue": "R-1"}, {"bridge-known"})
    assert sink.find_remedy(ticket_id, "mail-1")
    assert len(server.mail.to("bob@globex.test")) == before
    say(server, ticket_id, "correspond", "a public reply", "agent1")

    assert len(server.mail.to("bob@globex.test")) == before + 1


def test_fields_are_set_emptied_and_refused_by_name(request_tracker_server: RequestTrackerServer, start: str) -> None:
    server = request_tracker_server
    ticket_id, sink = make(server, "fields"), connector(server)
    sink.set_fields(ticket_id, {"Severity": "High", "Linked Issue": "R-1"}, {"bridge-a", "bridge-b"})
    sink.set_fields(ticket_id, {"Linked Issue": ""}, {"bridge-b"})
    ticket = tickets(sink.pull_tickets(start))[ticket_id]

    assert ticket.attributes == {"Severity": "High"}
    assert ticket.tags == ("bridge-b",)
    for fields, named in (({"Nope": "x"}, "'Nope'"), ({"Severity": "Gigantic"}, "'Severity'")):
        with pytest.raises(Permanent, match=named):
            sink.set_fields(ticket_id, fields, {"bridge-b"})
    with pytest.raises(Permanent, match="'Tags'"):
        sink.set_fields(make(server, "no fields there", Queue="Billing"), {}, {"bridge-b"})


def test_check_says_who_we_are_and_what_to_mend(request_tracker_server: RequestTrackerServer) -> None:
    server = request_tracker_server
    make(server, "one to look at")

    assert "as bridge; queues Billing, Support" in connector(server, queues=("Support",)).check()
    for user, options, named in (
        ("narrow", {}, "CommentOnTicket"),
        ("distant", {}, "Timezone"),
        ("bridge", {"queues": ("Secret",)}, "'Secret'"),
    ):
        with pytest.raises(Permanent, match=named):
            connector(server, user, **options).check()


def test_a_reader_may_not_write_and_a_missing_ticket_is_not_found(request_tracker_server: RequestTrackerServer) -> None:
    server = request_tracker_server
    with pytest.raises(Permanent, match="CommentOnTicket"):
        connector(server, "narrow").push_remedy(make(server, "read only"), RemedyMessage("x"), key="k")
    with pytest.raises(NotFound):
        connector(server).push_remedy("999999", RemedyMessage("x"), key="k")
