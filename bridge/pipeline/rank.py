"""Clusters, accounts, plans and constants -> score, rank and explanation. One transaction a run.

A run is stored when its data changed or the last one is a day old: scores age, but not between two looks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from bridge.analysis.explanation import ClusterFacts, explain
from bridge.analysis.exposure import TicketSignal
from bridge.analysis.ranking import rank as in_order
from bridge.analysis.record import Explanation
from bridge.analysis.requesters import is_internal, unidentified_account
from bridge.analysis.resolution import Directory, segment_of
from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.value import UNIDENTIFIED, AccountFacts, SegmentFacts, Valuation, value_accounts
from bridge.failpoint import failpoint
from bridge.progress import Progress, StepReport, silent
from bridge.store.accounts import Account
from bridge.store.clusters import Cluster
from bridge.store.db import Database
from bridge.store.events import record
from bridge.store.leases import Lease, fence
from bridge.store.ranking import (
    PlanFacts,
    SignalRow,
    account_keys,
    accounts_by_id,
    all_accounts,
    all_segments,
    approved_plans,
    data_snapshot,
    last_run,
    living_clusters,
    save_run,
    score_inputs,
    scoring_config,
    signal_rows,
)
from bridge.words import (
    ExpectationTier,
    Lifecycle,
    Priority,
    RemedyState,
    RiskBand,
    Severity,
    TicketStatus,
    WorkaroundKind,
)

FRESH = timedelta(hours=24)
"""An unchanged ranking is computed anew after this long."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """A computed ranking, best first, not yet stored."""

    explanations: list[Explanation]
    config_version: int
    snapshot: str


def rank(
    db: Database,
    *,
    lease: Lease,
    now: Callable[[], datetime],
    progress: Progress = silent,
) -> StepReport:
    """Score every cluster if anything that a score depends on has changed."""
    report = StepReport("rank")
    with db.read() as session:
        as_of = now()
        before = last_run(session)
        snapshot = data_snapshot(session)
        if before and before.snapshot == snapshot and as_of - before.as_of < FRESH:
            report.skipped = before.clusters
            return report
        previous = score_inputs(session, before.id or 0) if before else {}
        try:
            ranking = compute(session, as_of, previous)
        except LookupError as error:
            report.error = str(error)
            return report
    progress("rank", 0, len(ranking.explanations))
    with db.write() as session:
        fence(session, lease)
        scores = [_row(place, e) for place, e in enumerate(ranking.explanations, start=1)]
        run = save_run(
            session, as_of=as_of, config_version=ranking.config_version, snapshot=ranking.snapshot, scores=scores
        )
        after = {"run": run, "clusters": len(scores), "snapshot": ranking.snapshot}
        record(session, "score.computed", f"run:{run}", actor="rank", at=as_of, after=after)
        failpoint("rank.before_commit")
    failpoint("rank.after_commit")
    report.done = len(scores)
    progress("rank", report.done, report.done)
    return report


def compute(session: Session, as_of: datetime, previous: dict[int, dict[str, Any]] | None = None) -> Ranking:
    """Rank from present data, leaving out tickets created after ``as_of``. Reads only.

    Raises LookupError where the constants or the segments have not been seeded.
    """
    snapshot = data_snapshot(session)
    config, version = _constants(session)
    rows = [row for row in signal_rows(session) if row.created_at <= as_of]
    keys, accounts = _accounts(session, rows, config, all_accounts(session))
    valuation = _valuation(session, accounts, config, as_of, version, snapshot)
    explanations = _explain_all(session, _signals(rows, keys), valuation, previous or {})
    return Ranking(in_order(explanations), version, snapshot)


def explain_rows(session: Session, as_of: datetime, rows: Sequence[SignalRow]) -> dict[int, Explanation]:
    """By cluster: what these tickets score where the rows place them, as they lie or as a decision would place them.
    A cluster that does not exist yet counts as one without a plan.

    Raises LookupError where the constants or the segments have not been seeded.
    """
    config, version = _constants(session)
    rows = [row for row in rows if row.created_at <= as_of]
    keys, accounts = _accounts(session, rows, config, None)
    valuation = _valuation(session, accounts, config, as_of, version, data_snapshot(session))
    plans = approved_plans(session)
    found = {}
    for cluster_id, signals in _signals(rows, keys).items():
        cluster = session.get(Cluster, cluster_id)
        override = cluster.severity_override if cluster else None
        found[cluster_id] = explain(_cluster(cluster_id, signals, override, plans.get(cluster_id)), valuation)
    return found


def _constants(session: Session) -> tuple[ScoringConfig, int]:
    stored = scoring_config(session)
    if stored is None:
        raise LookupError("no scoring configuration: run `bridge init` or `bridge db upgrade` first")
    return ScoringConfig.from_dict(stored.params), stored.version or 0


def _valuation(
    session: Session,
    accounts: list[AccountFacts],
    config: ScoringConfig,
    as_of: datetime,
    version: int,
    snapshot: str,
) -> Valuation:
    segments = [
        SegmentFacts(s.name, s.value_default, ExpectationTier(s.expectation_tier)) for s in all_segments(session)
    ]
    return value_accounts(accounts, segments, config, as_of, config_version=version, data_snapshot=snapshot)


def _signals(rows: Sequence[SignalRow], keys: dict[int, str]) -> dict[int, list[TicketSignal]]:
    """By cluster, without the tickets that belong to no account that counts."""
    by_cluster: dict[int, list[TicketSignal]] = {}
    for row in rows:
        if row.ticket_id in keys:
            by_cluster.setdefault(row.cluster_id, []).append(_signal(row, keys[row.ticket_id]))
    return by_cluster


def _explain_all(
    session: Session,
    by_cluster: dict[int, list[TicketSignal]],
    valuation: Valuation,
    previous: dict[int, dict[str, Any]],
) -> Iterator[Explanation]:
    plans = approved_plans(session)
    for cluster_id, cluster in living_clusters(session).items():
        signals = by_cluster.get(cluster_id)
        if signals:
            facts = _cluster(cluster_id, signals, cluster.severity_override, plans.get(cluster_id))
            yield explain(facts, valuation, previous.get(cluster_id))


def _signal(row: SignalRow, key: str) -> TicketSignal:
    return TicketSignal(
        ticket_id=str(row.ticket_id),
        account_key=key,
        priority=Priority(row.priority),
        is_open=TicketStatus(row.status).is_open,
        created_at=row.created_at,
        last_customer_at=row.last_customer_at,
        q=row.q,
    )


def _cluster(
    cluster_id: int, signals: list[TicketSignal], override: str | None, plan: PlanFacts | None
) -> ClusterFacts:
    fields = plan.fields if plan else {}
    severity = override or fields.get("severity_override")
    return ClusterFacts(
        id=cluster_id,
        signals=signals,
        severity_override=Severity(severity) if severity else None,
        workaround=WorkaroundKind(fields.get("workaround.kind") or WorkaroundKind.NONE),
        workaround_verified=bool(fields.get("workaround.verified_at")),
        plan_state=RemedyState(plan.state) if plan else None,
        released_at=plan.released_at if plan else None,
    )


def _accounts(
    session: Session, rows: Sequence[SignalRow], config: ScoringConfig, every: Sequence[Account] | None
) -> tuple[dict[int, str], list[AccountFacts]]:
    """Each counted ticket's account key, and the facts of every account, pseudo accounts included. ``every`` None:
    only those of the rows are read.
    """
    directory = Directory.build(*account_keys(session))
    owners = [directory.resolve(row.account_ref, row.requester_domain) for row in rows]
    read = accounts_by_id(session, [owner for owner in owners if owner]) if every is None else every
    rules = [(s.name, s.rule) for s in all_segments(session)]
    facts = {f"account:{a.id}": _facts(a, rules) for a in read}
    keys: dict[int, str] = {}
    for row, found in zip(rows, owners, strict=True):
        account = facts[f"account:{found}"] if found else _stand_in(row, config)
        if account is not None:
            facts.setdefault(account.key, account)
            keys[row.ticket_id] = account.key
    return keys, list(facts.values())


def _facts(account: Account, rules: list[tuple[str, Any]]) -> AccountFacts:
    """The name is the key: a stored run names accounts by key only."""
    margin = 1.0 if account.margin is None else account.margin
    value = None if account.arr is None else account.arr * margin
    return AccountFacts(
        key=f"account:{account.id}",
        name=f"account:{account.id}",
        segment=segment_of(rules, named=account.segment_named, yearly_value=value),
        arr=account.arr,
        margin=margin,
        strategic_uplift=account.strategic_uplift,
        strategic_expires=account.strategic_expires,
        expectation_tier=ExpectationTier(account.expectation_tier) if account.expectation_tier else None,
        risk_band=RiskBand(account.risk_band) if account.risk_band else None,
        renewal_date=account.renewal_date,
        lifecycle=Lifecycle(account.lifecycle),
    )


def _stand_in(row: SignalRow, config: ScoringConfig) -> AccountFacts | None:
    """The pseudo account of a ticket that no account claims; None for our own people's tickets."""
    domain = row.requester_domain or ""
    if domain and is_internal(domain, config):
        return None
    if row.account_ref:
        key = f"named:{row.account_ref.strip().casefold()}"
        return AccountFacts(key=key, name=key, segment=UNIDENTIFIED, identified=False)
    return unidentified_account(row.requester_key or f"ticket-{row.ticket_id}", domain, config)


def _row(place: int, explanation: Explanation) -> dict[str, Any]:
    return {
        "cluster_id": explanation.cluster_id,
        "rank": place,
        "score": explanation.score,
        "explanation": explanation.to_dict(),
        "inputs": explanation.inputs,
        "summary": {},
    }
