"""Severities that people set, taken off when their last day is over. Rule: it says so in the log, and does it once."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from bridge.store.clusters import Cluster
from bridge.store.events import record
from bridge.store.sticky import expired_severities
from bridge.store.sync import bump


def expire(session: Session, as_of: datetime) -> None:
    """The tickets say the severity again; the row stays, and is shown as expired."""
    due = expired_severities(session, as_of)
    for row in due:
        cluster = session.get_one(Cluster, row.cluster_id)
        was = {"severity": cluster.severity_override}
        cluster.severity_override = None
        session.add(cluster)
        record(session, "severity.expired", f"cluster:{row.cluster_id}", actor="rank", at=as_of, before=was)
    if due:
        bump(session, "clusters")
        bump(session, "board")
