"""A ranking from present data, each cluster by itself: for an instant that has no stored run, and for previews.

Rule: reads only, keeps nothing; what is stored is made in ``standing``, and says the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bridge.analysis.explanation import ClusterFacts, explain
from bridge.analysis.exposure import TicketSignal
from bridge.analysis.ranking import rank as in_order
from bridge.analysis.record import Explanation
from bridge.analysis.value import Valuation
from bridge.pipeline.rank.beside import Beside
from bridge.pipeline.rank.people import People, value
from bridge.ranked.values import constants
from bridge.store.accounts import Account, Segment
from bridge.store.clusters import Cluster
from bridge.store.ranking import (
    PlanFacts,
    SignalRow,
    accounts_by_id,
    all_accounts,
    all_segments,
    approved_plans,
    data_snapshot,
    living_clusters,
    signal_rows,
)
from bridge.words import Priority, RemedyState, Severity, TicketStatus, WorkaroundKind


@dataclass(frozen=True, slots=True)
class Ranking:
    """A computed ranking, best first."""

    as_of: datetime
    explanations: list[Explanation]
    config_version: int


def compute(
    session: Session,
    as_of: datetime,
    previous: Mapping[int, Mapping[str, Any]] | None = None,
    segments: Sequence[Segment] | None = None,
) -> Ranking:
    """Rank from present data, leaving out tickets created after ``as_of``. ``previous``: by cluster, the inputs to tell
    changes against; ``segments``: as if these were the rules.

    Raises LookupError where the constants or the segments have not been seeded.
    """
    rows = [row for row in signal_rows(session) if row.created_at <= as_of]
    segments = all_segments(session) if segments is None else segments
    keys, valuation = _value(session, rows, as_of, all_accounts(session), segments)
    beside = Beside.of(session, valuation.config, as_of)
    found = _explain_all(session, _signals(rows, keys), valuation, previous or {}, beside)
    return Ranking(as_of, in_order(found), valuation.config_version)


def explain_rows(session: Session, as_of: datetime, rows: Sequence[SignalRow]) -> dict[int, Explanation]:
    """By cluster: what these tickets score where the rows place them, as they lie or as a decision would place them.
    A cluster that does not exist yet counts as one without a plan.

    Raises LookupError where the constants or the segments have not been seeded.
    """
    rows = [row for row in rows if row.created_at <= as_of]
    keys, valuation = _value(session, rows, as_of, None, all_segments(session))
    plans = approved_plans(session)
    found = {}
    for cluster_id, signals in _signals(rows, keys).items():
        cluster = session.get(Cluster, cluster_id)
        override = cluster.severity_override if cluster else None
        found[cluster_id] = explain(facts_of_cluster(cluster_id, signals, override, plans.get(cluster_id)), valuation)
    return found


def _value(
    session: Session,
    rows: Sequence[SignalRow],
    as_of: datetime,
    every: Sequence[Account] | None,
    segments: Sequence[Segment],
) -> tuple[dict[int, str], Valuation]:
    """Each counted ticket's account key, and what every account is worth, pseudo accounts included. ``every`` None:
    only those of the rows are read.
    """
    config, version = constants(session)
    people = People.of(session, config, as_of)
    owners = {row.ticket_id: key for row in rows if (key := people.key_of(row)) is not None}
    ids = {int(key.removeprefix("account:")) for key in owners.values() if key.startswith("account:")}
    read = accounts_by_id(session, ids) if every is None else every
    strangers = {
        found.key: found
        for row in rows
        if not owners.get(row.ticket_id, "account:").startswith("account:") and (found := people.stand_in(row))
    }
    names = {"config_version": version, "data_snapshot": data_snapshot(session)}
    return owners, value(segments, read, list(strangers.values()), config, as_of, **names)


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
    previous: Mapping[int, Mapping[str, Any]],
    beside: Beside,
) -> Iterator[Explanation]:
    plans = approved_plans(session)
    for cluster_id, cluster in living_clusters(session).items():
        signals = by_cluster.get(cluster_id)
        if signals:
            facts = replace(
                facts_of_cluster(cluster_id, signals, cluster.severity_override, plans.get(cluster_id)),
                handled_90d=beside.handled_90d(cluster_id),
                blocked_share=beside.blocked_share(cluster_id),
            )
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


def facts_of_cluster(
    cluster_id: int, signals: Sequence[TicketSignal], override: str | None, plan: PlanFacts | None
) -> ClusterFacts:
    """A cluster as the formula needs it."""
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
