"""What questions, settings and pages need to know of the present grouping: sizes, samples of vectors, counts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func
from sqlmodel import Session, col, select

from bridge.store.clusters import Cluster, Membership
from bridge.store.memberships import CHUNK, is_live
from bridge.store.tickets import Ticket
from bridge.store.vectors import Vector
from bridge.words import Origin


def sizes(session: Session) -> dict[int, int]:
    """Live tickets of every cluster that has any."""
    query = (
        select(Membership.cluster_id, func.count())
        .join(Ticket, col(Ticket.id) == col(Membership.ticket_id))
        .where(*is_live())
        .group_by(col(Membership.cluster_id))
    )
    return dict(session.execute(query).all())


def newest_vectors(session: Session, model: str, most: int, least: int = 2) -> list[tuple[int, bytes]]:
    """(cluster, packed vector) of at most ``most`` newest tickets of each cluster with ``least`` or more, by ticket."""
    place = func.row_number().over(partition_by=col(Membership.cluster_id), order_by=col(Ticket.id).desc())
    of_it = func.count().over(partition_by=col(Membership.cluster_id))
    ranked = (
        select(  # type: ignore[call-overload]
            Membership.cluster_id,
            Membership.ticket_id,
            Ticket.embed_hash,
            place.label("place"),
            of_it.label("of_it"),
        )
        .join(Ticket, col(Ticket.id) == col(Membership.ticket_id))
        .where(*is_live())
        .subquery()
    )
    query = (
        select(ranked.c.cluster_id, Vector.data)
        .join(Vector, (col(Vector.content_hash) == ranked.c.embed_hash) & (col(Vector.model) == model))
        .where(ranked.c.place <= most, ranked.c.of_it >= least)
        .order_by(ranked.c.ticket_id)
    )
    return [(cluster_id, data) for cluster_id, data in session.execute(query)]


def vectors_of(session: Session, model: str, cluster_ids: Collection[int]) -> list[tuple[int, int, str, bytes]]:
    """(ticket, cluster, origin, packed vector) of every live ticket of these clusters that has one, by ticket."""
    found: list[tuple[int, int, str, bytes]] = []
    wanted = sorted(cluster_ids)
    for start in range(0, len(wanted), CHUNK):
        query = (
            select(Ticket.id, Membership.cluster_id, Membership.origin, Vector.data)
            .join(Membership, col(Membership.ticket_id) == col(Ticket.id))
            .join(Vector, (col(Vector.content_hash) == col(Ticket.embed_hash)) & (col(Vector.model) == model))
            .where(*is_live(), col(Membership.cluster_id).in_(wanted[start : start + CHUNK]))
        )
        found += [tuple(row) for row in session.execute(query)]
    return sorted(found)


def locked(session: Session) -> set[int]:
    """Living clusters that neither gain nor lose tickets."""
    return _living(session, col(Cluster.locked_at).is_not(None))


def published(session: Session) -> set[int]:
    return _living(session, col(Cluster.approved_at).is_not(None))


def in_parts(session: Session) -> set[int]:
    """Clusters that a person put together from several."""
    return set(session.exec(select(Membership.cluster_id).where(col(Membership.part).is_not(None)).distinct()))


def _living(session: Session, condition: ColumnElement[bool]) -> set[int]:
    query = select(Cluster.id).where(col(Cluster.merged_into).is_(None), condition)
    return {id_ or 0 for id_ in session.exec(query)}


@dataclass(frozen=True, slots=True)
class Census:
    """Live tickets by how they are placed. ``issues`` have two tickets or more. ``kept``: tickets whose place is fixed
    by a person or a published issue. ``unplaced``: not grouped yet.
    """

    tickets: int
    issues: int
    singles: int
    unplaced: int
    kept: int
    zones: dict[str, int]


def census(session: Session) -> Census:
    by_cluster = sizes(session)
    live = session.exec(select(func.count()).select_from(Ticket).where(*is_live())).one()
    placed = select(Membership.zone, func.count()).join(Ticket, col(Ticket.id) == col(Membership.ticket_id))
    zones = dict(session.execute(placed.where(*is_live()).group_by(col(Membership.zone))).all())
    anchored = exists().where(col(Cluster.id) == col(Membership.cluster_id), col(Cluster.approved_at).is_not(None))
    fixed = (
        select(func.count())
        .select_from(Membership)
        .join(Ticket, col(Ticket.id) == col(Membership.ticket_id))
        .where(*is_live(), (col(Membership.origin) == Origin.HUMAN) | anchored)
    )
    return Census(
        tickets=live,
        issues=sum(count > 1 for count in by_cluster.values()),
        singles=sum(count == 1 for count in by_cluster.values()),
        unplaced=live - sum(by_cluster.values()),
        kept=session.exec(fixed).one(),
        zones=zones,
    )
