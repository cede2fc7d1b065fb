"""Queries and writes over the doubts of grouping, what people answered, and the pairs that they keep apart.

Rule: a row that names a tombstone speaks of the living cluster behind it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, update
from sqlmodel import Session, col, select

from bridge.store.clusters import Cluster, Membership, RankRun, Score
from bridge.store.grouping import Candidate, GroupingAnswer, GroupingFrame, KeptApart
from bridge.store.memberships import CHUNK, is_live, redirects
from bridge.store.tickets import Ticket
from bridge.store.upsert import insert_rows
from bridge.words import Origin, Zone

NOTICED = 0.005
"""A confidence that differs by less is left as it is."""
UNSURE = (Zone.REVIEW, Zone.NEW)
"""Zones of a ticket that stands alone because the model found it no place."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ticket in the review zone. ``clusters``: its living candidates, the best first, without its own."""

    ticket_id: int
    created_at: datetime
    clusters: tuple[int, ...]


def memberships_of(session: Session, ticket_ids: Sequence[int]) -> list[Membership]:
    found: list[Membership] = []
    for start in range(0, len(ticket_ids), CHUNK):
        query = select(Membership).where(col(Membership.ticket_id).in_(ticket_ids[start : start + CHUNK]))
        found += session.exec(query.order_by(col(Membership.ticket_id)))
    return found


def unsure_members(session: Session, cluster_id: int) -> list[Membership]:
    """Tickets of the cluster that the model left there alone."""
    query = select(Membership).where(Membership.cluster_id == cluster_id, col(Membership.zone).in_(UNSURE))
    return list(session.exec(query.order_by(col(Membership.ticket_id))))


def candidates_of(session: Session, ticket_ids: Sequence[int]) -> dict[int, list[Candidate]]:
    """By ticket, the best first; as they were written, tombstones included."""
    found: dict[int, list[Candidate]] = {}
    for start in range(0, len(ticket_ids), CHUNK):
        query = select(Candidate).where(col(Candidate.ticket_id).in_(ticket_ids[start : start + CHUNK]))
        for row in session.exec(query.order_by(col(Candidate.ticket_id), col(Candidate.place))):
            found.setdefault(row.ticket_id, []).append(row)
    return found


def drop_candidates(session: Session, ticket_ids: Sequence[int]) -> None:
    for start in range(0, len(ticket_ids), CHUNK):
        part = ticket_ids[start : start + CHUNK]
        session.execute(delete(Candidate).where(col(Candidate.ticket_id).in_(part)))


def waiting(session: Session, readable: ColumnElement[bool]) -> list[Waiting]:
    """Every live ticket of these that waits for a person, in the order of its id.

    Ordered by the candidate's column: by the ticket's, SQLite would walk through all tickets.
    """
    columns = (col(Ticket.id), col(Ticket.created_at), col(Membership.cluster_id), col(Candidate.cluster_id))
    query = (
        select(*columns, Cluster.merged_into)  # type: ignore[call-overload]
        .select_from(Candidate)
        .join(Membership, col(Membership.ticket_id) == col(Candidate.ticket_id))
        .join(Ticket, col(Ticket.id) == col(Candidate.ticket_id))
        .join(Cluster, col(Cluster.id) == col(Candidate.cluster_id))
        .where(col(Membership.zone) == Zone.REVIEW, *is_live(), readable)
        .order_by(col(Candidate.ticket_id), col(Candidate.place))
    )
    rows = session.execute(query).all()
    behind = redirects(session) if any(row[4] is not None for row in rows) else {}
    found: dict[int, tuple[datetime, list[int]]] = {}
    for ticket_id, created_at, own, cluster_id, _ in rows:
        clusters = found.setdefault(ticket_id, (created_at, []))[1]
        living = behind.get(cluster_id, cluster_id)
        if living != own and living not in clusters:
            clusters.append(living)
    return [Waiting(id_, at, tuple(clusters)) for id_, (at, clusters) in found.items() if clusters]


def count_waiting(session: Session, readable: ColumnElement[bool]) -> int:
    """How many; asked candidate by candidate, as there are few: as a join, SQLite would begin with all tickets."""
    waits = (
        select(Membership.ticket_id)
        .join(Ticket, col(Ticket.id) == col(Membership.ticket_id))
        .where(Membership.ticket_id == Candidate.ticket_id, Membership.zone == Zone.REVIEW, *is_live(), readable)
        .correlate(Candidate)
        .exists()
    )
    return session.exec(select(func.count()).select_from(Candidate).where(Candidate.place == 1, waits)).one()


def candidate_ranks(session: Session) -> dict[int, int]:
    """The newest rank of every cluster that is a candidate, or that one leads to."""
    newest = select(RankRun.id).order_by(col(RankRun.as_of).desc(), col(RankRun.id).desc()).limit(1).scalar_subquery()
    named = select(Candidate.cluster_id)
    behind = select(Cluster.merged_into).where(col(Cluster.id).in_(named), col(Cluster.merged_into).is_not(None))
    query = select(Score.cluster_id, Score.rank).where(
        col(Score.run_id) == newest, or_(col(Score.cluster_id).in_(named), col(Score.cluster_id).in_(behind))
    )
    return dict(session.exec(query).all())


def kept_apart(session: Session) -> set[tuple[int, int]]:
    """Pairs of living clusters, the smaller id first, that nobody but a person may merge."""
    living = redirects(session)
    rows = session.exec(select(KeptApart.one, KeptApart.other)).all()
    pairs = {_ordered(living.get(one, one), living.get(other, other)) for one, other in rows}
    return {pair for pair in pairs if pair[0] != pair[1]}


