"""What people decide about clusters: publish, merge, split, move, and undo. Each is an event that can be taken back.

A person's placement is never overruled by a step: members that a person moved are origin human with confidence 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from bridge.service.access import Actor, Permission, require
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.reranking import rank_after_decision
from bridge.store.clusters import Cluster, Membership, Rejection
from bridge.store.events import Event, record
from bridge.store.memberships import Place, is_live, members, merge, open_cluster, place, redirect, unplace
from bridge.store.publishing import remote_issues, withdraw_unsent
from bridge.store.sync import bump
from bridge.store.tickets import Ticket
from bridge.words import Origin, display_id

WITHDRAWN = "withdrawn"
"""``approved_by`` of an issue that somebody took back: the automatic bar leaves it alone."""


def living(session: Session, cluster_id: int) -> Cluster:
    """The living cluster behind an id, following merges. Raises UnknownId."""
    cluster = redirect(session, cluster_id)
    if cluster is None:
        raise UnknownId(f"there is no issue {display_id(cluster_id)}: `bridge clusters list` shows those there are")
    return cluster


def publish(session: Session, actor: Actor, cluster_id: int, *, at: datetime, reason: str | None = None) -> Cluster:
    """Decide that the issue goes to the tracker; the next sync sends it. Deciding twice changes nothing."""
    require(actor, Permission.DECIDE_CLUSTERS)
    cluster = living(session, cluster_id)
    if cluster.approved_at is None:
        cluster.approved_at, cluster.approved_by = at, actor.name
        session.add(cluster)
        record(session, "cluster.published", _subject(cluster), actor=actor.name, at=at, reason=reason)
        bump(session, "clusters")
    return cluster


def merge_clusters(
    session: Session,
    actor: Actor,
    loser_id: int,
    winner_id: int,
    *,
    at: datetime,
    reason: str | None = None,
    last: bool = True,
) -> Cluster:
    """Everything of the one becomes part of the other; the loser's id redirects from then on. ``last`` False: more
    merges of the same decision follow, and the ranking waits for the last one.
    """
    require(actor, Permission.DECIDE_CLUSTERS)
    loser, winner = living(session, loser_id), living(session, winner_id)
    if loser.id == winner.id:
        raise ServiceError(f"{display_id(loser_id)} and {display_id(winner_id)} are one issue already")
    before = _placements(session, loser)
    moved = merge(session, loser, winner)
    rows = [Place(p["ticket"], winner.id or 0, 1.0, Origin.HUMAN) for p in before]
    place(session, rows, at)
    record(
        session,
        "cluster.merged",
        _subject(loser),
        actor=actor.name,
        at=at,
        before={"placements": before},
        after={"into": winner.id, "tickets": moved},
        reason=reason,
    )
    if last:
        changed(session, at)
    return winner


def split(
    session: Session,
    actor: Actor,
    cluster_id: int,
    ticket_ids: Sequence[int],
    *,
    at: datetime,
    reason: str | None = None,
) -> Cluster:
    """The named tickets become an issue of their own, and the model never puts them back."""
    require(actor, Permission.DECIDE_CLUSTERS)
    cluster = living(session, cluster_id)
    ticket_ids = list(dict.fromkeys(ticket_ids))
    there = {row.ticket_id for row in members(session, cluster.id or 0)}
    wrong = [ticket for ticket in ticket_ids if ticket not in there]
    if wrong or not ticket_ids:
        raise ServiceError(f"name tickets that belong to {display_id(cluster.id or 0)}: {len(wrong)} of these do not")
    if len(there) == len(ticket_ids):
        raise ServiceError(f"these are all tickets of {display_id(cluster.id or 0)}: leave at least one in it")
    title = session.get_one(Ticket, ticket_ids[0]).subject or cluster.title
    new = open_cluster(session, title, at)
    put(session, actor, "cluster.split", ticket_ids, new, at=at, reason=reason)
    return new


def move(
    session: Session,
    actor: Actor,
    ticket_ids: Sequence[int],
    cluster_id: int,
    *,
    at: datetime,
    reason: str | None = None,
) -> Cluster:
    """Put tickets into an issue, wherever they are now."""
    require(actor, Permission.DECIDE_CLUSTERS)
    target = living(session, cluster_id)
    ticket_ids = list(dict.fromkeys(ticket_ids))
    alive = select(Ticket.id).where(col(Ticket.id).in_(ticket_ids), *is_live())
    unknown = set(ticket_ids) - {id_ or 0 for id_ in session.exec(alive)}
    if unknown or not ticket_ids:
        named = ", ".join(map(str, sorted(unknown))) or "nothing"
        raise UnknownId(f"name tickets to move that exist and are not deleted: {named} is none")
    put(session, actor, "membership.moved", ticket_ids, target, at=at, reason=reason)
    return target


def undo(session: Session, actor: Actor, *, at: datetime, event_id: int | None = None, last: bool = True) -> Event:
    """Take back a decision: the one named, or the newest that has not been taken back. Undo can be undone by
    deciding again. Raises ServiceError where there is none, or where it cannot be taken back alone.
    """
    require(actor, Permission.DECIDE_CLUSTERS)
    return take_back(session, actor, _undoable(session, event_id), at, last=last)


def take_back(session: Session, actor: Actor, event: Event, at: datetime, *, last: bool = True) -> Event:
    """Undo this very decision, whoever may; it has not been undone before. ``last`` as in ``merge_clusters``."""
    _UNDO[event.kind](session, event, at)
    if last:
        changed(session, at)
    return record(
        session,
        f"{event.kind}.undone",
        event.subject,
        actor=actor.name,
        at=at,
        before=event.after,
        after=event.before,
        undoes=event.id,
    )


def put(
    session: Session,
    actor: Actor,
    kind: str,
    ticket_ids: list[int],
    target: Cluster,
    *,
    at: datetime,
    reason: str | None = None,
) -> Event:
    """A person places tickets, whoever may: the event's ``kind`` says by which decision."""
    rows = session.exec(select(Membership).where(col(Membership.ticket_id).in_(ticket_ids))).all()
    before = [_placement(row) for row in rows]
    rejected = [
        {"ticket": p["ticket"], "cluster": p["cluster"]}
        for p in before
        if p["cluster"] != target.id and session.get(Rejection, (p["ticket"], p["cluster"])) is None
    ]
    for pair in rejected:
        session.add(Rejection(ticket_id=pair["ticket"], cluster_id=pair["cluster"]))
    place(session, [Place(ticket, target.id or 0, 1.0, Origin.HUMAN) for ticket in ticket_ids], at)
    after = {"cluster": target.id, "tickets": ticket_ids, "rejected": rejected}
    was = {"placements": before}
    event = record(session, kind, _subject(target), actor=actor.name, at=at, before=was, after=after, reason=reason)
    for source in sorted({p["cluster"] for p in before} - {target.id}):
        lost = [p["ticket"] for p in before if p["cluster"] == source]
        told = {"event": event.id, "cluster": target.id, "tickets": lost}
        record(session, "membership.left", f"cluster:{source}", actor=actor.name, at=at, after=told, reason=reason)
    changed(session, at)
    return event


