"""What Redmine's JSON means in our words, and texts that do nothing in it.

Rule: no requests here; a record that does not have the expected shape raises KeyError, TypeError or ValueError.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from connectors._body import block_of, find_key
from connectors.base import FixVersion, PriorityLevel, TrackerIssue
from connectors.redmine.options import Options

Json = dict[str, Any]

_BRAKE = "\N{ZERO WIDTH SPACE}"
# @name notifies a person, {{name}} runs a macro, !address! and ![]() load a picture.
_ACTS = re.compile(r"[@!](?=\S)|\{(?=\{)")


def inert(text: str) -> str:
    """``text`` without effects in Textile and Markdown: a brake that nobody sees behind each sign that acts."""
    return _ACTS.sub(lambda found: found[0] + _BRAKE, text.replace(_BRAKE, ""))


def as_given(text: str) -> str:
    """What ``inert`` was given, except zero-width spaces."""
    return text.replace(_BRAKE, "")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Priorities:
    """The priorities that an issue may get, by level; all ``names``, lowest first; ``unknown``: wanted names."""

    ids: Mapping[PriorityLevel, int]
    names: Sequence[str] = ()
    unknown: Sequence[str] = ()

    @classmethod
    def of(cls, listed: Sequence[Json], wanted: Mapping[PriorityLevel, str] | None = None) -> Priorities:
        """From Redmine's list, which runs from low to high; inactive ones cannot be given any more. ``wanted`` names
        the priority of a level.
        """
        rows, wanted = [row for row in listed if row.get("active", True)], wanted or {}
        by_name = {str(row.get("name")).casefold(): int(row["id"]) for row in rows}
        unknown = [name for name in wanted.values() if name.casefold() not in by_name]
        active = [int(row["id"]) for row in rows]
        if not active:
            return cls({}, (), unknown)
        default = next((int(row["id"]) for row in listed if row.get("is_default")), active[0])
        ids = {
            PriorityLevel.TOP: active[-1],
            PriorityLevel.NEXT: active[-2] if len(active) > 1 else active[-1],
            PriorityLevel.DEFAULT: default,
        }
        ids |= {level: by_name[name.casefold()] for level, name in wanted.items() if name.casefold() in by_name}
        return cls(ids, [str(row.get("name")) for row in rows], unknown)

    def levels(self, identity: int) -> frozenset[PriorityLevel]:
        return frozenset(level for level, found in self.ids.items() if found == identity)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What an issue's numbers mean: which statuses are closed, the priorities, and a version by number."""

    closed: Mapping[int, bool]
    priorities: Priorities
    version: Callable[[int], Json | None]


def key_of(item: Json, marker_field: int | None) -> str | None:
    """Our key in the marker field, else in the description."""
    for field in item.get("custom_fields", ()):
        if field["id"] == marker_field and field.get("value"):
            return str(field["value"])
    return find_key(item.get("description") or "")


def labels_of(item: Json, field: int | None) -> tuple[str, ...]:
    """The words in the labels field, with commas between."""
    found = next((row.get("value") for row in item.get("custom_fields", ()) if row["id"] == field), None) or ""
    parts = found if isinstance(found, list) else str(found).split(",")
    return tuple(part.strip() for part in parts if part.strip())


def issue(item: Json, words: Vocabulary, *, url: str, options: Options) -> TrackerIssue:
    block = block_of(item.get("description") or "")
    status, priority = item["status"], item.get("priority") or {}
    due = item.get("due_date")
    return TrackerIssue(
        id=str(item["id"]),
        url=url,
        key=key_of(item, options.marker_field),
        title=as_given(str(item["subject"])),
        status=str(status["name"]),
        updated_at=utc(item["updated_on"]),
        block=None if block is None else as_given(block),
        closed=words.closed.get(int(status["id"])),
        priority=priority.get("name"),
        priority_levels=words.priorities.levels(int(priority.get("id", 0))),
        fix_versions=_versions(item.get("fixed_version"), words),
        due=date.fromisoformat(due) if due else None,
        labels=None if options.labels_field is None else labels_of(item, options.labels_field),
    )


def _versions(named: Json | None, words: Vocabulary) -> tuple[FixVersion, ...]:
    """Redmine has at most one. Released means its status is closed; locked only takes no more issues."""
    if not named:
        return ()
    found = words.version(int(named["id"])) or {}
    due = found.get("due_date")
    return (
        FixVersion(
            str(named["name"]), released=found.get("status") == "closed", due=date.fromisoformat(due) if due else None
        ),
    )
