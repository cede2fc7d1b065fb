"""What merging does to publishing: an issue that takes in a published one goes wherever that one went.

Rule: taking the merge back takes this back, too, as far as nothing has left the house.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from bridge.service.access import Actor
from bridge.store.clusters import Cluster
from bridge.store.events import Event, record
from bridge.store.publish_decisions import Verdict, decide, decided_on
from bridge.store.publishing import remote_issues, withdraw_unsent
from bridge.words import display_id


def inherit(session: Session, actor: Actor, loser: Cluster, winner: Cluster, *, at: datetime) -> dict[str, Any]:
    """What the event of the merge keeps of it; empty where nothing had to be done."""
    if loser.approved_at is None:
        return {}
    winner_id, was_by = winner.id or 0, winner.approved_by
    ours, theirs = (_approved_for(session, cluster) for cluster in (loser, winner))
    if winner.approved_at is not None:
        for connection in sorted(ours - theirs if theirs else ()):
            decide(session, winner_id, connection, Verdict.APPROVED, at=at, by=actor.name, rank=None)
        return {}
    winner.approved_at, winner.approved_by = at, actor.name
    session.add(winner)
    for connection in sorted(ours):
        decide(session, winner_id, connection, Verdict.APPROVED, at=at, by=actor.name, rank=None)
    reason = f"{display_id(loser.id or 0)}, merged into it, was published"
    event = record(session, "cluster.published", f"cluster:{winner_id}", actor=actor.name, at=at, reason=reason)
    return {"published": event.id, "approved_by": was_by}


def disinherit(session: Session, event: Event, at: datetime) -> None:
    """The winner is as unpublished as it was, unless it is in a tracker by now, or may be."""
    published = event.after.get("published")
    if published is None:
        return
    winner = session.get_one(Cluster, int(event.after["into"]))
    undone = session.exec(select(Event.id).where(Event.undoes == int(published))).first()
    if (
        undone is not None
        or winner.approved_at is None
        or remote_issues(session, winner)
        or not withdraw_unsent(session, winner)
    ):
        return
    winner.approved_at, winner.approved_by = None, event.after.get("approved_by")
    session.add(winner)
    for row in decided_on(session, winner.id or 0).values():
        session.delete(row)
    record(
        session,
        "cluster.published.undone",
        f"cluster:{winner.id}",
        actor=event.actor,
        at=at,
        undoes=int(published),
    )


def _approved_for(session: Session, cluster: Cluster) -> set[str]:
    """The trackers that it was approved for; empty: for all."""
    rows = decided_on(session, cluster.id or 0).values()
    return {row.connection for row in rows if row.state == Verdict.APPROVED}
