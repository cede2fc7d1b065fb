"""What the things in memory share: options, hooks, and a table that is read in pages as over a vendor's API.

Rule: reading goes through the same keyset walk as the real connectors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from connectors._paging import Batch, Row, keyset_pages, stamp_of
from connectors.base import Page

T = TypeVar("T")
Hook = Callable[[str], None]
Clock = Callable[[], datetime]

OVERLAP = timedelta(seconds=60)


def quiet(_operation: str) -> None:
    return


def utc_now() -> datetime:
    return datetime.now(UTC)


class MemoryOptions(BaseModel, frozen=True, extra="forbid"):
    page_size: int = 50


class Table(Generic[T]):
    """Things by id with their update times, read in pages as over a vendor's API."""

    def __init__(self, page_size: int) -> None:
        self.page_size = page_size
        self.rows: dict[str, tuple[datetime, T]] = {}

    def fetch(self, since: datetime | None, page: int) -> Batch[T]:
        found = sorted((at, key) for key, (at, _) in self.rows.items() if since is None or at >= since)
        start, end = page * self.page_size, (page + 1) * self.page_size
        rows = [Row(key, at, stamp_of(_plain(self.rows[key][1])), self.rows[key][1]) for at, key in found[start:end]]
        return Batch(rows, more=end < len(found), total=len(found))

    def pages(self, cursor: str | None, before: Callable[[], None]) -> Iterator[Page[T]]:
        def fetch(since: datetime | None, page: int) -> Batch[T]:
            before()
            return self.fetch(since, page)

        for rows, after, total in keyset_pages(fetch, cursor, overlap=OVERLAP):
            yield Page(tuple(row.item for row in rows), after, total=total)


def _plain(item: Any) -> Any:
    return asdict(item)