def changed(session: Session, at: datetime) -> None:
    """Say that memberships changed, once for all parts of a decision."""
    bump(session, "clusters")
    rank_after_decision(session, at)


def _undoable(session: Session, event_id: int | None) -> Event:
    undone = select(Event.undoes).where(col(Event.undoes).is_not(None))
    query = select(Event).where(col(Event.kind).in_(_UNDO), col(Event.actor) != "model", col(Event.id).not_in(undone))
    if event_id is not None:
        query = query.where(Event.id == event_id)
    event = session.exec(query.order_by(col(Event.id).desc())).first()
    if event is None:
        what = f"event {event_id} is no decision that can be undone" if event_id else "there is no decision to undo"
        raise ServiceError(f"{what}: publish, merge, split and move can be, once")
    return event


def _undo_placements(session: Session, event: Event, at: datetime) -> None:
    """Each ticket goes back where it was, or to none, unless somebody has moved it again since."""
    target = session.get_one(Cluster, int(event.after.get("into") or event.after.get("cluster") or 0))
    if target.merged_into is not None:
        raise ServiceError(f"{display_id(target.id or 0)} was merged into another issue since: undo that first")
    there = {row.ticket_id for row in members(session, target.id or 0)}
    rows = [
        Place(p["ticket"], living(session, p["cluster"]).id or 0, p["q"], p["origin"])
        for p in event.before["placements"]
        if p["ticket"] in there
    ]
    had_none = there.intersection(event.after["tickets"]) - {p["ticket"] for p in event.before["placements"]}
    unplace(session, sorted(had_none))
    _unreject(session, event)
    place(session, rows, at)


