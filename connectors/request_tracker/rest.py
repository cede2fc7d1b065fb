"""Reading Request Tracker's REST2 lists and looking up names.

Rule: a list is read until an empty page. RT cuts a page first and then hides what the user may not see, so a
page may be short, and for users without superuser rights it states neither a total nor a next page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import count
from typing import Any

from connectors._http import Http, Params, segment
from connectors.base import AuthFailed, NotFound, Transient
from connectors.request_tracker.mapping import Names, Thread

API = "REST/2.0"
PAGE_SIZE = 100


def rows(
    http: Http, path: str, fields: str, *conditions: tuple[str, str, str], extra: Params | None = None
) -> Iterator[dict[str, Any]]:
    """Every row of a list. A condition is (field, operator, value), compared in the database, times in UTC."""
    params: dict[str, Any] = {"fields": fields, "per_page": PAGE_SIZE, **(extra or {})}
    if conditions:
        params["query"] = json.dumps([{"field": f, "operator": o, "value": v} for f, o, v in conditions])
    before: list[dict[str, Any]] = []
    for page in count(1):
        data = http.get_json(f"{API}/{path}", {**params, "page": page})
        if data["items"] and data["items"] == before:
            raise Transient(f"two identical pages of {path}: the server does not turn pages")
        before = data["items"]
        yield from before
        last = data.get("pages") is not None and page >= int(data["pages"])
        if last or not before:
            return


def sql_time(at: datetime) -> str:
    """A time as TicketSQL and database conditions write it; TicketSQL reads it in the user's time zone."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def quoted(text: str) -> str:
    """``text`` as a TicketSQL string."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def thread(http: Http, ticket_id: str) -> Thread:
    """The whole history and all text parts; files stay where they are."""
    path = f"ticket/{segment(ticket_id)}"
    history = rows(http, f"{path}/history", "Type,Creator,Created,Field,OldValue,NewValue")
    texts = rows(
        http,
        f"{path}/attachments",
        "TransactionId,ContentType,Content,Filename",
        ("ContentType", "LIKE", "text/"),
    )
    return Thread(tuple(history), tuple(texts))


def directory(http: Http) -> Names:
    """Names that are asked for once in the directory's life. Unknown or hidden ones keep their number."""

    @cache
    def user(key: str) -> dict[str, Any]:
        return _or_nothing(http, f"{API}/user/{segment(key)}")

    @cache
    def queue(key: str) -> str:
        return str(_or_nothing(http, f"{API}/queue/{segment(key)}").get("Name") or key)

    return Names(
        user=lambda key: str(user(key).get("Name") or key),
        queue=queue,
        # Who cannot be looked up has no customer's mail address in the ticket: that is staff.
        is_staff=lambda name: bool(int(user(name).get("Privileged", 1) or 0)),
    )


def _or_nothing(http: Http, path: str) -> dict[str, Any]:
    try:
        found = http.get_json(path)
    except (AuthFailed, NotFound):
        return {}
    return found if isinstance(found, dict) else {}
