"""A tracker in memory, for tests and small experiments.

Rule: it keeps the contract of the real ones: one issue a key, and only the text between our markers is ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar

from connectors._body import block_of, find_key, is_signed, replace_block, sign, strip_markers, with_labels, wrap
from connectors._memory import Clock, Hook, MemoryOptions, Table, quiet, utc_now
from connectors.base import (
    CreateGuarantee,
    Dialect,
    FixVersion,
    IssueDraft,
    IssueText,
    NotFound,
    Page,
    PriorityLevel,
    Ref,
    TrackerIssue,
)


@dataclass(frozen=True, slots=True)
class StoredIssue:
    """An issue as the tracker holds it, whole text included."""

    id: str
    title: str
    body: str
    status: str
    priority: str
    updated_at: datetime
    labels: tuple[str, ...] = ()
    project: str | None = None
    resolution: str | None = None
    fix_versions: tuple[FixVersion, ...] = ()
    comments: tuple[str, ...] = field(default=())
    deleted: bool = False


class MemoryTracker:
    """A tracker that finds its issues by our key. People's changes come in by ``edit``."""

    Options = MemoryOptions
    create_guarantee: ClassVar[CreateGuarantee] = CreateGuarantee("client_id")
    dialect: ClassVar[Dialect] = Dialect.MARKDOWN
    priorities: ClassVar[Mapping[PriorityLevel, str]] = {
        PriorityLevel.TOP: "Urgent",
        PriorityLevel.NEXT: "High",
        PriorityLevel.DEFAULT: "Normal",
    }
    closed_words: ClassVar[frozenset[str]] = frozenset({"done", "closed", "resolved", "rejected"})

    def __init__(self, options: MemoryOptions | None = None, *, name: str = "memory", clock: Clock = utc_now) -> None:
        self.name = name
        self.options = options or MemoryOptions()
        self.clock = clock
        self.before: Hook = quiet
        self.after: Hook = quiet
        self._issues: Table[StoredIssue] = Table(self.options.page_size)

    def check(self) -> str:
        self.before("check")
        return f"{self.name}: {len(self._issues.rows)} issues in memory"

    def issue(self, issue_id: str) -> StoredIssue:
        if issue_id not in self._issues.rows:
            raise NotFound(f"{self.name}: there is no issue {issue_id}")
        return self._issues.rows[issue_id][1]

    def issues(self) -> list[StoredIssue]:
        return [issue for _, issue in self._issues.rows.values()]

    def edit(self, issue_id: str, **changes: Any) -> None:
        """What a person does in the tracker."""
        changed = replace(self.issue(issue_id), **{"updated_at": self.clock(), **changes})
        self._issues.rows[issue_id] = (changed.updated_at, changed)

    def pull_issues(self, cursor: str | None) -> Iterator[Page[TrackerIssue]]:
        for page in self._issues.pages(cursor, lambda: self.before("pull_issues")):
            yield Page(tuple(map(self._seen, page.items)), page.cursor, total=page.total)

    def create_issue(self, draft: IssueDraft, *, key: str) -> Ref:
        self.before("create_issue")
        found = self._by_key(key)
        if found is None:
            issue_id = str(len(self._issues.rows) + 1)
            priority = self.priorities[draft.priority or PriorityLevel.DEFAULT]
            text = self.as_written(draft, key=key)
            made = StoredIssue(
                issue_id, text.title, text.body, "new", priority, self.clock(), draft.labels, draft.project
            )
            self._issues.rows[issue_id] = (made.updated_at, made)
            found = self._ref(issue_id)
        self.after("create_issue")
        return found

    def as_written(self, draft: IssueDraft, *, key: str) -> IssueText:
        return IssueText(strip_markers(draft.title or ""), wrap(draft.body or "", key))

    def find_issue(self, key: str) -> Ref | None:
        self.before("find_issue")
        return self._by_key(key)

    def update_issue(self, issue_id: str, draft: IssueDraft, *, key: str) -> None:
        self.before("update_issue")
        issue = self.issue(issue_id)
        body = None if draft.body is None else replace_block(issue.body, draft.body, key)
        self.edit(
            issue_id,
            title=issue.title if draft.title is None else strip_markers(draft.title),
            body=issue.body if body is None else body,
            priority=issue.priority if draft.priority is None else self.priorities[draft.priority],
            labels=with_labels(issue.labels, draft.labels, draft.dropped_labels),
        )
        self.after("update_issue")

    def comment(self, issue_id: str, body: str, *, key: str) -> Ref:
        self.before("comment")
        comments = self.issue(issue_id).comments
        if not any(is_signed(text, key) for text in comments):
            self.edit(issue_id, comments=(*comments, sign(body, key)))
        self.after("comment")
        return Ref(f"{issue_id}/{key}")

    def find_comment(self, issue_id: str, key: str) -> Ref | None:
        self.before("find_comment")
        found = any(is_signed(text, key) for text in self.issue(issue_id).comments)
        return Ref(f"{issue_id}/{key}") if found else None

    def _by_key(self, key: str) -> Ref | None:
        return next((self._ref(issue.id) for issue in self.issues() if find_key(issue.body) == key), None)

    def _ref(self, issue_id: str) -> Ref:
        return Ref(issue_id, f"memory://{self.name}/{issue_id}")

    def _seen(self, issue: StoredIssue) -> TrackerIssue:
        return TrackerIssue(
            id=issue.id,
            url=f"memory://{self.name}/{issue.id}",
            key=find_key(issue.body),
            title=issue.title,
            status=issue.status,
            updated_at=issue.updated_at,
            block=block_of(issue.body),
            closed=issue.status.lower() in self.closed_words,
            resolution=issue.resolution,
            priority=issue.priority,
            priority_levels=frozenset(level for level, word in self.priorities.items() if word == issue.priority),
            fix_versions=issue.fix_versions,
            labels=issue.labels,
            deleted=issue.deleted,
        )
