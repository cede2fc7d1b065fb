"""The ranking for people and programs: the explanation records of a run, accounts named, members listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, select

from bridge.pipeline.rank import compute
from bridge.ranked import inputs, records
from bridge.service.access import Actor, Permission, require
from bridge.service.errors import UnknownId
from bridge.service.issue_score import account_name
from bridge.store.accounts import Account
from bridge.store.clusters import Cluster, Membership, RankRun
from bridge.store.memberships import CHUNK
from bridge.store.plans import plan_states
from bridge.store.ranking import last_run, scores_of
from bridge.store.tickets import Ticket
from bridge.words import RemedyState


@dataclass(frozen=True, slots=True)
class _Names:
    """What keys and ids mean to people."""

    accounts: dict[str, str]
    tickets: dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Which:
    """Which stored ranking is meant. ``snapshot``: its number. ``as_of``: the last one that speaks for an instant at or
    before it. ``config_version``: the last one made with that version of the constants, up to ``as_of`` if given.
    """

    snapshot: int | None = None
    as_of: datetime | None = None
    config_version: int | None = None

    @property
    def newest(self) -> bool:
        return self == Which()


def run_for(session: Session, which: Which) -> RankRun | None:
    """None where no ranking is old enough. Raises UnknownId for a number or a version that no stored ranking has."""
    if which.snapshot is not None:
        run = session.get(RankRun, which.snapshot)
        if run is None:
            raise UnknownId(f"there is no ranking {which.snapshot}: it was never made, or was removed for its age")
        return run
    run = last_run(session, which.as_of, version=which.config_version)
    if run is None and which.config_version is not None:
        raise UnknownId(f"no stored ranking was made with version {which.config_version} of the constants in that time")
    return run


def export(
    session: Session, actor: Actor, *, now: datetime, which: Which = Which(), issues: Sequence[int] | None = None
) -> dict[str, Any]:
    """``{"snapshot", "as_of", "config_version", "source", "clusters": [...]}``, best first; ``issues``: only these.

    Of a stored run each record is, byte for byte, what it was; title and state are those of today. With ``as_of`` and
    no run that old: computed from present data without the tickets created later, and ``source`` says so. Where nothing
    was ever ranked: computed for now. ``ticket_ids`` are the members; of a run that is not the newest the tickets that
    its numbers rest on.

    Raises UnknownId as ``run_for``, UnreadableRun, Forbidden.
    """
    require(actor, Permission.READ_VALUE)
    run = run_for(session, which)
    if run is not None:
        found = records(session, run, issues)
        ranks = {score.cluster_id: score.rank for score in scores_of(session, run.id or 0, issues)}
        told = [(ranks[id_], id_, record.explanation) for id_, record in found.items()]
        instant, version, source = run.as_of, run.config_version, "stored run"
    else:
        instant = which.as_of or now
        ranking = compute(session, instant)
        ranked = enumerate(ranking.explanations, start=1)
        told = [(rank, e.cluster_id, e.to_dict()) for rank, e in ranked if issues is None or e.cluster_id in issues]
        version = ranking.config_version
        source = "computed from present data without tickets created later" if which.as_of else "computed now"
    newest = last_run(session)
    old = run is not None and newest is not None and run.id != newest.id
    members = _told(session, run, issues) if run is not None and old else _members(session, which.as_of)
    names = _names(session, members)
    titles = dict(session.exec(select(Cluster.id, Cluster.title)).all())
    states = plan_states(session)
    return {
        "snapshot": run.id if run else None,
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
            for rank, cluster_id, record in told
        ],
    }


def _told(session: Session, run: RankRun, issues: Sequence[int] | None) -> dict[int, list[tuple[str, str, int]]]:
    """As ``_members``, of the tickets that a run's numbers rest on."""
    ids = {
        id_: sorted(int(e[0]) for *_, tickets in found["accounts"] for e in tickets)
        for id_, found in inputs(session, run, issues).items()
    }
    every = sorted({ticket for tickets in ids.values() for ticket in tickets})
    known: dict[int, tuple[str, str, int]] = {}
    for start in range(0, len(every), CHUNK):
        query = select(Ticket.id, Ticket.connection, Ticket.source_id)
        for row, connection, source_id in session.exec(query.where(col(Ticket.id).in_(every[start : start + CHUNK]))):
            known[row or 0] = (connection, source_id, row or 0)
    return {id_: [known[ticket] for ticket in tickets if ticket in known] for id_, tickets in ids.items()}


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
