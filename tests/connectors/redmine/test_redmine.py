"""Redmine keeps the contract of a tracker, against the fake, and asks for nothing that its description lacks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import AuthFailed, FixVersion, IssueDraft, NotFound, Permanent, PriorityLevel, TrackerIssue
from connectors.redmine import Redmine, pull
from connectors.redmine.mapping import Priorities, as_given, inert
from tests.connectors.contract import DRAFT, KEY, READ_ERRORS, SECRET, TrackerContract, issues_of, last_cursor
from tests.connectors.fake_api import Request, bomb
from tests.connectors.redmine.description import problems
from tests.connectors.redmine.fake import MARKER_FIELD, FakeRedmine
from tests.require import shared_dir


class World:
    """The fake's people: they edit issues and close versions."""

    faults = frozenset(READ_ERRORS)
    can = frozenset({"check_auth"})
    closed_word = "Closed"

    def __init__(self, fake: FakeRedmine) -> None:
        self.fake = fake

    def connector(self, **more: Any) -> Redmine:
        options = Redmine.Options.model_validate(
            {**self.fake.api.options, "api_key": self.fake.key, "project": "shop", "timeout_s": 1.0, **more}
        )
        made = Redmine(options, name="tracker")
        made._http._sleep = lambda _seconds: None
        return made

    def fault(self, kind: str) -> None:
        if kind == "gzip_bomb":
            bomb()  # packed now, not within the connector's time
        self.fake.api.fault(kind)

    def mend(self) -> None:
        self.fake.api.mend()

    def lose_reply(self) -> None:
        for method in ("POST", "PUT"):
            self.fake.api.fault("lost_reply", times=1, method=method)

    def bodies(self) -> list[str]:
        return [issue["description"] for issue in self.fake.data["issues"].values()]

    def body(self, issue_id: str) -> str:
        return self.fake.data["issues"][issue_id]["description"]

    def edit(self, issue_id: str, *, body: str | None = None, status: str | None = None) -> None:
        changes = {"description": body, "status": status}
        self.fake.seed({"id": issue_id, **{key: value for key, value in changes.items() if value is not None}})

    def comments(self, issue_id: str) -> list[str]:
        return [journal["notes"] for journal in self.fake.data["issues"][issue_id]["journals"]]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(pull, "PAGE_SIZE", 3)
    fake = FakeRedmine(SECRET)
    with fake.api:
        yield World(fake)
    assert [found for request in fake.api.requests for found in problems(request)] == []


def test_every_request_is_in_redmines_description(world: World) -> None:
    """The fixture looks at the requests of every test in this file; here it must be able to."""
    shared_dir()
    assert problems(Request("POST", "/issues.json", {}, {}, b'{"issue": {"subject": ["x"]}}'))
    tracker = world.connector(marker_field=MARKER_FIELD, tracker="Feature")
    made = tracker.create_issue(DRAFT, key=KEY)
    tracker.find_issue(KEY)
    tracker.update_issue(made.id, IssueDraft("new", "new", PriorityLevel.NEXT), key=KEY)
    tracker.comment(made.id, "x", key="n-1")
    cursor = last_cursor(tracker.pull_issues(None))
    world.fake.seed({"version": 2, "status": "closed"})
    list(tracker.pull_issues(cursor))
    tracker.check()


class TestTracker(TrackerContract):
    other_side = World

    def write(self, connector: Any, world: Any) -> None:
        """A draft with a priority would read the priorities first, and fail as a read does."""
        connector.create_issue(IssueDraft(DRAFT.title, DRAFT.body, None), key=KEY)


class TestTrackerWithMarkerField(TrackerContract):
    other_side = World

    @pytest.fixture
    def world(self, world: World) -> World:
        plain = world.connector
        world.connector = lambda: plain(marker_field=MARKER_FIELD, tracker="Feature")  # type: ignore[method-assign]
        return world

    def write(self, connector: Any, world: Any) -> None:
        connector.comment("1", "text", key=KEY)


def issues(world: World, cursor: str | None = None) -> dict[str, TrackerIssue]:
    return issues_of(world.connector().pull_issues(cursor))


def test_all_issues_come_over_several_pages_closed_ones_too(world: World) -> None:
    for number in range(8):
        world.fake.seed({"subject": f"s{number}", "status": "Closed" if number % 2 else "New"})

    assert len(issues(world)) == 8


def test_a_release_is_seen_though_it_changes_no_issue(world: World) -> None:
    old = "2026-01-01T00:00:00Z"
    for number in range(4):
        world.fake.seed({"subject": "s", "version": 2 if number else 1, "at": old})
    for version in (1, 2, 3):
        world.fake.seed({"version": version, "at": old})
    cursor = last_cursor(world.connector().pull_issues(None))
    assert issues(world, cursor) == {}
    world.fake.seed({"version": 2, "status": "closed", "due_date": "2026-12-24"})
    changed = issues(world, cursor)

    assert set(changed) == {"2", "3", "4"}
    assert {i.fix_versions for i in changed.values()} == {(FixVersion("1.1", released=True, due=date(2026, 12, 24)),)}


