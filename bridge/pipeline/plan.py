"""Tracker items that moved -> a suggested revision of the remedy plan. A person approves; a person's word wins.

A suggestion is made once for each thing that the tracker says: replaying the same pages suggests nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from bridge.analysis.tracker_mapping import ItemFacts, Suggestion, combine, contradicts, suggest
from bridge.failpoint import failpoint
from bridge.progress import Progress, StepReport, silent
from bridge.store.db import Database
from bridge.store.events import record
from bridge.store.leases import Lease, fence
from bridge.store.outbox import TrackerItem, TrackerLink
from bridge.store.plans import add_revision, ensure_plan, linked_items, revision
from bridge.store.remedies import PlanRevision, RemedyPlan
from bridge.store.sync import bump
from bridge.words import Confidence, RemedyState

ACTOR = "tracker"


def plan(
    db: Database,
    tracker_types: Mapping[str, str],
    *,
    lease: Lease,
    now: Callable[[], datetime],
    progress: Progress = silent,
) -> StepReport:
    """Suggest for every plan whose tracker items say something new. ``tracker_types``: connection -> its type."""
    report = StepReport("plan")
    with db.write() as session:
        fence(session, lease)
        for cluster_id, pairs in linked_items(session):
            changed, note = _look(session, cluster_id, pairs, tracker_types, now())
            report.done += changed
            report.skipped += not changed
            report.notes += [f"IB-{cluster_id}: {note}"] if note else []
        failpoint("plan.before_commit")
    failpoint("plan.after_commit")
    progress("plan", report.done + report.skipped, report.done + report.skipped)
    return report


def _look(
    session: Session,
    cluster_id: int,
    pairs: Sequence[tuple[TrackerLink, TrackerItem]],
    tracker_types: Mapping[str, str],
    at: datetime,
) -> tuple[bool, str | None]:
    facts = {f"{item.connection}:{item.remote_id}": _facts(item) for _, item in pairs}
    found = combine([suggest(tracker_types.get(key.partition(":")[0], ""), facts[key]) for key in sorted(facts)])
    seen = json.dumps({key: repr(value) for key, value in facts.items()}, sort_keys=True)
    remedy = ensure_plan(session, cluster_id)
    if remedy.suggestion_seen == seen:
        return False, None
    remedy.suggestion_seen = seen
    session.add(remedy)
    bump(session, "board")
    newest = revision(session, remedy, remedy.revision)
    moved_at = max(item.updated_at for _, item in pairs)
    decided_later = newest is not None and newest.actor != ACTOR and newest.at >= moved_at
    if found.state is None or decided_later:
        return False, found.flag
    suggested = _suggest(session, remedy, newest, found, at)
    _mark_conflict(session, remedy, found, at)
    return suggested, found.flag


def _facts(item: TrackerItem) -> ItemFacts:
    versions = tuple((v["name"], bool(v["released"]), v["due"]) for v in item.fix_versions)
    return ItemFacts(item.status, item.category, item.resolution, versions, item.due)


def _suggest(
    session: Session, remedy: RemedyPlan, newest: PlanRevision | None, found: Suggestion, at: datetime
) -> bool:
    state = str(found.state)
    fields = {**(newest.fields if newest else {}), **found.fields}
    if newest is not None and newest.state == state and newest.fields == fields:
        return False
    add_revision(
        session,
        remedy,
        state=state,
        confidence=Confidence.DRAFT,
        fields=fields,
        actor=ACTOR,
        at=at,
        reason=found.flag or f"the tracker says {state}",
    )
    after = {"revision": remedy.revision, "state": state}
    record(session, "plan.revised", f"cluster:{remedy.cluster_id}", actor=ACTOR, at=at, after=after)
    return True


def _mark_conflict(session: Session, remedy: RemedyPlan, found: Suggestion, at: datetime) -> None:
    approved = revision(session, remedy, remedy.approved_revision)
    if approved is None or found.state is None:
        return
    if not found.ask and not contradicts(RemedyState(approved.state), found.state):
        return
    said = found.flag if found.ask else found.state
    remedy.tracker_conflict = f"the plan says {approved.state}, the tracker says {said}"
    session.add(remedy)
    after = {"approved": approved.state, "tracker": str(found.state)}
    record(session, "tracker.conflict_raised", f"cluster:{remedy.cluster_id}", actor=ACTOR, at=at, after=after)
