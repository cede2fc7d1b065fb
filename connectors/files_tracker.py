"""A tracker that is a folder of Markdown files with front matter, an issue a file.

Rule: the key is in the file's name, so a key has one file; a person moves an issue by editing ``status:``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from connectors._body import find_key, is_signed, replace_block, sign, strip_markers, with_labels, wrap
from connectors._disk import locked, replace_file
from connectors._front import NoFrontMatter, read_fields, set_fields, slug, with_fields
from connectors._issue_files import JOINT, RAW_CAP, Seen, TrackerOptions, issue_of, key_in_name, peek, read_text, words
from connectors.base import (
    CreateGuarantee,
    Dialect,
    IssueDraft,
    IssueText,
    NotFound,
    Page,
    Permanent,
    PriorityLevel,
    Ref,
    Rejected,
    TrackerIssue,
    Transient,
)


class FilesTracker:
    """See the module. An issue's id is its key, or its file's name without suffix where people made it."""

    Options = TrackerOptions
    create_guarantee: ClassVar[CreateGuarantee] = CreateGuarantee("client_id")
    dialect: ClassVar[Dialect] = Dialect.MARKDOWN

    def __init__(
        self,
        options: TrackerOptions,
        *,
        name: str = "files",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name = name
        self.options = options
        self._clock = clock

    def check(self) -> str:
        with self._lock():
            return f"{self.name}: {len(self._files())} issue files in {self.options.path}"

    def pull_issues(self, cursor: str | None) -> Iterator[Page[TrackerIssue]]:
        before = _load(cursor)
        known: dict[str, tuple[str, str]] = {}
        items: list[TrackerIssue] = []
        rejected: list[Rejected] = []
        for path in self._files():
            seen = self._look(path, before.get(path.name))
            known[path.name] = (seen.id, seen.digest)
            items.extend([seen.issue] if seen.issue else [])
            rejected.extend([seen.rejected] if seen.rejected else [])
            if len(items) + len(rejected) >= self.options.page_size:
                yield Page(tuple(items), _dump({**before, **known}), tuple(rejected))
                items, rejected = [], []
        here = {issue_id for issue_id, _ in known.values()}
        gone = {issue_id for name, (issue_id, _) in before.items() if name not in known} - here
        items.extend(self._tombstone(issue_id) for issue_id in sorted(gone) if issue_id)
        yield Page(tuple(items), _dump(known), tuple(rejected))

    def create_issue(self, draft: IssueDraft, *, key: str) -> Ref:
        with self._lock():
            found = self._by_key(key)
            if found is None:
                found = self.options.path / f"{key}{JOINT}{slug(draft.title or '')}.md"
                text = self.as_written(draft, key=key)
                replace_file(found, with_fields(self._first_fields(draft, text.title, key), text.body).encode())
        return self._ref(key, found)

    def as_written(self, draft: IssueDraft, *, key: str) -> IssueText:
        return IssueText(strip_markers(draft.title or ""), wrap(draft.body or "", key))

    def find_issue(self, key: str) -> Ref | None:
        found = self._by_key(key)
        return self._ref(key, found) if found else None

    def update_issue(self, issue_id: str, draft: IssueDraft, *, key: str) -> None:
        with self._lock():
            path, text = self._open(issue_id)
            body = None if draft.body is None else replace_block(text, draft.body, key)
            self._save(path, text, text if body is None else body, self._changes(text, draft))

    def comment(self, issue_id: str, body: str, *, key: str) -> Ref:
        with self._lock():
            path, text = self._open(issue_id)
            if not is_signed(text, key):
                said = sign(f"**Comment of {self._clock().date().isoformat()}**\n\n{body}", key)
                self._save(path, text, f"{text.rstrip()}\n\n{said}\n", {})
        return Ref(key, path.absolute().as_uri())

    def find_comment(self, issue_id: str, key: str) -> Ref | None:
        path, text = self._open(issue_id)
        return Ref(key, path.absolute().as_uri()) if is_signed(text, key) else None

    @contextmanager
    def _lock(self) -> Iterator[None]:
        with locked(self.options.path / ".lock"):
            yield

    def _files(self) -> list[Path]:
        try:
            found = [path for path in self.options.path.iterdir() if path.suffix == ".md" and path.name[0] != "."]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Transient(f"{self.name}: {self.options.path} cannot be read: {error.strerror}") from error
        return sorted(found)

    def _by_key(self, key: str) -> Path | None:
        """By the file's name; else by the marker inside, for files that people renamed."""
        files = self._files()
        named = next((path for path in files if key_in_name(path) == key), None)
        return named or next((path for path in files if find_key(peek(path)) == key), None)

    def _open(self, issue_id: str) -> tuple[Path, str]:
        """The issue's file and text. Raises NotFound, Permanent where it cannot be understood, or Transient."""
        named = next((path for path in self._files() if path.stem == issue_id), None)
        path = self._by_key(issue_id) or named
        if path is None:
            raise NotFound(f"{self.name}: there is no issue {issue_id} in {self.options.path}")
        try:
            text = read_text(path)
            read_fields(text)
        except OSError as error:
            raise Transient(f"{self.name}: {path.name} cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise Permanent(f"{self.name}: {path.name}: {error}. Mend the file, then retry") from error
        return path, text

    def _save(self, path: Path, before: str, after: str, changes: Mapping[str, str | list[str]]) -> None:
        after = set_fields(after, changes)
        if after != before:
            after = set_fields(after, {"updated": self._clock().isoformat(timespec="seconds")})
            replace_file(path, after.encode())

    def _first_fields(self, draft: IssueDraft, title: str, key: str) -> dict[str, str | list[str]]:
        now = self._clock().isoformat(timespec="seconds")
        return {
            "key": key,
            "title": title,
            "status": self.options.first_status,
            "priority": self.options.priorities[draft.priority or PriorityLevel.DEFAULT],
            "labels": list(draft.labels),
            **({"project": draft.project} if draft.project else {}),
            "fix_version": "",
            "released": "",
            "due": "",
            "resolution": "",
            "created": now,
            "updated": now,
        }

    def _changes(self, text: str, draft: IssueDraft) -> dict[str, str | list[str]]:
        fields = read_fields(text)
        changes: dict[str, str | list[str]] = {}
        if draft.title is not None:
            changes["title"] = draft.title
        if draft.priority is not None:
            changes["priority"] = self.options.priorities[draft.priority]
        labels = words(fields, "labels")
        after = with_labels(labels, draft.labels, draft.dropped_labels)
        if set(after) != set(labels):
            changes["labels"] = list(after)
        return {name: value for name, value in changes.items() if fields.get(name) != value}

    def _look(self, path: Path, before: tuple[str, str] | None) -> Seen:
        """What the file says, if it says something else than ``before`` (id, digest)."""
        try:
            text = read_text(path)
        except OSError as error:
            return Seen("", "", rejected=Rejected(path.name, f"cannot be read: {error.strerror}", ""))
        except ValueError as error:
            return Seen("", "", rejected=Rejected(path.name, str(error), ""))
        digest = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
        key = key_in_name(path) or find_key(text)
        issue_id = key or path.stem
        if before is not None and before[1] == digest:
            return Seen(issue_id, digest)
        try:
            fields = read_fields(text)
        except NoFrontMatter as error:
            if key is None:
                return Seen("", digest)
            return Seen(issue_id, digest, rejected=Rejected(path.name, str(error), text[:RAW_CAP]))
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return Seen(issue_id, digest, issue=issue_of(fields, text, self.options, path=path, key=key, updated_at=at))

    def _tombstone(self, issue_id: str) -> TrackerIssue:
        url = self.options.path.absolute().as_uri()
        return TrackerIssue(issue_id, url, issue_id, "", "deleted", self._clock(), deleted=True)

    def _ref(self, key: str, path: Path) -> Ref:
        return Ref(key, path.absolute().as_uri())


def _load(cursor: str | None) -> dict[str, tuple[str, str]]:
    if cursor is None:
        return {}
    try:
        return {name: (str(issue_id), str(digest)) for name, (issue_id, digest) in json.loads(cursor)["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Permanent(f"the cursor cannot be read ({error}): reset this connection's sync state") from error


def _dump(known: Mapping[str, tuple[str, str]]) -> str:
    """File name -> (issue id, digest of the content)."""
    return json.dumps({"files": known}, separators=(",", ":"))
