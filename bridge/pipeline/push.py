"""Approved plans x open member tickets -> one internal note and one field update a ticket a revision.

A plan that nobody has confirmed in time is told to nobody until somebody approves it again.
Late joiners are found by the same question: who is open, a member, and has not been told this revision?
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bridge.analysis.remedy_states import is_stale
from bridge.analysis.remedy_text import STATE_WORDS, Quote, note_text
from bridge.failpoint import failpoint
from bridge.progress import Progress, StepReport, silent
from bridge.store.clusters import Cluster
from bridge.store.db import Database
from bridge.store.leases import Lease, fence
from bridge.store.outbox_queries import enqueue
from bridge.store.publishing import supersede
from bridge.store.pushing import Untold, close_superseded, quotable_plans, still_stands, untold_tickets
from bridge.store.remedies import Delivery, PlanRevision, RemedyPlan
from bridge.words import RemedyState, display_id

BATCH = 500


@dataclass(frozen=True, slots=True)
class SinkPolicy:
    """What a desk's tickets get beside the note.

    ``tag``: "bridge-STATE". ``fields``: names and values, with {issue} and {state} filled in.
    """

    tag: bool = True
    fields: Mapping[str, str] | None = None


def push(
    db: Database,
    sinks: Mapping[str, SinkPolicy],
    *,
    lease: Lease,
    now: Callable[[], datetime],
    progress: Progress = silent,
    stop: Callable[[], bool] = lambda: False,
) -> StepReport:
    """Enqueue what open member tickets are owed. ``sinks``: help desks that take notes."""
    report = StepReport("push")
    at = now()
    with db.read() as session:
        owed = [
            (_Told(remedy, row, cluster, at), untold)
            for remedy, row, cluster in quotable_plans(session)
            if not is_stale(RemedyState(row.state), row.at, at) and (untold := untold_tickets(session, remedy, sinks))
        ]
    total = sum(len(untold) for _, untold in owed)
    for told, untold in owed:
        for start in range(0, len(untold), BATCH):
            with db.write() as session:
                fence(session, lease)
                if not still_stands(session, told.remedy):
                    break
                for ticket in untold[start : start + BATCH]:
                    _tell(session, ticket, told, sinks[ticket.connection])
                    report.done += 1
                failpoint("push.before_commit")
            failpoint("push.after_commit")
            progress("push", report.done, total)
            if stop():
                return report
    return report


@dataclass(frozen=True, slots=True)
class _Told:
    """An approved revision as it is told to tickets at an instant."""

    remedy: RemedyPlan
    row: PlanRevision
    cluster: Cluster
    at: datetime

    @property
    def state(self) -> RemedyState:
        return RemedyState(self.row.state)

    def note(self) -> str:
        quote = Quote(
            cluster_id=self.cluster.id or 0,
            title=self.cluster.title,
            state=self.state,
            fields=self.row.fields,
            revision=self.row.revision,
            approved_by=self.row.actor,
            approved_at=self.row.at,
        )
        return note_text(quote, self.at.date())


def _tell(session: Session, ticket: Untold, told: _Told, policy: SinkPolicy) -> None:
    """One note, and one row for tag and fields; what was queued for the ticket before is overtaken."""
    supersede(session, _stream(ticket), ("push_remedy", "set_fields"), told.at)
    close_superseded(session, ticket.ticket_id)
    key = f"rm-{told.cluster.uid}-r{told.row.revision}-{ticket.ticket_id}"
    ledger: dict[str, Any] = {"ticket_id": ticket.ticket_id, "plan_id": told.remedy.id, "revision": told.row.revision}
    _enqueue(session, ticket, told, "push_remedy", key=key, payload={**ledger, "text": told.note()})
    session.add(Delivery(**ledger, outbox_key=key, state="queued", at=told.at))
    fields = _fields(policy, told.cluster.id or 0, told.state)
    tags = [f"bridge-{told.state.value}"] if policy.tag else []
    if fields or tags:
        extra = {"ticket_id": ticket.ticket_id, "fields": fields, "tags": tags}
        _enqueue(session, ticket, told, "set_fields", key=f"{key}-fields", payload=extra)


def _enqueue(session: Session, ticket: Untold, told: _Told, kind: str, *, key: str, payload: dict[str, Any]) -> None:
    enqueue(
        session,
        key=key,
        stream=_stream(ticket),
        kind=kind,
        connection=ticket.connection,
        payload={**payload, "source_id": ticket.source_id},
        at=told.at,
        subject_id=told.cluster.id,
    )


def _stream(ticket: Untold) -> str:
    return f"ticket:{ticket.ticket_id}"


def _fields(policy: SinkPolicy, cluster_id: int, state: RemedyState) -> dict[str, str]:
    words = {"issue": display_id(cluster_id), "state": STATE_WORDS[state]}
    return {
        name: template.replace("{issue}", words["issue"]).replace("{state}", words["state"])
        for name, template in (policy.fields or {}).items()
    }