def test_a_pull_that_breaks_while_telling_of_a_release_tells_it_again(world: World) -> None:
    for _ in range(5):
        world.fake.seed({"subject": "s", "version": 2, "at": "2026-01-01T00:00:00Z"})
    cursor = last_cursor(world.connector().pull_issues(None))
    world.fake.seed({"version": 2, "status": "closed"})
    first = next(world.connector().pull_issues(cursor))
    again = issues(world, first.cursor)

    assert len(first.items) == 3
    assert len(again) == 5


def test_a_locked_version_is_not_released(world: World) -> None:
    world.fake.seed({"subject": "s", "version": 1})
    world.fake.seed({"version": 1, "status": "locked"})

    assert not issues(world)["1"].fix_versions[0].released


def test_priorities_are_the_highest_active_the_next_and_the_default(world: World) -> None:
    tracker = world.connector()
    made = {level: tracker.create_issue(IssueDraft("t", "b", level), key=f"k-{level}").id for level in PriorityLevel}
    found = issues(world)

    assert {level: found[made[level]].priority for level in PriorityLevel} == {
        PriorityLevel.TOP: "Immediate",
        PriorityLevel.NEXT: "Urgent",
        PriorityLevel.DEFAULT: "Normal",
    }
    assert all(found[made[level]].priority_levels == {level} for level in PriorityLevel)


def test_a_sole_priority_is_all_levels() -> None:
    known = Priorities.of([{"id": 4, "is_default": True, "active": True}, {"id": 9, "active": False}])

    assert known.levels(4) == set(PriorityLevel)


@pytest.mark.parametrize("field", ["subject", "priority_id", "description"])
def test_a_change_that_redmine_drops_is_told(world: World, field: str) -> None:
    made = world.connector().create_issue(DRAFT, key=KEY)
    world.fake.ignored = {field}
    with pytest.raises(Permanent, match=field):
        world.connector().update_issue(made.id, IssueDraft("new", "new", PriorityLevel.NEXT), key=KEY)


def test_a_note_that_redmine_drops_is_told(world: World) -> None:
    made = world.connector().create_issue(DRAFT, key=KEY)
    world.fake.ignored = {"notes"}
    with pytest.raises(Permanent, match="Add notes"):
        world.connector().comment(made.id, "x", key="n-1")


def test_an_update_without_a_difference_writes_nothing(world: World) -> None:
    made = world.connector().create_issue(DRAFT, key=KEY)
    world.connector().update_issue(made.id, DRAFT, key=KEY)

    assert not [request for request in world.fake.api.requests if request.method == "PUT"]


def test_an_unknown_marker_field_does_not_find_other_issues(world: World) -> None:
    world.connector().create_issue(DRAFT, key="other")

    assert world.connector(marker_field=99).find_issue(KEY) is None


def test_a_marker_field_finds_what_lost_its_block(world: World) -> None:
    tracker = world.connector(marker_field=MARKER_FIELD)
    made = tracker.create_issue(DRAFT, key=KEY)
    world.edit(made.id, body="rewritten")

    assert tracker.find_issue(KEY) == made


def test_absence_is_not_concluded_from_a_lost_membership(world: World) -> None:
    world.fake.member = False
    with pytest.raises(AuthFailed):
        world.connector().find_issue(KEY)


def test_an_issue_that_cannot_be_read_is_set_aside(world: World) -> None:
    for _ in range(2):
        world.fake.seed({"subject": "s"})
    world.fake.data["issues"]["2"]["due_date"] = "tomorrow"
    pages = list(world.connector().pull_issues(None))

    assert [issue.id for page in pages for issue in page.items] == ["1"]
    assert [found.ref for page in pages for found in page.rejected] == ["2"]


@pytest.mark.parametrize(
    ("options", "error", "named"),
    [
        ({"project": "nope"}, Permanent, "no project 'nope'"),
        ({"tracker": "Chore"}, Permanent, "no tracker 'Chore': it has Bug, Feature"),
        ({"marker_field": 99}, Permanent, "marker_field 99"),
        ({"api_key": "wrong"}, AuthFailed, "401"),
    ],
)
def test_check_says_what_to_mend_in(world: World, options: dict, error: type[Exception], named: str) -> None:
    world.fake.seed({"subject": "s"})
    with pytest.raises(error, match=named):
        world.connector(**options).check()


def test_check_misses_a_membership(world: World) -> None:
    world.fake.member = False
    with pytest.raises(AuthFailed, match="Members"):
        world.connector().check()


def test_check_says_who_we_are_and_where(world: World) -> None:
    world.fake.seed({"subject": "s"})

    told = world.connector(tracker="Bug", marker_field=MARKER_FIELD).check()
    assert told == "Redmine as bridge; project Web Shop; tracker Bug; marker field 1"


@settings(max_examples=50, deadline=None)
@given(st.text(st.sampled_from("a@!{} \n\u200b"), max_size=30))
def test_inert_text_reads_as_it_was_given(text: str) -> None:
    plain = text.replace("\u200b", "")

    assert as_given(inert(text)) == plain
    assert inert(inert(text)) == inert(text)


@pytest.mark.parametrize("text", ["ask @admin", "{{include(x)}}", "!http://host/x.png!", "![](http://host/x.png)"])
def test_signs_that_act_are_broken_up(text: str) -> None:
    assert text not in inert(text)


def test_an_issue_that_is_gone_has_no_comments(world: World) -> None:
    with pytest.raises(NotFound):
        world.connector().find_comment("9", "k")
