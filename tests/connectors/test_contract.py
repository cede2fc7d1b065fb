"""The contract suite itself: a right connector over HTTP passes it, the usual wrong ones do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors._http import Http
from connectors._options import HttpOptions
from connectors._paging import Batch, Row, keyset_pages, stamp_of
from connectors.base import Message, Page, Side, Ticket
from tests.connectors.contract import READ_ERRORS, SECRET, T0, FaultContract, HelpDeskContract, fill, subjects
from tests.connectors.fake_api import FakeApi, Reply, Request

PAGE_SIZE = 4


class ExampleDesk:
    """As small as a help desk over HTTP can be."""

    status_words: Mapping[str, str] = {"open": "open"}
    priority_words: Mapping[str, str] = {}

    def __init__(self, options: HttpOptions, *, name: str) -> None:
        self.name = name
        self._http = Http(
            options,
            name=name,
            auth=lambda: {"Authorization": f"Bearer {SECRET}"},
            sleep=lambda _seconds: None,
        )

    def check(self) -> str:
        return f"{self.name}: {len(self._http.get_json('tickets'))} tickets on the first page"

    def pull_tickets(self, cursor: str | None) -> Iterator[Page[Ticket]]:
        for rows, after, total in keyset_pages(self._fetch, cursor, overlap=timedelta(seconds=90)):
            yield Page(tuple(row.item for row in rows), after, total=total)

    def _fetch(self, since: datetime | None, page: int) -> Batch[Ticket]:
        params = {"page": page, **({"since": since.isoformat()} if since else {})}
        raw = self._http.get_json("tickets", params)
        rows = [Row(r["id"], datetime.fromisoformat(r["updated"]), stamp_of(r), ticket_of(r)) for r in raw]
        return Batch(rows, more=len(rows) == PAGE_SIZE)


class TimestampDesk(ExampleDesk):
    """Wrong: asks for what is newer than the last row it saw."""

    def pull_tickets(self, cursor: str | None) -> Iterator[Page[Ticket]]:
        while True:
            since = datetime.fromisoformat(cursor) + timedelta(seconds=1) if cursor else None
            batch = self._fetch(since, 0)
            if not batch.rows:
                return
            cursor = max(row.at for row in batch.rows).isoformat()
            yield Page(tuple(row.item for row in batch.rows), cursor)


class OffsetDesk(ExampleDesk):
    """Wrong: turns pages of a list that moves."""

    def pull_tickets(self, cursor: str | None) -> Iterator[Page[Ticket]]:
        page = 0
        while (batch := self._fetch(datetime.fromisoformat(cursor) if cursor else None, page)).rows:
            page += 1
            yield Page(tuple(row.item for row in batch.rows), batch.rows[-1].at.isoformat())


def ticket_of(raw: dict[str, str]) -> Ticket:
    said = Message("1", Side.CUSTOMER, public=True, created_at=T0, body=raw["subject"])
    at = datetime.fromisoformat(raw["updated"])
    return Ticket(
        raw["id"],
        T0,
        at,
        raw["subject"],
        (said,),
        deleted=raw["status"] == "deleted",
        merged_into=raw.get("merged_into"),
    )


class ExampleWorld:
    faults = frozenset(READ_ERRORS)
    can = frozenset({"delete", "merge"})
    page_size = PAGE_SIZE

    def __init__(self, api: FakeApi, made: type[ExampleDesk] = ExampleDesk) -> None:
        self.api = api
        self.made = made
        self.rows: dict[str, dict[str, str]] = {}
        api.authorize = lambda request: request.headers.get("Authorization") == f"Bearer {SECRET}"
        api.route("GET", "/tickets")(self.list)

    def list(self, request: Request) -> Reply:
        since, page = request.arg("since"), int(request.arg("page", "0"))
        found = sorted(self.rows.values(), key=lambda row: (row["updated"], row["id"]))
        found = [row for row in found if row["updated"] >= since]
        return Reply(body=found[page * PAGE_SIZE : (page + 1) * PAGE_SIZE])

    def connector(self) -> ExampleDesk:
        return self.made(HttpOptions(**self.api.options), name="example")

    def fault(self, kind: str) -> None:
        self.api.fault(kind)

    def mend(self) -> None:
        self.api.mend()

    def put(self, ticket_id: str, at: datetime, subject: str, **more: str) -> None:
        row = {"id": ticket_id, "updated": at.isoformat(), "subject": subject, "status": "open", **more}
        self.rows[ticket_id] = row

    def delete(self, ticket_id: str, at: datetime) -> None:
        self.put(ticket_id, at, "", status="deleted")

    def merge(self, ticket_id: str, into: str, at: datetime) -> None:
        self.put(ticket_id, at, "", merged_into=into)


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with FakeApi() as api:
        yield api


class TestExampleDesk(HelpDeskContract):
    other_side = ExampleWorld

    @pytest.fixture
    def world(self, api: FakeApi) -> ExampleWorld:
        return ExampleWorld(api)

    def test_a_ticket_that_changes_between_two_requests_is_not_lost(self, world: ExampleWorld) -> None:
        expected = fill(world, 3 * PAGE_SIZE, step=timedelta(0))
        moves = iter(["1", "2"])

        def move(_request: Request) -> None:
            ticket_id = next(moves, None)
            if ticket_id:
                world.put(ticket_id, T0 + timedelta(hours=1), f"subject {ticket_id}")

        world.api.on_request = move
        assert subjects(world.connector().pull_tickets(None)) == expected


@pytest.mark.parametrize("made", [TimestampDesk, OffsetDesk])
def test_the_usual_wrong_connectors_are_found_out(made: type[ExampleDesk]) -> None:
    suite = HelpDeskContract()
    caught = []
    checks: list[Any] = [
        suite.test_equal_times_across_a_page_border_lose_nothing,
        lambda world: suite.test_tickets_that_change_during_the_pull_lose_nothing(world, timedelta(0)),
        suite.test_the_last_cursor_gives_only_what_changed,
    ]
    for check in checks:
        with FakeApi() as api:
            try:
                check(ExampleWorld(api, made))
            except (AssertionError, IndexError):
                caught.append(check)
    assert caught


class PoorWorld(ExampleWorld):
    faults = frozenset({"401"})
    can = frozenset({"delete"})


def test_what_the_other_side_cannot_play_is_no_test_of_its_connector() -> None:
    class Poor(HelpDeskContract):
        other_side = PoorWorld

    class Dumb(HelpDeskContract):
        other_side = type("DumbWorld", (ExampleWorld,), {"faults": frozenset(), "can": frozenset()})

    def tests_of(suite: type[HelpDeskContract]) -> set[str]:
        return {name for name in vars(HelpDeskContract) | vars(FaultContract) if callable(getattr(suite, name, None))}

    assert tests_of(TestExampleDesk) == tests_of(HelpDeskContract)
    assert tests_of(HelpDeskContract) - tests_of(Poor) == {"test_a_merged_ticket_names_its_target"}
    assert tests_of(Poor) - tests_of(Dumb) == {
        "test_a_deleted_ticket_comes_as_a_tombstone",
        "test_a_failing_read_raises_the_right_error",
        "test_check_says_what_to_mend",
    }
