"""What a fake Request Tracker holds and knows: tickets, transactions, texts, users, and who sees what.

Rule: whatever is odd here was seen on the real server; test_real.py holds the two side by side.
"""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any

SYSTEM_USERS = {"RT_System": 1, "Nobody": 6}
FIELDS = {"Severity": ["Low", "Medium", "High"], "Linked Issue": None, "Tags": None}

Json = dict[str, Any]


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Desk:
    """``data`` is the whole state; ``hidden_types`` are transactions that this user has no right to see.

    ``server_zone`` is the offset in which TicketSQL reads times.
    """

    def __init__(self) -> None:
        self.hidden_types: set[str] = set()
        self.hidden_queues: set[str] = {"Secret"}
        self.may_comment = self.may_see_fields = True
        self.server_zone = timedelta(0)
        self._dice = random.Random(5)
        self.data: Json = {
            "queues": {"3": "Support", "4": "Billing", "5": "Secret"},
            "fields": {"3": list(FIELDS), "4": [], "5": []},
            "users": {},
            "tickets": {},
            "transactions": [],
            "attachments": [],
            "mails": [],
        }
        for name, number in SYSTEM_USERS.items():
            self.add_user(name, staff=False, number=number)
        self.add_user("bridge", staff=True, number=39, EmailAddress="bridge@example.test")
        self.add_user("agent1", staff=True, number=41, RealName="Agent One")

    def add_user(self, name: str, *, staff: bool, number: int | None = None, **more: str) -> None:
        users = self.data["users"]
        users.setdefault(name, {"id": number or 100 + len(users), "Name": name, "Privileged": int(staff), **more})

    def seed(self, record: Json) -> Json:
        """Make or change a ticket. Keys: id, at, subject, body, requestor, organization, queue, status, priority,
        fields, content_type; ``deleted`` or ``merged_into`` make it vanish; ``reply`` and ``comment`` add to it.
        """
        at = datetime.fromisoformat(record["at"]) if "at" in record else datetime.now(UTC)
        ticket = self.data["tickets"].get(str(record.get("id"))) or self._create(record, at)
        if "subject" in record:
            ticket["Subject"] = record["subject"]
        if "status" in record and record["status"] != ticket["Status"]:
            self._status(ticket, record["status"], at, record.get("by", "agent1"))
        mime = record.get("content_type", "text/plain")
        for kind in ("reply", "comment"):
            if kind in record:
                kind_name = "Correspond" if kind == "reply" else "Comment"
                self.write(ticket, kind_name, record[kind], at=at, by=record.get("by", "agent1"), content_type=mime)
        if record.get("deleted"):
            self._status(ticket, "deleted", at, "agent1")
        if "merged_into" in record:
            self._merge(ticket, str(record["merged_into"]), at)
        ticket["LastUpdated"] = stamp(at)
        return ticket

    def _create(self, record: Json, at: datetime) -> Json:
        tickets = self.data["tickets"]
        identity = str(record.get("id") or max(map(int, tickets), default=0) + 1)
        requestor = record.get("requestor", "alice@acme.test")
        self.add_user(
            requestor, staff=False, EmailAddress=requestor, Organization=record.get("organization", "Acme Corp")
        )
        queue = next(key for key, name in self.data["queues"].items() if name == record.get("queue", "Support"))
        ticket = tickets[identity] = {
            "id": identity,
            "EffectiveId": identity,
            "Subject": record.get("subject", ""),
            "Status": "new",
            "Priority": str(record.get("priority", 0)),
            "Queue": queue,
            "Owner": record.get("owner", "Nobody"),
            "Requestor": [requestor],
            "Created": stamp(at),
            "LastUpdated": stamp(at),
            "fields": {name: list(record.get("fields", {}).get(name, [])) for name in self.data["fields"][queue]},
        }
        mime = record.get("content_type", "text/plain")
        self.write(
            ticket, "Create", record.get("body", record.get("subject", "")), at=at, by=requestor, content_type=mime
        )
        return ticket

    def write(self, ticket: Json, kind: str, text: str, *, at: datetime, by: str, content_type: str) -> Json:
        transaction = self.change(ticket, "", ("", ""), at=at, by=by, kind=kind)
        self.data["attachments"].append(
            {
                "id": str(len(self.data["attachments"]) + 1),
                "TransactionId": transaction["id"],
                "ContentType": content_type,
                "Content": text,
                "Filename": "",
            }
        )
        if kind == "Correspond" and by not in ticket["Requestor"]:
            self.data["mails"].append({"to": ticket["Requestor"], "ticket": ticket["id"]})
        return transaction

    def change(
        self, ticket: Json, field: str, values: tuple[str, str], *, at: datetime, by: str, kind: str = "Set"
    ) -> Json:
        """A transaction; ``values`` are the old and the new one."""
        made = {
            "id": str(len(self.data["transactions"]) + 1),
            "ObjectType": "RT::Ticket",
            "ObjectId": ticket["id"],
            "Type": kind,
            "Field": field,
            "OldValue": values[0],
            "NewValue": values[1],
            "Creator": by,
            "Created": stamp(at),
        }
        self.data["transactions"].append(made)
        return made

    def _status(self, ticket: Json, status: str, at: datetime, by: str) -> None:
        self.change(ticket, "Status", (ticket["Status"], status), at=at, by=by, kind="Status")
        ticket["Status"] = status

    def _merge(self, ticket: Json, into: str, at: datetime) -> None:
        target = self.data["tickets"][into]
        for each in (ticket, target):
            values = ("", f"fsck.com-rt://example.test/ticket/{into}")
            self.change(each, "MergedInto", values, at=at, by="agent1", kind="AddLink")
        ticket["EffectiveId"], target["LastUpdated"] = into, stamp(at)

    def effective(self, identity: str) -> Json | None:
        ticket: Json | None = self.data["tickets"].get(identity)
        while ticket and ticket["EffectiveId"] != ticket["id"]:
            ticket = self.data["tickets"][ticket["EffectiveId"]]
        return ticket

    def visible(self, ticket: Json) -> bool:
        return self.data["queues"][ticket["Queue"]] not in self.hidden_queues

    def search(self, query: str) -> list[Json]:
        """TicketSQL of the few forms that are used here. Deleted and merged tickets never show."""
        listed = (ticket for ticket in self.data["tickets"].values() if ticket["EffectiveId"] == ticket["id"])
        return [t for t in listed if t["Status"] != "deleted" and self.visible(t) and self._matches(t, query)]

    def _matches(self, ticket: Json, query: str) -> bool:
        def one(clause: str) -> bool:
            field, sign, value = re.fullmatch(r"\(?(\w+) (=|>=|<|>) (?:'((?:[^'\\]|\\.)*)'|\d+)\)?", clause).group(
                1, 2, 3
            )
            value = re.sub(r"\\(.)", r"\1", value) if value is not None else re.search(r"\d+", clause).group()
            if field == "Queue":
                return self.data["queues"][ticket["Queue"]] == value
            mine: Any = int(ticket["id"])
            theirs: Any = value
            if field == "LastUpdated":
                mine = datetime.fromisoformat(ticket["LastUpdated"])
                theirs = datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) - self.server_zone
            else:
                theirs = int(value)
            return {"=": mine == theirs, ">=": mine >= theirs, "<": mine < theirs, ">": mine > theirs}[sign]

        return all(any(one(part) for part in clause.split(" OR ")) for clause in query.split(" AND "))

    def custom_fields(self, ticket: Json) -> Any:
        """In no particular order, as Perl's hashes are."""
        if not self.may_see_fields:
            return ""
        shown = [
            {"id": str(number), "type": "customfield", "name": name, "values": ticket["fields"][name]}
            for number, name in enumerate(ticket["fields"], 2)
        ]
        return self._dice.sample(shown, len(shown))

    def belongs(self, transaction: Json, identity: str) -> bool:
        mine, asked = self.effective(transaction["ObjectId"]), self.effective(identity)
        return asked is not None and mine is not None and mine["id"] == asked["id"]

    def seen(self, transaction: Json) -> bool:
        ticket = self.effective(transaction["ObjectId"])
        return ticket is not None and self.visible(ticket) and transaction["Type"] not in self.hidden_types
