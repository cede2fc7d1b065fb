"""Reading the tickets that changed.

Rule: nothing that changed is left out, and no thread is read twice for nothing: LastUpdated has a resolution
of one second, so a ticket seen within that second is read once more when the second is surely over.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors._http import Http
from connectors._paging import Batch, Row, keyset_pages, stamp_of
from connectors._position import Position, clock_of
from connectors.base import AuthFailed, Page, Permanent, Rejected, Ticket
from connectors.request_tracker import mapping, rest
from connectors.request_tracker.gone import gone_since
from connectors.request_tracker.options import Options

OVERLAP = timedelta(seconds=120)
SETTLED = timedelta(seconds=3)
PAGE_SIZE = 50
_FIELDS = {
    "fields": "Subject,Status,Priority,Created,LastUpdated,Queue,Owner,Requestor,CustomFields",
    "fields[Queue]": "Name",
    "fields[Owner]": "Name",
    "fields[Requestor]": "Name,EmailAddress,RealName,Organization",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def pull(http: Http, options: Options, cursor: str | None) -> Iterator[Page[Ticket]]:
    """See HelpDesk. First what vanished, then what changed; a first pull has seen nothing that could vanish."""
    position = Position.load(cursor)
    reading = _Reading(http, options, rest.directory(http), clock_of(http.get(f"{rest.API}/rt")))
    started = reading.now()
    gone = tuple(reading.gone(position.watched - OVERLAP)) if position.watched else ()
    if gone:
        yield Page(gone, Position(position.listed, started).dump())
    for fresh, keys, total in keyset_pages(reading.batch, position.listed, overlap=OVERLAP):
        read = [reading.ticket(row.item) for row in fresh]
        yield Page(
            tuple(found for found in read if isinstance(found, Ticket)),
            Position(keys, started).dump(),
            tuple(found for found in read if isinstance(found, Rejected)),
            total,
        )


def url(http: Http, ticket_id: str) -> str:
    return f"{http.base_url}/Ticket/Display.html?id={ticket_id}"


@dataclass(frozen=True, slots=True)
class _Reading:
    """One pull: the connection, the names looked up so far, and the server's time."""

    http: Http
    options: Options
    names: mapping.Names
    now: Callable[[], datetime]

    def batch(self, since: datetime | None, page: int) -> Batch[dict[str, Any]]:
        params: dict[str, str | int | list[str]] = {
            **_FIELDS,
            "query": self._query(since),
            "orderby": ["LastUpdated", "id"],
            "order": ["ASC", "ASC"],
            "per_page": PAGE_SIZE,
            "page": page + 1,
        }
        data = self.http.get_json(f"{rest.API}/tickets", params)
        rows = [self._row(item, since or _EPOCH) for item in data["items"]]
        return Batch(rows, more=page + 1 < int(data.get("pages") or 0), total=data.get("total"))

    def _query(self, since: datetime | None) -> str:
        queues = " OR ".join(f"Queue = {rest.quoted(queue)}" for queue in self.options.queues)
        changed = f"LastUpdated >= '{rest.sql_time(since)}'" if since else "id > 0"
        return f"{changed} AND ({queues})" if queues else changed

    def _row(self, item: dict[str, Any], since: datetime) -> Row[dict[str, Any]]:
        """A row without a readable time stands at ``since``, so that it is set aside and not in the way."""
        try:
            at = mapping.utc(item["LastUpdated"])
        except (KeyError, TypeError, ValueError):
            at = since
        settled = at + SETTLED < self.now()
        return Row(str(item.get("id")), at, stamp_of([item.get("LastUpdated"), settled]), item)

    def ticket(self, item: dict[str, Any]) -> Ticket | Rejected:
        identity = str(item.get("id"))
        try:
            return mapping.ticket(
                item,
                self._thread(identity),
                self.names,
                url=url(self.http, identity),
                tags_field=self.options.tags_field,
                bands=self.options.priority_bands,
            )
        except (Permanent, LookupError, TypeError, ValueError, AttributeError) as error:
            reason = f"ticket {identity} could not be read: {type(error).__name__}: {error}"
            return Rejected(identity, reason, json.dumps(item, ensure_ascii=False))

    def _thread(self, identity: str) -> mapping.Thread:
        """Raises AuthFailed if the token is refused as such, Permanent if only this ticket is."""
        try:
            thread = rest.thread(self.http, identity)
        except AuthFailed:
            self.http.get(f"{rest.API}/rt")
            try:
                thread = rest.thread(self.http, identity)
            except AuthFailed as refused:
                raise Permanent(str(refused)) from refused
        if not thread.history:
            raise Permanent("its history is empty: the user may not see it, or it was erased")
        return thread

    def gone(self, since: datetime) -> Iterator[Ticket]:
        queues = self.options.queues
        for ticket, queue in gone_since(self.http, since):
            if not queues or queue is None or self.names.queue(queue) in queues:
                yield ticket
