"""What publish reads and writes: links, their wanted and written drafts, and the facts that a draft tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from bridge.store.clusters import Cluster, Membership, Score
from bridge.store.outbox import OutboxRow, TrackerItem, TrackerLink
from bridge.store.ranking import last_run, run_scores
from bridge.store.tickets import Ticket
from bridge.words import OutboxState, TicketStatus

CLOSED = (TicketStatus.SOLVED.value, TicketStatus.CLOSED.value)


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """A live member ticket, as a draft may tell of it. ``customer``, ``domain``: names that a draft must not hold."""

    cluster_id: int
    source_id: str
    url: str | None
    status: str
    created_at: datetime
    last_customer_at: datetime
    customer: str | None
    domain: str | None


@dataclass(frozen=True, slots=True)
class TicketMarks:
    """What the desk says of a ticket, for rules. ``account``: whose it is, as well as the desk knows."""

    connection: str
    group: str | None
    tags: Sequence[str]
    attributes: Mapping[str, Any]
    account: str


def member_facts(session: Session, cluster_ids: Sequence[int]) -> dict[int, list[MemberFacts]]:
    """Live members by cluster, newest signal first."""
    columns = (
        col(Membership.cluster_id),
        col(Ticket.source_id),
        col(Ticket.url),
        col(Ticket.status),
        col(Ticket.created_at),
        col(Ticket.last_customer_at),
        col(Ticket.account_ref),
        col(Ticket.requester_domain),
    )
    query = (
        select(*columns)  # type: ignore[call-overload]
        .join(Ticket, col(Ticket.id) == col(Membership.ticket_id))
        .where(
            col(Membership.cluster_id).in_(cluster_ids),
            col(Ticket.deleted_at).is_(None),
            col(Ticket.merged_into).is_(None),
        )
        .order_by(col(Ticket.last_customer_at).desc(), col(Ticket.id))
    )
    members: dict[int, list[MemberFacts]] = {}
    for row in session.execute(query):
        members.setdefault(row[0], []).append(MemberFacts(*row))
    return members


def marks(session: Session, cluster_ids: Sequence[int]) -> dict[int, list[TicketMarks]]:
    """Of the live members, by cluster."""
    query = (
        select(Membership.cluster_id, Ticket)
        .join(Ticket, col(Ticket.id) == col(Membership.ticket_id))
        .where(
            col(Membership.cluster_id).in_(cluster_ids),
            col(Ticket.deleted_at).is_(None),
            col(Ticket.merged_into).is_(None),
        )
    )
    found: dict[int, list[TicketMarks]] = {}
    for cluster_id, t in session.exec(query):
        domain = None if t.requester_free_mail else t.requester_domain
        account = t.account_ref or domain or t.requester_key or f"ticket:{t.id}"
        found.setdefault(cluster_id, []).append(TicketMarks(t.connection, t.group, t.tags, t.attributes, account))
    return found


def approved_clusters(session: Session) -> list[Cluster]:
    """Clusters that somebody decided to publish, tombstones too."""
    return list(session.exec(select(Cluster).where(col(Cluster.approved_at).is_not(None))))


def links(session: Session, connection: str) -> dict[int, TrackerLink]:
    query = select(TrackerLink).where(TrackerLink.connection == connection)
    return {link.cluster_id: link for link in session.exec(query)}


def items(session: Session, connection: str) -> dict[str, TrackerItem]:
    query = select(TrackerItem).where(TrackerItem.connection == connection)
    return {item.remote_id: item for item in session.exec(query)}


def supersede(session: Session, stream: str, kinds: Sequence[str], at: datetime) -> int:
    """Older rows of a stream that nobody has begun to send are overtaken by a newer one."""
    result = session.execute(
        update(OutboxRow)
        .where(
            col(OutboxRow.stream) == stream,
            col(OutboxRow.kind).in_(kinds),
            col(OutboxRow.state) == OutboxState.PENDING,
            col(OutboxRow.lease_owner).is_(None),
        )
        .values(state=OutboxState.SUPERSEDED, done_at=at)
    )
    return int(getattr(result, "rowcount", 0))


def remote_issues(session: Session, cluster: Cluster) -> dict[str, str]:
    """Connection -> id of every issue that the cluster has in a tracker."""
    query = select(TrackerLink.connection, TrackerLink.remote_id).where(
        TrackerLink.cluster_id == cluster.id, col(TrackerLink.remote_id).is_not(None)
    )
    return {connection: remote_id or "" for connection, remote_id in session.exec(query)}


def withdraw_unsent(session: Session, cluster: Cluster) -> bool:
    """Take what was not sent for the cluster back out of the outbox, links too, so that it can be published again.

    False: a create is on its way, or may have arrived.
    """
    query = select(OutboxRow).where(
        col(OutboxRow.kind).in_(("create_issue", "update_issue")),
        OutboxRow.subject_id == cluster.id,
        OutboxRow.state != OutboxState.SENT,
    )
    rows = session.exec(query.with_for_update()).all()
    given_up = (OutboxState.DISCARDED, OutboxState.SUPERSEDED)
    if any((row.sending_at or row.lease_owner) and row.state not in given_up for row in rows):
        return False
    for row in rows:
        session.delete(row)
    for link in session.exec(select(TrackerLink).where(TrackerLink.cluster_id == cluster.id)).all():
        session.delete(link)
    return True


def last_scores(session: Session) -> dict[int | None, Score]:
    """The newest run's scores by cluster, best first."""
    run = last_run(session)
    return {score.cluster_id: score for score in run_scores(session, run.id or 0)} if run else {}
