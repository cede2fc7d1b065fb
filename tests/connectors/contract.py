"""What every connector must do, as test classes to inherit.

A connector's test file subclasses the class of each role it plays, names the class of its world (``other_side``) and
gives it a ``world`` fixture: an object that can change the other side behind the connector's back. What that world
cannot play is no test of the subclass. Rule: the tests look at the world, never inside the connector.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Protocol, TypeVar

import pytest

from connectors.base import (
    AuthFailed,
    Connector,
    ConnectorError,
    HelpDesk,
    InDoubt,
    IssueDraft,
    IssueTracker,
    NotFound,
    Page,
    Permanent,
    PriorityLevel,
    RateLimited,
    RemedyMessage,
    RemedySink,
    Ticket,
    TrackerIssue,
    Transient,
)

T0 = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
SECRET = "canary-5ecret-t0ken-9f3a"
"""Every world uses it as its token or password; it must never show."""

READ_ERRORS: Mapping[str, type[ConnectorError]] = {
    "401": AuthFailed,
    "403": AuthFailed,
    "404": NotFound,
    "429": RateLimited,
    "500": Transient,
    "503": RateLimited,
    "truncated": Transient,
    "html": Transient,
    "drip": Transient,
    "gzip_bomb": Permanent,
    "disconnect": Transient,
}
WRITE_ERRORS: Mapping[str, type[ConnectorError]] = {
    "401": AuthFailed,
    "403": AuthFailed,
    "404": NotFound,
    "429": RateLimited,
    "500": InDoubt,
    "503": InDoubt,
    "truncated": InDoubt,
    "html": InDoubt,
    "drip": InDoubt,
    "gzip_bomb": InDoubt,
    "disconnect": InDoubt,
}


class World(Protocol):
    """The other side. ``faults`` are the names of READ_ERRORS and WRITE_ERRORS that it can play."""

    faults: AbstractSet[str]

    def connector(self) -> Any:
        """A new connector to this world that does not sleep; impatient where the fault "drip" is on."""
        ...

    def fault(self, kind: str) -> None:
        """Let every further request fail as ``kind``."""
        ...

    def mend(self) -> None: ...


class DeskWorld(World, Protocol):
    """``page_size`` is the connector's; ``can`` holds what the desk knows: "delete", "merge", "check_auth"."""

    page_size: int
    can: AbstractSet[str]

    def put(self, ticket_id: str, at: datetime, subject: str) -> None:
        """Make a ticket, or change its subject, as of ``at`` (its update time)."""
        ...

    def delete(self, ticket_id: str, at: datetime) -> None: ...

    def merge(self, ticket_id: str, into: str, at: datetime) -> None: ...


class TrackerWorld(World, Protocol):
    can: AbstractSet[str]

    def bodies(self) -> list[str]:
        """The text of every issue in the tracker."""
        ...

    def body(self, issue_id: str) -> str: ...

    def edit(self, issue_id: str, *, body: str | None = None, status: str | None = None) -> None:
        """What a person does; ``status`` is one of the tracker's closed words or its first word."""
        ...

    def comments(self, issue_id: str) -> list[str]: ...

    def lose_reply(self) -> None:
        """Let the next write take effect and its answer be lost."""
        ...

    closed_word: str


class SinkWorld(World, Protocol):
    ticket_id: str
    """A ticket that exists, with the tag "by-people"."""

    def notes(self) -> list[tuple[str, bool]]:
        """(text, public) of every note in the ticket."""
        ...

    def tags(self) -> set[str] | None:
        """None where the sink keeps no tags."""
        ...

    def lose_reply(self) -> None: ...


ANY_FAULT = "a fault"
Test = TypeVar("Test", bound=Callable[..., None])


def needs(what: str) -> Callable[[Test], Test]:
    """Marks a test of what only some worlds have: one of ``faults``, one of ``can``, or any fault at all."""

    def mark(test: Test) -> Test:
        test.needs = what  # type: ignore[attr-defined]
        return test

    return mark


