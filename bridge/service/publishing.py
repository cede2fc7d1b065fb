"""What waits to be published, what people changed over there, and deciding about both.

Rule: a person approves the very bytes that were shown; they are in the outbox when the decision is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from bridge.pipeline.publish import Publisher, Target
from bridge.service.access import Actor, Permission, require
from bridge.service.clusters import living
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.publish_preview import Written, written
from bridge.store.clusters import Cluster
from bridge.store.events import Event, record
from bridge.store.outbox import TrackerLink
from bridge.store.publish_decisions import PublishDecision, Verdict, decide, decided_on, goes_to, waiting
from bridge.store.publishing import last_scores
from bridge.store.sync import bump
from bridge.words import display_id

SHOWN = 25
"""Proposals on one page: whoever decides about these sees the next."""
MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Proposal:
    """An issue over the bar of a tracker that waits for a person. ``needs_title``: a person must name it first."""

    id: str
    cluster_id: int
    title: str
    tracker: str
    rank: int | None
    since: datetime
    needs_title: bool
    written: Written


@dataclass(frozen=True, slots=True)
class Declined:
    """A proposal that a person declined, and can be proposed again."""

    id: str
    cluster_id: int
    title: str
    tracker: str
    by: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Conflict:
    """An issue whose ``fields`` (title, body, priority, labels) a person changed in the tracker: left alone."""

    id: str
    cluster_id: int
    title: str
    tracker: str
    key: str
    url: str | None
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """``proposals`` are the first of ``total``."""

    proposals: tuple[Proposal, ...]
    total: int
    declined: tuple[Declined, ...]
    conflicts: tuple[Conflict, ...]


def waiting_to_be_published(session: Session, actor: Actor, targets: Mapping[str, Target], *, at: datetime) -> Waiting:
    """The best ranked first. Raises Forbidden."""
    require(actor, Permission.DECIDE_CLUSTERS)
    scores, proposals = last_scores(session), []
    for name, target in targets.items():
        rows = waiting(session, name)
        clusters = [session.get_one(Cluster, row.cluster_id) for row in rows]
        made = written(session, clusters, target, at, scores)
        proposals += [_proposal(row, cluster, one) for row, cluster, one in zip(rows, clusters, made, strict=True)]
    proposals.sort(key=lambda one: (one.rank or MOST, one.cluster_id))
    return Waiting(
        tuple(proposals[:SHOWN]), len(proposals), _declined(session, list(targets)), conflicts(session, actor)
    )


def conflicts(session: Session, actor: Actor) -> tuple[Conflict, ...]:
    """Every issue that a person changed in a tracker, oldest issue first. Raises Forbidden."""
    require(actor, Permission.READ_CLUSTERS)
    query = (
        select(TrackerLink, Cluster)
        .join(Cluster, col(Cluster.id) == col(TrackerLink.cluster_id))
        .where(col(Cluster.merged_into).is_(None))
        .order_by(col(TrackerLink.cluster_id), col(TrackerLink.connection))
    )
    return tuple(
        Conflict(
            id=display_id(link.cluster_id),
            cluster_id=link.cluster_id,
            title=cluster.title,
            tracker=link.connection,
            key=link.remote_id or "",
            url=link.url,
            fields=tuple(link.left),
        )
        for link, cluster in session.exec(query)
        if link.left
    )


def act(
    session: Session,
    actor: Actor,
    what: str,
    cluster_id: int,
    tracker: str,
    targets: Mapping[str, Target],
    *,
    at: datetime,
    seen: str | None = None,
    reason: str | None = None,
) -> str:
    """Do one of approve, decline, again, take_over. Returns the issue's id as people write it. Raises as these do,
    and UnknownId for a tracker that is not published to.
    """
    if what == "approve":
        if tracker not in targets:
            raise UnknownId(f"{tracker!r} is no tracker that is published to: there are {', '.join(targets) or 'none'}")
        event = approve(session, actor, cluster_id, targets[tracker], at=at, seen=seen, reason=reason)
    else:
        deed = {"decline": decline, "again": propose_again, "take_over": take_over}[what]
        event = deed(session, actor, cluster_id, tracker, at=at, reason=reason)
    return display_id(int(event.subject.partition(":")[2]))


def approve(
    session: Session,
    actor: Actor,
    cluster_id: int,
    target: Target,
    *,
    at: datetime,
    seen: str | None = None,
    reason: str | None = None,
) -> Event:
    """The issue goes to this tracker as it was shown; ``seen``: the digest of that. Raises Forbidden, UnknownId, and
    ServiceError where it goes there already, needs a title first, or reads otherwise by now.
    """
    require(actor, Permission.DECIDE_CLUSTERS)
    cluster = living(session, cluster_id)
    id_, ref = cluster.id or 0, display_id(cluster.id or 0)
    scores = last_scores(session)
    work = Publisher(session, target.name, target.policy, scores, [cluster], at)
    intent = work.intent(cluster)
    if goes_to(cluster.approved_at is not None, decided_on(session, id_), target.name) or id_ in work.links:
        raise ServiceError(f"{ref} goes to {target.name} already")
    if intent.kind != "create":
        raise ServiceError(f"{ref} cannot go to {target.name}: {intent.note}")
    if seen is not None and written(session, [cluster], target, at, scores)[0].digest != seen:
        raise ServiceError(f"the text of {ref} has changed since you looked: read it again, then decide")
    decide(session, id_, target.name, Verdict.APPROVED, at=at, by=actor.name, rank=None)
    if cluster.approved_at is None:
        cluster.approved_at, cluster.approved_by = at, actor.name
        session.add(cluster)
    session.flush()
    work.carry_out(cluster, intent)
    bump(session, "clusters")
    bump(session, "board")
    after = {"connection": target.name}
    return record(session, "cluster.published", f"cluster:{id_}", actor=actor.name, at=at, after=after, reason=reason)


def decline(
    session: Session, actor: Actor, cluster_id: int, connection: str, *, at: datetime, reason: str | None = None
) -> Event:
    """It is proposed no more for this tracker until somebody asks for it. Raises ServiceError unless it waits."""
    return _settle(session, actor, cluster_id, connection, Verdict.WAITING, at, reason)


def propose_again(
    session: Session, actor: Actor, cluster_id: int, connection: str, *, at: datetime, reason: str | None = None
) -> Event:
    """Take a declined proposal back into the list. Raises ServiceError where it was not declined."""
    return _settle(session, actor, cluster_id, connection, Verdict.DECLINED, at, reason)


def take_over(
    session: Session, actor: Actor, cluster_id: int, connection: str, *, at: datetime, reason: str | None = None
) -> Event:
    """What a person changed in the tracker is written again by us, with the next sync, and kept up to date from then
    on. Raises ServiceError where nobody changed anything.
    """
    require(actor, Permission.DECIDE_CLUSTERS)
    id_ = living(session, cluster_id).id or 0
    link = session.get(TrackerLink, (id_, connection), with_for_update=True)
    if link is None or not link.left:
        raise ServiceError(f"nobody changed {display_id(id_)} in {connection}: there is nothing to take over")
    taken = list(link.left)
    link.wanted = {name: value for name, value in link.wanted.items() if name not in taken}
    # Until our next write is done, what stands there is the person's: it must not be flagged as theirs again.
    link.left, link.written_at = [], None
    session.add(link)
    bump(session, "board")
    before, after = {"left": taken}, {"connection": connection, "fields": taken}
    return record(
        session,
        "tracker.taken_over",
        f"cluster:{id_}",
        actor=actor.name,
        at=at,
        before=before,
        after=after,
        reason=reason,
    )


def _settle(
    session: Session,
    actor: Actor,
    cluster_id: int,
    connection: str,
    was: Verdict,
    at: datetime,
    reason: str | None,
) -> Event:
    require(actor, Permission.DECIDE_CLUSTERS)
    id_ = living(session, cluster_id).id or 0
    row = session.get(PublishDecision, (id_, connection), with_for_update=True)
    if row is None or row.state != was:
        what = "does not wait to be published" if was == Verdict.WAITING else "was not declined"
        raise ServiceError(f"{display_id(id_)} {what} in {connection}: load the list anew")
    declined = was == Verdict.WAITING
    state, by = (Verdict.DECLINED, actor.name) if declined else (Verdict.WAITING, None)
    decide(session, id_, connection, state, at=at, by=by, rank=None)
    bump(session, "board")
    kind = "publish.declined" if declined else "publish.proposed_again"
    after = {"connection": connection}
    return record(session, kind, f"cluster:{id_}", actor=actor.name, at=at, after=after, reason=reason)


def _proposal(row: PublishDecision, cluster: Cluster, made: Written) -> Proposal:
    return Proposal(
        id=display_id(row.cluster_id),
        cluster_id=row.cluster_id,
        title=cluster.title,
        tracker=row.connection,
        rank=row.rank,
        since=row.at,
        needs_title=made.kind == "nothing" and made.note is not None,
        written=made,
    )


def _declined(session: Session, connections: list[str]) -> tuple[Declined, ...]:
    query = (
        select(PublishDecision, Cluster)
        .join(Cluster, col(Cluster.id) == col(PublishDecision.cluster_id))
        .where(
            PublishDecision.state == Verdict.DECLINED,
            col(PublishDecision.connection).in_(connections),
            col(Cluster.merged_into).is_(None),
        )
        .order_by(col(PublishDecision.at).desc())
    )
    return tuple(
        Declined(display_id(row.cluster_id), row.cluster_id, cluster.title, row.connection, row.by, row.at)
        for row, cluster in session.exec(query)
    )
