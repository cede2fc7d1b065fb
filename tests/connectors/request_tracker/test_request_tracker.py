"""Request Tracker keeps the contracts of a help desk and a sink, against the fake."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.base import AuthFailed, NotFound, Permanent, RemedyMessage, Side, Ticket, Transient
from connectors.request_tracker import RequestTracker, pull, rest
from tests.connectors.contract import READ_ERRORS, SECRET, T0, HelpDeskContract, SinkContract, last_cursor
from tests.connectors.fake_api import Reply, Request, bomb
from tests.connectors.request_tracker.desk import stamp
from tests.connectors.request_tracker.fake import FakeRequestTracker


class World:
    """The fake's people: they make, change and delete tickets."""

    faults = frozenset(READ_ERRORS)
    can = frozenset({"delete", "merge", "check_auth"})
    page_size = 5

    def __init__(self, fake: FakeRequestTracker) -> None:
        self.fake = fake
        self.ticket_id = "7"

    def connector(self, **more: Any) -> RequestTracker:
        options = RequestTracker.Options.model_validate(
            {**self.fake.api.options, "token": self.fake.token, "timeout_s": 1.0, **more}
        )
        made = RequestTracker(options, name="desk")
        made._http._sleep = lambda _seconds: None
        return made

    def fault(self, kind: str) -> None:
        if kind == "gzip_bomb":
            bomb()  # packed now, not within the connector's time
        self.fake.api.fault(kind)

    def mend(self) -> None:
        self.fake.api.mend()

    def lose_reply(self) -> None:
        self.fake.api.fault("lost_reply", times=1, method="POST")

    def put(self, ticket_id: str, at: datetime, subject: str) -> None:
        self.fake.seed({"id": ticket_id, "at": at.isoformat(), "subject": subject})

    def delete(self, ticket_id: str, at: datetime) -> None:
        """Now, by the server's clock, by which a pull watches for what vanished."""
        self.fake.seed({"id": ticket_id, "deleted": True})

    def merge(self, ticket_id: str, into: str, at: datetime) -> None:
        self.fake.seed({"id": ticket_id, "merged_into": into})

    def notes(self) -> list[tuple[str, bool]]:
        mine = {
            row["id"]: row["Type"]
            for row in self.fake.data["transactions"]
            if row["ObjectId"] == self.ticket_id and row["Type"] in ("Comment", "Correspond")
        }
        return [
            (row["Content"], mine[row["TransactionId"]] == "Correspond")
            for row in self.fake.data["attachments"]
            if row["TransactionId"] in mine
        ]

    def tags(self) -> set[str]:
        return set(self.fake.data["tickets"][self.ticket_id]["fields"]["Tags"])


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(pull, "PAGE_SIZE", World.page_size)
    fake = FakeRequestTracker(SECRET)
    with fake.api:
        yield World(fake)


class TestDesk(HelpDeskContract):
    other_side = World


class TestSink(SinkContract):
    other_side = World

    @pytest.fixture
    def world(self, world: World) -> World:
        world.fake.seed({"id": world.ticket_id, "subject": "no export", "fields": {"Tags": ["by-people"]}})
        return world


def tickets(world: World, cursor: str | None = None, **options: Any) -> dict[str, Ticket]:
    return {t.id: t for page in world.connector(**options).pull_tickets(cursor) for t in page.items}


def test_a_thread_has_sides_and_is_public_or_not(world: World) -> None:
    world.fake.seed({"id": "1", "subject": "Export fails", "body": "<p>It fails</p>", "content_type": "text/html"})
    world.fake.seed({"id": "1", "reply": "We look", "by": "agent1"})
    world.fake.seed({"id": "1", "comment": "Known?", "by": "agent1"})
    world.fake.seed({"id": "1", "reply": "Any news?", "by": "alice@acme.test"})
    messages = tickets(world)["1"].messages

    assert [(m.author, m.public, m.body, m.content_type) for m in messages] == [
        (Side.CUSTOMER, True, "<p>It fails</p>", "text/html"),
        (Side.AGENT, True, "We look", "text/plain"),
        (Side.AGENT, False, "Known?", "text/plain"),
        (Side.CUSTOMER, True, "Any news?", "text/plain"),
    ]


