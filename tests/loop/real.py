"""The real Request Tracker and the real Redmine as the loop's two sides: filling them, moving issues, reading all back.

Rule: each story has a queue and a project of its own, and the servers are asked directly, with rights that the bridge
does not have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import requests

from connectors._body import find_key
from tests.loop.ends import World, note_of
from tests.loop.wording import Wording
from tests.services.servers import RedmineServer, RequestTrackerServer

WRITERS = 3
SERVER_ERROR = 500
CLOSED_STATUS = 5


@dataclass(frozen=True)
class Written:
    """A ticket to load: what is said, from which account's domain, and whether it is open."""

    words: Wording
    domain: str
    open: bool = True


@dataclass(frozen=True)
class RealSides:
    """One project of the tracker and the queue of the desk of that name: one of ``servers.OWN``."""

    desk: RequestTrackerServer
    tracker: RedmineServer
    project: str

    @property
    def queue(self) -> str:
        return self.project.capitalize()

    def load(self, tickets: Sequence[Written]) -> list[str]:
        """Make the tickets; their ids in the same order."""
        with ThreadPoolExecutor(WRITERS) as pool:
            return list(pool.map(self._make, tickets))

    def _make(self, ticket: Written) -> str:
        requestor = f"user@{ticket.domain}"
        made = self._desk(
            "POST",
            "ticket",
            Queue=self.queue,
            Subject=ticket.words.subject,
            Requestor=requestor,
            Content=ticket.words.body,
            ContentType="text/plain",
            **({} if ticket.open else {"Status": "resolved"}),
        )
        return str(made["id"])

    def _desk(self, method: str, path: str, **body: Any) -> Any:
        with self.desk.session("root") as session:
            return _json(session.request(method, f"{self.desk.api}/{path}", json=body or None, timeout=60))

    def _tracker(self, method: str, path: str, **body: Any) -> Any:
        """Redmine on SQLite now and then answers 500 to a locked table: what can be repeated is tried again."""
        with self.tracker.session("ADMIN_KEY") as session:
            for _ in range(5 if method in ("GET", "PUT") else 1):
                answer = session.request(method, f"{self.tracker.url}/{path}", json=body or None, timeout=60)
                if answer.status_code != SERVER_ERROR:
                    break
        return _json(answer)

    def release(self, issue: str, version: str) -> None:
        """Close the issue as fixed in a version of the project, and release that: what developers do."""
        versions = self._tracker("GET", f"projects/{self.project}/versions.json")["versions"]
        number = next(row["id"] for row in versions if row["name"] == version)
        fixed = {"status_id": CLOSED_STATUS, "fixed_version_id": number}
        self._tracker("PUT", f"issues/{issue}.json", issue=fixed)
        self._tracker("PUT", f"versions/{number}.json", version={"status": "closed"})
        assert self.issues()[issue]["status"]["id"] == CLOSED_STATUS

    def issues(self) -> dict[str, dict[str, Any]]:
        """Every issue of the project by id."""
        path = f"issues.json?project_id={self.project}&status_id=*&limit=100&sort=id"
        listed = self._tracker("GET", path)
        assert listed["total_count"] <= len(listed["issues"])
        return {str(issue["id"]): issue for issue in listed["issues"]}

    def priorities(self) -> list[dict[str, Any]]:
        """Lowest first."""
        listed: list[dict[str, Any]] = self._tracker("GET", "enumerations/issue_priorities.json")["issue_priorities"]
        return [row for row in listed if row.get("active", True)]

    def transactions(self, ticket: str) -> list[dict[str, Any]]:
        listed = self._desk("GET", f"ticket/{ticket}/history?fields=Type,Creator,Field,NewValue&per_page=100")
        assert listed["total"] <= len(listed["items"])
        found: list[dict[str, Any]] = listed["items"]
        return found

    def notes(self, ticket: str) -> list[str]:
        """The texts that the bridge wrote into a ticket. Fails where one of them is a reply to the customer."""
        mine = [row for row in self.transactions(ticket) if row["Creator"]["id"] == "bridge"]
        assert "Correspond" not in {row["Type"] for row in mine}
        written = {str(row["id"]) for row in mine if row["Type"] == "Comment"}
        path = f"ticket/{ticket}/attachments?fields=TransactionId,Content&per_page=100"
        parts = self._desk("GET", path)["items"] if written else []
        return [part["Content"] for part in parts if str(part["TransactionId"]) in written and part["Content"]]

    def tags(self, ticket: str) -> tuple[str, ...]:
        fields = self._desk("GET", f"ticket/{ticket}")["CustomFields"]
        return tuple(value for field in fields if field["name"] == "Tags" for value in field["values"])

    def world(self, tickets: Sequence[str]) -> World:
        """As ``ends.fake_world``, of the queue's tickets."""
        issues: dict[str, list[str]] = {}
        for issue in self.issues().values():
            if key := find_key(issue["description"]):
                issues.setdefault(key, []).append(issue["subject"])
        with ThreadPoolExecutor(WRITERS) as pool:
            notes = dict(zip(tickets, pool.map(self.notes, tickets), strict=True))
            tags = dict(zip(tickets, pool.map(self.tags, tickets), strict=True))
        signed = Counter((ticket, *note_of(text)) for ticket, texts in notes.items() for text in texts)
        return World(issues, signed, frozenset(tickets), tags)


def _json(answer: requests.Response) -> Any:
    assert answer.ok, f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text[:500]}"
    return answer.json() if answer.content else None
