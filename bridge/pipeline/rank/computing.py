"""What a ranking reads, and the ranking computed from it. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from bridge.analysis.explanation import ClusterFacts, explain
from bridge.analysis.exposure import TicketSignal
from bridge.analysis.ranking import rank as in_order
from bridge.analysis.record import Explanation
from bridge.analysis.requesters import Strangers
from bridge.analysis.resolution import Directory
from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.summary import RowFacts
from bridge.analysis.value import AccountFacts, SegmentFacts, Valuation, value_accounts
from bridge.analysis.weeks import weekly_accounts
from bridge.pipeline.rank.accounts import facts_of
from bridge.pipeline.rank.beside import Beside
from bridge.store.accounts import Account, Segment
from bridge.store.clusters import Cluster
from bridge.store.ranking import (
    PlanFacts,
    SignalRow,
    account_keys,
    accounts_by_id,
    all_accounts,
    all_segments,
    approved_plans,
    data_snapshot,
    living_clusters,
    scoring_config,
    signal_rows,
)
from bridge.store.requesters import reference_pairs, rulings
from bridge.words import (
    ExpectationTier,
    Priority,
    RemedyState,
    Severity,
    TicketStatus,
    WorkaroundKind,
)


@dataclass(frozen=True, slots=True)
class Ranking:
    """A computed ranking, best first, not yet stored. ``facts`` by cluster, for the list."""

    as_of: datetime
    explanations: list[Explanation]
    config: ScoringConfig
    config_version: int
    snapshot: str
    facts: dict[int, RowFacts]


def compute(
    session: Session,
    as_of: datetime,
    previous: dict[int, dict[str, Any]] | None = None,
    segments: Sequence[Segment] | None = None,
) -> Ranking:
    """Rank from present data, leaving out tickets created after ``as_of``. Reads only. ``segments``: as if these were
    the rules.

    Raises LookupError where the constants or the segments have not been seeded.
    """
    snapshot = data_snapshot(session)
    config, version = _constants(session)
    rows = [row for row in signal_rows(session) if row.created_at <= as_of]
    segments = all_segments(session) if segments is None else segments
    keys, accounts = _accounts(session, rows, config, all_accounts(session), segments, as_of)
    valuation = _valuation(segments, accounts, config, as_of, version, snapshot)
    today = as_of.astimezone(UTC).date()
    renewals = {a.key: (a.renewal_date - today).days for a in accounts if a.renewal_date}
    beside = Beside.of(session, config, as_of)
    found = list(_explain_all(session, _signals(rows, keys), valuation, previous or {}, beside))
    members = Counter(row.cluster_id for row in rows)
    facts = {e.cluster_id: _row_facts(cluster, members[e.cluster_id], as_of, renewals) for e, cluster in found}
    return Ranking(as_of, in_order(e for e, _ in found), config, version, snapshot, facts)


def explain_rows(session: Session, as_of: datetime, rows: Sequence[SignalRow]) -> dict[int, Explanation]:
    """By cluster: what these tickets score where the rows place them, as they lie or as a decision would place them.
    A cluster that does not exist yet counts as one without a plan.

    Raises LookupError where the constants or the segments have not been seeded.
    """
    config, version = _constants(session)
    rows = [row for row in rows if row.created_at <= as_of]
    segments = all_segments(session)
    keys, accounts = _accounts(session, rows, config, None, segments, as_of)
    valuation = _valuation(segments, accounts, config, as_of, version, data_snapshot(session))
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
    segments: Sequence[Segment],
    accounts: list[AccountFacts],
    config: ScoringConfig,
    as_of: datetime,
    version: int,
    snapshot: str,
) -> Valuation:
    facts = [SegmentFacts(s.name, s.value_default, ExpectationTier(s.expectation_tier)) for s in segments]
    return value_accounts(accounts, facts, config, as_of, config_version=version, data_snapshot=snapshot)


def _signals(rows: Sequence[SignalRow], keys: dict[int, str]) -> dict[int, list[TicketSignal]]:
    """By cluster, without the tickets that belong to no account that counts."""
    by_cluster: dict[int, list[TicketSignal]] = {}
    for row in rows:
        if row.ticket_id in keys:
            by_cluster.setdefault(row.cluster_id, []).append(_signal(row, keys[row.ticket_id]))
    return by_cluster


def _row_facts(cluster: ClusterFacts, members: int, as_of: datetime, renewals: dict[str, int]) -> RowFacts:
    kind = cluster.workaround
    return RowFacts(
        weeks=weekly_accounts(((t.account_key, t.created_at) for t in cluster.signals), as_of),
        tickets=len(cluster.signals),
        members=members,
        open_tickets=sum(t.is_open for t in cluster.signals),
        workaround=f"{kind}, unverified" if kind is WorkaroundKind.FULL and not cluster.workaround_verified else kind,
        first_at=min(t.created_at for t in cluster.signals).timestamp(),
        renewals=renewals,
    )


def _explain_all(
    session: Session,
    by_cluster: dict[int, list[TicketSignal]],
    valuation: Valuation,
    previous: dict[int, dict[str, Any]],
    beside: Beside,
) -> Iterator[tuple[Explanation, ClusterFacts]]:
    plans = approved_plans(session)
    for cluster_id, cluster in living_clusters(session).items():
        signals = by_cluster.get(cluster_id)
        if signals:
            facts = replace(
                _cluster(cluster_id, signals, cluster.severity_override, plans.get(cluster_id)),
                handled_90d=beside.handled_90d(cluster_id),
                blocked_share=beside.blocked_share(cluster_id),
            )
            yield explain(facts, valuation, previous.get(cluster_id)), facts


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
    session: Session,
    rows: Sequence[SignalRow],
    config: ScoringConfig,
    every: Sequence[Account] | None,
    segments: Sequence[Segment],
    as_of: datetime,
) -> tuple[dict[int, str], list[AccountFacts]]:
    """Each counted ticket's account key, and the facts of every account, pseudo accounts included. ``every`` None:
    only those of the rows are read.
    """
    directory = Directory.build(*account_keys(session))
    strangers = Strangers.of(reference_pairs(session, as_of), directory, config, rulings(session))
    owners = [directory.resolve(row.account_ref, row.requester_domain) for row in rows]
    read = accounts_by_id(session, [owner for owner in owners if owner]) if every is None else every
    rules = [(s.name, s.rule) for s in segments]
    facts = {f"account:{a.id}": facts_of(a, rules) for a in read}
    keys: dict[int, str] = {}
    for row, found in zip(rows, owners, strict=True):
        who = row.requester_key or f"ticket-{row.ticket_id}"
        stands = None if found else strangers.stand_in(row.account_ref, who, row.requester_domain)
        account = facts[f"account:{found}"] if found else stands
        if account is not None:
            facts.setdefault(account.key, account)
            keys[row.ticket_id] = account.key
    return keys, list(facts.values())
