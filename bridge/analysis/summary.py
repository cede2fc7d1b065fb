"""What a list shows of a score: small enough that thousands are read at once.

Rule: it holds account keys, never names, and every figure stands in the explanation, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from bridge.analysis.bulk import Scored
from bridge.analysis.scoring import ScoringConfig
from bridge.words import Severity, WorkaroundKind

WORKAROUND = "full workaround"
SEVERITY = "severity S1"


class Placing(NamedTuple):
    """Where an issue stood in an earlier ranking."""

    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What the tickets and the plan say beside the score. ``first_at``: epoch seconds.

    ``tickets`` leaves out those of our own people, ``members`` does not.
    """

    weeks: list[int]
    tickets: int
    members: int
    open_tickets: int
    workaround: str
    first_at: float
    omega: float


def summarise(
    s: Scored,
    facts: RowFacts,
    *,
    rank: int,
    before: Placing | None,
    config: ScoringConfig,
    renewals: Mapping[str, int],
) -> dict[str, Any]:
    """JSON types only; money per year, shares in 0..1, instants in epoch seconds.

    ``moved`` is against an earlier ranking, [places up, money], None for an issue that was not in it. ``largest`` are
    [account key, amount, days to renewal] of the identified accounts, most money first; ``renewals`` are those days.
    """
    found = s.uncertainty
    return {
        "accounts": s.accounts,
        "new": s.new,
        "tickets": facts.tickets,
        "members": facts.members,
        "open": facts.open_tickets,
        "by_segment": s.by_segment,
        "range80": list(found.range80),
        "risk_now": s.risk_now,
        "momentum": s.momentum,
        "without_largest": found.without_largest,
        "n_eff": found.n_eff,
        "known_share": found.known_share,
        "badges": s.badges,
        "moved": [before.rank - rank, s.score - before.score] if before else None,
        "largest": [[key, amount, renewals.get(key)] for key, amount in s.largest],
        "weeks": facts.weeks,
        "severity": s.severity.value if s.severity else None,
        "workaround": facts.workaround,
        "what_if": _what_if(s, facts.omega, config),
        "first_at": facts.first_at,
        "last_at": s.last_signal,
    }


def _what_if(s: Scored, omega: float, config: ScoringConfig) -> dict[str, float]:
    """The score with a full, verified workaround, and as a blocker; left out where that is so already."""
    found = {}
    if omega > config.workaround[WorkaroundKind.FULL]:
        found[WORKAROUND] = s.with_workaround
    if s.severity is not Severity.S1:
        found[SEVERITY] = s.as_blocker
    return found
