"""The ranking for people and programs: the explanation records of a run, accounts named, members listed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, select

from bridge.pipeline.rank import compute
from bridge.service.access import Actor, Permission, require
from bridge.service.issue_score import account_name
from bridge.store.accounts import Account
from bridge.store.clusters import Cluster, Membership
from bridge.store.plans import plan_states
from bridge.store.ranking import last_run, run_scores
from bridge.store.tickets import Ticket
from bridge.words import RemedyState


@dataclass(frozen=True, slots=True)
class _Names:
    """What keys and ids mean to people."""

    accounts: dict[str, str]
    tickets: dict[str, tuple[str, str]]


def export(session: Session, actor: Actor, *, as_of: datetime | None, now: datetime) -> dict[str, Any]:
    """``{"as_of", "config_version", "source", "clusters": [...]}``, best first.

    With ``as_of`` the last stored run at or before that instant; if there is none, computed from present data
    without the tickets created later, and ``source`` says so. Without ``as_of`` the last stored run, or one computed
    for now.
    """
    require(actor, Permission.READ_VALUE)
    run = last_run(session, as_of)
    members = _members(session, as_of)
    names = _names(session, members)
    if run is not None:
        records = [(s.rank, s.cluster_id, s.explanation) for s in run_scores(session, run.id or 0)]
        instant, version, source = run.as_of, run.config_version, "stored run"
    else:
        instant = as_of or now
        ranking = compute(session, instant)
        records = [(place, e.cluster_id, e.to_dict()) for place, e in enumerate(ranking.explanations, start=1)]
        version = ranking.config_version
        source = "computed from present data without tickets created later" if as_of else "computed now"
    titles = dict(session.exec(select(Cluster.id, Cluster.title)).all())
    states = plan_states(session)
    return {
        "as_of": instant.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "config_version": version,
        "source": source,
        "clusters": [
            {
                "id": cluster_id,
                "title": titles.get(cluster_id, ""),
                "rank": rank,
                "state": states.get(cluster_id, RemedyState.UNREVIEWED.value),
                "ticket_ids": [source_id for _, source_id, _ in members.get(cluster_id, ())],
                "connection": [connection for connection, _, _ in members.get(cluster_id, ())],
                **_named(record, names),
            }
            for rank, cluster_id, record in records
        ],
    }


def _members(session: Session, as_of: datetime | None) -> dict[int, list[tuple[str, str, int]]]:
    """(connection, source id, row id) of each cluster's live tickets, created up to ``as_of``."""
    query = (
        select(Membership.cluster_id, Ticket.connection, Ticket.source_id, Ticket.id)
        .join(Ticket, col(Ticket.id) == col(Membership.ticket_id))
        .where(col(Ticket.deleted_at).is_(None), col(Ticket.merged_into).is_(None))
        .order_by(col(Ticket.id))
    )
    if as_of is not None:
        query = query.where(col(Ticket.created_at) <= as_of)
    members: dict[int, list[tuple[str, str, int]]] = {}
    for cluster_id, connection, source_id, row_id in session.exec(query):
        members.setdefault(cluster_id, []).append((connection, source_id, row_id or 0))
    return members


def _names(session: Session, members: dict[int, list[tuple[str, str, int]]]) -> _Names:
    accounts = {f"account:{id_}": name for id_, name in session.exec(select(Account.id, Account.name))}
    tickets = {str(row): (connection, source) for rows in members.values() for connection, source, row in rows}
    return _Names(accounts, tickets)


def _named(record: dict[str, Any], names: _Names) -> dict[str, Any]:
    """The record with account keys and ticket rows replaced by what people call them."""
    contributions = [
        {
            **part,
            "account": names.accounts.get(part["account"]) or account_name(part["account"], {}),
            "deciding_ticket": names.tickets.get(part["deciding_ticket"], ("", part["deciding_ticket"]))[1],
        }
        for part in record["contributions"]
    ]
    return {**record, "contributions": contributions}
