"""Tickets that Request Tracker no longer lists: deleted ones and merged ones.

Rule: neither appears in a ticket search any more, so they are found by the transactions that made them vanish,
and each is looked at again, since a deletion can be undone and a merge can be merged on.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from connectors._http import Http, segment
from connectors.base import AuthFailed, NotFound, Ticket
from connectors.request_tracker.mapping import utc
from connectors.request_tracker.rest import API, rows, sql_time


def gone_since(http: Http, since: datetime) -> Iterator[tuple[Ticket, str | None]]:
    """Each ticket deleted or merged since then, with its queue's id where RT still tells it."""
    changed = ("Created", ">=", sql_time(since))
    deleted = (("Type", "=", "Status"), ("NewValue", "=", "deleted"), changed)
    merged = (("Type", "=", "AddLink"), ("Field", "=", "MergedInto"), changed)
    done: set[str] = set()
    for conditions in (deleted, merged):
        for transaction in rows(http, "transactions", "ObjectId,ObjectType,Created", *conditions):
            identity = str(transaction["ObjectId"])
            if transaction["ObjectType"] == "RT::Ticket" and identity not in done:
                done.add(identity)
                yield from _tombstone(http, identity, utc(transaction["Created"]))


def _tombstone(http: Http, identity: str, at: datetime) -> Iterator[tuple[Ticket, str | None]]:
    try:
        now: dict[str, Any] = http.get_json(f"{API}/ticket/{segment(identity)}")
    except AuthFailed:
        return  # moved out of sight, not gone
    except NotFound:
        yield Ticket(identity, at, at, "", deleted=True), None
        return
    queue = str(now["Queue"]["id"])
    if str(now["id"]) != identity:
        yield Ticket(identity, at, at, "", merged_into=str(now["id"])), queue
    elif now["Status"] == "deleted":
        yield Ticket(identity, utc(now["Created"]), at, "", status="deleted", deleted=True), queue
