"""Lists in pages. A cursor names the last row that was read, so that rows that come meanwhile shift nothing.

Rule: the order is by a key that no two rows share; what is in a cursor is checked like any other input.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from pydantic import BaseModel, Field

from bridge.web.api.adapter import Invalid

Key = tuple[int | float | str, ...]
T = TypeVar("T")
MOST, USUAL = 200, 50
BIG = 2**31 - 1


class Page(BaseModel, extra="forbid"):
    """Which part of a list is wanted."""

    limit: int = Field(USUAL, ge=1, le=MOST, description="How many rows at most")
    cursor: str | None = Field(None, max_length=500, description="`next` of the page before; without it the first")


def paged(rows: Iterable[T], key: Callable[[T], Key], page: Page) -> tuple[list[T], str | None]:
    """The wanted rows in the order of their keys, and the cursor of the next page; None at the end."""
    ordered = sorted(rows, key=key)
    if page.cursor is not None:
        after = decoded(page.cursor)
        ordered = [row for row in ordered if _is_after(key(row), after)]
    return cut(ordered, key, page.limit)


def cut(rows: Sequence[T], key: Callable[[T], Key], limit: int) -> tuple[list[T], str | None]:
    """The first ``limit`` of rows that were read with one more."""
    shown = list(rows[:limit])
    return shown, encoded(key(shown[-1])) if len(rows) > limit else None


def encoded(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":")).encode()).decode().rstrip("=")


def decoded(cursor: str) -> Key:
    """Raises Invalid for anything that ``encoded`` never made."""
    try:
        key = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise _wrong() from None
    if not isinstance(key, list) or not key or not all(type(part) in (int, float, str) for part in key):
        raise _wrong()
    if encoded(made := tuple(key)) != cursor:
        raise _wrong()
    return made


def numbers(cursor: str | None, count: int) -> list[int]:
    """The ids in a cursor of this many; none for the first page."""
    if cursor is None:
        return []
    key = [part for part in decoded(cursor) if type(part) is int and 0 <= part <= BIG]
    if len(key) != count or encoded(tuple(key)) != cursor:
        raise _wrong()
    return key


def number(cursor: str | None) -> int | None:
    """The id in the cursor of a list that is ordered by ids."""
    return next(iter(numbers(cursor, 1)), None)


def _is_after(key: Key, after: Key) -> bool:
    try:
        return key > after
    except TypeError:
        raise _wrong() from None


def _wrong() -> Invalid:
    return Invalid("query", [("cursor", "this is no cursor of this list: send `next` of the page before as it is")])
