"""Tickets in the zones of grouping, as the model would leave them: grouped, doubtful between two issues, alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from bridge.store.clusters import Cluster, Membership, Rejection
from bridge.store.grouping import Candidate, KeptApart
from bridge.store.memberships import Place, open_cluster, place
from bridge.store.sync import bump
from bridge.words import Zone
from tests.pipeline.loop import Loop


def alone(loop: Loop, title: str, number: str, candidates: Sequence[tuple[int, float, float]] = ()) -> int:
    """The ticket's own single; (issue, similarity, nearest) of what it may belong to."""
    with loop.db.write() as session:
        ticket = loop.ids(session)[number]
        cluster = open_cluster(session, title, loop.clock())
        zone = Zone.REVIEW if candidates else Zone.NEW
        place(session, [Place(ticket, cluster.id or 0, 0.9, "model", zone)], loop.clock())
        doubt(session, ticket, candidates)
        bump(session, "clusters")
        return cluster.id or 0


def doubt(session: Session, ticket: int, candidates: Sequence[tuple[int, float, float]]) -> None:
    for position, (cluster_id, similarity, nearest) in enumerate(candidates, 1):
        evidence = {"nearest": nearest, "size": 2}
        session.add(
            Candidate(ticket_id=ticket, place=position, cluster_id=cluster_id, similarity=similarity, evidence=evidence)
        )


def exactly(loop: Loop) -> dict[str, Any]:
    """Everything that an undo must restore."""
    return {
        "places": {r.ticket_id: (r.cluster_id, r.q, r.origin, r.zone, r.part) for r in loop.rows(Membership)},
        "candidates": {
            (r.ticket_id, r.place): (r.cluster_id, r.similarity, tuple(sorted(r.evidence.items())))
            for r in loop.rows(Candidate)
        },
        "rejections": {(r.ticket_id, r.cluster_id) for r in loop.rows(Rejection)},
        "apart": {(r.one, r.other, r.event_id) for r in loop.rows(KeptApart)},
        "locks": {r.id: (r.locked_at, r.locked_by) for r in loop.rows(Cluster) if r.locked_at},
    }
