"""What an issue in a tracker is made of: as it is read, as it shall be, and as it stands there byte for byte."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class PriorityLevel(StrEnum):
    """What the caller asks a tracker for; each connector maps it to the priorities that its tracker allows."""

    TOP = "top"
    NEXT = "next"
    DEFAULT = "default"


class Dialect(StrEnum):
    """The markup that a tracker reads in texts: what the caller must keep customers' words from saying in it."""

    MARKDOWN = "markdown"
    GITHUB = "github"
    GITLAB = "gitlab"
    REDMINE = "redmine"
    JIRA = "jira"


@dataclass(frozen=True, slots=True)
class FixVersion:
    name: str
    released: bool
    due: date | None = None


@dataclass(frozen=True, slots=True)
class TrackerIssue:
    """An issue that product development works on.

    ``key`` is the marker that ``create_issue`` planted, None in issues that are not ours. ``block`` is the text
    between our markers. ``priority_levels`` are the levels that would have led to the present priority, empty where
    none would. ``status`` and ``resolution`` are the tracker's words, ``closed`` its own verdict. ``labels`` is None
    where the tracker keeps none.
    """

    id: str
    url: str
    key: str | None
    title: str
    status: str
    updated_at: datetime
    block: str | None = None
    closed: bool | None = None
    resolution: str | None = None
    priority: str | None = None
    priority_levels: frozenset[PriorityLevel] = frozenset()
    fix_versions: tuple[FixVersion, ...] = ()
    due: date | None = None
    labels: tuple[str, ...] | None = ()
    deleted: bool = False
    category: str | None = None
    """The tracker's own category of the status, where it has one (Jira: new, indeterminate, done)."""


@dataclass(frozen=True, slots=True)
class IssueDraft:
    """What an issue shall say. In ``update_issue`` a None leaves the field as it is.

    ``labels`` shall be there, ``dropped_labels`` shall not; all others are people's. ``project`` is where
    ``create_issue`` opens it, None the connection's own; an issue is never moved.
    """

    title: str | None
    body: str | None
    priority: PriorityLevel | None
    labels: tuple[str, ...] = ()
    dropped_labels: tuple[str, ...] = ()
    project: str | None = None

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> IssueDraft:
        """From plain values, as JSON keeps them; what is missing is None or empty."""
        priority = fields.get("priority")
        return cls(
            title=fields.get("title"),
            body=fields.get("body"),
            priority=None if priority is None else PriorityLevel(priority),
            labels=tuple(fields.get("labels") or ()),
            dropped_labels=tuple(fields.get("dropped_labels") or ()),
            project=fields.get("project"),
        )


@dataclass(frozen=True, slots=True)
class IssueText:
    """A title and a text as they stand in the tracker, byte for byte."""

    title: str
    body: str
