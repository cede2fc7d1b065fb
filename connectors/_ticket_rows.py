"""One row of a ticket export -> a Ticket.

Rule: what is required and cannot be read sets the row aside with all its reasons; nothing is guessed, above all not
a time zone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.base import Message, Side, Ticket

REQUIRED = ("id", "created_at")
TEXTS = ("subject", "body")
TIMES = ("created_at", "updated_at", "last_customer_at")
OPTIONAL = ("status", "priority", "requester", "account", "group", "assignee", "channel", "language", "url", "csat")
KNOWN = frozenset((*REQUIRED, *TEXTS, *TIMES, *OPTIONAL, "tags"))

_SURROGATE = re.compile("[\ud800-\udfff]")

STATUS_WORDS: Mapping[str, str] = {
    **{word: word for word in ("new", "open", "pending", "hold", "solved", "closed")},
    "in progress": "open",
    "reopened": "open",
    "waiting": "pending",
    "on hold": "hold",
    "on-hold": "hold",
    "resolved": "solved",
    "done": "closed",
}
PRIORITY_WORDS: Mapping[str, str] = {
    **{word: word for word in ("urgent", "high", "normal", "low")},
    "critical": "urgent",
    "medium": "normal",
    "minor": "low",
    "p1": "urgent",
    "p2": "high",
    "p3": "normal",
    "p4": "low",
}


class RowRefused(ValueError):
    """The row cannot be read; the message names each column and what is wrong with it, never its content."""


def missing_columns(columns: set[str]) -> str | None:
    """What a table lacks to be a ticket export, or None. ``columns`` as written in the file."""
    names = {name.strip().lower() for name in columns}
    lacking = [name for name in REQUIRED if name not in names]
    if not names & set(TEXTS):
        lacking.append("subject or body")
    return f"no column {', '.join(lacking)}: this is no ticket export" if lacking else None


def ticket_of(values: Mapping[str, Any], timezone: ZoneInfo | None) -> Ticket:
    """Raises RowRefused. ``timezone`` is for times without an offset; None refuses those."""
    known = {name.strip().lower(): _word(value) for name, value in values.items() if name.strip().lower() in KNOWN}
    problems = [f"{name} is missing" for name in REQUIRED if not known.get(name)]
    if _SURROGATE.search(known.get("id", "")):
        problems.append("id holds half of a character (a lone surrogate)")
    if not any(known.get(name) for name in TEXTS):
        problems.append("subject and body are both missing")
    times: dict[str, datetime] = {}
    for name in TIMES:
        if known.get(name):
            try:
                times[name] = _time(known[name], timezone)
            except ValueError as error:
                problems.append(f"{name} {error}")
    if problems:
        raise RowRefused("; ".join(problems))
    created = times["created_at"]
    subject, body = known.get("subject", ""), known.get("body", "")
    said = Message("description", Side.CUSTOMER, public=True, created_at=created, body=body or subject)
    return Ticket(
        id=known["id"],
        created_at=created,
        updated_at=max(created, times.get("updated_at", created)),
        subject=subject,
        messages=(said,),
        tags=_tags(values),
        attributes=_attributes(values),
        last_customer_at=times.get("last_customer_at", created),
        status=known.get("status") or None,
        priority=known.get("priority") or None,
        requester=known.get("requester") or None,
        account=known.get("account") or None,
        group=known.get("group") or None,
        assignee=known.get("assignee") or None,
        channel=known.get("channel") or None,
        language=known.get("language") or None,
        url=known.get("url") or None,
        csat=known.get("csat") or None,
    )


def _word(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.strip()


def _time(text: str, timezone: ZoneInfo | None) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is no ISO 8601 time such as 2026-03-01T09:30:00+01:00") from None
    if at.tzinfo is None:
        if timezone is None:
            raise ValueError("has no offset: write it, or say which time zone the export is in")
        at = at.replace(tzinfo=timezone)
    try:
        return at.astimezone(UTC)
    except (OverflowError, ValueError):
        raise ValueError("lies outside of the calendar") from None


def _tags(values: Mapping[str, Any]) -> tuple[str, ...]:
    found = next((value for name, value in values.items() if name.strip().lower() == "tags"), None)
    parts = [str(part) for part in found] if isinstance(found, list) else _word(found).split(";")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _attributes(values: Mapping[str, Any]) -> dict[str, str]:
    return {
        name.strip(): text
        for name, value in values.items()
        if name.strip() and name.strip().lower() not in KNOWN and (text := _word(value))
    }
