"""Tracker pages -> tracker items. Only issues that carry our marker, or did; rows and cursor of a page together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bridge.analysis.drafting import block_hash
from bridge.analysis.redaction import redact
from bridge.failpoint import failpoint
from bridge.progress import Progress, StepReport, silent
from bridge.store.db import Database
from bridge.store.events import record
from bridge.store.leases import Lease, fence
from bridge.store.outbox import TrackerItem
from bridge.store.sync import bump, note_failure, note_success, sync_state
from connectors.base import AuthFailed, ConnectorError, IssueTracker, Page, TrackerIssue

STREAM = "issues"


def track(
    db: Database,
    connection: str,
    tracker: IssueTracker,
    *,
    lease: Lease,
    now: Callable[[], datetime],
    progress: Progress = silent,
    stop: Callable[[], bool] = lambda: False,
) -> StepReport:
    """Take in every issue of ours that changed. A connector's error ends it, is recorded, and loses nothing."""
    report = StepReport("track", connection)
    with db.read() as session:
        cursor = sync_state(session, connection, STREAM).cursor
    try:
        for page in tracker.pull_issues(cursor):
            _take(db, connection, page, lease=lease, at=now(), report=report)
            progress("track", report.done + report.skipped, page.total)
            if stop():
                break
        else:
            with db.write() as session:
                note_success(session, connection, STREAM, now())
    except ConnectorError as error:
        report.error = redact(str(error)).text
        with db.write() as session:
            auth = isinstance(error, AuthFailed)
            note_failure(session, connection, STREAM, now(), report.error, auth=auth)
    return report


def _take(
    db: Database, connection: str, page: Page[TrackerIssue], *, lease: Lease, at: datetime, report: StepReport
) -> None:
    with db.write() as session:
        fence(session, lease)
        ours = [issue for issue in page.items if issue.key or session.get(TrackerItem, (connection, issue.id))]
        changed = [issue.id for issue in ours if _merge(session, connection, issue, at)]
        sync_state(session, connection, STREAM).cursor = page.cursor
        if changed:
            after = {"items": changed}
            record(session, "tracker.item_changed", f"connection:{connection}", actor="track", at=at, after=after)
            bump(session, "items")
        failpoint("track.before_commit")
    failpoint("track.after_commit")
    report.done += len(changed)
    report.skipped += len(ours) - len(changed)
    report.failed += len(page.rejected)
    report.notes += [f"{redact(r.ref).text}: {redact(r.reason).text}" for r in page.rejected]


def _merge(session: Session, connection: str, issue: TrackerIssue, at: datetime) -> bool:
    """Whether the item is new or differs from what was known. An older state never replaces a newer one."""
    item = session.get(TrackerItem, (connection, issue.id))
    if item is not None and item.updated_at > issue.updated_at:
        return False
    row = _row(connection, issue, at)
    if item is not None and not issue.key:
        row["key"] = item.key
    unchanged = item is not None and all(
        getattr(item, name) == value for name, value in row.items() if name not in ("seen_at", "updated_at")
    )
    session.merge(TrackerItem(**row))
    return not unchanged


def _version(name: str) -> str:
    """Redacted as what it is: 10.4.2.1 alone would be an address."""
    return redact(f"version {name}").text.removeprefix("version ")


def _row(connection: str, issue: TrackerIssue, at: datetime) -> dict[str, Any]:
    return {
        "connection": connection,
        "remote_id": issue.id,
        "key": issue.key,
        "url": issue.url,
        "title": redact(issue.title).text,
        "block_hash": block_hash(issue.block),
        "status": redact(issue.status).text,
        "category": redact(issue.category).text if issue.category else None,
        "closed": issue.closed,
        "resolution": redact(issue.resolution).text if issue.resolution else None,
        "priority": redact(issue.priority).text if issue.priority else None,
        "priority_levels": sorted(level.value for level in issue.priority_levels),
        "fix_versions": [
            {"name": _version(v.name), "released": v.released, "due": v.due.isoformat() if v.due else None}
            for v in issue.fix_versions
        ],
        "due": issue.due.isoformat() if issue.due else None,
        "labels": None if issue.labels is None else [redact(label).text for label in issue.labels],
        "updated_at": issue.updated_at,
        "seen_at": at,
        "deleted": issue.deleted,
    }
