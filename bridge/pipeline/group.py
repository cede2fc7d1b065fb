"""Tickets without a cluster -> clusters with stable ids. One plan, one transaction; people's decisions stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlmodel import Session, col, select

from bridge.analysis.clustering import MODEL_CONFIDENCE, Flags, Placement, Plan, wants_consolidation
from bridge.analysis.clustering import group as make_plan
from bridge.analysis.embedding import Vectors, unpack
from bridge.analysis.labelling import NO_TITLE, Label, Labeller
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
    open_clusters,
    place,
    places,
    rejections,
    ticket_texts,
    unplaced_without_text,
)
from bridge.store.sync import bump, data_version
from bridge.words import Origin

TRIES = 3
"""A person who decides while the step thinks makes it think again."""


@dataclass(frozen=True, slots=True)
class _Work:
    """What to write: the plan, names for the clusters that it opens, and tickets without any text."""

    plan: Plan
    labels: Mapping[int, Label]
    bare: Sequence[int]

    @property
    def placed(self) -> int:
        return len(self.plan.assign) + len(self.bare)


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
    progress("group", 0, waiting)
    for _ in range(TRIES):
        with db.read() as session:
            seen = data_version(session, "clusters")
            work = _think(session, model_id, consolidating=consolidating)
        if not work.plan and not work.bare:
            return report
        with db.write() as session:
            fence(session, lease)
            bump(session, "clusters")
            if data_version(session, "clusters") != seen + 1:
                session.rollback()
                continue
            _apply(session, work, now())
            failpoint("group.before_commit")
        break
    else:
        report.notes.append("people kept deciding about issues meanwhile: the next run groups what waits")
        return report
    failpoint("group.after_commit")
    progress("group", waiting, waiting)
    report.done = work.placed + len(work.plan.moves)
    if work.plan.moves or work.plan.merges:
        report.notes.append(f"{len(work.plan.moves)} tickets moved, {len(work.plan.merges)} clusters merged")
    return report


def _think(session: Session, model_id: str, *, consolidating: bool) -> _Work:
    bare = unplaced_without_text(session)
    tickets, vectors = _live(session, model_id)
    if not tickets:
        return _Work(Plan(), {}, bare)
    placed = {p.ticket_id: Placement(p.cluster_id, Origin(p.origin)) for p in places(session)}
    here = sum(ticket in placed for ticket in tickets)
    plan = make_plan(
        tickets,
        vectors,
        placed,
        flags=_flags(session),
        rejected=rejections(session),
        consolidating=consolidating or wants_consolidation(len(tickets) - here, here),
    )
    return _Work(plan, _labels(session, plan), bare)


def _live(session: Session, model_id: str) -> tuple[list[int], Vectors]:
    """Ids of all live tickets with a vector, ascending, and their unit rows, shape (n, d)."""
    rows = live_vectors(session, model_id)
    if not rows:
        return [], np.empty((0, 0), dtype=np.float32)
    vectors = unpack(b"".join(packed for _, packed in rows)).reshape(len(rows), -1)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return [ticket for ticket, _ in rows], vectors


def _flags(session: Session) -> dict[int, Flags]:
    query = select(Cluster.id).where(col(Cluster.approved_at).is_not(None), col(Cluster.merged_into).is_(None))
    return {id_ or 0: Flags(anchored=True) for id_ in session.exec(query)}


def _labels(session: Session, plan: Plan) -> dict[int, Label]:
    """A name in the customers' words for each cluster to open. Older ones keep the name that people know."""
    winners = {pair.loser: pair.winner for pair in plan.merges if pair.winner < 0}
    goes = {p.ticket_id: winners[p.cluster_id] for p in places(session) if p.cluster_id in winners} if winners else {}
    goes.update({ticket: assignment.cluster for ticket, assignment in {**plan.assign, **plan.moves}.items()})
    members: dict[int, list[int]] = {}
    for ticket, cluster in sorted(goes.items()):
        if cluster < 0:
            members.setdefault(cluster, []).append(ticket)
    if not members:
        return {}
    texts = ticket_texts(session)
    labeller = Labeller(text for _, text in texts.values())
    return {
        token: labeller.label([texts[t][0] for t in tickets], [texts[t][1] for t in tickets])
        for token, tickets in members.items()
    }


def _apply(session: Session, work: _Work, at: datetime) -> None:
    opened = _open(session, work, at)
    for pair in work.plan.merges:
        loser = session.get_one(Cluster, pair.loser)
        winner = session.get_one(Cluster, opened.get(pair.winner, pair.winner))
        moved = merge(session, loser, winner)
        merged = {"into": winner.id, "tickets": moved}
        record(session, "cluster.merged", f"cluster:{loser.id}", actor="model", at=at, after=merged)
    placements = {**work.plan.assign, **work.plan.moves}
    rows = [Place(t, opened.get(a.cluster, a.cluster), a.q, Origin.MODEL) for t, a in placements.items()]
    singles = open_clusters(session, [(NO_TITLE, ())] * len(work.bare), at)
    rows += [Place(t, single, MODEL_CONFIDENCE, Origin.MODEL) for t, single in zip(work.bare, singles, strict=True)]
    place(session, rows, at)
    after = {"opened": len(opened) + len(singles), "placed": work.placed, "moved": len(work.plan.moves)}
    record(session, "cluster.created", "grouping", actor="model", at=at, after=after)


def _open(session: Session, work: _Work, at: datetime) -> dict[int, int]:
    """Every negative token of the plan -> the id of the cluster opened for it."""
    tokens = sorted(work.labels, reverse=True)
    ids = open_clusters(session, [(work.labels[t].title, work.labels[t].phrases) for t in tokens], at)
    return dict(zip(tokens, ids, strict=True))
