"""How an estimate is kept and taken back. Rule: an undo restores what the event says was before, or refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlmodel import Session

from bridge.service.errors import ServiceError
from bridge.store.beside import ClusterEstimate
from bridge.store.events import Event
from bridge.store.sync import bump
from bridge.words import display_id

ESTIMATED = "cluster.estimated"
Facts = dict[str, float | None]


def facts_of(row: ClusterEstimate | None) -> Facts:
    """What an event keeps of an estimate."""
    return {"effort": row.effort if row else None, "blocked_share": row.blocked_share if row else None}


def put(session: Session, cluster_id: int, facts: Mapping[str, float | None], by: str, at: datetime) -> None:
    """An estimate that says nothing is none. What an issue blocks is part of the ranking's record, effort is not."""
    row = session.get(ClusterEstimate, cluster_id)
    if facts_of(row)["blocked_share"] != facts["blocked_share"]:
        bump(session, "clusters")
    if row is None:
        row = ClusterEstimate(cluster_id=cluster_id, by=by, at=at)
    row.effort, row.blocked_share, row.by, row.at = facts["effort"], facts["blocked_share"], by, at
    session.add(row)
    session.flush()
    if facts == facts_of(None):
        session.delete(row)


def _undo(session: Session, event: Event, at: datetime) -> None:
    cluster_id = int(event.subject.partition(":")[2])
    if facts_of(session.get(ClusterEstimate, cluster_id)) != event.after:
        raise ServiceError(f"{display_id(cluster_id)} was estimated again since: undo that first")
    put(session, cluster_id, event.before, event.actor, at)


ESTIMATES_BACK: Mapping[str, Callable[[Session, Event, datetime], None]] = {ESTIMATED: _undo}
"""How to take each kind of event back."""