def _unreject(session: Session, event: Event) -> None:
    for pair in event.after.get("rejected", ()):
        if rejection := session.get(Rejection, (pair["ticket"], pair["cluster"])):
            session.delete(rejection)


def _undo_rejection(session: Session, event: Event, at: datetime) -> None:
    """The ticket goes back, unless a person has placed it elsewhere since."""
    placed = session.exec(select(Membership).where(col(Membership.ticket_id).in_(event.after["tickets"]))).all()
    if any(row.origin == Origin.HUMAN for row in placed):
        raise ServiceError("somebody has placed this ticket since: undo that first")
    _unreject(session, event)
    before = event.before["placements"]
    place(session, [Place(p["ticket"], living(session, p["cluster"]).id or 0, p["q"], p["origin"]) for p in before], at)


def _undo_split(session: Session, event: Event, at: datetime) -> None:
    """What the split opened becomes a redirect to where its tickets came from, if nothing else is in it."""
    _undo_placements(session, event, at)
    opened = session.get_one(Cluster, int(event.after["cluster"]))
    if not members(session, opened.id or 0):
        opened.merged_into = living(session, event.before["placements"][0]["cluster"]).id
        session.add(opened)


def _undo_merge(session: Session, event: Event, at: datetime) -> None:
    loser = session.get_one(Cluster, int(event.subject.partition(":")[2]))
    if loser.merged_into != event.after["into"]:
        raise ServiceError(f"{display_id(loser.id or 0)} was merged again since: undo that first")
    loser.merged_into = None
    _undo_placements(session, event, at)


def _undo_publish(session: Session, event: Event, _at: datetime) -> None:
    cluster = session.get_one(Cluster, int(event.subject.partition(":")[2]))
    if published_at := remote_issues(session, cluster):
        where = ", ".join(f"{connection} {remote}" for connection, remote in published_at.items())
        raise ServiceError(f"{display_id(cluster.id or 0)} is in the tracker already ({where}): close it there")
    if not withdraw_unsent(session, cluster):
        raise ServiceError(
            f"{display_id(cluster.id or 0)} is being sent to the tracker, or may have arrived there: look again in a"
            " minute, and at `bridge outbox list`"
        )
    cluster.approved_at, cluster.approved_by = None, WITHDRAWN
    session.add(cluster)


_UNDO = {
    "cluster.published": _undo_publish,
    "cluster.merged": _undo_merge,
    "cluster.split": _undo_split,
    "membership.moved": _undo_placements,
    "membership.confirmed": _undo_placements,
    "membership.rejected": _undo_rejection,
}
UNDOABLE = frozenset(_UNDO)
"""Kinds of events that ``undo`` takes back."""


def _subject(cluster: Cluster) -> str:
    return f"cluster:{cluster.id}"


def _placements(session: Session, cluster: Cluster) -> list[dict[str, Any]]:
    return [_placement(row) for row in members(session, cluster.id or 0)]


def _placement(row: Membership) -> dict[str, Any]:
    return {"ticket": row.ticket_id, "cluster": row.cluster_id, "q": row.q, "origin": row.origin}
