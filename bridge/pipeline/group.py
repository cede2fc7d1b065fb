"""Tickets without a cluster -> clusters with stable ids. One plan, one transaction; people's decisions stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlmodel import Session, col, select

from bridge.analysis.clustering import Assignment, Flags, Placement, Plan, wants_consolidation
from bridge.analysis.clustering import group as make_plan
from bridge.analysis.embedding import unpack
from bridge.analysis.labelling import Labeller
from bridge.failpoint import failpoint
from bridge.progress import Progress, StepReport, silent
from bridge.store.clusters import Cluster
from bridge.store.db import Database
from bridge.store.events import record
from bridge.store.leases import Lease, fence
from bridge.store.memberships import (
    Place,
    count_unplaced,
    live_vectors,
    merge,
    open_cluster,
    place,
    places,
    rejections,
    unplaced_without_text,
)
from bridge.store.sync import bump
from bridge.store.tickets import Ticket
from bridge.words import Origin

NO_TEXT = "(no text)"


@dataclass(slots=True)
class _Outcome:
    opened: dict[int, int]
    placed: int
    moved: int
    merged: int


def group(
    db: Database,
    model_id: str,
    *,
    lease: Lease,
    now: Callable[[], datetime],
    consolidating: bool = False,
    progress: Progress = silent,
) -> StepReport:
    """Place every ticket that has none. ``consolidating`` thinks again about those that the model placed."""
    report = StepReport("group")
    with db.read() as session:
        waiting = count_unplaced(session, model_id)
        if not waiting and not consolidating:
            return report
        plan = _plan(session, model_id, consolidating=consolidating)
        bare = unplaced_without_text(session)
    if not plan and not bare:
        return report
    progress("group", 0, waiting)
    with db.write() as session:
        fence(session, lease)
        outcome = _apply(session, plan, bare, now())
        bump(session, "clusters")
        failpoint("group.before_commit")
    failpoint("group.after_commit")
    progress("group", waiting, waiting)
    report.done = outcome.placed
    if outcome.moved or outcome.merged:
        report.notes.append(f"{outcome.moved} tickets moved, {outcome.merged} clusters merged")
    return report


def _plan(session: Session, model_id: str, *, consolidating: bool) -> Plan:
    rows = live_vectors(session, model_id)
    if not rows:
        return Plan()
    tickets = [row[0] for row in rows]
    vectors = unpack(b"".join(row[1] for row in rows)).reshape(len(rows), -1)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    placed = {p.ticket_id: Placement(p.cluster_id, Origin(p.origin)) for p in places(session)}
    here = sum(ticket in placed for ticket in tickets)
    return make_plan(
        tickets,
        vectors,
        placed,
        flags=_flags(session),
        rejected=rejections(session),
        consolidating=consolidating or wants_consolidation(len(tickets) - here, here),
    )


def _flags(session: Session) -> dict[int, Flags]:
    query = select(Cluster.id).where(col(Cluster.approved_at).is_not(None), col(Cluster.merged_into).is_(None))
    return {id_ or 0: Flags(anchored=True) for id_ in session.exec(query)}


def _apply(session: Session, plan: Plan, bare: Sequence[int], at: datetime) -> _Outcome:
    opened = _open(session, plan, at)
    for pair in plan.merges:
        loser = session.get_one(Cluster, pair.loser)
        winner = session.get_one(Cluster, opened.get(pair.winner, pair.winner))
        moved = merge(session, loser, winner)
        after = {"into": winner.id, "tickets": moved}
        record(session, "cluster.merged", f"cluster:{loser.id}", actor="model", at=at, after=after)
    placements = {**plan.assign, **plan.moves}
    place(session, [_place(ticket, a, opened) for ticket, a in placements.items()], at)
    for ticket in bare:
        single = open_cluster(session, NO_TEXT, at)
        place(session, [Place(ticket, single.id or 0, 1.0, Origin.MODEL)], at)
    _name(session, set(opened.values()))
    after = {"opened": sorted(opened.values()), "placed": len(plan.assign) + len(bare), "moved": len(plan.moves)}
    record(session, "cluster.created", "grouping", actor="model", at=at, after=after)
    return _Outcome(opened, len(plan.assign) + len(bare), len(plan.moves), len(plan.merges))


def _open(session: Session, plan: Plan, at: datetime) -> dict[int, int]:
    """Every negative token of the plan -> the id of a cluster opened for it."""
    assigned = [a.cluster for a in (*plan.assign.values(), *plan.moves.values())]
    tokens = {cluster for cluster in (*assigned, *(m.winner for m in plan.merges)) if cluster < 0}
    return {token: open_cluster(session, "", at).id or 0 for token in sorted(tokens, reverse=True)}


def _place(ticket: int, assignment: Assignment, opened: Mapping[int, int]) -> Place:
    cluster = opened.get(assignment.cluster, assignment.cluster)
    return Place(ticket, cluster, assignment.q, Origin.MODEL)


def _name(session: Session, fresh: set[int]) -> None:
    """Give new clusters a title in the customers' words. Titles of older ones stay as people know them."""
    query = select(Ticket.id, Ticket.subject, Ticket.embed_text)
    texts = {id_ or 0: (subject, text) for id_, subject, text in session.exec(query)}
    labeller = Labeller([text for _, text in texts.values()])
    in_cluster: dict[int, list[int]] = {}
    for p in places(session):
        if p.cluster_id in fresh:
            in_cluster.setdefault(p.cluster_id, []).append(p.ticket_id)
    for cluster_id, ticket_ids in in_cluster.items():
        cluster = session.get_one(Cluster, cluster_id)
        own = [texts[ticket_id] for ticket_id in sorted(ticket_ids)]
        label = labeller.label([subject for subject, _ in own], [text for _, text in own])
        cluster.title, cluster.phrases = label.title or NO_TEXT, list(label.phrases)
        session.add(cluster)
