"""Walking a vendor's lists without losing a row.

Rule: rows may be given twice, never be skipped: not by equal timestamps across a page border, not by a row
that moves while the list is read, not by a row that becomes visible a little late.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from connectors.base import Permanent, Transient

T = TypeVar("T")

SEEN_CAP = 4000
MAX_RESTARTS = 5
_RESTLESS = "the list keeps changing while it is read: try again in a quieter hour"
_STUCK = "two identical pages in a row: the server does not turn pages; this pull ends here"


def stamp_of(value: Any) -> str:
    """A short fingerprint of a JSON-like value, for rows whose only stamp is a time of low resolution."""
    text = json.dumps(value, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Row(Generic[T]):
    """One row of a list. ``at`` is its update time (aware), by which the list is sorted, ties by ``id``.

    ``stamp`` changes whenever the row does: a version, or ``stamp_of`` its content. A bare time of one-second
    resolution would hide a second change within the same second.
    """

    id: str
    at: datetime
    stamp: str
    item: T


@dataclass(frozen=True, slots=True)
class Batch(Generic[T]):
    """One page as the vendor gave it. ``more``: whether the vendor has a further page."""

    rows: Sequence[Row[T]]
    more: bool
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Keyset:
    """Where a pull stands: the update time of the last row, and digests of the rows seen shortly before it.

    ``seen`` holds (epoch seconds, digest of id and stamp), at most SEEN_CAP of the newest: beyond that an
    unchanged row may be given again.
    """

    at: datetime | None = None
    seen: tuple[tuple[float, str], ...] = ()

    @classmethod
    def load(cls, cursor: str | None) -> Keyset:
        """Read ``dump``'s text; None is the beginning. Raises Permanent if it is not ours."""
        if cursor is None:
            return cls()
        try:
            data = json.loads(cursor)
            at = datetime.fromisoformat(data["at"]) if data["at"] else None
            return cls(at, tuple((float(when), str(digest)) for when, digest in data["seen"]))
        except (ValueError, KeyError, TypeError) as error:
            raise Permanent(f"the cursor cannot be read ({error}): reset this connection's sync state") from error

    def dump(self) -> str:
        return json.dumps({"at": self.at.isoformat() if self.at else None, "seen": self.seen}, separators=(",", ":"))

    def since(self, overlap: timedelta) -> datetime | None:
        """From where to ask: ``overlap`` before the last row, for rows that became visible late."""
        if self.at is None:
            return None
        floor = datetime.min.replace(tzinfo=UTC)
        return self.at - overlap if self.at - floor > overlap else floor

    def fresh(self, rows: Iterable[Row[T]]) -> list[Row[T]]:
        """The rows that were not seen with this very stamp."""
        known = {digest for _, digest in self.seen}
        return [row for row in rows if _digest(row) not in known]

    def advance(self, rows: Iterable[Row[Any]], overlap: timedelta) -> Keyset:
        """The keyset after ``rows``. It never goes back."""
        rows = list(rows)
        at = max([row.at for row in rows] + ([self.at] if self.at else []), default=None)
        if at is None:
            return self
        seen = {digest: when for when, digest in self.seen}
        seen.update((_digest(row), row.at.timestamp()) for row in rows)
        oldest = at.timestamp() - overlap.total_seconds()
        kept = sorted((when, digest) for digest, when in seen.items() if when >= oldest)
        return Keyset(at, tuple(kept[-SEEN_CAP:]))


def _digest(row: Row[Any]) -> str:
    return hashlib.sha256(f"{row.id}\0{row.stamp}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


Fetch = Callable[[datetime | None, int], Batch[T]]


def keyset_pages(
    fetch: Fetch[T],
    cursor: str | None,
    *,
    overlap: timedelta,
    resolution: timedelta = timedelta(seconds=1),
) -> Iterator[tuple[list[Row[T]], str, int | None]]:
    """Walk all rows changed since ``cursor``, oldest change first; yields (rows not yet seen, cursor, total).

    ``fetch(since, page)`` gives page 0, 1, ... of the rows with ``at >= since`` (all rows for None), sorted
    by (at, id). After each page the walk asks again from the last row's time on, so rows that move do not
    shift the next page; only where a page is full of equal times does it turn pages, and then reads the page
    before again to see that nothing shifted. ``resolution`` is the precision of the vendor's query, to which
    ``since`` is floored. Raises Transient when the list does not hold still or a page repeats itself.
    """
    keys = Keyset.load(cursor)
    since = _floor(keys.since(overlap), resolution)
    page, restarts = 0, 0
    before: Batch[T] | None = None
    while True:
        batch = fetch(since, page)
        if before is not None and batch.rows:
            if _ids(fetch(since, page - 1)) != _ids(before):
                restarts += 1
                if restarts > MAX_RESTARTS:
                    raise Transient(_RESTLESS)
                page, before = 0, None
                continue
            if _ids(before) == _ids(batch):
                raise Transient(_STUCK)
        fresh = keys.fresh(batch.rows)
        keys = keys.advance(batch.rows, overlap)
        yield fresh, keys.dump(), batch.total
        if not batch.more or not batch.rows:
            return
        reached = _floor(max(row.at for row in batch.rows), resolution)
        if since is None or (reached is not None and reached > since):
            since, page, before, restarts = reached, 0, None, 0
        else:
            page, before = page + 1, batch


def _ids(batch: Batch[Any]) -> list[tuple[str, str]]:
    return [(row.id, row.stamp) for row in batch.rows]


def _floor(at: datetime | None, resolution: timedelta) -> datetime | None:
    """``at`` rounded down to ``resolution`` since the epoch."""
    if at is None:
        return None
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + (at - epoch) // resolution * resolution


def offset_pages(fetch: Callable[[int], Batch[T]]) -> Iterator[tuple[list[Row[T]], int | None]]:
    """Walk a whole list by page number 0, 1, ...; yields (rows, total).

    Starts again when the total changes or a row comes twice, since then rows may have shifted past a page
    border; rows are given again in that case. Raises Transient when the list does not hold still or a page
    repeats itself.
    """
    for _ in range(MAX_RESTARTS + 1):
        walk = _Walk()
        while walk.going:
            batch = fetch(walk.page)
            walk.note(batch)
            yield list(batch.rows), batch.total
        if walk.still:
            return
    raise Transient(_STUCK if walk.stuck else _RESTLESS)


class _Walk:
    """One run over a list: where it is, and whether the list held still."""

    def __init__(self) -> None:
        self.page, self.going, self.still, self.stuck = 0, True, True, False
        self._ids: set[str] = set()
        self._before: Batch[Any] | None = None

    def note(self, batch: Batch[Any]) -> None:
        ids = {row.id for row in batch.rows}
        if self._before is not None:
            self.stuck = bool(batch.rows) and _ids(self._before) == _ids(batch)
            self.still = self.still and self._before.total == batch.total and not ids & self._ids
        self._ids |= ids
        self._before = batch
        self.page += 1
        self.going = batch.more and bool(batch.rows) and not self.stuck


def follow(fetch: Callable[[str | None], tuple[T, str | None]], start: str | None) -> Iterator[tuple[T, str | None]]:
    """Walk by a vendor's own opaque cursor: ``fetch(cursor)`` gives (page, next cursor), None at the end.

    Raises Transient when the vendor hands out the same cursor twice in a row.
    """
    cursor: str | None = start
    while True:
        page, following = fetch(cursor)
        yield page, following
        if following is None:
            return
        if following == cursor:
            raise Transient("two identical cursors in a row: the server does not turn pages; this pull ends here")
        cursor = following
