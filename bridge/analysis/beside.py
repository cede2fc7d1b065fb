"""What stands beside a score and helps to decide: cost of support, cost of delay, value for effort, RICE.

Rule: computed from the score, never into it; a figure whose parts are not known is None, never a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.analysis.scoring import ScoringConfig

WEEKS = 52
MOST_EFFORT = 1_000.0
"""Person-weeks: more is no estimate of one issue."""


@dataclass(frozen=True, slots=True)
class Rice:
    """Reach in accounts, impact as the weight of the severity, confidence as the part of the value that is known,
    effort in person-weeks; ``score`` is reach * impact * confidence / effort.
    """

    reach: int
    impact: float
    confidence: float
    effort: float
    score: float


def value_per_week(score: float) -> float:
    """Cost of delay, money a week."""
    return score / WEEKS


def wsjf(score: float, effort: float | None) -> float | None:
    """Money per year for each person-week; None without an estimate."""
    return score / effort if effort else None


def rice(accounts: int, weight: float | None, known_share: float, effort: float | None) -> Rice | None:
    """None without an estimate, or where no ticket counts."""
    if not effort or weight is None:
        return None
    return Rice(accounts, weight, known_share, effort, accounts * weight * known_share / effort)


def costs(handled: Mapping[str | None, int], config: ScoringConfig) -> list[tuple[int, float]] | None:
    """[(tickets, money per ticket), ...] by supplier, as `ClusterFacts.handled_90d` takes it. None while nobody said
    what a ticket costs, or where that of one supplier's tickets is not known.
    """
    if not config.unit_cost and not config.supplier_unit_cost:
        return None
    found = []
    for supplier, tickets in sorted(handled.items(), key=lambda row: row[0] or ""):
        cost = config.supplier_unit_cost.get(supplier or "", config.unit_cost or None)
        if cost is None:
            return None
        found.append((tickets, cost))
    return found
