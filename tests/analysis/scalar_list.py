"""What a list shows of a score, computed from one explanation alone: the reference for the arithmetic of all at once."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from bridge.analysis.bulk import Case as Entered
from bridge.analysis.bulk import Scored
from bridge.analysis.bulk_scores import LARGEST, score_all
from bridge.analysis.explanation import ClusterFacts, omega, release_cut
from bridge.analysis.exposure import is_new, seconds, total
from bridge.analysis.record import Explanation, by_segment
from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.snapshot import Snapshot
from bridge.analysis.telling import SEVERITIES, TicketNumbers, pile_of, telling
from bridge.analysis.value import Valuation
from bridge.words import Severity, WorkaroundKind


def bulk_of(cluster: ClusterFacts, valuation: Valuation) -> Scored:
    [scored], _ = score_all([entered(cluster, valuation)], valuation)
    return scored


def entered(cluster: ClusterFacts, valuation: Valuation) -> Entered:
    config, now = valuation.config, seconds(valuation.as_of)
    numbers = [
        TicketNumbers(
            at,
            t.account_key,
            SEVERITIES.index(config.default_severity if t.priority is None else config.priority_severity[t.priority]),
            t.is_open,
            t.q,
            seconds(t.created_at),
            seconds(t.last_customer_at),
        )
        for at, t in enumerate(cluster.signals)
        if seconds(t.created_at) <= now
    ]
    told = telling(pile_of(numbers), release_cut(cluster, now), None)
    return Entered(cluster.id, told, cluster.severity_override, omega(cluster, config))


def scalar_of(e: Explanation, config: ScoringConfig) -> Scored:
    """The same out of the record."""
    now = Snapshot.from_inputs(e.inputs)
    assert now is not None
    full = config.workaround[WorkaroundKind.FULL]
    return Scored(
        cluster_id=e.cluster_id,
        score=e.score,
        accounts=e.accounts,
        new=sum(is_new(exposure, now.terms, now.now) for exposure in now.exposures().values()),
        risk_now=e.risk_now,
        momentum=e.momentum,
        uncertainty=e.uncertainty,
        badges=e.badges,
        severity=severity_of(now),
        by_segment=[[row["segment"], row["amount"], row["accounts"]] for row in by_segment(e.contributions)],
        largest=largest(e),
        with_workaround=_score(replace(now, omega=full)),
        as_blocker=_score(replace(now, override=Severity.S1)),
        last_signal=e.last_signal,
    )


def largest(e: Explanation) -> list[list[Any]]:
    return [[c.account.key, c.amount] for c in e.contributions if c.identified and c.amount > 0][:LARGEST]


def severity_of(now: Snapshot) -> Severity | None:
    if now.override is not None:
        return now.override
    severities = {e.ticket_id: e.severity for evidence in now.evidence.values() for e in evidence}
    exposures = now.exposures()
    money: dict[str, list[float]] = {}
    for key, line in now.lines(exposures).items():
        money.setdefault(severities[exposures[key].deciding_ticket], []).append(line.risk_now)
    return Severity(min(money, key=lambda s: (-math.fsum(money[s]), s))) if money else None


def _score(changed: Snapshot) -> float:
    return total(changed.lines(changed.exposures()).values())


def weeks_of(opened: list[tuple[str, float]]) -> tuple[Any, Any]:
    names = sorted({name for name, _ in opened})
    return np.array([names.index(name) for name, _ in opened], int), np.array([at for _, at in opened], float)