def keep_apart(session: Session, one: int, other: int, event_id: int | None) -> bool:
    """False: the two were kept apart already."""
    first, second = _ordered(one, other)
    if session.get(KeptApart, (first, second)) is not None:
        return False
    session.add(KeptApart(one=first, other=second, event_id=event_id))
    return True


def apart_rows(session: Session, one: int, other: int) -> list[KeptApart]:
    """The rows that say so of these two living clusters, or of what was merged into them."""
    rows = session.exec(select(KeptApart)).all()
    living = redirects(session) if rows else {}
    wanted = _ordered(one, other)
    return [row for row in rows if _ordered(living.get(row.one, row.one), living.get(row.other, row.other)) == wanted]


def _ordered(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def undo_answers(session: Session, event_id: int) -> None:
    """What was answered by this decision counts no more."""
    session.execute(update(GroupingAnswer).where(col(GroupingAnswer.event_id) == event_id).values(undone=True))


def singles(session: Session) -> set[int]:
    """Living clusters of one live ticket that no person has placed there."""
    query = (
        select(Membership.cluster_id)
        .join(Ticket, col(Ticket.id) == col(Membership.ticket_id))
        .where(*is_live())
        .group_by(col(Membership.cluster_id))
        .having(func.count() == 1, func.max(col(Membership.origin)) == Origin.MODEL)
    )
    return set(session.exec(query))


def clusters_by_id(session: Session, ids: Collection[int]) -> dict[int, Cluster]:
    rows = session.exec(select(Cluster).where(col(Cluster.id).in_(list(ids)))) if ids else ()
    return {row.id or 0: row for row in rows}


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A row of ``Candidate``."""

    ticket_id: int
    place: int
    cluster_id: int
    similarity: float
    evidence: dict[str, Any]


def waiting_tickets(session: Session) -> dict[int, tuple[int, ...]]:
    """Every ticket in the review zone -> the living clusters behind its candidates, the best first."""
    living = redirects(session)
    query = (
        select(Membership.ticket_id, Candidate.cluster_id)
        .outerjoin(Candidate, col(Candidate.ticket_id) == col(Membership.ticket_id))
        .where(Membership.zone == Zone.REVIEW)
        .order_by(col(Membership.ticket_id), col(Candidate.place))
    )
    found: dict[int, tuple[int, ...]] = {}
    for ticket, cluster in session.exec(query):
        known = (living.get(cluster, cluster),) if cluster is not None else ()
        found[ticket] = found.get(ticket, ()) + known
    return found


def settle_zones(session: Session) -> None:
    """Words that follow from who is where: with others automatic, alone new or in review; candidates only in review."""
    session.flush()
    shared = select(Membership.cluster_id).group_by(col(Membership.cluster_id)).having(func.count() > 1)
    own, zone = col(Membership.origin) == Origin.MODEL, col(Membership.zone)
    together = (own, zone.in_(UNSURE), col(Membership.cluster_id).in_(shared))
    session.execute(update(Membership).where(*together).values(zone=Zone.AUTOMATIC))
    alone = (own, zone == Zone.AUTOMATIC, col(Membership.cluster_id).not_in(shared))
    session.execute(update(Membership).where(*alone).values(zone=Zone.NEW))
    waiting = select(Membership.ticket_id).where(Membership.zone == Zone.REVIEW)
    session.execute(delete(Candidate).where(col(Candidate.ticket_id).not_in(waiting)))


def doubt_no_more(session: Session, ticket_ids: Sequence[int]) -> None:
    """Nothing is near these tickets any more: they leave the review zone."""
    for start in range(0, len(ticket_ids), CHUNK):
        some = (col(Membership.ticket_id).in_(ticket_ids[start : start + CHUNK]), col(Membership.zone) == Zone.REVIEW)
        session.execute(update(Membership).where(*some).values(zone=Zone.NEW))


def doubt(session: Session, rows: Sequence[Doubtful]) -> None:
    """These tickets wait for a person, with these candidates and no others."""
    tickets = list(dict.fromkeys(row.ticket_id for row in rows))
    for start in range(0, len(tickets), CHUNK):
        some = tickets[start : start + CHUNK]
        session.execute(delete(Candidate).where(col(Candidate.ticket_id).in_(some)))
        mine = (col(Membership.ticket_id).in_(some), col(Membership.origin) == Origin.MODEL)
        session.execute(update(Membership).where(*mine).values(zone=Zone.REVIEW))
    insert_rows(session, Candidate, [asdict(row) for row in rows])


def settle_confidence(session: Session, sure: Mapping[int, float], otherwise: float | None) -> None:
    """What the model is so sure of; ``otherwise``: of every other ticket that it grouped, None leaves them."""
    grouped = (col(Membership.origin) == Origin.MODEL, col(Membership.zone) == Zone.AUTOMATIC)
    if not sure:
        if otherwise is not None:
            changed = col(Membership.q) != otherwise
            session.execute(update(Membership).where(*grouped, changed).values(q=otherwise))
        return
    known = dict(session.exec(select(Membership.ticket_id, Membership.q).where(*grouped)).all())
    rows = [
        {"ticket_id": ticket, "q": q}
        for ticket, q in sure.items()
        if ticket in known and abs(known[ticket] - q) >= NOTICED
    ]
    if rows:
        session.execute(update(Membership), rows)


def keep_frame(session: Session, frame: GroupingFrame) -> None:
    """In place of the model's last one."""
    session.merge(frame)
