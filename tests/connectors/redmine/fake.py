"""A stateful fake of Redmine's REST, with the ways of the real one that a connector can trip over.

Rule: whatever is odd here was seen on the real server; test_real.py holds the two side by side.
Run: python -m tests.connectors.redmine.fake [--state FILE] [--fault-rate 0.1 --seed 7]
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.connectors.fake_api import FakeApi, Reply, Request
from tests.connectors.fake_process import add_control, is_control, main

KEY = "0000000000000000000000000000000000000039"
STATUSES = {1: "New", 2: "In Progress", 3: "Resolved", 4: "Feedback", 5: "Closed", 6: "Rejected"}
CLOSED = {5, 6}
PRIORITIES = {1: "Low", 2: "Normal", 3: "High", 4: "Urgent", 5: "Immediate", 6: "Panic"}
DEFAULT_PRIORITY, INACTIVE_PRIORITY = 2, 6
TRACKERS = {1: "Bug", 2: "Feature"}
MARKER_FIELD = 1

Json = dict[str, Any]


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class FakeRedmine:
    """``data`` is the whole state. ``ignored`` are fields that this user's role may not change: Redmine drops them
    without a word. ``member`` says whether the user is in the project.
    """

    def __init__(self, key: str = KEY) -> None:
        self.api, self.key = FakeApi(), key
        self.api.authorize = lambda request: is_control(request) or request.headers.get("X-Redmine-API-Key") == key
        self.ignored: set[str] = set()
        self.member = True
        self.data: Json = {
            "issues": {},
            "versions": {
                str(number): {
                    "id": number,
                    "name": name,
                    "status": "open",
                    "due_date": None,
                    "updated_on": stamp(datetime.now(UTC)),
                }
                for number, name in enumerate(("1.0", "1.1", "2.0"), 1)
            },
        }
        _project_routes(self)
        _issue_routes(self)
        add_control(self)

    def seed(self, record: Json) -> Json:
        """What a person does. {"version": 1, "status": "closed"} changes a version; {"delete": 3} an issue; else
        keys of an issue: id (absent: a new one), at, subject, description, status (a word), version, notes.
        """
        now = datetime.fromisoformat(record["at"]) if "at" in record else datetime.now(UTC)
        if "delete" in record:
            return self.data["issues"].pop(str(record["delete"]))
        if "version" in record and "id" not in record and "subject" not in record:
            version = self.data["versions"][str(record["version"])]
            version |= {key: record[key] for key in ("status", "due_date") if key in record}
            version["updated_on"] = stamp(now)
            return version
        change: Json = {key: record[key] for key in ("subject", "description", "notes") if key in record}
        if "status" in record:
            change["status_id"] = next(number for number, word in STATUSES.items() if word == record["status"])
        if "version" in record:
            change["fixed_version_id"] = record["version"]
        issue = self.data["issues"].get(str(record.get("id"))) or self.create({"subject": "s"}, now, author="dev1")
        self.change(issue, change, now)
        return issue

    def create(self, given: Json, at: datetime, *, author: str = "bridge") -> Json:
        number = max(map(int, self.data["issues"]), default=0) + 1
        issue = self.data["issues"][str(number)] = {
            "id": number,
            "tracker_id": given.get("tracker_id") if given.get("tracker_id") in TRACKERS else 1,
            "status_id": 1,
            "priority_id": given.get("priority_id", DEFAULT_PRIORITY),
            "author": author,
            "subject": given["subject"],
            "description": _crlf(given.get("description") or ""),
            "fixed_version_id": None,
            "due_date": None,
            "marker": next((f["value"] for f in given.get("custom_fields", ()) if f["id"] == MARKER_FIELD), ""),
            "journals": [],
            "created_on": stamp(at),
            "updated_on": stamp(at),
        }
        return issue

    def change(self, issue: Json, given: Json, at: datetime) -> None:
        """Only what differs makes a journal entry and moves updated_on."""
        fields = {key: value for key, value in given.items() if key in issue and key not in self.ignored}
        if "description" in fields:
            fields["description"] = _crlf(fields["description"])
        if fields.get("status_id", 1) not in STATUSES:
            del fields["status_id"]
        changed = {key: value for key, value in fields.items() if issue[key] != value}
        notes = given.get("notes") if "notes" not in self.ignored else None
        if changed or notes:
            issue |= changed
            number = 1 + sum(len(each["journals"]) for each in self.data["issues"].values())
            issue["journals"].append(
                {"id": number, "notes": notes or "", "private_notes": False, "created_on": stamp(at)}
            )
            issue["updated_on"] = stamp(at)

    def shown(self, issue: Json) -> Json:
        version = self.data["versions"].get(str(issue["fixed_version_id"]))
        status = issue["status_id"]
        return {
            **{key: issue[key] for key in ("id", "subject", "description", "due_date", "created_on", "updated_on")},
            "project": {"id": 1, "name": "Web Shop"},
            "tracker": {"id": issue["tracker_id"], "name": TRACKERS[issue["tracker_id"]]},
            "status": {"id": status, "name": STATUSES[status], "is_closed": status in CLOSED},
            "priority": {"id": issue["priority_id"], "name": PRIORITIES[issue["priority_id"]]},
            "author": {"id": 5, "name": issue["author"]},
            "custom_fields": [{"id": MARKER_FIELD, "name": "Bridge Marker", "value": issue["marker"]}],
            **({"fixed_version": {"id": version["id"], "name": version["name"]}} if version else {}),
        }

    def matches(self, issue: Json, query: Mapping[str, list[str]]) -> bool:
        """An unknown filter is passed over, as if it were not there; without status_id only open issues show."""

        def arg(name: str) -> str:
            return query.get(name, [""])[0]

        checks = [arg("status_id") == "*" or issue["status_id"] not in CLOSED]
        if arg(f"cf_{MARKER_FIELD}"):
            checks.append(issue["marker"] == arg(f"cf_{MARKER_FIELD}"))
        if arg("description"):
            checks.append(arg("description").removeprefix("~").lower() in issue["description"].lower())
        if arg("updated_on"):
            checks.append(issue["updated_on"] >= arg("updated_on").removeprefix(">="))
        if arg("fixed_version_id"):
            checks.append(str(issue["fixed_version_id"]) in arg("fixed_version_id").split("|"))
        return all(checks)


def _crlf(text: str) -> str:
    return re.sub(r"\r?\n", "\r\n", text)


def _problems(given: Json) -> list[str]:
    subject = given.get("subject", "s")
    found = ["Subject cannot be blank"] if not subject else []
    found += ["Subject is too long (maximum is 255 characters)"] if len(subject) > 255 else []
    known = set(PRIORITIES) - {INACTIVE_PRIORITY}
    return found + ([] if given.get("priority_id", 1) in known else ["Priority cannot be blank"])


def _project_routes(fake: FakeRedmine) -> None:
    route, data = fake.api.route, fake.data

    @route("GET", "/users/current.json")
    def current(_request: Request) -> Reply:
        memberships = [{"id": 1, "project": {"id": 1, "name": "Web Shop"}}] if fake.member else []
        return Reply(200, {"user": {"id": 5, "login": "bridge", "admin": False, "memberships": memberships}})

    @route("GET", "/projects/([^/]+).json")
    def project(_request: Request, identifier: str) -> Reply:
        if identifier != "shop" or not fake.member:
            return Reply(404 if identifier != "shop" else 403)
        trackers = [{"id": number, "name": name} for number, name in TRACKERS.items()]
        return Reply(200, {"project": {"id": 1, "name": "Web Shop", "identifier": "shop", "trackers": trackers}})

    @route("GET", "/projects/shop/versions.json")
    def versions(_request: Request) -> Reply:
        return Reply(200, {"versions": list(data["versions"].values())})

    @route("GET", "/issue_statuses.json")
    def statuses(_request: Request) -> Reply:
        rows = [{"id": number, "name": name, "is_closed": number in CLOSED} for number, name in STATUSES.items()]
        return Reply(200, {"issue_statuses": rows})

    @route("GET", "/enumerations/issue_priorities.json")
    def priorities(_request: Request) -> Reply:
        rows = [
            {
                "id": number,
                "name": name,
                "is_default": number == DEFAULT_PRIORITY,
                "active": number != INACTIVE_PRIORITY,
            }
            for number, name in PRIORITIES.items()
        ]
        return Reply(200, {"issue_priorities": rows})


def _issue_routes(fake: FakeRedmine) -> None:
    route = fake.api.route

    @route("GET", "/issues.json")
    def listed(request: Request) -> Reply:
        found = [issue for issue in fake.data["issues"].values() if fake.matches(issue, request.query)]
        for field in reversed(request.arg("sort", "id:desc").split(",")):
            name, _, order = field.partition(":")
            found.sort(key=lambda issue: issue[name], reverse=order == "desc")
        limit, offset = min(int(request.arg("limit", "25")), 100), int(request.arg("offset", "0"))
        rows = [fake.shown(issue) for issue in found[offset : offset + limit]]
        return Reply(200, {"issues": rows, "total_count": len(found), "offset": offset, "limit": limit})

    @route("POST", "/issues.json")
    def create(request: Request) -> Reply:
        given = request.json()["issue"]
        problems = _problems(given)
        if given.get("project_id") != "shop" or not fake.member:
            problems.insert(0, "Project cannot be blank")
        if problems:
            return Reply(422, {"errors": problems})
        return Reply(201, {"issue": fake.shown(fake.create(given, datetime.now(UTC)))})

    @route("GET", r"/issues/(\d+)\.json")
    def one(request: Request, number: str) -> Reply:
        issue = fake.data["issues"].get(number)
        if issue is None:
            return Reply(404)
        journals = {"journals": issue["journals"]} if "journals" in request.arg("include") else {}
        return Reply(200, {"issue": {**fake.shown(issue), **journals}})

    @route("PUT", r"/issues/(\d+)\.json")
    def change(request: Request, number: str) -> Reply:
        issue, given = fake.data["issues"].get(number), request.json()["issue"]
        if issue is None:
            return Reply(404)
        problems = _problems(given)
        if problems:
            return Reply(422, {"errors": problems})
        fake.change(issue, given, datetime.now(UTC))
        return Reply(204)


if __name__ == "__main__":
    main(FakeRedmine, KEY)