def test_fields_become_tags_attributes_and_account(world: World) -> None:
    world.fake.seed({"id": "1", "subject": "s", "priority": 60, "fields": {"Tags": ["hw", "x"], "Severity": ["High"]}})
    ticket = tickets(world)["1"]

    assert ticket.tags == ("hw", "x")
    assert ticket.attributes == {"Severity": "High"}
    assert (ticket.requester, ticket.account) == ("alice@acme.test", "Acme Corp")
    assert (ticket.group, ticket.priority, ticket.status) == ("Support", "medium", "new")


def test_hidden_transactions_shorten_a_page_but_not_the_thread(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "PAGE_SIZE", 2)
    world.fake.hidden_types = {"Comment"}
    world.fake.seed({"id": "1", "subject": "s"})
    for number in range(6):
        world.fake.seed({"id": "1", "comment": "c"} if number % 2 else {"id": "1", "reply": f"r{number}"})

    assert [message.body for message in tickets(world)["1"].messages[1:]] == ["r0", "r2", "r4"]


def test_a_list_that_does_not_turn_pages_ends_the_pull(world: World) -> None:
    world.fake.seed({"id": "1", "subject": "s"})

    def same(_request: Request) -> Reply:
        return Reply(200, {"items": [{"id": "1"}], "pages": None})

    world.fake.api._routes.insert(0, ("GET", re.compile("/REST/2.0/ticket/9/history"), same))
    with pytest.raises(Transient, match="turn pages"):
        list(rest.rows(world.connector()._http, "ticket/9/history", "Type"))


def test_only_the_named_queues_are_read(world: World) -> None:
    world.fake.data["queues"]["6"], world.fake.data["fields"]["6"] = "O'Hara", []
    for number, queue in enumerate(("Support", "Billing", "O'Hara"), 1):
        world.fake.seed({"id": str(number), "subject": "s", "queue": queue})

    assert set(tickets(world, queues=("Billing", "O'Hara"))) == {"2", "3"}


def test_unchanged_tickets_cost_no_request_of_their_own(world: World) -> None:
    for number in range(3):
        world.put(str(number + 1), T0 + timedelta(seconds=number), "s")
    cursor = last_cursor(world.connector().pull_tickets(None))
    world.fake.api.requests.clear()
    tickets(world, cursor)

    assert not [request.path for request in world.fake.api.requests if "/history" in request.path]


def test_a_ticket_read_within_its_own_second_is_read_again(world: World) -> None:
    world.fake.seed({"id": "1", "subject": "s"})
    cursor = last_cursor(world.connector().pull_tickets(None))
    world.fake.seed({"id": "1", "reply": "within the same second"})
    world.fake.data["tickets"]["1"]["LastUpdated"] = stamp(datetime.now(UTC) - timedelta(seconds=10))

    assert len(tickets(world, cursor)["1"].messages) == 2


def test_a_ticket_that_cannot_be_read_is_set_aside_and_the_rest_goes_on(world: World) -> None:
    for number in range(3):
        world.put(str(number + 1), T0 + timedelta(minutes=number), "s")
    world.fake.api.fault("403", path="/ticket/2/history")
    world.fake.data["tickets"]["3"]["Created"] = "yesterday"
    pages = list(world.connector().pull_tickets(None))

    assert [t.id for page in pages for t in page.items] == ["1"]
    assert sorted(r.ref for page in pages for r in page.rejected) == ["2", "3"]


def test_a_deletion_that_was_undone_is_no_tombstone(world: World) -> None:
    world.fake.seed({"id": "1", "subject": "s"})
    cursor = last_cursor(world.connector().pull_tickets(None))
    world.fake.seed({"id": "1", "deleted": True})
    later = datetime.now(UTC) + timedelta(seconds=10)
    world.fake.seed({"id": "1", "status": "open", "at": later.isoformat()})

    assert not tickets(world, cursor)["1"].deleted


def test_events_name_people_queues_and_words(world: World) -> None:
    made = world.fake.seed({"id": "1", "subject": "s"})
    now = datetime.now(UTC)
    for field, old, new in (("Owner", "6", "41"), ("Queue", "4", "3"), ("Priority", "0", "100")):
        world.fake.change(made, field, (old, new), at=now, by="agent1")
    world.fake.change(made, "Owner", ("6", "41"), at=now, by="agent1", kind="SetWatcher")
    world.fake.change(made, "Status", ("new", "open"), at=now, by="RT_System", kind="Status")
    events = tickets(world)["1"].events

    assert [(e.kind, e.old, e.new, e.side) for e in events] == [
        ("assignee", None, "agent1", Side.AGENT),
        ("group", "Billing", "Support", Side.AGENT),
        ("priority", None, "high", Side.AGENT),
        ("status", "new", "open", Side.SYSTEM),
    ]


