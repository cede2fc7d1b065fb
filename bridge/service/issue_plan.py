"""The remedy plan of an issue, its history, who was told, and what the tracker says now.

Rule: internal fields, and reasons that people gave, are there only for those who may read internal notes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from bridge.analysis.remedy_text import Quote, eta_text, say_text
from bridge.service.access import Actor, Permission, may
from bridge.service.standing import standings
from bridge.service.trust import STATE_WORD, Trust
from bridge.store.clusters import Cluster, Membership
from bridge.store.memberships import is_live
from bridge.store.outbox import OutboxRow, TrackerItem, TrackerLink
from bridge.store.plans import plan_of, revisions
from bridge.store.pushing import OPEN
from bridge.store.remedies import Delivery, PlanRevision, RemedyPlan
from bridge.store.tickets import Ticket
from bridge.words import Confidence, OutboxState, RemedyState


@dataclass(frozen=True, slots=True)
class Internal:
    """What only our own people read."""

    eta: str | None
    owner: str | None
    liaison: str | None
    cause: str | None
    notes: str | None


@dataclass(frozen=True, slots=True)
class RevisionRow:
    revision: int
    word: str
    confidence: str
    by: str
    at: datetime
    changed: tuple[str, ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class PlanView:
    """The plan as it stands: its approved revision, or the newest while none is approved.

    ``draft``: the number of a newer revision that waits for approval. ``told`` of ``open`` tickets have its note.
    """

    trust: Trust
    revision: int | None
    draft: int | None
    conflict: str | None
    say: str
    eta: str
    workaround: str
    workaround_steps: str | None
    fix_version: str | None
    affected: str | None
    caution: str | None
    escalate: str | None
    told: int
    queued: int
    history: tuple[RevisionRow, ...]
    internal: Internal | None


@dataclass(frozen=True, slots=True)
class TrackerRow:
    """``status`` None: the tracker has not been read since it was opened. ``due`` is internal."""

    connection: str
    key: str
    url: str | None
    title: str
    status: str | None
    closed: bool | None
    seen_at: datetime | None
    opened_at: datetime | None
    changed_at: datetime | None
    deleted: bool = False
    left: tuple[str, ...] = ()
    fix_versions: tuple[str, ...] = ()
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Plans:
    """A plan with its rows, read once."""

    plan: RemedyPlan | None
    rows: Sequence[PlanRevision]

    @property
    def standing(self) -> PlanRevision | None:
        """The approved revision, else the newest; the newest too where it withdraws what was approved."""
        newest = self.rows[-1] if self.rows else None
        if newest is None or newest.confidence == Confidence.WITHDRAWN or self.plan is None:
            return newest
        return next((row for row in self.rows if row.revision == self.plan.approved_revision), newest)


def load_plan(session: Session, cluster_id: int) -> Plans:
    plan = plan_of(session, cluster_id)
    return Plans(plan, revisions(session, plan) if plan else ())


def plan_view(session: Session, actor: Actor, cluster: Cluster, found: Plans, *, at: datetime) -> PlanView:
    row, plan = found.standing, found.plan
    fields: Mapping[str, Any] = row.fields if row else {}
    state = RemedyState(row.state) if row else RemedyState.UNREVIEWED
    number = row.revision if row else 0
    quote = Quote(
        cluster.id or 0, cluster.title, state, fields, number, row.actor if row else "", row.at if row else at
    )
    sent, queued = _told(session, cluster.id or 0, plan)
    newest = found.rows[-1] if found.rows else None
    internal = may(actor, Permission.READ_INTERNAL)
    return PlanView(
        trust=standings(session, actor, [cluster], at)[cluster.id or 0].trust,
        revision=row.revision if row else None,
        draft=newest.revision if newest and row and newest.revision != row.revision else None,
        conflict=plan.tracker_conflict if plan else None,
        say=say_text(quote, at.date()),
        eta=eta_text(fields, at.date()),
        workaround=str(fields.get("workaround.kind") or "none"),
        workaround_steps=fields.get("workaround.steps_customer"),
        fix_version=fields.get("fix_version"),
        affected=fields.get("affected_versions") if internal else None,
        caution=fields.get("dont_say"),
        escalate=fields.get("escalation_contact"),
        told=sent,
        queued=queued,
        history=_history(found.rows, internal=internal),
        internal=_internal(fields) if internal else None,
    )


def _internal(fields: Mapping[str, Any]) -> Internal:
    return Internal(
        eta=_eta(fields),
        owner=fields.get("owner"),
        liaison=fields.get("support_liaison"),
        cause=fields.get("cause_internal"),
        notes=fields.get("internal_notes"),
    )


def _eta(fields: Mapping[str, Any]) -> str | None:
    """The promise as product keeps it, shareable or not."""
    kind = fields.get("eta.kind")
    if kind in (None, "none"):
        return None
    days = " to ".join(dict.fromkeys(fields[name] for name in ("eta.earliest", "eta.latest") if fields.get(name)))
    sure = f"confidence {fields['eta.confidence']}" if fields.get("eta.confidence") else ""
    shared = "shareable" if fields.get("eta.shareable") else "not shareable"
    return ", ".join(part for part in (days or kind, sure, shared) if part)


def _history(rows: Sequence[PlanRevision], *, internal: bool) -> tuple[RevisionRow, ...]:
    """Newest first, each with the names of the fields that it changed."""
    shown: list[RevisionRow] = []
    before: Mapping[str, Any] = {}
    for row in rows:
        changed = sorted(n for n in {*before, *row.fields} if before.get(n) != row.fields.get(n))
        shown.append(
            RevisionRow(
                row.revision,
                STATE_WORD[RemedyState(row.state)],
                row.confidence,
                row.actor,
                row.at,
                tuple(changed) if internal else (),
                row.reason if internal else None,
            )
        )
        before = row.fields
    return tuple(reversed(shown))


def _told(session: Session, cluster_id: int, plan: RemedyPlan | None) -> tuple[int, int]:
    """Open tickets that have the note of the approved revision, and those whose note is on its way."""
    if plan is None or plan.approved_revision is None:
        return 0, 0
    query = (
        select(Delivery.state, func.count())
        .join(Ticket, col(Ticket.id) == col(Delivery.ticket_id))
        .join(Membership, col(Membership.ticket_id) == col(Ticket.id))
        .where(
            Membership.cluster_id == cluster_id,
            Delivery.plan_id == plan.id,
            Delivery.revision == plan.approved_revision,
            col(Ticket.status).in_(OPEN),
            *is_live(),
        )
        .group_by(col(Delivery.state))
    )
    by_state = dict(session.exec(query).all())
    return by_state.get(OutboxState.SENT.value, 0), by_state.get("queued", 0)


def tracker_rows(session: Session, actor: Actor, cluster_id: int) -> tuple[TrackerRow, ...]:
    opened = (col(OutboxRow.kind) == "create_issue") & (col(OutboxRow.subject_id) == col(TrackerLink.cluster_id))
    query = (
        select(TrackerLink, TrackerItem, OutboxRow.done_at)
        .outerjoin(
            TrackerItem,
            (col(TrackerItem.connection) == col(TrackerLink.connection))
            & (col(TrackerItem.remote_id) == col(TrackerLink.remote_id)),
        )
        .outerjoin(OutboxRow, opened & (col(OutboxRow.connection) == col(TrackerLink.connection)))
        .where(TrackerLink.cluster_id == cluster_id)
        .order_by(col(TrackerLink.connection))
    )
    internal = may(actor, Permission.READ_INTERNAL)
    return tuple(_tracker_row(link, item, at, internal=internal) for link, item, at in session.exec(query))


def _tracker_row(
    link: TrackerLink, item: TrackerItem | None, opened_at: datetime | None, *, internal: bool
) -> TrackerRow:
    versions = tuple(str(v["name"]) for v in item.fix_versions) if item and internal else ()
    due = date.fromisoformat(item.due) if item and item.due and internal else None
    return TrackerRow(
        connection=link.connection,
        key=(item.key if item else None) or link.remote_id or "on its way",
        url=(item.url if item else None) or link.url,
        title=item.title if item else str(link.wanted.get("title", "")),
        status=item.status if item else None,
        closed=item.closed if item else None,
        seen_at=item.seen_at if item else None,
        opened_at=opened_at,
        changed_at=item.updated_at if item else None,
        deleted=item.deleted if item else False,
        left=tuple(link.left),
        fix_versions=versions,
        due=due,
    )
