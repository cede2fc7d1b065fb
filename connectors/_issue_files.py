"""What a Markdown file says as an issue of a tracker.

Rule: the file is only read here, and what a person wrote that cannot be understood is left out, never mended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from pydantic import BaseModel, Field

from connectors._body import block_of
from connectors.base import FixVersion, PriorityLevel, Rejected, TrackerIssue

FILE_CAP = 4 << 20
RAW_CAP = 2000
JOINT = "__"
Fields = Mapping[str, str | list[str]]


class TrackerOptions(BaseModel, frozen=True, extra="forbid"):
    """``path`` is made when the first issue is. ``closed_words`` are the statuses (lower case) of finished issues."""

    path: Path
    first_status: str = "open"
    priorities: Mapping[PriorityLevel, str] = Field(
        default={PriorityLevel.TOP: "urgent", PriorityLevel.NEXT: "high", PriorityLevel.DEFAULT: "normal"}
    )
    closed_words: frozenset[str] = frozenset(
        {"closed", "done", "resolved", "fixed", "released", "rejected", "declined", "duplicate", "cancelled", "wontfix"}
    )
    page_size: int = Field(default=200, ge=1, le=5000)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at a file gave: nothing new, an issue, or why there is none. ``id`` is empty in foreign files."""

    id: str
    digest: str
    issue: TrackerIssue | None = None
    rejected: Rejected | None = None


def key_in_name(path: Path) -> str | None:
    """The key that ``create_issue`` put in the file's name."""
    return path.stem.rpartition(JOINT)[0] or None


def read_text(path: Path) -> str:
    """Raises OSError, or ValueError where the file is too large or no UTF-8 text."""
    with path.open("rb") as file:
        data = file.read(FILE_CAP + 1)
    if len(data) > FILE_CAP:
        raise ValueError(f"larger than {FILE_CAP >> 20} MB")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ValueError("no UTF-8 text: save it as UTF-8") from None


def peek(path: Path) -> str:
    """The file's text, empty where it cannot be read."""
    try:
        return read_text(path)
    except (OSError, ValueError):
        return ""


def issue_of(
    fields: Fields, text: str, options: TrackerOptions, *, path: Path, key: str | None, updated_at: datetime
) -> TrackerIssue:
    status = word(fields, "status") or options.first_status
    priority = word(fields, "priority")
    return TrackerIssue(
        id=key or path.stem,
        url=path.absolute().as_uri(),
        key=key,
        title=word(fields, "title") or path.stem,
        status=status,
        updated_at=updated_at,
        block=block_of(text),
        closed=status.lower() in options.closed_words,
        resolution=word(fields, "resolution"),
        priority=priority,
        priority_levels=frozenset(level for level, name in options.priorities.items() if name == priority),
        fix_versions=_fix_versions(fields),
        due=_day(word(fields, "due")),
        labels=tuple(words(fields, "labels")),
    )


def word(fields: Fields, name: str) -> str | None:
    """One word or the first of a list; None where empty."""
    value = fields.get(name)
    text = (value[0] if value else "") if isinstance(value, list) else value or ""
    return text.strip() or None


def words(fields: Fields, name: str) -> list[str]:
    """A list, or one text with commas."""
    value = fields.get(name) or []
    parts = value.split(",") if isinstance(value, str) else value
    return [part.strip() for part in parts if part.strip()]


def _fix_versions(fields: Fields) -> tuple[FixVersion, ...]:
    """``released`` is yes or true, or the day of the release."""
    said = (word(fields, "released") or "").lower()
    released = said in ("true", "yes", "1", "on") or _day(said) is not None
    due = _day(word(fields, "due"))
    return tuple(FixVersion(name, released, due) for name in words(fields, "fix_version"))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None
