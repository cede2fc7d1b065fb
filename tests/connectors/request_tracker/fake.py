"""A stateful fake of Request Tracker 5's REST2, with the ways of the real one that a connector can trip over.

Rule: whatever is odd here was seen on the real server; test_real.py holds the two side by side.
Run: python -m tests.connectors.request_tracker.fake [--state FILE] [--fault-rate 0.1 --seed 7]
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from tests.connectors.fake_api import FakeApi, Reply, Request
from tests.connectors.fake_process import add_control, is_control, main
from tests.connectors.request_tracker.desk import FIELDS, Desk, Json, stamp

API = "/REST/2.0"
TOKEN = "1-39-00000000000000000000000000000000"
MULTIPLE = {"Tags"}
UNSET = "1970-01-01T00:00:00Z"


def forbidden() -> Reply:
    return Reply(403, {"message": "Forbidden"})


class FakeRequestTracker(Desk):
    """The desk behind its routes; a ``with`` block on ``api`` serves it."""

    def __init__(self, token: str = TOKEN) -> None:
        super().__init__()
        self.api, self.token = FakeApi(), token
        self.api.authorize = lambda request: (
            is_control(request) or request.headers.get("Authorization") == f"token {token}"
        )
        _name_routes(self)
        _ticket_routes(self)
        _transaction_routes(self)
        add_control(self)

    def user_ref(self, name: str, fields: Iterable[str] = ()) -> Json:
        user = self.data["users"][name]
        expanded = {field: "" if field == "Privileged" else str(user.get(field, "")) for field in fields}
        return {"type": "user", "id": name, "_url": f"{self.api.url}{API}/user/{name}", **expanded}


def _name_routes(fake: FakeRequestTracker) -> None:
    route, data = fake.api.route, fake.data

    @route("GET", f"{API}/rt")
    def version(_request: Request) -> Reply:
        return Reply(200, {"Version": "5.0.3"})

    @route("GET", rf"{API}/user/([^/]+)")
    def user(_request: Request, key: str) -> Reply:
        found = next((u for u in data["users"].values() if key in (u["Name"], str(u["id"]))), None)
        return Reply(200, found) if found else Reply(404, {"message": "Not Found"})

    @route("GET", rf"{API}/queue/(\d+)")
    def queue(_request: Request, key: str) -> Reply:
        name = data["queues"].get(key)
        return forbidden() if name in fake.hidden_queues else Reply(200, {"id": int(key), "Name": name})

    @route("GET", f"{API}/queues/all")
    def queues(request: Request) -> Reply:
        rows = [{"id": key, "Name": name} for key, name in data["queues"].items()]
        return _blind_page(request, rows, lambda row: row["Name"] not in fake.hidden_queues)


def _ticket_routes(fake: FakeRequestTracker) -> None:
    route, data = fake.api.route, fake.data

    @route("GET", f"{API}/tickets")
    def tickets(request: Request) -> Reply:
        return _tickets(fake, request)

    @route("GET", rf"{API}/ticket/(\d+)")
    def ticket(_request: Request, identity: str) -> Reply:
        found = fake.effective(identity)
        if found is None:
            return Reply(404, {"message": "Not Found"})
        if not fake.visible(found):
            return forbidden()
        links = [{"ref": "self"}, {"ref": "history"}, *([{"ref": "comment"}] if fake.may_comment else [])]
        shown = {
            **{key: found[key] for key in ("Subject", "Status", "Priority", "Created", "LastUpdated")},
            "id": int(found["id"]),
            "EffectiveId": {"type": "ticket", "id": found["EffectiveId"]},
            "Queue": {"type": "queue", "id": found["Queue"]},
            "Owner": fake.user_ref(found["Owner"]),
            "Due": UNSET,
            "CustomFields": fake.custom_fields(found),
            "_hyperlinks": links,
        }
        return Reply(200, shown)

    @route("PUT", rf"{API}/ticket/(\d+)")
    def change(request: Request, identity: str) -> Reply:
        return _change(fake, identity, request.json())

    @route("GET", rf"{API}/ticket/(\d+)/history")
    def history(request: Request, identity: str) -> Reply:
        return _history(fake, request, identity)

    @route("GET", rf"{API}/ticket/(\d+)/attachments")
    def attachments(request: Request, identity: str) -> Reply:
        members = {t["id"]: t for t in data["transactions"] if fake.belongs(t, identity)}
        rows = [row for row in data["attachments"] if row["TransactionId"] in members]
        return _blind_page(request, rows, lambda row: fake.seen(members[row["TransactionId"]]))


def _transaction_routes(fake: FakeRequestTracker) -> None:
    route, data = fake.api.route, fake.data

    @route("GET", f"{API}/transactions")
    def transactions(request: Request) -> Reply:
        return _blind_page(request, data["transactions"], fake.seen)

    @route("GET", rf"{API}/transaction/(\d+)")
    def transaction(_request: Request, identity: str) -> Reply:
        found = next((row for row in data["transactions"] if row["id"] == identity), None)
        if found is None:
            return Reply(404, {"message": "Not Found"})
        return Reply(200, {**found, "Creator": fake.user_ref(found["Creator"])}) if fake.seen(found) else forbidden()

    @route("POST", rf"{API}/ticket/(\d+)/(comment|correspond)")
    def message(request: Request, identity: str, kind: str) -> Reply:
        found, body = fake.effective(identity), request.json()
        if found is None or not fake.visible(found) or not fake.may_comment:
            return Reply(400, {"message": "Permission Denied"})
        if not body.get("ContentType"):
            return Reply(400, {"message": "ContentType is a required field for application/json"})
        name, now = ("Comment" if kind == "comment" else "Correspond"), datetime.now(UTC)
        made = fake.write(found, name, body["Content"], at=now, by="bridge", content_type=body["ContentType"])
        found["LastUpdated"] = stamp(now)
        said = "Comments added" if name == "Comment" else "Correspondence added"
        return Reply(201, [said], {"Location": f"{API}/transaction/{made['id']}"})


def _tickets(fake: FakeRequestTracker, request: Request) -> Reply:
    try:
        found = fake.search(request.arg("query"))
    except (AttributeError, ValueError):
        return Reply(400, {"message": f"Wrong query, expecting a KEYWORD in '{request.arg('query')}'"})
    keys = {"LastUpdated": lambda t: t["LastUpdated"], "id": lambda t: int(t["id"])}
    orders = [*zip(request.query.get("orderby", ["id"]), request.query.get("order", ["ASC"]), strict=False)]
    for name, order in reversed(orders):
        found.sort(key=keys[name], reverse=order == "DESC")
    size, page = min(int(request.arg("per_page", "20")), 100), int(request.arg("page", "1"))
    people = [field for field in request.arg("fields[Requestor]").split(",") if field]
    rows = [
        {
            "type": "ticket",
            **{key: t[key] for key in ("id", "Subject", "Status", "Priority", "Created", "LastUpdated", "EffectiveId")},
            "Queue": {"type": "queue", "id": t["Queue"], "Name": fake.data["queues"][t["Queue"]]},
            "Owner": fake.user_ref(t["Owner"], ["Name"]),
            "Requestor": [fake.user_ref(name, people) for name in t["Requestor"]],
            "CustomFields": fake.custom_fields(t),
        }
        for t in found[(page - 1) * size : page * size]
    ]
    pages = -(-len(found) // size)
    data = {"count": len(rows), "page": page, "pages": pages, "per_page": size, "total": len(found), "items": rows}
    if page < pages:
        data["next_page"] = f"{fake.api.url}{API}/tickets?&=&page={page + 1}"
    return Reply(200, data)


def _history(fake: FakeRequestTracker, request: Request, identity: str) -> Reply:
    rows = [
        {**t, "Creator": fake.user_ref(t["Creator"])} for t in fake.data["transactions"] if fake.belongs(t, identity)
    ]
    return _blind_page(request, rows, fake.seen)


def _blind_page(request: Request, rows: list[Json], seen: Any) -> Reply:
    """A page for a user without superuser rights: cut first, then stripped of what is hidden; no totals."""
    operators = {"=": str.__eq__, ">=": str.__ge__, "LIKE": lambda mine, part: part in mine}
    for limit in json.loads(request.arg("query", "[]")):
        value = limit["value"]
        if limit["field"] == "Created":
            value = value.replace(" ", "T") + "Z"
        compare = operators[limit.get("operator", "=")]
        rows = [row for row in rows if compare(str(row[limit["field"]]), value)]
    size, page = min(int(request.arg("per_page", "20")), 100), int(request.arg("page", "1"))
    shown = [row for row in rows[(page - 1) * size : page * size] if seen(row)]
    data = {"count": len(shown), "page": page, "pages": None, "per_page": size, "total": None, "items": shown}
    return Reply(200, data)


def _change(fake: FakeRequestTracker, identity: str, body: Json) -> Reply:
    """Values of a field are replaced; unknown fields are passed over, wrong values only remarked upon."""
    ticket, said = fake.effective(identity), []
    if ticket is None:
        return Reply(404, {"message": "Not Found"})
    if not fake.visible(ticket):
        return forbidden()
    for name, given in body.get("CustomFields", {}).items():
        values = given if isinstance(given, list) else [given]
        allowed = FIELDS.get(name)
        if name not in ticket["fields"] or not fake.may_see_fields or values == ticket["fields"][name]:
            continue
        if allowed and any(value not in allowed for value in values):
            said.append("Invalid value for custom field")
            continue
        ticket["fields"][name] = values if name in MULTIPLE else values[:1]
        ticket["LastUpdated"] = stamp(datetime.now(UTC))
        said.append(f"{name} changed")
    return Reply(200, said)


if __name__ == "__main__":
    main(FakeRequestTracker, TOKEN)
