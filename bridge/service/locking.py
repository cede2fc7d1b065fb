"""Locking an issue: while it is locked, the model neither adds tickets to it nor takes any out. People still may.

Rule: locking and unlocking are decisions like any other: an event each, with undo.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from bridge.service.access import Actor, Permission, require
from bridge.service.clusters import living, lock_facts
from bridge.service.putting import subject
from bridge.store.clusters import Cluster
from bridge.store.events import record
from bridge.store.sync import bump

LOCKED, UNLOCKED = "cluster.locked", "cluster.unlocked"


def lock(session: Session, actor: Actor, cluster_id: int, *, at: datetime, reason: str | None = None) -> Cluster:
    """Locking twice changes nothing. Raises UnknownId, Forbidden."""
    require(actor, Permission.DECIDE_CLUSTERS)
    cluster = living(session, cluster_id)
    if cluster.locked_at is None:
        _set(session, actor, cluster, LOCKED, locked=True, at=at, reason=reason)
    return cluster


def unlock(session: Session, actor: Actor, cluster_id: int, *, at: datetime, reason: str | None = None) -> Cluster:
    """The model may group here again. Raises UnknownId, Forbidden."""
    require(actor, Permission.DECIDE_CLUSTERS)
    cluster = living(session, cluster_id)
    if cluster.locked_at is not None:
        _set(session, actor, cluster, UNLOCKED, locked=False, at=at, reason=reason)
    return cluster


def is_locked(session: Session, actor: Actor, cluster_id: int) -> bool:
    """Raises UnknownId, Forbidden."""
    require(actor, Permission.READ_CLUSTERS)
    return living(session, cluster_id).locked_at is not None


def _set(
    session: Session, actor: Actor, cluster: Cluster, kind: str, *, locked: bool, at: datetime, reason: str | None
) -> None:
    before = lock_facts(cluster)
    cluster.locked_at, cluster.locked_by = (at, actor.name) if locked else (None, None)
    session.add(cluster)
    about = subject(cluster.id or 0)
    after = lock_facts(cluster)
    record(session, kind, about, actor=actor.name, at=at, before=before, after=after, reason=reason)
    bump(session, "clusters")