def test_a_note_never_goes_to_correspond(world: World) -> None:
    world.fake.seed({"id": "7", "subject": "s"})
    world.connector().push_remedy("7", RemedyMessage("fixed"), key="k-1")

    assert [r.path for r in world.fake.api.requests if r.method == "POST"] == ["/REST/2.0/ticket/7/comment"]
    assert world.fake.data["mails"] == []


def test_a_note_that_cannot_be_read_back_says_which_right_is_missing(world: World) -> None:
    world.fake.hidden_types = {"Comment"}
    world.fake.seed({"id": "7", "subject": "s"})
    with pytest.raises(Permanent, match="ShowTicketComments"):
        world.connector().push_remedy("7", RemedyMessage("fixed"), key="k-1")


def test_a_ticket_that_is_not_there_is_not_found(world: World) -> None:
    for call in (
        lambda c: c.push_remedy("9", RemedyMessage("x"), key="k"),
        lambda c: c.find_remedy("9", "k"),
        lambda c: c.set_fields("9", {}, {"bridge-x"}),
    ):
        with pytest.raises(NotFound):
            call(world.connector())


def test_a_hidden_ticket_is_not_taken_for_one_without_notes(world: World) -> None:
    world.fake.seed({"id": "7", "subject": "s", "queue": "Secret"})
    with pytest.raises(AuthFailed):
        world.connector().find_remedy("7", "k")


@pytest.mark.parametrize(
    ("fields", "tags", "named"),
    [({"Nope": "1"}, set(), "'Nope'"), ({"Severity": "Gigantic"}, set(), "'Severity'"), ({}, {"bridge-x"}, "'Tags'")],
)
def test_a_field_that_is_not_taken_is_named(world: World, fields: dict, tags: set, named: str) -> None:
    world.fake.seed({"id": "7", "subject": "s", "queue": "Billing" if tags else "Support"})
    with pytest.raises(Permanent, match=named):
        world.connector().set_fields("7", fields, tags)


def test_no_tags_need_no_tags_field(world: World) -> None:
    world.fake.seed({"id": "7", "subject": "s", "queue": "Billing"})
    before = dict(world.fake.data["tickets"]["7"]["fields"])
    world.connector().set_fields("7", {}, set())

    assert world.fake.data["tickets"]["7"]["fields"] == before


def test_fields_are_set_by_name_and_emptied(world: World) -> None:
    world.fake.seed({"id": "7", "subject": "s"})
    world.connector().set_fields("7", {"Severity": "High", "Linked Issue": "R-1"}, {"bridge-b", "bridge-a"})
    world.connector().set_fields("7", {"Linked Issue": ""}, {"bridge-b"})

    fields = world.fake.data["tickets"]["7"]["fields"]
    assert fields == {"Severity": ["High"], "Linked Issue": [], "Tags": ["bridge-b"]}


def test_check_names_a_queue_that_is_not_seen(world: World) -> None:
    with pytest.raises(Permanent, match="'Nope'"):
        world.connector(queues=("Nope",)).check()


def test_check_notices_a_time_zone_that_would_lose_changes(world: World) -> None:
    world.fake.seed({"id": "7", "subject": "s"})
    world.fake.server_zone = timedelta(hours=-5)
    with pytest.raises(Permanent, match="Timezone"):
        world.connector().check()


@pytest.mark.parametrize(("right", "named"), [("may_comment", "CommentOnTicket"), ("may_see_fields", "SeeCustomField")])
def test_check_names_a_missing_right(world: World, right: str, named: str) -> None:
    world.fake.seed({"id": "7", "subject": "s"})
    setattr(world.fake, right, False)
    with pytest.raises(Permanent, match=named):
        world.connector().check()


def test_check_says_who_we_are(world: World) -> None:
    fake = FakeRequestTracker()
    with fake.api:
        assert "as bridge; queues Billing, Support" in World(fake).connector().check()


def test_unknown_priority_words_are_refused() -> None:
    with pytest.raises(ValidationError, match="burning"):
        RequestTracker.Options(base_url="https://rt.example.com", token="t", priority_bands={"burning": 9})
