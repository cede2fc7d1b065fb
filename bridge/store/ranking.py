"""What a ranking run reads, in a few large queries, and what it writes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from bridge.store.accounts import Account, AccountDomain, AccountExternalId, Segment
from bridge.store.clusters import Cluster, Membership, RankRun, Score, ScoringConfigVersion
from bridge.store.memberships import CHUNK
from bridge.store.remedies import PlanRevision, RemedyPlan
from bridge.store.sync import DataVersion
from bridge.store.tickets import Ticket
from bridge.store.upsert import insert_rows

INPUTS = ("accounts", "clusters", "plans", "scoring", "tickets")
"""Names of the data versions that a ranking depends on."""


@dataclass(frozen=True, slots=True)
class SignalRow:
    """A live ticket in its primary cluster, as the score needs it."""

    ticket_id: int
    cluster_id: int
    q: float
    status: str
    priority: str
    created_at: datetime
    last_customer_at: datetime
    account_ref: str | None
    requester_key: str | None
    requester_domain: str | None


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """The approved revision of a cluster's plan and when a release was first approved."""

    cluster_id: int
    state: str
    fields: dict[str, Any]
    released_at: datetime | None


def data_snapshot(session: Session) -> str:
    """Names the state of everything that a ranking reads: equal snapshots, equal data."""
    versions = {row.name: row.n for row in session.exec(select(DataVersion))}
    return "/".join(f"{name}:{versions.get(name, 0)}" for name in INPUTS)


def signal_query() -> Any:
    """The columns of SignalRow, of every live ticket that has a place."""
    columns = (
        col(Ticket.id),
        col(Membership.cluster_id),
        col(Membership.q),
        col(Ticket.status),
        col(Ticket.priority),
        col(Ticket.created_at),
        col(Ticket.last_customer_at),
        col(Ticket.account_ref),
        col(Ticket.requester_key),
        col(Ticket.requester_domain),
    )
    return (
        select(*columns)  # type: ignore[call-overload]
        .join(Membership, col(Membership.ticket_id) == col(Ticket.id))
        .where(col(Ticket.deleted_at).is_(None), col(Ticket.merged_into).is_(None))
    )


def signal_rows(session: Session, cluster_ids: Collection[int] | None = None) -> list[SignalRow]:
    """Of these clusters, or of all."""
    query = signal_query().order_by(col(Ticket.id))
    if cluster_ids is not None:
        query = query.where(col(Membership.cluster_id).in_(cluster_ids))
    return [SignalRow(*row) for row in session.execute(query)]


def all_accounts(session: Session) -> list[Account]:
    return list(session.exec(select(Account).order_by(col(Account.id))))


def accounts_by_id(session: Session, ids: Collection[int]) -> list[Account]:
    wanted = sorted(set(ids))
    found: list[Account] = []
    for start in range(0, len(wanted), CHUNK):
        found += session.exec(select(Account).where(col(Account.id).in_(wanted[start : start + CHUNK])))
    return found


def renewal_dates(session: Session, ids: Collection[int]) -> dict[int, date]:
    """Of the accounts that have one."""
    wanted, found = sorted(ids), dict[int, date]()
    for start in range(0, len(wanted), CHUNK):
        query = select(col(Account.id), col(Account.renewal_date)).where(
            col(Account.id).in_(wanted[start : start + CHUNK])
        )
        found.update({id_ or 0: day for id_, day in session.exec(query) if day})
    return found


def account_keys(session: Session) -> tuple[list[tuple[str, int]], list[tuple[str, int]], list[tuple[str, int]]]:
    """(name, id), (external id, id), (domain, id) of every account."""
    names = [(name, id_ or 0) for name, id_ in session.exec(select(Account.name, Account.id))]
    external = list(session.exec(select(AccountExternalId.external_id, AccountExternalId.account_id)))
    domains = list(session.exec(select(AccountDomain.domain, AccountDomain.account_id)))
    return names, external, domains


def all_segments(session: Session) -> list[Segment]:
    return list(session.exec(select(Segment).order_by(col(Segment.position))))


def living_clusters(session: Session) -> dict[int, Cluster]:
    return {c.id or 0: c for c in session.exec(select(Cluster).where(col(Cluster.merged_into).is_(None)))}


