"""Approved plans x open member tickets -> one internal note and one field update a ticket a revision.

Late joiners are found by the same question: who is open, a member, and has not been told this revision?
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bridge.analysis.remedy_text import STATE_WORDS, Quote, note_text
from bridge.failpoint import failpoint
from bridge.progress import Progress, StepReport, silent
from bridge.store.clusters import Cluster
from bridge.store.db import Database
from bridge.store.leases import Lease, fence
from bridge.store.outbox_queries import enqueue
from bridge.store.publishing import supersede
from bridge.store.pushing import Untold, close_superseded, quotable_plans, untold_tickets
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
    with db.read() as session:
        owed = [
            (remedy, row, cluster, untold)
            for remedy, row, cluster in quotable_plans(session)
            if (untold := untold_tickets(session, remedy, sinks))
        ]
    total = sum(len(untold) for *_, untold in owed)
    for remedy, row, cluster, untold in owed:
        for start in range(0, len(untold), BATCH):
            with db.write() as session:
                fence(session, lease)
                for ticket in untold[start : start + BATCH]:
                    _tell(session, ticket, remedy, row, cluster, sinks[ticket.connection], now())
                    report.done += 1
                failpoint("push.before_commit")
            failpoint("push.after_commit")
            progress("push", report.done, total)
            if stop():
                return report
    return report


def _tell(
    session: Session,
    ticket: Untold,
    remedy: RemedyPlan,
    row: PlanRevision,
    cluster: Cluster,
    policy: SinkPolicy,
    at: datetime,
) -> None:
    stream = f"ticket:{ticket.ticket_id}"
    supersede(session, stream, ("push_remedy", "set_fields"), at)
    close_superseded(session, ticket.ticket_id)
    key = f"rm-{cluster.uid}-r{row.revision}-{ticket.ticket_id}"
    state = RemedyState(row.state)
    quote = Quote(
        cluster_id=cluster.id or 0,
        title=cluster.title,
        state=state,
        fields=row.fields,
        revision=row.revision,
        approved_by=row.actor,
        approved_at=row.at,
    )
    note = {
        "ticket_id": ticket.ticket_id,
        "source_id": ticket.source_id,
        "plan_id": remedy.id,
        "revision": row.revision,
        "text": note_text(quote),
    }
    enqueue(
        session,
        key=key,
        stream=stream,
        kind="push_remedy",
        connection=ticket.connection,
        payload=note,
        at=at,
        subject_id=cluster.id,
    )
    session.add(
        Delivery(
            ticket_id=ticket.ticket_id,
            plan_id=remedy.id or 0,
            revision=row.revision,
            outbox_key=key,
            state="queued",
            at=at,
        )
    )
    fields = _fields(policy, cluster.id or 0, state)
    tags = [f"bridge-{state.value}"] if policy.tag else []
    if fields or tags:
        extra = {"ticket_id": ticket.ticket_id, "source_id": ticket.source_id, "fields": fields, "tags": tags}
        enqueue(
            session,
            key=f"{key}-fields",
            stream=stream,
            kind="set_fields",
            connection=ticket.connection,
            payload=extra,
            at=at,
            subject_id=cluster.id,
        )


def _fields(policy: SinkPolicy, cluster_id: int, state: RemedyState) -> dict[str, str]:
    words = {"issue": display_id(cluster_id), "state": STATE_WORDS[state]}
    return {
        name: template.replace("{issue}", words["issue"]).replace("{state}", words["state"])
        for name, template in (policy.fields or {}).items()
    }
