"""The score of a cluster with everything a person needs to check it: the record of domain.md 2.6.

One rule: the explanation is the computation. The score is the sum of the contributions that are shown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from bridge.analysis.delta import delta
from bridge.analysis.exposure import TicketSignal, evidence_by_account, seconds, terms_of, total
from bridge.analysis.record import Contribution, Explanation
from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.snapshot import Snapshot
from bridge.analysis.uncertainty import badges, uncertainty
from bridge.analysis.value import Valuation
from bridge.words import RemedyState, Severity, WorkaroundKind

RELEASED = (RemedyState.RELEASED, RemedyState.VERIFIED)


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """A cluster with its primary tickets and what its current remedy plan says.

    `handled_90d` is [(tickets of the last 90 days, money per ticket), ...], one a supplier; `blocked_share`
    in 0..1 is the part of the growth pipeline that a need blocks. Both are None where unknown.
    """

    id: int
    signals: Sequence[TicketSignal]
    severity_override: Severity | None = None
    workaround: WorkaroundKind = WorkaroundKind.NONE
    workaround_verified: bool = False
    plan_state: RemedyState | None = None
    released_at: datetime | None = None
    handled_90d: Sequence[tuple[int, float]] | None = None
    blocked_share: float | None = None


def explain(cluster: ClusterFacts, valuation: Valuation, previous: Mapping[str, Any] | None = None) -> Explanation:
    """Scores one cluster. `previous` is `Explanation.inputs` of the record to compare with; None at the
    first run.

    Raises ValueError when a ticket names an account that the valuation lacks, has no confidence in (0, 1],
    or an instant has no time zone.
    """
    snapshot = _snapshot(cluster, valuation)
    counted = [e for key in snapshot.evidence for e in snapshot.counted(key)]
    return explain_snapshot(
        cluster.id,
        snapshot,
        Counted(len(counted), math.fsum(e.q for e in counted)),
        valuation,
        previous,
        handled_90d=cluster.handled_90d,
        blocked_share=cluster.blocked_share,
    )


class Counted(NamedTuple):
    """How many tickets count after the release, and the sum of their confidences."""

    tickets: int
    confidence: float


def explain_snapshot(
    cluster_id: int,
    snapshot: Snapshot,
    counted: Counted,
    valuation: Valuation,
    previous: Mapping[str, Any] | None = None,
    *,
    handled_90d: Sequence[tuple[int, float]] | None = None,
    blocked_share: float | None = None,
) -> Explanation:
    """The same from the numbers of a cluster. Of each account those tickets are enough that `strongest` keeps, of all
    and of those that count, and those that `previous` tells of.
    """
    exposures = snapshot.exposures()
    amounts = snapshot.lines(exposures)
    score = total(amounts.values())
    contributions = []
    for key, line in amounts.items():
        exposure = exposures[key]
        contributions.append(
            Contribution(valuation.accounts[key], snapshot.omega, exposure.m, exposure.deciding_ticket, *line)
        )
    contributions.sort(key=lambda c: (-(c.risk_now + c.momentum), c.account.name, c.account.key))
    found = uncertainty(score, contributions, valuation.config)
    inputs = snapshot.to_inputs([c.account.key for c in contributions], score)
    before = None if previous is None else Snapshot.from_inputs(previous)
    return Explanation(
        cluster_id=cluster_id,
        score=score,
        currency=valuation.config.currency,
        as_of=valuation.as_of.astimezone(UTC),
        config_version=valuation.config_version,
        data_snapshot=valuation.data_snapshot,
        support_cost=support_cost(handled_90d),
        growth=growth(blocked_share, [c.account.growth for c in contributions]),
        uncertainty=found,
        tickets=counted.tickets,
        badges=badges(
            found,
            accounts=len(contributions),
            tickets=counted.tickets,
            confidence=counted.confidence,
            after_release=snapshot.cut is not None,
            overridden=snapshot.override is not None,
            config=valuation.config,
        ),
        contributions=contributions,
        delta_vs_previous=None if before is None else delta(before, snapshot, exposures, score),
        last_signal=max((e.signal for key in amounts for e in snapshot.counted(key)), default=None),
        inputs=inputs,
    )


def _snapshot(cluster: ClusterFacts, valuation: Valuation) -> Snapshot:
    now = seconds(valuation.as_of)
    evidence = evidence_by_account(cluster.signals, valuation.config, now)
    for key, tickets in evidence.items():
        if key not in valuation.accounts:
            raise ValueError(
                f"cluster {cluster.id}: ticket {tickets[0].ticket_id!r} names account {key!r}, "
                "which was not valued: pass every account, and a pseudo account for each unresolved requester"
            )
    return Snapshot(
        now=now,
        cut=release_cut(cluster, now),
        override=cluster.severity_override,
        omega=omega(cluster, valuation.config),
        terms=terms_of(valuation.config),
        rates={key: valuation.accounts[key].rates for key in evidence},
        evidence=evidence,
    )


def omega(cluster: ClusterFacts, config: ScoringConfig) -> float:
    """A full workaround that nobody verified helps no more than a partial one."""
    kind = cluster.workaround
    if kind == WorkaroundKind.FULL and not cluster.workaround_verified:
        kind = WorkaroundKind.PARTIAL
    return config.workaround[kind]


def release_cut(cluster: ClusterFacts, now: float) -> float | None:
    """The release while the plan stands at it (a verified plan is still released), unless it lies after
    `now`.
    """
    if cluster.plan_state not in RELEASED or cluster.released_at is None:
        return None
    cut = seconds(cluster.released_at)
    return cut if cut <= now else None


def support_cost(handled_90d: Sequence[tuple[int, float]] | None) -> float | None:
    """Money per year that the tickets cost; on purpose by their number, and beside the score. None: not
    known.
    """
    if handled_90d is None:
        return None
    return math.fsum(tickets * 365 / 90 * unit_cost for tickets, unit_cost in handled_90d)


def growth(blocked_share: float | None, pipelines: Sequence[float | None]) -> float | None:
    """Money per year of blocked growth; None when no share was given or no account's pipeline is known."""
    known = [pipeline for pipeline in pipelines if pipeline is not None]
    if blocked_share is None or not known:
        return None
    return math.fsum(known) * blocked_share
