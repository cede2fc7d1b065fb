"""What Request Tracker's JSON means in our words.

Rule: no requests here; a record that does not have the expected shape raises KeyError, TypeError or ValueError,
and the caller sets it aside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from connectors.base import Event, Message, Side, Ticket

Json = dict[str, Any]

NOBODY = "Nobody"
SYSTEM = "RT_System"
MESSAGES = ("Create", "Correspond", "Comment")
_EVENTS = {"Status": "status", "Priority": "priority", "Queue": "group", "Owner": "assignee"}


@dataclass(frozen=True, slots=True)
class Names:
    """Looks up what the history only numbers: names of users and queues, and who is staff."""

    user: Callable[[str], str]
    queue: Callable[[str], str]
    is_staff: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Thread:
    """A ticket's transactions, oldest first, and the text parts that belong to them."""

    history: tuple[Json, ...]
    texts: tuple[Json, ...]


def utc(text: str) -> datetime:
    """ "2026-01-31T10:00:00Z" as aware UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def custom_fields(item: Json) -> dict[str, tuple[str, ...]] | None:
    """Field name -> values; None where RT hides the fields (an empty text in their place)."""
    found = item["CustomFields"]
    if not isinstance(found, list):
        return None
    return {str(field["name"]): tuple(str(value) for value in field["values"] if value) for field in found}


def priority_word(number: str, bands: Mapping[str, int]) -> str | None:
    """The band with the highest start that ``number`` reaches, as RT's own PriorityAsString; None below all."""
    reached = [(start, word) for word, start in bands.items() if int(number or 0) >= start]
    return max(reached)[1] if reached else None


def ticket(item: Json, thread: Thread, names: Names, *, url: str, tags_field: str, bands: Mapping[str, int]) -> Ticket:
    """A row of the ticket list and its thread as one Ticket."""
    fields = custom_fields(item) or {}
    requestors = item["Requestor"] or []
    first = requestors[0] if requestors else {}
    side = _sides({str(user["Name"]) for user in requestors}, names)
    owner = str(item["Owner"]["Name"])
    return Ticket(
        id=str(item["id"]),
        created_at=utc(item["Created"]),
        updated_at=utc(item["LastUpdated"]),
        subject=str(item["Subject"] or ""),
        messages=tuple(_messages(thread, side, on_behalf=bool(requestors))),
        events=tuple(_events(thread.history, side, names, bands)),
        status=str(item["Status"]),
        priority=priority_word(item["Priority"], bands),
        requester=first.get("EmailAddress") or first.get("Name") or None,
        requester_name=first.get("RealName") or None,
        account=first.get("Organization") or None,
        group=str(item["Queue"]["Name"]),
        assignee=None if owner == NOBODY else owner,
        tags=fields.get(tags_field, ()),
        url=url,
        attributes={name: ";".join(values) for name, values in fields.items() if values and name != tags_field},
    )


def _sides(requestors: set[str], names: Names) -> Callable[[Json], Side]:
    def side(transaction: Json) -> Side:
        creator = str(transaction["Creator"]["id"])
        if creator in (SYSTEM, NOBODY):
            return Side.SYSTEM
        if creator in requestors:
            return Side.CUSTOMER
        return Side.AGENT if names.is_staff(creator) else Side.CUSTOMER

    return side


def _messages(thread: Thread, side: Callable[[Json], Side], *, on_behalf: bool) -> Iterable[Message]:
    """The messages. What an agent entered for a requestor is the requestor's: RT keeps no other first words."""
    parts: dict[str, list[Json]] = {}
    for part in thread.texts:
        parts.setdefault(str(part["TransactionId"]), []).append(part)
    for transaction in thread.history:
        kind, identity = transaction["Type"], str(transaction["id"])
        if kind not in MESSAGES or identity not in parts:
            continue
        body, content_type = _body(parts[identity])
        yield Message(
            id=identity,
            author=Side.CUSTOMER if kind == "Create" and on_behalf else side(transaction),
            public=kind != "Comment",
            created_at=utc(transaction["Created"]),
            body=body,
            content_type=content_type,
        )


def _body(parts: list[Json]) -> tuple[str, Literal["text/plain", "text/html"]]:
    """A mail may carry the same words plain and as HTML, and its text in several parts; files are left out."""
    inline = [part for part in parts if not part["Filename"]]
    plain = [str(part["Content"]) for part in inline if part["ContentType"] == "text/plain"]
    if any(text.strip() for text in plain):
        return "\n\n".join(plain), "text/plain"
    page = [str(part["Content"]) for part in inline if part["ContentType"] == "text/html"]
    return "\n".join(page), "text/html" if page else "text/plain"


def _events(
    history: Iterable[Json], side: Callable[[Json], Side], names: Names, bands: Mapping[str, int]
) -> Iterable[Event]:
    def word(kind: str, value: str) -> str | None:
        if kind == "group":
            return names.queue(value)
        if kind == "priority":
            return priority_word(value, bands)
        if kind == "assignee":
            name = names.user(value)
            return None if name == NOBODY else name
        return value or None

    for transaction in history:
        # A change of owner is told twice, the second time as SetWatcher.
        kind = None if transaction["Type"] == "SetWatcher" else _EVENTS.get(transaction["Field"] or "")
        if kind:
            old, new = str(transaction["OldValue"] or ""), str(transaction["NewValue"] or "")
            yield Event(
                id=str(transaction["id"]),
                kind=kind,
                at=utc(transaction["Created"]),
                side=side(transaction),
                old=word(kind, old) if old else None,
                new=word(kind, new) if new else None,
            )
