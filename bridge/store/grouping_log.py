"""Reads the log of grouping: its runs, what each did to the ids of issues, and what became of one id."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from bridge.store.clusters import Cluster
from bridge.store.events import Event
from bridge.store.grouping import ClusterChange, GroupingRun
from bridge.store.memberships import CHUNK

LONGEST = 50
"""Hops of one id that are followed."""


def runs(session: Session, before: int | None, limit: int, clusters: Sequence[int] = ()) -> list[GroupingRun]:
    """The newest first; ``clusters``: only those that changed one of these."""
    query = select(GroupingRun).order_by(col(GroupingRun.id).desc()).limit(limit)
    if before is not None:
        query = query.where(col(GroupingRun.id) < before)
    if clusters:
        touched = select(ClusterChange.run_id).where(_of(clusters))
        query = query.where(col(GroupingRun.id).in_(touched))
    return list(session.exec(query))


def changes(session: Session, run_ids: Sequence[int]) -> dict[int, list[ClusterChange]]:
    """By run, in the order in which they were written."""
    found: dict[int, list[ClusterChange]] = {}
    for start in range(0, len(run_ids), CHUNK):
        query = select(ClusterChange).where(col(ClusterChange.run_id).in_(run_ids[start : start + CHUNK]))
        for row in session.exec(query.order_by(col(ClusterChange.id))):
            found.setdefault(row.run_id, []).append(row)
    return found


def chain(session: Session, cluster_id: int) -> list[Cluster]:
    """The cluster and what it leads to, the living one last; empty where there is none."""
    found: list[Cluster] = []
    cluster = session.get(Cluster, cluster_id)
    while cluster is not None and len(found) < LONGEST:
        found.append(cluster)
        cluster = session.get(Cluster, cluster.merged_into) if cluster.merged_into is not None else None
    return found


def end_of(session: Session, cluster_id: int) -> tuple[ClusterChange, GroupingRun] | Event | None:
    """What made this id lead elsewhere: a person's or the model's merge; None where a person's placement emptied it."""
    query = (
        select(ClusterChange, GroupingRun)
        .join(GroupingRun, col(GroupingRun.id) == col(ClusterChange.run_id))
        .where(ClusterChange.cluster_id == cluster_id, ClusterChange.kind == "merged")
        .order_by(col(ClusterChange.id).desc())
        .limit(1)
    )
    by_model = session.execute(query).first()
    merged = select(Event).where(Event.subject == f"cluster:{cluster_id}", Event.kind == "cluster.merged")
    event = session.exec(merged.order_by(col(Event.id).desc()).limit(1)).first()
    if by_model is not None and (event is None or event.actor == "model" or event.at <= by_model[1].at):
        return by_model[0], by_model[1]
    return event


def _of(clusters: Sequence[int]) -> ColumnElement[bool]:
    return or_(col(ClusterChange.cluster_id).in_(clusters), col(ClusterChange.other_id).in_(clusters))
