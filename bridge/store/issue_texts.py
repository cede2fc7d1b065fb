"""The few words and vectors by which an issue is found: its title, its phrases and its newest members.

Rule: single tickets are no issues to be found, unless somebody has said or planned something about one.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Subquery, exists, func, or_
from sqlmodel import Session, col, select

from bridge.store.clusters import Cluster, Membership
from bridge.store.grouping import GroupingFrame
from bridge.store.memberships import is_live
from bridge.store.remedies import RemedyPlan
from bridge.store.tickets import Ticket
from bridge.store.vectors import Vector, sound
from bridge.words import Origin

SUBJECTS = 8
VECTORS = 4


@dataclass(frozen=True, slots=True)
class IssueText:
    cluster_id: int
    title: str
    phrases: tuple[str, ...]
    subjects: tuple[str, ...]


def issue_texts(session: Session) -> list[IssueText]:
    """Every living issue of two tickets or more, or with a plan, by id."""
    newest = _newest(SUBJECTS)
    subjects: dict[int, list[str]] = {}
    query = select(newest.c.cluster_id, Ticket.subject).join(Ticket, col(Ticket.id) == newest.c.ticket_id)
    for cluster_id, subject in session.exec(query):
        subjects.setdefault(cluster_id, []).append(subject)
    planned = exists().where(col(RemedyPlan.cluster_id) == col(Cluster.id))
    said = exists().where(col(Membership.cluster_id) == col(Cluster.id), col(Membership.origin) == Origin.HUMAN)
    minded = or_(planned, said).label("minded")
    clusters = select(Cluster.id, Cluster.title, Cluster.phrases, minded).where(col(Cluster.merged_into).is_(None))
    return [
        IssueText(id_, title, tuple(phrases), tuple(subjects.get(id_, ())))
        for id_, title, phrases, on_purpose in session.execute(clusters.order_by(col(Cluster.id)))
        if on_purpose or len(subjects.get(id_, ())) > 1
    ]


def sample_vectors(session: Session, model: str) -> list[tuple[int, bytes]]:
    """(cluster, packed vector) of the newest members that have one."""
    newest = _newest(VECTORS)
    query = (
        select(newest.c.cluster_id, Vector.data, Vector.crc)
        .join(Ticket, col(Ticket.id) == newest.c.ticket_id)
        .join(Vector, (col(Vector.content_hash) == col(Ticket.embed_hash)) & (col(Vector.model) == model))
    )
    return sound((cluster_id, data, crc) for cluster_id, data, crc in session.exec(query))


def vector_of(session: Session, embed_hash: str | None) -> tuple[str, bytes] | None:
    """(model, packed vector) of a ticket's text, by the model that last grouped."""
    model = session.exec(select(GroupingFrame.model).order_by(col(GroupingFrame.at).desc())).first()
    row = session.get(Vector, (model, embed_hash)) if model and embed_hash else None
    found = sound([(row.model, row.data, row.crc)]) if row else []
    return found[0] if found else None


def _newest(count: int) -> Subquery:
    """(cluster, ticket) of each cluster's newest live members."""
    place = func.row_number().over(partition_by=col(Membership.cluster_id), order_by=col(Ticket.id).desc())
    ranked = (
        select(Membership.cluster_id, Membership.ticket_id, place.label("place"))
        .join(Ticket, col(Ticket.id) == col(Membership.ticket_id))
        .where(*is_live())
        .subquery()
    )
    return select(ranked.c.cluster_id, ranked.c.ticket_id).where(ranked.c.place <= count).subquery()
