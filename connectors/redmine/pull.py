"""Reading the issues that changed.

Rule: closing a version changes none of its issues, so changed versions are watched too and their issues given
again; else a release would go unseen. An issue that was deleted, or moved to another project, is not listed
any more and Redmine tells of it nowhere: the caller learns it when it next writes (NotFound).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from connectors._http import Http, segment
from connectors._paging import Batch, Row, keyset_pages, offset_pages, stamp_of
from connectors._position import Position, clock_of
from connectors.base import AuthFailed, NotFound, Page, Rejected, TrackerIssue
from connectors.redmine import mapping
from connectors.redmine.options import Options

OVERLAP = timedelta(seconds=120)
PAGE_SIZE = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def pull(http: Http, options: Options, cursor: str | None) -> Iterator[Page[TrackerIssue]]:
    """See IssueTracker."""
    position = Position.load(cursor)
    # With anonymous reading allowed, a refused key would see an empty list instead of an error.
    now = clock_of(http.get("users/current.json"))
    started = now()
    versions = list(_versions(http, options).values())
    reading = _Reading(http, options, vocabulary(http, options, versions))
    if position.watched:
        changed = [row for row in versions if mapping.utc(row["updated_on"]) >= position.watched - OVERLAP]
        # The old cursor: a pull that breaks in here has not yet told of all of them.
        yield from reading.released(changed, position.dump())
    for fresh, keys, total in keyset_pages(reading.batch, position.listed, overlap=OVERLAP):
        yield reading.page(fresh, Position(keys, started).dump(), total)


def _versions(http: Http, options: Options) -> dict[int, dict[str, Any]]:
    """By number: projects share versions."""
    found: dict[int, dict[str, Any]] = {}
    for project in (options.project, *options.projects):
        rows = http.get_json(f"projects/{segment(project)}/versions.json")["versions"]
        found |= {int(row["id"]): row for row in rows}
    return found


def vocabulary(http: Http, options: Options, versions: list[dict[str, Any]]) -> mapping.Vocabulary:
    """Asked for once a pull; ``versions`` are known already, others are looked up."""
    known = {int(row["id"]): row for row in versions}
    statuses = http.get_json("issue_statuses.json")["issue_statuses"]

    @cache
    def version(identity: int) -> dict[str, Any] | None:
        if identity in known:
            return known[identity]
        try:
            found: dict[str, Any] = http.get_json(f"versions/{identity}.json")["version"]
        except (AuthFailed, NotFound):
            return None
        return found

    return mapping.Vocabulary(
        closed={int(row["id"]): bool(row.get("is_closed")) for row in statuses},
        priorities=priorities(http, options),
        version=version,
    )


def priorities(http: Http, options: Options) -> mapping.Priorities:
    listed = http.get_json("enumerations/issue_priorities.json")["issue_priorities"]
    return mapping.Priorities.of(listed, options.priorities)


def url(http: Http, issue_id: str) -> str:
    return f"{http.base_url}/issues/{issue_id}"


@dataclass(frozen=True, slots=True)
class _Reading:
    """One pull: the connection and what the numbers mean."""

    http: Http
    options: Options
    words: mapping.Vocabulary

    def batch(self, since: datetime | None, page: int, **filters: str) -> Batch[dict[str, Any]]:
        if since:
            filters["updated_on"] = f">={since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        # Redmine filters by one project at most: with several, everything that the user may see is read.
        params: dict[str, str | int] = {
            **({} if self.options.projects else {"project_id": self.options.project}),
            "status_id": "*",
            "sort": "updated_on,id",
            "limit": PAGE_SIZE,
            "offset": page * PAGE_SIZE,
            **filters,
        }
        data = self.http.get_json("issues.json", params)
        total = int(data["total_count"])
        rows = [_row(item, since or _EPOCH) for item in data["issues"]]
        return Batch(rows, more=page * PAGE_SIZE + len(rows) < total, total=total)

    def released(self, versions: list[dict[str, Any]], cursor: str) -> Iterator[Page[TrackerIssue]]:
        """The issues of versions that changed."""
        if versions:
            wanted = "|".join(str(int(row["id"])) for row in versions)
            for rows, _ in offset_pages(lambda page: self.batch(None, page, fixed_version_id=wanted)):
                yield self.page(rows, cursor, None)

    def page(self, rows: list[Row[dict[str, Any]]], cursor: str, total: int | None) -> Page[TrackerIssue]:
        read = [self._issue(row.item) for row in rows]
        return Page(
            tuple(found for found in read if isinstance(found, TrackerIssue)),
            cursor,
            tuple(found for found in read if isinstance(found, Rejected)),
            total,
        )

    def _issue(self, item: dict[str, Any]) -> TrackerIssue | Rejected:
        identity = str(item.get("id"))
        try:
            return mapping.issue(item, self.words, url=url(self.http, identity), options=self.options)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            reason = f"issue {identity} could not be read: {type(error).__name__}: {error}"
            return Rejected(identity, reason, json.dumps(item, ensure_ascii=False))


def _row(item: dict[str, Any], since: datetime) -> Row[dict[str, Any]]:
    """A row without a readable time stands at ``since``, so that it is set aside and not in the way."""
    try:
        at = mapping.utc(item["updated_on"])
    except (KeyError, TypeError, ValueError):
        at = since
    return Row(str(item.get("id")), at, stamp_of(item), item)