def approved_plans(session: Session) -> dict[int, PlanFacts]:
    """By cluster: what the approved revision says."""
    query = select(RemedyPlan, PlanRevision).where(
        RemedyPlan.id == PlanRevision.plan_id, RemedyPlan.approved_revision == PlanRevision.revision
    )
    return {
        plan.cluster_id: PlanFacts(plan.cluster_id, revision.state, revision.fields, plan.released_at)
        for plan, revision in session.exec(query)
    }


def scoring_config(session: Session, version: int | None = None) -> ScoringConfigVersion | None:
    """The version asked for, or the newest."""
    if version is not None:
        return session.get(ScoringConfigVersion, version)
    return session.exec(select(ScoringConfigVersion).order_by(col(ScoringConfigVersion.version).desc())).first()


def currency_of(session: Session) -> str:
    """The currency in which value is counted."""
    config = scoring_config(session)
    return str(config.params["currency"]) if config else "EUR"


def last_run(
    session: Session, before: datetime | None = None, *, kept: bool = False, version: int | None = None
) -> RankRun | None:
    """The newest run, or the newest that speaks for an instant at or before ``before``. ``kept``: none that was made
    for a decision and gives way to the next one; there is one of those at most. ``version``: of the constants.
    """
    query = select(RankRun).order_by(col(RankRun.as_of).desc(), col(RankRun.id).desc())
    if before is not None:
        query = query.where(col(RankRun.as_of) <= before)
    if version is not None:
        query = query.where(col(RankRun.config_version) == version)
    runs = session.exec(query.limit(2)).all()
    return next((run for run in runs if not (kept and run.summary.get("passing"))), None)


def run_scores(session: Session, run_id: int) -> list[Score]:
    """The scores of a run, best first."""
    return list(session.exec(select(Score).where(Score.run_id == run_id).order_by(col(Score.rank))))


def first_run(session: Session) -> RankRun | None:
    return session.exec(select(RankRun).order_by(col(RankRun.as_of), col(RankRun.id))).first()


def placings(session: Session, run_id: int) -> dict[int, tuple[int, float]]:
    """By cluster: rank and score in a run."""
    query = select(Score.cluster_id, Score.rank, Score.score).where(Score.run_id == run_id)
    return {cluster_id: (rank, score) for cluster_id, rank, score in session.exec(query)}


def scores_of(session: Session, run_id: int, cluster_ids: Sequence[int] | None = None) -> list[Score]:
    """Of these clusters of a run, or of all; without what a list shows, best first."""
    query = select(Score).where(Score.run_id == run_id).options(defer(Score.summary))  # type: ignore[arg-type]
    if cluster_ids is not None:
        query = query.where(col(Score.cluster_id).in_(list(cluster_ids)))
    return list(session.exec(query.order_by(col(Score.rank))))


def drop_passing_runs(session: Session) -> None:
    """Runs that were made for a decision give way to the next one."""
    newest = select(RankRun.id, RankRun.summary).order_by(col(RankRun.id).desc()).limit(2)
    drop_runs(session, [id_ or 0 for id_, summary in session.exec(newest) if summary.get("passing")])


def drop_runs(session: Session, ids: Sequence[int]) -> None:
    session.execute(delete(RankRun).where(col(RankRun.id).in_(ids)))


def run_times(session: Session) -> list[tuple[int, datetime]]:
    """(id, instant) of every run."""
    return [(id_ or 0, as_of) for id_, as_of in session.exec(select(RankRun.id, RankRun.as_of))]


def runs_after(session: Session, run_id: int) -> list[RankRun]:
    """The runs whose changes are told against this one."""
    return list(session.exec(select(RankRun).where(RankRun.previous_id == run_id)))


def count_members(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Membership)).one()


def save_run(
    session: Session,
    *,
    as_of: datetime,
    config_version: int,
    snapshot: str,
    scores: Sequence[dict[str, Any]],
    summary: dict[str, Any],
    values_id: int,
    previous_id: int | None,
) -> int:
    """Store a run; ``scores``: cluster_id, rank, score, summary, told_id, side. Returns the run's id."""
    run = RankRun(
        as_of=as_of,
        config_version=config_version,
        snapshot=snapshot,
        clusters=len(scores),
        summary=summary,
        values_id=values_id,
        previous_id=previous_id,
    )
    session.add(run)
    session.flush()
    own: dict[str, Any] = {"run_id": run.id, "explanation": {}, "inputs": {}}
    insert_rows(session, Score, [{**row, **own} for row in scores])
    return run.id or 0
