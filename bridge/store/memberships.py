"""Who belongs where: queries and writes over clusters and their tickets, used by the grouping step and by people."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, exists, func, insert, update
from sqlmodel import Session, col, select

from bridge.store.clusters import Cluster, Membership, Rejection
from bridge.store.tickets import Ticket
from bridge.store.upsert import insert_rows
from bridge.store.vectors import Vector
from bridge.words import Origin, Zone

CHUNK = 500
"""Ids in one IN (...) list: SQLite and PostgreSQL both take more, neither gets faster."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ticket belongs, as ``Membership`` says it."""

    ticket_id: int
    cluster_id: int
    q: float
    origin: str
    zone: str = Zone.AUTOMATIC
    part: int | None = None


def is_live() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Conditions on Ticket: neither deleted nor merged into another on the desk's side."""
    return col(Ticket.deleted_at).is_(None), col(Ticket.merged_into).is_(None)


def count_unplaced(session: Session, model: str) -> int:
    """Live tickets without a cluster that could get one now: with a vector of the model, or without any text."""
    query = select(func.count()).select_from(Ticket).where(*is_live(), ~_has_place(), _ready(model))
    return session.exec(query).one()


def unplaced_without_text(session: Session) -> list[int]:
    query = select(Ticket.id).where(*is_live(), ~_has_place(), col(Ticket.embed_hash).is_(None))
    return [id_ or 0 for id_ in session.exec(query)]


def live_hashes(session: Session, model: str) -> list[tuple[int, str, int]]:
    """(ticket id, content hash, checksum) of every live ticket that has a vector of the model, by id."""
    query = (
        select(Ticket.id, Vector.content_hash, Vector.crc)
        .join(Vector, (col(Vector.content_hash) == col(Ticket.embed_hash)) & (col(Vector.model) == model))
        .where(*is_live())
        .order_by(col(Ticket.id))
    )
    return [(id_ or 0, content_hash, crc) for id_, content_hash, crc in session.exec(query)]


def languages(session: Session) -> dict[int, str]:
    """Ticket id -> language, as the desk says it or as it was recognised, of the live tickets that have one."""
    query = select(Ticket.id, Ticket.language).where(*is_live(), col(Ticket.language).is_not(None))
    return {id_ or 0: language or "" for id_, language in session.exec(query)}


def language_counts(session: Session) -> list[tuple[str, int]]:
    """(language as in ``languages``, number of live tickets)."""
    spoken = col(Ticket.language)
    query = select(spoken, func.count()).where(*is_live(), spoken.is_not(None)).group_by(spoken)
    return [(language or "", count) for language, count in session.exec(query)]


def places(session: Session) -> list[Place]:
    columns = (Membership.ticket_id, Membership.cluster_id, Membership.q, Membership.origin)
    query = select(*columns, Membership.zone, Membership.part)  # type: ignore[call-overload]
    return [Place(*row) for row in session.execute(query)]


def _has_place() -> ColumnElement[bool]:
    return exists().where(col(Membership.ticket_id) == col(Ticket.id))


def _ready(model: str) -> ColumnElement[bool]:
    has_vector = exists().where(col(Vector.model) == model, col(Vector.content_hash) == col(Ticket.embed_hash))
    return col(Ticket.embed_hash).is_(None) | has_vector


def open_cluster(session: Session, title: str, at: datetime, phrases: Sequence[str] = ()) -> Cluster:
    """A new cluster with an id that no other ever had."""
    (id_,) = open_clusters(session, [Named(title, phrases)], at)
    return session.get_one(Cluster, id_)


class Named(NamedTuple):
    """The model's words for a cluster of so many ``members``."""

    title: str
    phrases: Sequence[str]
    members: int = 1


