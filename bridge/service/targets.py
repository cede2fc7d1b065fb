"""Issues to choose from where a decision needs another one: by id, or by words of the title."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from bridge.service.access import Actor, Permission, require
from bridge.store.clusters import Cluster, Membership, Score
from bridge.store.ranking import last_run
from bridge.words import display_id, parse_cluster_id

SHOWN = 8


@dataclass(frozen=True, slots=True)
class Target:
    id: str
    cluster_id: int
    title: str
    rank: int | None
    tickets: int


def find_targets(session: Session, actor: Actor, words: str, *, without: int) -> tuple[Target, ...]:
    """Living issues that the words name or whose titles hold all of them, the best ranked first."""
    require(actor, Permission.READ_CLUSTERS)
    words = words.strip()
    if not words:
        return ()
    run = last_run(session)
    size = select(func.count()).where(Membership.cluster_id == Cluster.id).scalar_subquery()
    query = (
        select(Cluster.id, Cluster.title, Score.rank, size)
        .outerjoin(Score, (col(Score.cluster_id) == col(Cluster.id)) & (col(Score.run_id) == (run.id if run else 0)))
        .where(col(Cluster.merged_into).is_(None), Cluster.id != without)
        .order_by(col(Score.rank).is_(None), col(Score.rank), col(Cluster.id))
        .limit(SHOWN)
    )
    try:
        query = query.where(Cluster.id == parse_cluster_id(words))
    except ValueError:
        query = query.where(*(col(Cluster.title).icontains(word, autoescape=True) for word in words.split()[:8]))
    return tuple(Target(display_id(id_ or 0), id_ or 0, title, rank, n) for id_, title, rank, n in session.exec(query))
