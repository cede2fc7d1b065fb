"""Finishing a review: who, when, and what was left. Rule: the next review is told against the ranking of this one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bridge.service.access import Actor, Permission, may, require
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.issue_board import current
from bridge.service.issue_money import sight_of
from bridge.service.issue_review import BLOCKS, Review, review_of
from bridge.service.putting import changed
from bridge.store.clusters import RankRun
from bridge.store.events import record
from bridge.store.monday import MondayReview, last_review, reviews

SHOWN = 12
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Finished:
    """``left``: (need, number of issues) that were not done. ``reason`` None: there is none, or not for this reader."""

    id: int
    at: datetime
    by: str
    left: tuple[tuple[str, int], ...]
    reason: str | None
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Monday:
    """``review`` None: nothing was ranked yet. ``unsorted_share`` of the tickets stand alone, placed by nobody."""

    review: Review | None
    unsorted_share: float
    known_share: float | None
    finished: tuple[Finished, ...]


def monday(session: Session, actor: Actor, *, at: datetime) -> Monday:
    """How far the review is, what is left, what moved, and the reviews before."""
    require(actor, Permission.READ_CLUSTERS)
    now = current(session, at)
    found = review_of(session, now, sight_of(actor)) if now.run else None
    tickets = sum(e.tickets for e in now.entries)
    tells = may(actor, Permission.READ_INTERNAL)
    return Monday(
        review=found,
        unsorted_share=sum(e.unsorted for e in now.entries) / tickets if tickets else 0.0,
        known_share=found.portfolio.known_share if found else None,
        finished=tuple(_view(row, tells=tells) for row in reviews(session, SHOWN)),
    )


def finish(session: Session, actor: Actor, *, at: datetime, reason: str | None = None) -> Finished:
    """The review is held. Raises ServiceError where nothing is ranked, or something is left and no reason is given."""
    require(actor, Permission.DECIDE_CLUSTERS)
    now = current(session, at)
    if now.run is None or now.run.id is None:
        raise ServiceError("nothing has been ranked yet: there is nothing to review")
    found = review_of(session, now, sight_of(actor))
    reason = " ".join((reason or "").split())[:LONGEST_REASON] or None
    if found.undecided and reason is None:
        names = ", ".join(place.ref for place in found.undecided[:5])
        many = (
            "1 issue still needs a decision"
            if len(found.undecided) == 1
            else f"{len(found.undecided)} still need a decision"
        )
        raise ServiceError(f"{many} ({names}): decide, or say why the review ends without it")
    left = {need.value: len(found.waiting(need)) for need in BLOCKS if found.waiting(need)}
    run = session.get_one(RankRun, now.run.id)
    run.summary = {name: value for name, value in run.summary.items() if name != "passing"}
    row = MondayReview(
        at=at, actor=actor.name, run_id=run.id, top=[place.id for place in found.top], left=left, reason=reason
    )
    session.add_all((run, row))
    session.flush()
    after = {"run": run.id, "done": found.done, "of": len(found.top), "left": sum(left.values())}
    about = f"review:{row.id}"
    row.event_id = record(session, "review.held", about, actor=actor.name, at=at, after=after, reason=reason).id
    changed(session, at)
    return _view(row, tells=True)


def undo_finish(session: Session, actor: Actor, review_id: int, *, at: datetime) -> Finished:
    """The review before it is the last one again. Only the newest can be taken back, once."""
    require(actor, Permission.DECIDE_CLUSTERS)
    row = session.get(MondayReview, review_id)
    if row is None:
        raise UnknownId(f"there is no review {review_id}")
    newest = last_review(session, at)
    if newest is None or newest.id != row.id:
        raise ServiceError("only the newest review can be taken back, once")
    row.undone_at = at
    session.add(row)
    about = f"review:{row.id}"
    record(session, "review.held.undone", about, actor=actor.name, at=at, undoes=row.event_id)
    changed(session, at)
    return _view(row, tells=True)


def _view(row: MondayReview, *, tells: bool) -> Finished:
    return Finished(
        row.id or 0, row.at, row.actor, tuple(sorted(row.left.items())), row.reason if tells else None, row.undone_at
    )