def open_clusters(session: Session, names: Sequence[Named], at: datetime) -> list[int]:
    """New clusters of these names; their ids in this order."""
    rows = [
        {
            "uid": uuid.uuid4().hex[:16],
            "title": named.title,
            "title_by": "model",
            "titled_of": named.members,
            "phrases": list(named.phrases),
            "created_at": at,
        }
        for named in names
    ]
    if not rows:
        return []
    inserted = session.execute(insert(Cluster).returning(col(Cluster.uid), col(Cluster.id)), rows)
    ids = dict(inserted.all())
    return [ids[str(row["uid"])] for row in rows]


def place(session: Session, new: Sequence[Place], at: datetime) -> None:
    """Put tickets into clusters; a ticket that has a place moves."""
    ids = [row.ticket_id for row in new]
    for start in range(0, len(ids), CHUNK):
        session.execute(delete(Membership).where(col(Membership.ticket_id).in_(ids[start : start + CHUNK])))
    rows = [
        {
            "ticket_id": p.ticket_id,
            "cluster_id": p.cluster_id,
            "q": p.q,
            "origin": p.origin,
            "zone": p.zone,
            "part": p.part,
            "since": at,
        }
        for p in new
    ]
    insert_rows(session, Membership, rows)


def unplace(session: Session, ticket_ids: Sequence[int]) -> None:
    """Take tickets out of their cluster: the grouping step places them again."""
    session.execute(delete(Membership).where(col(Membership.ticket_id).in_(ticket_ids)))


def members(session: Session, cluster_id: int) -> list[Membership]:
    query = select(Membership).where(Membership.cluster_id == cluster_id).order_by(col(Membership.ticket_id))
    return list(session.exec(query))


def merge(session: Session, loser: Cluster, winner: Cluster) -> list[int]:
    """Every ticket of the loser goes to the winner; the loser stays as a tombstone that redirects.

    Returns the ids of the tickets that moved.
    """
    moved = [row.ticket_id for row in members(session, loser.id or 0)]
    session.execute(update(Membership).where(col(Membership.cluster_id) == loser.id).values(cluster_id=winner.id))
    loser.merged_into = winner.id
    session.add(loser)
    return moved


def return_part(session: Session, part: int, cluster_id: int) -> None:
    """Tickets that the model put into a merged issue for the sake of this part go where the part lives again."""
    mine = (
        col(Membership.cluster_id) == cluster_id,
        col(Membership.part) == part,
        col(Membership.origin) == Origin.MODEL,
    )
    session.execute(update(Membership).where(*mine).values(cluster_id=part, part=None))


def redirect(session: Session, cluster_id: int) -> Cluster | None:
    """The living cluster behind an id: follows tombstones."""
    cluster = session.get(Cluster, cluster_id)
    while cluster is not None and cluster.merged_into is not None:
        cluster = session.get(Cluster, cluster.merged_into)
    return cluster


def redirects(session: Session) -> dict[int, int]:
    """Every tombstone -> the living cluster behind it."""
    query = select(Cluster.id, Cluster.merged_into).where(col(Cluster.merged_into).is_not(None))
    direct = {id_ or 0: target or 0 for id_, target in session.exec(query)}
    return {id_: _end(direct, target) for id_, target in direct.items()}


def _end(direct: Mapping[int, int], target: int) -> int:
    while target in direct:
        target = direct[target]
    return target


def ticket_texts(session: Session) -> dict[int, tuple[str, str]]:
    """Ticket id -> (subject, embedded text) of every ticket that is not deleted."""
    query = select(Ticket.id, Ticket.subject, Ticket.embed_text).where(col(Ticket.deleted_at).is_(None))
    return {id_ or 0: (subject, text) for id_, subject, text in session.exec(query)}


def rejections(session: Session) -> set[tuple[int, int]]:
    """(ticket, living cluster) pairs that a person called wrong."""
    living = redirects(session)
    return {
        (ticket_id, living.get(cluster_id, cluster_id))
        for ticket_id, cluster_id in session.exec(select(Rejection.ticket_id, Rejection.cluster_id))
    }
