"""What one agent card reads: each function one query over an index, whatever the size of the installation.

Statements that every card runs are built once: building them would cost more than running them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from bridge.store.access import Watch
from bridge.store.clusters import Cluster, Membership, Rejection
from bridge.store.events import Event
from bridge.store.memberships import is_live
from bridge.store.remedies import PlanRevision, RemedyPlan
from bridge.store.sync import SyncState
from bridge.store.tickets import Ticket

MANY = 50
_Undo = aliased(Event)


def tickets_called(
    session: Session, names: Sequence[str], url: str | None, readable: ColumnElement[bool]
) -> list[Ticket]:
    """Live tickets with one of these ids, or this address, that the reader may see."""
    query = select(Ticket).where(col(Ticket.deleted_at).is_(None), readable).order_by(col(Ticket.id))
    if url is not None and (found := session.exec(query.where(Ticket.url == url).limit(MANY)).all()):
        return list(found)
    return list(session.exec(query.where(col(Ticket.source_id).in_(names)).limit(MANY))) if names else []


def ticket_at(
    session: Session, connection: str, source_id: str, visible: ColumnElement[bool], readable: ColumnElement[bool]
) -> tuple[Ticket, bool] | None:
    """The live ticket, if it is visible, and whether its text may be read."""
    query = select(Ticket, readable).where(
        Ticket.connection == connection, Ticket.source_id == source_id, col(Ticket.deleted_at).is_(None), visible
    )
    row = session.exec(query).first()
    return (row[0], bool(row[1])) if row else None


@dataclass(frozen=True, slots=True)
class Around:
    """What else a card says of an issue: its live tickets, whether others were merged into it, whether the reader
    watches it, and when tickets were last read.
    """

    members: int
    merged: bool
    watched: bool
    read_at: datetime | None


_MEMBERS = (
    select(func.count())
    .select_from(Membership)
    .join(Ticket, col(Ticket.id) == col(Membership.ticket_id))
    .where(col(Membership.cluster_id) == bindparam("cluster"), *is_live())
)
_READS = (
    select(func.max(col(SyncState.last_success_at)).label("at"))
    .where(col(SyncState.stream) == "tickets")
    .group_by(col(SyncState.connection))
)
_READ_ONE = select(func.min(_READS.where(col(SyncState.connection) == bindparam("connection")).subquery().c.at))
_READ_ALL = select(func.min(_READS.subquery().c.at))
_MERGED = exists().where(col(Cluster.merged_into) == bindparam("cluster"))
_WATCHED = exists().where(col(Watch.user_id) == bindparam("user"), col(Watch.cluster_id) == bindparam("cluster"))
_AROUND_ONE = select(_MEMBERS.scalar_subquery(), _MERGED, _WATCHED, _READ_ONE.scalar_subquery())
_AROUND_ALL = select(_MEMBERS.scalar_subquery(), _MERGED, _WATCHED, _READ_ALL.scalar_subquery())


def around(session: Session, cluster_id: int, connection: str | None, user_id: int | None) -> Around:
    """All at once: each is a scalar over an index."""
    bound = {"cluster": cluster_id, "user": user_id, "connection": connection}
    if connection is None:
        del bound["connection"]
    row = session.execute(_AROUND_ALL if connection is None else _AROUND_ONE, bound).one()
    return Around(int(row[0]), bool(row[1]), bool(row[2]), row[3])


_PLACE = (
    select(Membership, Cluster)
    .join(Cluster, col(Cluster.id) == col(Membership.cluster_id))
    .where(col(Membership.ticket_id) == bindparam("ticket"))
)


def place_of(session: Session, ticket_id: int) -> tuple[Membership, Cluster] | None:
    row = session.execute(_PLACE, {"ticket": ticket_id}).first()
    return (row[0], row[1]) if row else None


def live_members(session: Session, cluster_id: int) -> int:
    return int(session.execute(_MEMBERS, {"cluster": cluster_id}).scalar_one())


def attributes_since(session: Session, cluster_id: int, released_at: datetime) -> list[dict[str, Any]]:
    """What the desk noted of tickets that were written after the release, at most ``MANY``, newest first."""
    query = (
        select(col(Ticket.attributes))
        .join(Membership, col(Membership.ticket_id) == col(Ticket.id))
        .where(Membership.cluster_id == cluster_id, *is_live(), col(Ticket.created_at) > released_at)
        .order_by(col(Ticket.created_at).desc())
        .limit(MANY)
    )
    return [dict(attributes) for attributes in session.exec(query)]


_PLANS = (
    select(RemedyPlan, PlanRevision)
    .join(PlanRevision, col(PlanRevision.plan_id) == col(RemedyPlan.id))
    .where(
        col(RemedyPlan.cluster_id).in_(bindparam("clusters", expanding=True)),
        (col(PlanRevision.revision) == col(RemedyPlan.revision))
        | (col(PlanRevision.revision) == col(RemedyPlan.approved_revision)),
    )
)


def plans_with_revisions(
    session: Session, cluster_ids: Collection[int]
) -> dict[int, tuple[RemedyPlan, dict[int, PlanRevision]]]:
    """By cluster: its plan, with the newest and the approved revision by number."""
    found: dict[int, tuple[RemedyPlan, dict[int, PlanRevision]]] = {}
    for plan, row in session.execute(_PLANS, {"clusters": list(cluster_ids)}):
        found.setdefault(plan.cluster_id, (plan, {}))[1][row.revision] = row
    return found


def merged_here(session: Session, cluster_id: int) -> list[tuple[Cluster, Event]]:
    """The issues that were merged into this one, with the events that tell of it, newest first."""
    losers = select(Cluster).where(Cluster.merged_into == cluster_id).order_by(col(Cluster.id).desc()).limit(MANY)
    by_subject = {f"cluster:{loser.id}": loser for loser in session.exec(losers)}
    if not by_subject:
        return []
    query = (
        select(Event)
        .where(col(Event.subject).in_(by_subject), Event.kind == "cluster.merged")
        .order_by(col(Event.id).desc())
    )
    return [(by_subject[event.subject], event) for event in session.exec(query)]


_DONE = (
    select(Event)
    .where(
        col(Event.actor) == bindparam("actor"),
        col(Event.at) >= bindparam("since"),
        or_(
            and_(
                col(Event.kind).in_(bindparam("acts", expanding=True)),
                col(Event.subject) == bindparam("subject"),
            ),
            and_(
                col(Event.kind).in_(bindparam("placings", expanding=True)),
                ~exists().where(col(_Undo.undoes) == col(Event.id)),
            ),
        ),
    )
    .order_by(col(Event.id).desc())
    .limit(MANY)
)


def done_by(
    session: Session, actor: str, subject: str | None, acts: Collection[str], placings: Collection[str], since: datetime
) -> list[Event]:
    """What a person did with this issue, and every placement of theirs that nobody has taken back, newest first."""
    bound = {"actor": actor, "since": since, "acts": list(acts), "subject": subject, "placings": list(placings)}
    return list(session.execute(_DONE, bound).scalars())


def rejected_issues(session: Session, ticket_id: int) -> list[int]:
    """What a person has called wrong for this ticket."""
    return list(session.exec(select(Rejection.cluster_id).where(Rejection.ticket_id == ticket_id)))


def events_of(
    session: Session, subjects: Sequence[str], kinds: Collection[str], actor: str, since: datetime
) -> list[Event]:
    """What a person did about these since then, newest first."""
    query = (
        select(Event)
        .where(
            col(Event.subject).in_(subjects),
            col(Event.kind).in_(kinds),
            Event.actor == actor,
            col(Event.at) >= since,
        )
        .order_by(col(Event.id).desc())
        .limit(MANY)
    )
    return list(session.exec(query))


def read_at(session: Session, connection: str | None) -> datetime | None:
    """When tickets were last read: of one connection, or the oldest last success of all that are read."""
    statement, bound = (_READ_ALL, {}) if connection is None else (_READ_ONE, {"connection": connection})
    at: datetime | None = session.execute(statement, bound).scalar_one()
    return at
