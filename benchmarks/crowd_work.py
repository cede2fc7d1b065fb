"""What people and steps did about the crowd's issues: plans, notes, tracker items, the outbox, decisions, asides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import SQLModel

from benchmarks import crowd_words as words
from benchmarks.crowd_tickets import Crowd
from bridge.store.outbox import OutboxRow, TrackerItem, TrackerLink
from bridge.store.remedies import Delivery, PlanRevision, RemedyPlan
from bridge.store.tickets import SetAside
from bridge.words import Confidence, RemedyState, TicketStatus, display_id

STATES = tuple(RemedyState)
OPEN = {status.value for status in TicketStatus if status.is_open}
NOTES_AT_MOST = 60
STUCK, ASIDES = 48, 120
DONE = (RemedyState.RELEASED, RemedyState.VERIFIED)
FIXED = (RemedyState.FIX_READY, *DONE)

Row = dict[str, Any]


@dataclass
class Work:
    """``events`` are arguments of ``store.events.record``: an event takes its place in the log by itself."""

    plans: list[Row] = field(default_factory=list)
    revisions: list[Row] = field(default_factory=list)
    deliveries: list[Row] = field(default_factory=list)
    outbox: list[Row] = field(default_factory=list)
    links: list[Row] = field(default_factory=list)
    items: list[Row] = field(default_factory=list)
    asides: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)

    @property
    def tables(self) -> list[tuple[type[SQLModel], list[Row]]]:
        return [
            (RemedyPlan, self.plans),
            (PlanRevision, self.revisions),
            (OutboxRow, self.outbox),
            (Delivery, self.deliveries),
            (TrackerItem, self.items),
            (TrackerLink, self.links),
            (SetAside, self.asides),
        ]


def work(crowd: Crowd) -> Work:
    done = Work()
    waiting = _open_tickets(crowd)
    published = set(crowd.published.tolist())
    for number, cluster in enumerate(crowd.planned.tolist(), 1):
        approved = _plan(done, crowd, number, cluster)
        if approved:
            _tell(done, crowd, (number, cluster, approved), waiting.get(cluster, [])[:NOTES_AT_MOST])
        if cluster in published:
            _publish(done, crowd, cluster)
    _stuck(done, crowd)
    done.asides.extend(_asides(crowd))
    done.events.extend(_merged(crowd))
    done.events.sort(key=lambda event: event["at"])
    return done


def _open_tickets(crowd: Crowd) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for row, cluster in enumerate(crowd.cluster.tolist()):
        if crowd.status[row] in OPEN and row % 5 < 3:
            found.setdefault(cluster, []).append(row)
    return found


def _plan(done: Work, crowd: Crowd, number: int, cluster: int) -> int | None:
    """A plan with one to four revisions; two of three are approved. The approved revision, if there is one."""
    state, newest = STATES[number % len(STATES)], 1 + number % 4
    approved = max(1, newest - number % 2) if number % 3 else None
    for revision in range(1, newest + 1):
        at = crowd.at - timedelta(days=3 + number % 40 + 5 * (newest - revision))
        is_approved = approved is not None and revision <= approved
        done.revisions.append(
            {
                "plan_id": number,
                "revision": revision,
                "state": state.value,
                "confidence": (Confidence.APPROVED if is_approved else Confidence.DRAFT).value,
                "fields": _fields(cluster, state, revision),
                "actor": words.PEOPLE[number % len(words.PEOPLE)],
                "at": at,
            }
        )
        _decide(done, "plan.revised", cluster, at, {"revision": revision, "state": state.value})
        if revision == approved:
            _decide(done, "plan.approved", cluster, at + timedelta(hours=1), {"revision": revision})
    plan = {
        "id": number,
        "cluster_id": cluster,
        "revision": newest,
        "approved_revision": approved,
        "state": state.value,
    }
    plan["released_at"] = crowd.at - timedelta(days=2 + number % 30) if approved and state in DONE else None
    plan["tracker_conflict"] = "closed without a fix" if number % 97 == 0 else None
    done.plans.append(plan)
    return approved


def _fields(cluster: int, state: RemedyState, revision: int) -> dict[str, Any]:
    title = words.title(cluster - 1)
    return {
        "owner": words.PEOPLE[cluster % len(words.PEOPLE)],
        "title_customer": title[:80],
        "say": f"We know that the {title.lower()} and work on it. You will hear from us on this ticket.",
        "say_short": "We know about this and work on it.",
        "workaround.kind": ("none", "partial", "full")[cluster % 3],
        "workaround.steps_customer": "Open the HTML version, wait for the total, then print it from there.",
        "dont_say": "Do not promise a date.",
        "escalation_contact": "Billing tier 2, #billing-help, 2 business h",
        "cause_internal": f"Found in the nightly job, revision {revision}.",
        "internal_notes": "Two customers asked for a call.",
        **({"fix_version": f"4.{cluster % 30}"} if state in FIXED else {}),
        **({"duplicate_of": display_id(cluster % 7 + 1)} if state is RemedyState.DUPLICATE else {}),
        **({"decline_reason": "cost"} if state is RemedyState.DECLINED else {}),
    }


def _decide(done: Work, kind: str, cluster: int, at: datetime, after: Row) -> None:
    actor = words.PEOPLE[cluster % len(words.PEOPLE)]
    done.events.append({"kind": kind, "subject": f"cluster:{cluster}", "actor": actor, "at": at, "after": after})


def _tell(done: Work, crowd: Crowd, plan: tuple[int, int, int], rows: list[int]) -> None:
    number, cluster, revision = plan
    for row in rows:
        key, at = f"rm-{cluster:016x}-r{revision}-{row + 1}", crowd.at - timedelta(days=1 + number % 30)
        ledger = {"ticket_id": row + 1, "plan_id": number, "revision": revision}
        state = "sent" if row % 9 else "queued"
        payload = {**ledger, "source_id": str(10_000 + row), "text": "We know about this and work on it."}
        desk = "desk" if row % 5 else "abroad"
        done.outbox.append(
            _outgoing(crowd, key, f"ticket:{row + 1}", "push_remedy", desk, cluster, payload)
            | {"state": "sent" if state == "sent" else "superseded", "created_at": at, "done_at": at}
        )
        done.deliveries.append({**ledger, "outbox_key": key, "state": state, "at": at})


def _publish(done: Work, crowd: Crowd, cluster: int) -> None:
    """An issue in the tracker, and what was asked of it there."""
    key, url, title = f"PROD-{cluster}", f"https://tracker.example/PROD-{cluster}", words.title(cluster - 1)
    at = crowd.at - timedelta(days=10 + cluster % 60)
    draft = {"title": title, "body": f"Customers say: {title.lower()}.", "priority": "high"}
    identity = {"connection": "tracker", "remote_id": key}
    done.links.append(
        {"cluster_id": cluster, **identity, "url": url, "version": 1}
        | {"wanted": draft, "written": draft, "previous": {}, "written_at": at, "left": []}
    )
    status = ("todo", "doing", "done")[cluster % 3]
    done.items.append(
        {**identity, "key": key, "url": url, "title": title, "status": status, "category": status}
        | {"closed": status == "done", "priority": "high", "priority_levels": ["high"], "fix_versions": []}
        | {"updated_at": at, "seen_at": crowd.at, "deleted": False}
    )
    payload = {"cluster_id": cluster, "draft": {**draft, "labels": []}}
    row = _outgoing(crowd, f"ib-{cluster}", f"issue:{cluster}", "create_issue", "tracker", cluster, payload)
    done.outbox.append(row | {"state": "sent", "created_at": at, "done_at": at, "remote_id": key, "remote_url": url})
    _decide(done, "cluster.published", cluster, at, {})


def _outgoing(
    crowd: Crowd, key: str, stream: str, kind: str, connection: str, subject: int, payload: Row
) -> dict[str, Any]:
    return {
        "key": key,
        "stream": stream,
        "kind": kind,
        "connection": connection,
        "subject_id": subject,
        "payload": payload,
        "state": "pending",
        "attempts": 1,
        "due_at": crowd.at,
        "created_at": crowd.at,
        "done_at": None,
        "remote_id": None,
        "remote_url": None,
        "error": None,
    }


def _stuck(done: Work, crowd: Crowd) -> None:
    """Updates that failed for good, and some that wait."""
    for number, cluster in enumerate(crowd.published.tolist()[:STUCK]):
        draft = {"title": words.title(cluster - 1), "body": None, "priority": None, "labels": []}
        payload = {"cluster_id": cluster, "remote_id": f"PROD-{cluster}", "marker": f"ib-{cluster}", "draft": draft}
        key = f"ib-{cluster}:update:2"
        row = _outgoing(crowd, key, f"issue:{cluster}", "update_issue", "tracker", cluster, payload)
        dead = number % 4 == 0
        error = "the tracker refused the title: field is read-only" if dead else None
        row |= {"state": "dead" if dead else "pending", "attempts": 8 if dead else 0, "error": error}
        done.outbox.append(row)


def _asides(crowd: Crowd) -> Iterator[Row]:
    for number in range(ASIDES):
        at = crowd.at - timedelta(hours=number)
        yield {
            "connection": "desk" if number % 3 else "abroad",
            "stream": "tickets",
            "ref": f"tickets.csv:{number + 2}",
            "reason": "created_at is no date: correct the row and replay it",
            "hash": f"{number:064x}",
            "excerpt": '{"created_at": "yesterday"}',
            "first_seen_at": at,
            "last_seen_at": at,
            "resolved_at": crowd.at if number % 4 == 0 else None,
        }


def _merged(crowd: Crowd) -> Iterator[Row]:
    for number in range(1, crowd.size.tombstones + 1):
        yield {
            "kind": "cluster.merged",
            "subject": f"cluster:{crowd.size.clusters + number}",
            "actor": words.PEOPLE[number % len(words.PEOPLE)],
            "at": crowd.at - timedelta(days=number % 90),
            "before": {"placements": []},
            "after": {"winner": number},
        }
