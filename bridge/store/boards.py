"""What the list of issues reads beside a ranking, in a few queries over whole tables: titles, sizes, plans, links."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from bridge.store.clusters import Cluster, Membership, RankRun, Score
from bridge.store.memberships import is_live
from bridge.store.outbox import TrackerLink
from bridge.store.remedies import PlanRevision, RemedyPlan
from bridge.store.sync import DataVersion
from bridge.store.tickets import Ticket
from bridge.words import Confidence

SHOWN = ("accounts", "board", "clusters", "plans", "tickets")
"""Names of the data versions that the list depends on. ``board``: what shows there and moves no score."""


@dataclass(frozen=True, slots=True)
class Title:
    id: int
    title: str
    approved_at: datetime | None
    locked: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """A cluster's place in a run."""

    cluster_id: int
    rank: int
    score: float
    summary: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PlanRow:
    """The revision that stands for a plan: withdrawn, else approved, else the newest."""

    state: str
    confidence: str
    fields: dict[str, Any]
    actor: str
    at: datetime
    revision: int
    conflict: bool


@dataclass(frozen=True, slots=True)
class LinkRow:
    """``remote_id`` None: on its way to the tracker."""

    connection: str
    remote_id: str | None
    url: str | None


def shown_versions(session: Session) -> tuple[tuple[str, int], ...]:
    """Equal versions, equal list, as far as it does not come from the ranking."""
    query = select(DataVersion.name, DataVersion.n).where(col(DataVersion.name).in_(SHOWN)).order_by(DataVersion.name)
    return tuple((name, n) for name, n in session.exec(query))


def newest_run(session: Session) -> tuple[int, datetime, str] | None:
    """Id, instant and data of the newest run; the id alone may be that of a run that was dropped."""
    columns = (col(RankRun.id), col(RankRun.as_of), col(RankRun.snapshot))
    row = session.exec(select(*columns).order_by(columns[1].desc(), columns[0].desc()).limit(1)).first()
    return (row[0] or 0, row[1], row[2]) if row else None


def run_rows(session: Session, run_id: int) -> list[Placed]:
    """Best first."""
    columns = (col(Score.cluster_id), col(Score.rank), col(Score.score), col(Score.summary))
    query = select(*columns).where(Score.run_id == run_id).order_by(col(Score.rank))
    return [Placed(*row) for row in session.execute(query)]


def titles(session: Session) -> dict[int, Title]:
    """Of every living cluster."""
    return _titles(session, living=True)


def all_titles(session: Session, ids: Collection[int]) -> dict[int, Title]:
    """Of these clusters, whatever became of them."""
    return {id_: title for id_, title in _titles(session, living=False).items() if id_ in ids}


def _titles(session: Session, *, living: bool) -> dict[int, Title]:
    query = select(Cluster.id, Cluster.title, Cluster.approved_at, Cluster.locked_at)
    if living:
        query = query.where(col(Cluster.merged_into).is_(None))
    found = session.exec(query)
    return {id_ or 0: Title(id_ or 0, title, at, locked is not None) for id_, title, at, locked in found}


def sizes(session: Session) -> dict[int, int]:
    """Live member tickets by cluster."""
    query = (
        select(Membership.cluster_id, func.count())
        .join(Ticket, col(Ticket.id) == col(Membership.ticket_id))
        .where(*is_live())
        .group_by(col(Membership.cluster_id))
    )
    return dict(session.exec(query).all())


def plan_rows(session: Session, cluster_ids: list[int] | None = None) -> dict[int, PlanRow]:
    """By cluster, for all or for some."""
    query = select(RemedyPlan, PlanRevision).where(
        RemedyPlan.id == PlanRevision.plan_id,
        (col(PlanRevision.revision) == col(RemedyPlan.approved_revision))
        | (col(PlanRevision.revision) == col(RemedyPlan.revision)),
    )
    if cluster_ids is not None:
        query = query.where(col(RemedyPlan.cluster_id).in_(cluster_ids))
    found: dict[int, PlanRow] = {}
    for plan, row in session.exec(query.order_by(col(PlanRevision.revision))):
        known = found.get(plan.cluster_id)
        if known is None or row.confidence in (Confidence.APPROVED, Confidence.WITHDRAWN):
            conflict = plan.tracker_conflict is not None
            found[plan.cluster_id] = PlanRow(
                row.state, row.confidence, row.fields, row.actor, row.at, row.revision, conflict
            )
    return found


def plan_rows_at(session: Session, at: datetime) -> dict[int, PlanRow]:
    """By cluster: what stood for a plan at an instant. Whether a tracker contradicted it then is not kept."""
    query = select(RemedyPlan.cluster_id, PlanRevision).where(
        RemedyPlan.id == PlanRevision.plan_id, col(PlanRevision.at) <= at
    )
    decided = (Confidence.APPROVED, Confidence.WITHDRAWN)
    found: dict[int, PlanRow] = {}
    for cluster_id, row in session.exec(query.order_by(col(PlanRevision.revision))):
        known = found.get(cluster_id)
        if known is None or row.confidence in decided or known.confidence not in decided:
            found[cluster_id] = PlanRow(
                row.state, row.confidence, row.fields, row.actor, row.at, row.revision, conflict=False
            )
    return found


def link_rows(session: Session) -> dict[int, list[LinkRow]]:
    """By cluster, in the order of the trackers' names."""
    columns = (
        col(TrackerLink.cluster_id),
        col(TrackerLink.connection),
        col(TrackerLink.remote_id),
        col(TrackerLink.url),
    )
    found: dict[int, list[LinkRow]] = {}
    for cluster_id, connection, remote_id, url in session.exec(select(*columns).order_by(columns[1])):
        found.setdefault(cluster_id, []).append(LinkRow(connection, remote_id, url))
    return found