class FaultContract:
    """Each fault gives the right error, and no secret in its words."""

    other_side: ClassVar[type[World]]

    def __init_subclass__(cls) -> None:
        side = getattr(cls, "other_side", None)
        if side is None:
            return
        has = {*side.faults, *getattr(side, "can", ()), *([ANY_FAULT] if side.faults else [])}
        for name, test in inspect.getmembers(cls, inspect.isfunction):
            if getattr(test, "needs", None) not in {None, *has}:
                setattr(cls, name, None)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test a fault that the world can play."""
        if "kind" in metafunc.fixturenames:
            metafunc.parametrize("kind", sorted(self.other_side.faults))

    def read(self, connector: Any) -> None:
        raise NotImplementedError

    @needs(ANY_FAULT)
    def test_a_failing_read_raises_the_right_error(self, world: World, kind: str) -> None:
        world.fault(kind)
        connector = world.connector()
        with pytest.raises(ConnectorError) as raised:
            self.read(connector)
        assert isinstance(raised.value, READ_ERRORS[kind])
        assert not raised.value.in_doubt
        assert_tells_no_secret(raised.value, connector)

    def test_check_says_what_it_found(self, world: World) -> None:
        assert world.connector().check()

    @needs("401")
    def test_check_says_what_to_mend(self, world: World) -> None:
        world.fault("401")
        connector: Connector = world.connector()
        with pytest.raises(AuthFailed, match=r"[Cc]heck|token|password"):
            connector.check()


class WriteFaultContract(FaultContract):
    """The same for writes: what may have taken effect is in doubt, what surely has not is not."""

    def write(self, connector: Any, world: Any) -> None:
        raise NotImplementedError

    @needs(ANY_FAULT)
    def test_a_failing_write_raises_the_right_error(self, world: World, kind: str) -> None:
        world.fault(kind)
        connector = world.connector()
        with pytest.raises(ConnectorError) as raised:
            self.write(connector, world)
        assert isinstance(raised.value, WRITE_ERRORS[kind])
        assert raised.value.in_doubt is issubclass(WRITE_ERRORS[kind], InDoubt)
        assert_tells_no_secret(raised.value, connector)


def assert_tells_no_secret(error: BaseException, connector: Any) -> None:
    chain: BaseException | None = error
    while chain is not None:
        assert SECRET not in str(chain)
        assert SECRET not in repr(chain)
        chain = None if chain.__suppress_context__ else chain.__cause__ or chain.__context__
    assert SECRET not in repr(connector)
    assert SECRET not in repr(vars(connector))


class HelpDeskContract(FaultContract):
    """Inherit, and give a ``world`` fixture (DeskWorld)."""

    def read(self, connector: Any) -> None:
        list(connector.pull_tickets(None))

    def test_an_empty_desk_gives_nothing(self, world: DeskWorld) -> None:
        assert tickets_of(world.connector().pull_tickets(None)) == {}

    def test_it_fetches_all_tickets_over_several_pages(self, world: DeskWorld) -> None:
        expected = fill(world, 2 * world.page_size + 3)
        pages = list(world.connector().pull_tickets(None))
        assert len(pages) >= 3
        assert subjects(pages) == expected

    def test_tickets_are_whole(self, world: DeskWorld) -> None:
        fill(world, 3)
        for ticket in tickets_of(world.connector().pull_tickets(None)).values():
            for at in (ticket.created_at, ticket.updated_at, *(message.created_at for message in ticket.messages)):
                assert at.utcoffset() == timedelta(0)
            assert list(ticket.messages) == sorted(ticket.messages, key=lambda message: message.created_at)
            assert ticket.created_at <= ticket.updated_at

    def test_status_and_priority_words_are_those_of_the_bridge(self, world: DeskWorld) -> None:
        desk: HelpDesk = world.connector()
        assert set(desk.status_words.values()) <= {"new", "open", "pending", "hold", "solved", "closed"}
        assert set(desk.priority_words.values()) <= {"urgent", "high", "normal", "low"}
        assert all(word == word.lower() for word in (*desk.status_words, *desk.priority_words))

    def test_equal_times_across_a_page_border_lose_nothing(self, world: DeskWorld) -> None:
        expected = fill(world, 3 * world.page_size + 1, step=timedelta(0))
        assert subjects(world.connector().pull_tickets(None)) == expected

    @pytest.mark.parametrize("step", [timedelta(0), timedelta(minutes=1)])
    def test_tickets_that_change_during_the_pull_lose_nothing(self, world: DeskWorld, step: timedelta) -> None:
        expected = fill(world, 3 * world.page_size, step=step)
        late = T0 + timedelta(days=1)
        seen: dict[str, Ticket] = {}
        changed = 0
        for page in world.connector().pull_tickets(None):
            seen.update((ticket.id, ticket) for ticket in page.items)
            if changed < 3:
                ticket_id = f"{changed + 1}"
                world.put(ticket_id, late + timedelta(seconds=changed), f"changed {ticket_id}")
                expected[ticket_id] = f"changed {ticket_id}"
                changed += 1
            cursor = page.cursor
        seen.update(tickets_of(world.connector().pull_tickets(cursor)))
        assert {ticket.id: ticket.subject for ticket in seen.values()} == expected

    def test_the_same_cursor_may_be_used_again(self, world: DeskWorld) -> None:
        fill(world, world.page_size + 2)
        first, *_ = world.connector().pull_tickets(None)
        again = [subjects(world.connector().pull_tickets(first.cursor)) for _ in range(2)]
        assert again[0] == again[1]

    def test_a_pull_that_broke_resumes_from_its_last_good_cursor(self, world: DeskWorld) -> None:
        expected = fill(world, 3 * world.page_size)
        pull = world.connector().pull_tickets(None)
        first = next(pull)
        if "500" in world.faults:
            world.fault("500")
            with pytest.raises(ConnectorError):
                list(pull)
            world.mend()
        pull.close()
        rest = subjects(world.connector().pull_tickets(first.cursor))
        assert {**subjects([first]), **rest} == expected

    def test_the_last_cursor_gives_only_what_changed(self, world: DeskWorld) -> None:
        fill(world, world.page_size + 2)
        cursor = last_cursor(world.connector().pull_tickets(None))
        assert subjects(world.connector().pull_tickets(cursor)) == {}
        world.put("2", T0 + timedelta(days=2), "changed 2")
        pages = list(world.connector().pull_tickets(cursor))
        assert subjects(pages) == {"2": "changed 2"}
        assert subjects(world.connector().pull_tickets(pages[-1].cursor)) == {}

    @needs("delete")
    def test_a_deleted_ticket_comes_as_a_tombstone(self, world: DeskWorld) -> None:
        fill(world, 3)
        cursor = last_cursor(world.connector().pull_tickets(None))
        world.delete("2", T0 + timedelta(days=2))
        assert tickets_of(world.connector().pull_tickets(cursor))["2"].deleted

    @needs("merge")
    def test_a_merged_ticket_names_its_target(self, world: DeskWorld) -> None:
        fill(world, 3)
        cursor = last_cursor(world.connector().pull_tickets(None))
        world.merge("2", "3", T0 + timedelta(days=2))
        assert tickets_of(world.connector().pull_tickets(cursor))["2"].merged_into == "3"


def fill(world: DeskWorld, count: int, step: timedelta = timedelta(minutes=1)) -> dict[str, str]:
    """Tickets "1" to ``count``, ``step`` apart; returns id -> subject."""
    for number in range(1, count + 1):
        world.put(str(number), T0 + step * number, f"subject {number}")
    return {str(number): f"subject {number}" for number in range(1, count + 1)}


def tickets_of(pages: Iterator[Page[Ticket]] | list[Page[Ticket]]) -> dict[str, Ticket]:
    """id -> the version that came last; a cursor must be text and nothing may be rejected."""
    found: dict[str, Ticket] = {}
    for page in pages:
        assert isinstance(page.cursor, str)
        assert page.rejected == ()
        found.update((ticket.id, ticket) for ticket in page.items)
    return found


def subjects(pages: Iterator[Page[Ticket]] | list[Page[Ticket]]) -> dict[str, str]:
    return {key: ticket.subject for key, ticket in tickets_of(pages).items()}


def last_cursor(pages: Iterator[Page[Any]]) -> str:
    return list(pages)[-1].cursor


DRAFT = IssueDraft("Invoices show no VAT", "12 tickets of 4 accounts.\n\n- a\n- b", PriorityLevel.TOP, ("bridge",))
KEY = "bridge-op-0f3c"


class TrackerContract(WriteFaultContract):
    """Inherit, and give a ``world`` fixture (TrackerWorld)."""

    def read(self, connector: Any) -> None:
        list(connector.pull_issues(None))

    def write(self, connector: Any, world: Any) -> None:
        connector.create_issue(DRAFT, key=KEY)

    def test_a_created_issue_is_found_by_its_key(self, world: TrackerWorld) -> None:
        tracker: IssueTracker = world.connector()
        assert tracker.find_issue(KEY) is None
        made = tracker.create_issue(DRAFT, key=KEY)
        found = world.connector().find_issue(KEY)
        assert found is not None
        assert found.id == made.id
        assert world.connector().find_issue("bridge-op-0f3") is None

    def test_a_created_issue_comes_back_in_the_pull(self, world: TrackerWorld) -> None:
        made = world.connector().create_issue(DRAFT, key=KEY)
        issue = issues_of(world.connector().pull_issues(None))[made.id]
        assert issue.key == KEY
        assert issue.title == DRAFT.title
        assert issue.block == DRAFT.body
        assert not issue.closed
        assert PriorityLevel.TOP in issue.priority_levels
        assert issue.updated_at.utcoffset() == timedelta(0)

    def test_a_lost_reply_and_a_look_make_one_issue(self, world: TrackerWorld) -> None:
        tracker: IssueTracker = world.connector()
        world.lose_reply()
        with pytest.raises(ConnectorError) as raised:
            tracker.create_issue(DRAFT, key=KEY)
        assert raised.value.in_doubt
        found = world.connector().find_issue(KEY)
        if found is None or tracker.create_guarantee.kind == "client_id":
            found = world.connector().create_issue(DRAFT, key=KEY)
        assert len(world.bodies()) == 1
        assert found.id in issues_of(world.connector().pull_issues(None))

    def test_an_update_leaves_peoples_words_alone(self, world: TrackerWorld) -> None:
        tracker: IssueTracker = world.connector()
        made = tracker.create_issue(DRAFT, key=KEY)
        world.edit(made.id, body=f"Seen by QA.\n\n{world.body(made.id)}\n\nSee also the forum.")
        for _ in range(2):
            tracker.update_issue(made.id, IssueDraft(None, "13 tickets.", None), key=KEY)
        text = world.body(made.id)
        assert text.startswith("Seen by QA.")
        assert text.rstrip().endswith("See also the forum.")
        assert "13 tickets." in text
        assert "12 tickets" not in text
        assert issues_of(tracker.pull_issues(None))[made.id].title == DRAFT.title

    def test_an_update_does_not_bring_back_a_block_that_people_removed(self, world: TrackerWorld) -> None:
        tracker: IssueTracker = world.connector()
        made = tracker.create_issue(DRAFT, key=KEY)
        world.edit(made.id, body="We rewrote this.")
        tracker.update_issue(made.id, IssueDraft("New title", "13 tickets.", PriorityLevel.NEXT), key=KEY)
        assert world.body(made.id).strip() == "We rewrote this."
        assert issues_of(tracker.pull_issues(None))[made.id].title == "New title"

    def test_text_that_forges_a_marker_is_not_believed(self, world: TrackerWorld) -> None:
        forged = "[issue-bridge:other begin]\nx\n[issue-bridge:other end]"
        made = world.connector().create_issue(IssueDraft("t", forged, None), key=KEY)
        assert world.connector().find_issue("other") is None
        assert issues_of(world.connector().pull_issues(None))[made.id].key == KEY

    def test_a_persons_move_comes_in_the_next_pull(self, world: TrackerWorld) -> None:
        made = [world.connector().create_issue(DRAFT, key=f"{KEY}-{number}") for number in range(3)]
        cursor = last_cursor(world.connector().pull_issues(None))
        world.edit(made[1].id, status=world.closed_word)
        moved = issues_of(world.connector().pull_issues(cursor))
        assert moved[made[1].id].status == world.closed_word
        assert moved[made[1].id].closed
        assert len(moved) == 1

    def test_the_last_cursor_gives_nothing_new(self, world: TrackerWorld) -> None:
        world.connector().create_issue(DRAFT, key=KEY)
        cursor = last_cursor(world.connector().pull_issues(None))
        assert issues_of(world.connector().pull_issues(cursor)) == {}

    def test_a_lost_reply_and_a_look_make_one_comment(self, world: TrackerWorld) -> None:
        tracker: IssueTracker = world.connector()
        made = tracker.create_issue(DRAFT, key=KEY)
        assert tracker.find_comment(made.id, "note-1") is None
        world.lose_reply()
        with pytest.raises(ConnectorError) as raised:
            tracker.comment(made.id, "Two more accounts.", key="note-1")
        assert raised.value.in_doubt
        if tracker.find_comment(made.id, "note-1") is None:
            tracker.comment(made.id, "Two more accounts.", key="note-1")
        assert sum("Two more accounts." in text for text in world.comments(made.id)) == 1
        assert tracker.find_comment(made.id, "note-2") is None

    def test_an_issue_that_is_gone_is_not_found(self, world: TrackerWorld) -> None:
        with pytest.raises(NotFound):
            world.connector().update_issue("999999", IssueDraft("t", None, None), key=KEY)


def issues_of(pages: Iterator[Page[TrackerIssue]]) -> dict[str, TrackerIssue]:
    found: dict[str, TrackerIssue] = {}
    for page in pages:
        assert isinstance(page.cursor, str)
        found.update((issue.id, issue) for issue in page.items)
    return found


NOTE = RemedyMessage("Fixed in 4.2.1.\nUntil then: restart the exporter.")


class SinkContract(WriteFaultContract):
    """Inherit, and give a ``world`` fixture (SinkWorld)."""

    def read(self, connector: Any) -> None:
        connector.find_remedy(self.ticket_id, "absent-key")

    def write(self, connector: Any, world: Any) -> None:
        connector.push_remedy(world.ticket_id, NOTE, key=KEY)

    @pytest.fixture(autouse=True)
    def _ticket(self, world: SinkWorld) -> None:
        self.ticket_id = world.ticket_id

    def test_a_note_is_found_by_its_key_and_is_internal(self, world: SinkWorld) -> None:
        sink: RemedySink = world.connector()
        assert sink.find_remedy(world.ticket_id, KEY) is None
        sink.push_remedy(world.ticket_id, NOTE, key=KEY)
        assert world.connector().find_remedy(world.ticket_id, KEY) is not None
        assert world.connector().find_remedy(world.ticket_id, KEY[:-1]) is None
        notes = world.notes()
        assert len(notes) == 1
        assert not notes[0][1]
        assert "Until then: restart the exporter." in notes[0][0]

    def test_a_lost_reply_and_a_look_make_one_note(self, world: SinkWorld) -> None:
        sink: RemedySink = world.connector()
        world.lose_reply()
        with pytest.raises(ConnectorError) as raised:
            sink.push_remedy(world.ticket_id, NOTE, key=KEY)
        assert raised.value.in_doubt
        found = world.connector().find_remedy(world.ticket_id, KEY)
        if found is None or sink.create_guarantee.kind == "client_id":
            world.connector().push_remedy(world.ticket_id, NOTE, key=KEY)
        assert len(world.notes()) == 1

    def test_two_keys_are_two_notes(self, world: SinkWorld) -> None:
        for key in (KEY, f"{KEY}-2"):
            world.connector().push_remedy(world.ticket_id, NOTE, key=key)
        assert len(world.notes()) == 2

    def test_setting_fields_twice_is_setting_them_once(self, world: SinkWorld) -> None:
        sink: RemedySink = world.connector()
        sink.set_fields(world.ticket_id, {}, {"bridge-old"})
        for _ in range(2):
            sink.set_fields(world.ticket_id, {}, {"bridge-known-error"})
        assert world.tags() in (None, {"by-people", "bridge-known-error"})
