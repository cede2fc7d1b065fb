"""The connector on a real Redmine. The server is shared: the contract runs in a project of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.base import AuthFailed, IssueDraft, Permanent, PriorityLevel
from connectors.redmine import Redmine
from tests.connectors.contract import DRAFT, KEY, TrackerContract, issues_of, last_cursor
from tests.connectors.relay import Relay
from tests.services.servers import RedmineServer

pytestmark = pytest.mark.services
PROJECT = "app"


def connector(server: RedmineServer, key: str = "BRIDGE_KEY", **more: Any) -> Redmine:
    options = {**server.options(key), "project": PROJECT, **more}
    return Redmine(Redmine.Options.model_validate(options), name="tracker")


def do(server: RedmineServer, method: str, path: str, body: Any = None, key: str = "ADMIN_KEY") -> Any:
    """What a person does by hand. Redmine on SQLite now and then answers 500 to a locked table: a person tries again."""
    for _ in range(5 if method in ("GET", "PUT") else 1):
        answer = server.session(key).request(method, f"{server.url}/{path}", json=body)
        if answer.status_code != 500:
            break
    assert answer.ok, answer.text
    return answer.json() if answer.content else None


class World:
    faults: frozenset[str] = frozenset()
    can: frozenset[str] = frozenset()
    closed_word = "Closed"

    def __init__(self, server: RedmineServer, relay: Relay, **more: Any) -> None:
        self._server, self._relay, self._more = server, relay, more
        for issue in self._issues():
            do(server, "DELETE", f"issues/{issue['id']}.json")

    def _issues(self) -> list[dict[str, Any]]:
        return do(self._server, "GET", f"issues.json?project_id={PROJECT}&status_id=*&limit=100")["issues"]

    def connector(self) -> Redmine:
        return connector(self._server, base_url=self._relay.url, **self._more)

    def lose_reply(self) -> None:
        for method in ("POST", "PUT"):
            self._relay.fault("lost_reply", times=1, method=method)

    def bodies(self) -> list[str]:
        return [issue["description"] for issue in self._issues()]

    def body(self, issue_id: str) -> str:
        return do(self._server, "GET", f"issues/{issue_id}.json")["issue"]["description"]

    def edit(self, issue_id: str, *, body: str | None = None, status: str | None = None) -> None:
        change = {"description": body, "status_id": {"Closed": 5, "New": 1, None: None}[status]}
        given = {name: value for name, value in change.items() if value is not None}
        do(self._server, "PUT", f"issues/{issue_id}.json", {"issue": given}, "DEV_KEY" if status else "ADMIN_KEY")

    def comments(self, issue_id: str) -> list[str]:
        issue = do(self._server, "GET", f"issues/{issue_id}.json?include=journals")["issue"]
        return [journal["notes"] for journal in issue["journals"]]


@pytest.fixture
def world(redmine_server: RedmineServer) -> Iterator[World]:
    with Relay(redmine_server.url) as relay:
        yield World(redmine_server, relay)


class TestRealTracker(TrackerContract):
    """Faults are the fake's business; only a lost reply is played here."""

    other_side = World


class TestRealTrackerWithMarkerField(TestRealTracker):
    @pytest.fixture
    def world(self, redmine_server: RedmineServer) -> Iterator[World]:
        with Relay(redmine_server.url) as relay:
            yield World(redmine_server, relay, marker_field=redmine_server.marker_field, tracker="Feature")


def test_a_release_is_seen_though_it_changes_no_issue(world: World, redmine_server: RedmineServer) -> None:
    versions = do(redmine_server, "GET", f"projects/{PROJECT}/versions.json")["versions"]
    version = next(row["id"] for row in versions if row["name"] == "2.0")
    made = world.connector().create_issue(DRAFT, key=KEY)
    do(redmine_server, "PUT", f"issues/{made.id}.json", {"issue": {"fixed_version_id": version, "status_id": 5}})
    try:
        cursor = last_cursor(world.connector().pull_issues(None))
        released = {"status": "closed", "due_date": "2026-12-24"}
        do(redmine_server, "PUT", f"versions/{version}.json", {"version": released})
        issue = issues_of(world.connector().pull_issues(cursor))[made.id]
    finally:
        do(redmine_server, "PUT", f"versions/{version}.json", {"version": {"status": "open", "due_date": ""}})

    assert issue.closed
    assert [(v.name, v.released, str(v.due)) for v in issue.fix_versions] == [("2.0", True, "2026-12-24")]


def test_priorities_follow_the_level(world: World) -> None:
    tracker = world.connector()
    made = tracker.create_issue(IssueDraft("t", "b", PriorityLevel.TOP), key=KEY)
    words = [issues_of(tracker.pull_issues(None))[made.id].priority]
    for level in (PriorityLevel.NEXT, PriorityLevel.DEFAULT):
        tracker.update_issue(made.id, IssueDraft(None, None, level), key=KEY)
        words.append(issues_of(tracker.pull_issues(None))[made.id].priority)

    assert words == ["Immediate", "Urgent", "Normal"]


def test_texts_mention_nobody_and_come_back_as_given(world: World, redmine_server: RedmineServer) -> None:
    body = "ask @dev1\n\n{{include(Wiki)}} !http://127.0.0.1/x.png!\n# one\n\tüñ 漢字"
    made = world.connector().create_issue(IssueDraft("by @dev1", body, None), key=KEY)
    issue = issues_of(world.connector().pull_issues(None))[made.id]

    assert (issue.title, issue.block) == ("by @dev1", body)
    assert "@dev1" not in world.body(made.id)


def test_check_says_who_we_are_and_what_to_mend(world: World, redmine_server: RedmineServer) -> None:
    server = redmine_server
    world.connector().create_issue(DRAFT, key=KEY)

    assert connector(server, marker_field=1, tracker="Bug").check().startswith("Redmine as bridge; project Mobile App")
    for options, error, named in (
        ({"key": "OUTSIDER_KEY"}, AuthFailed, "Members"),
        ({"api_key": "wrong"}, AuthFailed, "401"),
        ({"project": "nope"}, Permanent, "no project 'nope'"),
        ({"tracker": "Chore"}, Permanent, "it has Bug, Feature, Support"),
        ({"marker_field": 99}, Permanent, "marker_field 99"),
    ):
        with pytest.raises(error, match=named):
            connector(server, **options).check()


def test_absence_is_not_concluded_from_a_lost_membership(redmine_server: RedmineServer) -> None:
    with pytest.raises(AuthFailed):
        connector(redmine_server, "OUTSIDER_KEY").find_issue(KEY)
