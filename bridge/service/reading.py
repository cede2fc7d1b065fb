"""What people look at: the list of issues and one issue whole."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from bridge.service.access import Actor, Permission, require
from bridge.service.clusters import living
from bridge.store.clusters import Cluster, Membership, Score
from bridge.store.events import Event
from bridge.store.outbox import TrackerLink
from bridge.store.plans import plan_states
from bridge.store.publishing import last_scores
from bridge.store.ranking import currency_of
from bridge.store.tickets import Ticket
from bridge.words import RemedyState, display_id

THIN = "thin evidence"


def list_clusters(session: Session, actor: Actor, *, limit: int, thin: bool) -> tuple[list[dict[str, Any]], int]:
    """Issues by rank, and how many were left out. Those that no run has ranked yet come last.

    ``thin``: with the issues of thin evidence, which rank like any other but belong into no list of the top ones.
    """
    require(actor, Permission.READ_CLUSTERS)
    scores, states, sizes = last_scores(session), plan_states(session), _sizes(session)
    clusters = [
        c for c in session.exec(select(Cluster).where(col(Cluster.merged_into).is_(None))) if sizes.get(c.id or 0)
    ]
    clusters.sort(key=lambda c: (scores[c.id].rank if c.id in scores else len(scores) + 1, c.id or 0))
    urls = _urls(session)
    currency = currency_of(session)
    rows = [_row(c, scores.get(c.id), states, sizes, urls, currency) for c in clusters]
    shown = [row for row in rows if thin or THIN not in row["badges"]]
    return shown[:limit], len(rows) - len(shown)


def _row(
    cluster: Cluster,
    score: Score | None,
    states: dict[int, str],
    sizes: dict[int, int],
    urls: dict[int, list[str]],
    currency: str,
) -> dict[str, Any]:
    id_ = cluster.id or 0
    record = score.summary if score else {}
    return {
        "id": display_id(id_),
        "rank": score.rank if score else None,
        "title": cluster.title,
        "score": score.score if score else None,
        "currency": currency if score else None,
        "accounts": record.get("accounts"),
        "tickets": sizes[id_],
        "badges": record.get("badges", []),
        "state": states.get(id_, RemedyState.UNREVIEWED.value),
        "published": cluster.approved_at is not None,
        "tracker": urls.get(id_, []),
    }


def show_cluster(session: Session, actor: Actor, cluster_id: int) -> dict[str, Any]:
    """One issue: its place, its member tickets and what was decided about it."""
    require(actor, Permission.READ_CLUSTERS)
    cluster = living(session, cluster_id)
    scores = last_scores(session)
    found = (plan_states(session), _sizes(session), _urls(session), currency_of(session))
    row = _row(cluster, scores.get(cluster.id), *found)
    query = (
        select(Ticket, Membership)
        .join(Membership, col(Membership.ticket_id) == col(Ticket.id))
        .where(Membership.cluster_id == cluster.id)
        .order_by(col(Ticket.last_customer_at).desc())
    )
    events = session.exec(select(Event).where(Event.subject == f"cluster:{cluster.id}").order_by(col(Event.id)))
    return {
        **row,
        "phrases": cluster.phrases,
        "members": [
            {
                "ticket": ticket.source_id,
                "connection": ticket.connection,
                "subject": ticket.subject,
                "status": ticket.status,
                "last_customer_at": ticket.last_customer_at.isoformat(),
                "placed_by": place.origin,
            }
            for ticket, place in session.exec(query)
        ],
        "history": [
            {"event": e.id, "what": e.kind, "by": e.actor, "at": e.at.isoformat(), "why": e.reason} for e in events
        ],
    }


def _sizes(session: Session) -> dict[int, int]:
    query = select(Membership.cluster_id, func.count()).group_by(col(Membership.cluster_id))
    return dict(session.exec(query).all())


def _urls(session: Session) -> dict[int, list[str]]:
    urls: dict[int, list[str]] = {}
    for link in session.exec(select(TrackerLink).where(col(TrackerLink.remote_id).is_not(None))):
        urls.setdefault(link.cluster_id, []).append(link.url or f"{link.connection} {link.remote_id}")
    return urls


def find_ticket(session: Session, name: str) -> Ticket | None:
    """The ticket that a person calls ``name``: its id, or CONNECTION:ID where two connections use one id."""
    connection, _, source_id = name.rpartition(":")
    query = select(Ticket).where(Ticket.source_id == (source_id if connection else name))
    if connection:
        query = query.where(Ticket.connection == connection)
    found = session.exec(query).all()
    return found[0] if len(found) == 1 else None
