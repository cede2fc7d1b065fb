"""Puts tickets where a person says, remembers where they were, and puts them back exactly.

Rule: what a decision remembers restores cluster, confidence, origin, zone, part and candidates of each ticket; what the
model had guessed of a ticket that a person decides about is kept as an answer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session, col, select

from bridge.service.access import Actor
from bridge.service.nearness import second_fellows
from bridge.service.reranking import rank_after_decision
from bridge.store.clusters import Cluster, Membership, Rejection
from bridge.store.events import Event, record
from bridge.store.grouping import Candidate, GroupingAnswer
from bridge.store.grouping_queries import candidates_of, drop_candidates, memberships_of, unsure_members
from bridge.store.memberships import Place, members, place, redirect
from bridge.store.plans import plan_of
from bridge.store.sync import bump
from bridge.words import Origin, Zone

TICKET = "ticket"
"""Kind of an answer: does the ticket belong there?"""
Placement = Mapping[str, Any]


class Guess(NamedTuple):
    """What the model thought of a ticket, and whether a person agrees. ``similarity`` None: it kept none."""

    zone: str
    cluster_id: int
    similarity: float | None
    evidence: dict[str, Any]
    agreed: bool


def put(
    session: Session,
    actor: Actor,
    kind: str,
    ticket_ids: Sequence[int],
    target: Cluster,
    *,
    at: datetime,
    reason: str | None = None,
    unseen: Collection[int] = (),
) -> Event:
    """A person places tickets, whoever may: the event's ``kind`` says by which decision.

    ``unseen``: clusters that the person may not know of, of which they have said nothing.
    """
    id_ = target.id or 0
    moving = memberships_of(session, ticket_ids)
    before = remembered(session, [*moving, *_joined(session, id_, ticket_ids, moving)])
    asked = [p for p in before if p["ticket"] in set(ticket_ids)]
    near = _nearness(session, asked)
    guesses = {p["ticket"]: _guesses(session, p, id_, unseen, near.get(p["ticket"])) for p in asked}
    closing = _closing(session, asked, id_)
    refused = refuse(session, _wrong(session, asked, id_, closing, guesses))
    parts = dict.fromkeys(ticket_ids) | {p["ticket"]: p["part"] for p in before if p["cluster"] == id_}
    confirm(session, parts, id_, at)
    closed = [source for source in closing if not members(session, source)]
    for source in closed:
        session.get_one(Cluster, source).merged_into = id_
    after = {"cluster": id_, "tickets": list(ticket_ids), "rejected": refused, "closed": closed}
    was = {"placements": before}
    event = record(session, kind, subject(id_), actor=actor.name, at=at, before=was, after=after, reason=reason)
    keep_answers(session, event, guesses)
    for source in sorted({p["cluster"] for p in asked} - {id_, *closed}):
        lost = [p["ticket"] for p in asked if p["cluster"] == source]
        told = {"event": event.id, "cluster": id_, "tickets": lost}
        record(session, "membership.left", subject(source), actor=actor.name, at=at, after=told, reason=reason)
    changed(session, at)
    return event


def confirm(session: Session, parts: Mapping[int, int | None], target: int, at: datetime) -> None:
    """Write that a person vouches for these tickets, each with its part."""
    place(session, [Place(t, target, 1.0, Origin.HUMAN, Zone.CONFIRMED, part) for t, part in parts.items()], at)
    drop_candidates(session, list(parts))


def remembered(session: Session, rows: Sequence[Membership]) -> list[dict[str, Any]]:
    """Where these tickets are, as an event keeps it: ids and numbers."""
    doubts = candidates_of(session, [row.ticket_id for row in rows])
    return [
        {
            "ticket": row.ticket_id,
            "cluster": row.cluster_id,
            "q": row.q,
            "origin": row.origin,
            "zone": row.zone,
            "part": row.part,
            **({"candidates": [_kept(one) for one in mine]} if (mine := doubts.get(row.ticket_id)) else {}),
        }
        for row in rows
    ]


def put_back(session: Session, placements: Sequence[Placement], at: datetime) -> None:
    """Restore what ``remembered`` told; where a cluster was merged since, the living one behind it."""
    rows, doubts = [], []
    for p in placements:
        fallback = Zone.CONFIRMED if p["origin"] == Origin.HUMAN else Zone.AUTOMATIC
        zone, part = p.get("zone", fallback), p.get("part")
        rows.append(Place(p["ticket"], living_id(session, p["cluster"]), p["q"], p["origin"], zone, part))
        doubts += [Candidate(ticket_id=p["ticket"], **kept) for kept in p.get("candidates", ())]
    place(session, rows, at)
    drop_candidates(session, [row.ticket_id for row in rows])
    session.add_all(doubts)


def reopen(session: Session, event: Event, placements: Sequence[Placement]) -> None:
    """Singles that this decision emptied live again, as far as their tickets come back."""
    wanted = {p["cluster"] for p in placements}
    for id_ in event.after.get("closed", ()):
        cluster = session.get_one(Cluster, id_)
        if id_ in wanted and cluster.merged_into == event.after["cluster"]:
            cluster.merged_into = None
            session.add(cluster)
    session.flush()


def unrefuse(session: Session, event: Event) -> None:
    for pair in event.after.get("rejected", ()):
        if rejection := session.get(Rejection, (pair["ticket"], pair["cluster"])):
            session.delete(rejection)


def keep_answers(session: Session, event: Event, guesses: Mapping[int, Sequence[Guess]]) -> None:
    """What the person said of the model's guesses."""
    for ticket_id, given in guesses.items():
        for guess in given:
            said = {"kind": TICKET, "ticket_id": ticket_id, **guess._asdict()}
            session.add(GroupingAnswer(at=event.at, actor=event.actor, event_id=event.id, **said))


