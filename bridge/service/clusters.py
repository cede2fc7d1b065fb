"""What people decide about clusters: publish, merge, split, move, and undo. Each is an event that can be taken back.

A person's placement is never overruled by a step: members that a person moved are of origin human, confirmed, q 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from bridge.service.access import Actor, Permission, require
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.estimating import ESTIMATES_BACK
from bridge.service.inheriting import disinherit, inherit
from bridge.service.putting import (
    changed,
    confirm,
    doubted,
    keep_answers,
    put,
    put_back,
    remembered,
    reopen,
    subject,
    unrefuse,
)
from bridge.service.sticking import TAKEN_BACK
from bridge.store.clusters import Cluster, Membership
from bridge.store.events import Event, record
from bridge.store.grouping import KeptApart
from bridge.store.grouping_queries import apart_rows, keep_apart, undo_answers, unsure_members
from bridge.store.memberships import is_live, members, merge, open_cluster, redirect, return_part, unplace
from bridge.store.publish_decisions import forget
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
    """Decide that the issue goes to every tracker; the next sync sends it. Deciding twice changes nothing."""
    require(actor, Permission.DECIDE_CLUSTERS)
    cluster = living(session, cluster_id)
    if cluster.approved_at is None:
        cluster.approved_at, cluster.approved_by = at, actor.name
        session.add(cluster)
        forget(session, cluster.id or 0)
        record(session, "cluster.published", subject(cluster.id or 0), actor=actor.name, at=at, reason=reason)
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
    """Everything of the one becomes part of the other; the loser's id redirects from then on, and its tickets remember
    what they came with. Two that were kept apart are so no more. ``last`` False: more merges of the same decision
    follow, and the ranking waits for the last one.
    """
    require(actor, Permission.DECIDE_CLUSTERS)
    loser, winner = living(session, loser_id), living(session, winner_id)
    if loser.id == winner.id:
        raise ServiceError(f"{display_id(loser_id)} and {display_id(winner_id)} are one issue already")
    one, other = loser.id or 0, winner.id or 0
    coming, alone = remembered(session, members(session, one)), remembered(session, unsure_members(session, other))
    guesses = {p["ticket"]: doubted(session, p, other) for p in coming}
    here = {p["ticket"]: doubted(session, p, one) for p in alone}
    guesses |= {ticket: said for ticket, said in here.items() if any(guess.agreed for guess in said)}
    before = [*coming, *alone]
    apart = apart_rows(session, one, other)
    for row in apart:
        session.delete(row)
    published = inherit(session, actor, loser, winner, at=at)
    moved = merge(session, loser, winner)
    parts = {p["ticket"]: p["part"] or one for p in coming} | {p["ticket"]: p["part"] for p in alone}
    confirm(session, parts, other, at)
    joined = [{"one": row.one, "other": row.other, "event": row.event_id} for row in apart]
    event = record(
        session,
        "cluster.merged",
        subject(one),
        actor=actor.name,
        at=at,
        before={"placements": before},
        after={"into": other, "tickets": moved, "joined": joined, **published},
        reason=reason,
    )
    keep_answers(session, event, guesses)
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
    """The named tickets become an issue of their own: the model never puts them back, nor merges the two."""
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
    event = put(session, actor, "cluster.split", ticket_ids, new, at=at, reason=reason)
    keep_apart(session, cluster.id or 0, new.id or 0, event.id)
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
    undo_answers(session, event.id or 0)
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


def _undoable(session: Session, event_id: int | None) -> Event:
    undone = select(Event.undoes).where(col(Event.undoes).is_not(None))
    query = select(Event).where(col(Event.kind).in_(_UNDO), col(Event.actor) != "model", col(Event.id).not_in(undone))
    if event_id is not None:
        query = query.where(Event.id == event_id)
    event = session.exec(query.order_by(col(Event.id).desc())).first()
    if event is None:
        what = f"event {event_id} is no decision that can be undone" if event_id else "there is no decision to undo"
        raise ServiceError(
            f"{what}: publish, merge, split, move, confirm, lock, estimate, pin, mute and severity can be, once"
        )
    return event


def _undo_placements(session: Session, event: Event, at: datetime) -> None:
    """Each ticket goes back where it was, or to none, unless somebody has moved it again since."""
    target = session.get_one(Cluster, int(event.after.get("into") or event.after.get("cluster") or 0))
    if target.merged_into is not None:
        raise ServiceError(f"{display_id(target.id or 0)} was merged into another issue since: undo that first")
    there = {row.ticket_id for row in members(session, target.id or 0)}
    back = [p for p in event.before["placements"] if p["ticket"] in there]
    had_none = there.intersection(event.after["tickets"]) - {p["ticket"] for p in event.before["placements"]}
    unplace(session, sorted(had_none))
    unrefuse(session, event)
    reopen(session, event, back)
    put_back(session, back, at)


def _undo_rejection(session: Session, event: Event, at: datetime) -> None:
    """The ticket goes back, unless a person has placed it elsewhere since."""
    placed = session.exec(select(Membership).where(col(Membership.ticket_id).in_(event.after["tickets"]))).all()
    if any(row.origin == Origin.HUMAN for row in placed):
        raise ServiceError("somebody has placed this ticket since: undo that first")
    unrefuse(session, event)
    put_back(session, event.before["placements"], at)


def _undo_kept_apart(session: Session, event: Event, _at: datetime) -> None:
    for row in session.exec(select(KeptApart).where(KeptApart.event_id == event.id)):
        session.delete(row)


def _undo_split(session: Session, event: Event, at: datetime) -> None:
    """What the split opened becomes a redirect to where its tickets came from, if nothing else is in it."""
    _undo_kept_apart(session, event, at)
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
    session.flush()
    _undo_placements(session, event, at)
    return_part(session, loser.id or 0, event.after["into"])
    for pair in event.after.get("joined", ()):
        keep_apart(session, pair["one"], pair["other"], pair["event"])
    disinherit(session, event, at)


def _undo_lock(session: Session, event: Event, _at: datetime) -> None:
    """Locked or not, as it was before."""
    cluster = session.get_one(Cluster, int(event.subject.partition(":")[2]))
    if lock_facts(cluster) != event.after:
        raise ServiceError(f"{display_id(cluster.id or 0)} was locked or unlocked again since: undo that first")
    was = event.before
    cluster.locked_at = datetime.fromisoformat(was["locked_at"]) if was["locked_at"] else None
    cluster.locked_by = was["locked_by"]
    session.add(cluster)
    bump(session, "clusters")


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
    forget(session, cluster.id or 0)


_UNDO = {
    "cluster.published": _undo_publish,
    "cluster.locked": _undo_lock,
    "cluster.unlocked": _undo_lock,
    "cluster.merged": _undo_merge,
    "cluster.split": _undo_split,
    "membership.moved": _undo_placements,
    "membership.confirmed": _undo_placements,
    "membership.rejected": _undo_rejection,
    "clusters.kept_apart": _undo_kept_apart,
    **ESTIMATES_BACK,
    **TAKEN_BACK,
}
UNDOABLE = frozenset(_UNDO)
"""Kinds of events that ``undo`` takes back."""


def lock_facts(cluster: Cluster) -> dict[str, str | None]:
    """Since when and by whom it is locked, as an event keeps it."""
    return {"locked_at": cluster.locked_at.isoformat() if cluster.locked_at else None, "locked_by": cluster.locked_by}