def doubted(session: Session, p: Placement, target: int | None, unseen: Collection[int] = ()) -> list[Guess]:
    """Of a ticket that waited for a person: a no for each candidate before the right one, a yes for that."""
    found: list[Guess] = []
    for kept in p.get("candidates", ()):
        candidate = living_id(session, kept["cluster_id"])
        if candidate not in unseen:
            agreed = candidate == target
            found.append(Guess(Zone.REVIEW, kept["cluster_id"], kept["similarity"], kept["evidence"], agreed))
            if agreed:
                break
    return found


def left(session: Session, p: Placement, second: float | None = None) -> list[Guess]:
    """A person takes a ticket out of where the model had grouped it: a no. ``second``: as ``second_fellows`` tells."""
    if not _grouped(session, p):
        return []
    return [Guess(Zone.AUTOMATIC, p["cluster"], None, _evidence(p, second), agreed=False)]


def _evidence(p: Placement, second: float | None) -> dict[str, Any]:
    return {"q": p["q"], **({} if second is None else {"second": round(second, 4)})}


def _nearness(session: Session, asked: Sequence[Placement]) -> dict[int, float]:
    """Of the tickets that the model had grouped: how near the second of their fellows is."""
    found: dict[int, float] = {}
    grouped = [p for p in asked if p["origin"] == Origin.MODEL and p["zone"] == Zone.AUTOMATIC]
    for cluster in sorted({p["cluster"] for p in grouped}):
        found |= second_fellows(session, [p["ticket"] for p in grouped if p["cluster"] == cluster], cluster)
    return found


def changed(session: Session, at: datetime) -> None:
    """Say that memberships changed, once for all parts of a decision."""
    bump(session, "clusters")
    rank_after_decision(session, at)


def living_id(session: Session, cluster_id: int) -> int:
    """The living cluster behind an id that a row of the database names."""
    found = redirect(session, cluster_id)
    return (found.id or cluster_id) if found else cluster_id


def subject(cluster_id: int) -> str:
    return f"cluster:{cluster_id}"


def _kept(row: Candidate) -> dict[str, Any]:
    return {
        "place": row.place,
        "cluster_id": row.cluster_id,
        "similarity": row.similarity,
        "evidence": dict(row.evidence),
    }


def _joined(session: Session, target: int, ticket_ids: Sequence[int], moving: Sequence[Membership]) -> list[Membership]:
    """Who stood alone in the target until others came."""
    if ticket_ids and all(row.cluster_id == target for row in moving) and len(moving) == len(ticket_ids):
        return []
    return [row for row in unsure_members(session, target) if row.ticket_id not in set(ticket_ids)]


def _guesses(session: Session, p: Placement, target: int, unseen: Collection[int], second: float | None) -> list[Guess]:
    if p["zone"] == Zone.REVIEW:
        return doubted(session, p, target, unseen)
    if p["cluster"] != target:
        return left(session, p, second)
    return [Guess(Zone.AUTOMATIC, target, None, _evidence(p, second), agreed=True)] if _grouped(session, p) else []


def _grouped(session: Session, p: Placement) -> bool:
    """Whether the model had put it together with others: of a ticket alone it has guessed nothing."""
    if p["origin"] != Origin.MODEL or p["zone"] != Zone.AUTOMATIC:
        return False
    others = select(Membership.ticket_id).where(Membership.cluster_id == p["cluster"]).limit(2)
    return len(session.exec(others).all()) > 1


def _closing(session: Session, asked: Sequence[Placement], target: int) -> list[int]:
    """Singles of the model that nobody cared about: their ids lead to where the ticket goes, once they are empty."""
    sources = sorted({p["cluster"] for p in asked if p["zone"] in (Zone.REVIEW, Zone.NEW)} - {target})
    found = []
    for source in sources:
        cluster = session.get_one(Cluster, source)
        minded = cluster.approved_at or cluster.approved_by or cluster.locked_at or cluster.title_by != "model"
        if not minded and plan_of(session, source) is None:
            found.append(source)
    return found


def _wrong(
    session: Session,
    asked: Sequence[Placement],
    target: int,
    closing: Collection[int],
    guesses: Mapping[int, Sequence[Guess]],
) -> list[tuple[int, int]]:
    """(ticket, cluster) that the person says no to: where it was, and candidates that are all wrong."""
    found = [(p["ticket"], p["cluster"]) for p in asked if p["cluster"] != target and p["cluster"] not in closing]
    for ticket_id, given in guesses.items():
        doubts = [guess for guess in given if guess.zone == Zone.REVIEW]
        if not any(guess.agreed for guess in doubts):
            found += [(ticket_id, living_id(session, guess.cluster_id)) for guess in doubts]
    return list(dict.fromkeys(found))


def refuse(session: Session, pairs: Sequence[tuple[int, int]]) -> list[dict[str, int]]:
    """Write the rejections that are new, and tell them."""
    known = set(
        session.exec(
            select(Rejection.ticket_id, Rejection.cluster_id).where(
                col(Rejection.ticket_id).in_({ticket for ticket, _ in pairs})
            )
        ).all()
    )
    new = [pair for pair in pairs if pair not in known]
    session.add_all(Rejection(ticket_id=ticket, cluster_id=cluster) for ticket, cluster in new)
    return [{"ticket": ticket, "cluster": cluster} for ticket, cluster in new]
