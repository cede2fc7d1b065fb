"""What a list shows of a score: small enough that thousands are read at once.

Rule: it holds account keys, never names, and every figure stands in the explanation, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from bridge.analysis.record import Explanation, by_segment
from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.snapshot import Snapshot
from bridge.analysis.what_if import new_accounts, severity_of, what_if

LARGEST = 3
"""So many accounts are named in the reason of a score."""


class Placing(NamedTuple):
    """Where an issue stood in an earlier ranking."""

    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What the tickets and the plan say beside the score. ``renewals``: days to it by account key.

    ``tickets`` leaves out those of our own people, ``members`` does not.
    """

    weeks: list[int]
    tickets: int
    members: int
    open_tickets: int
    workaround: str
    first_at: float
    renewals: dict[str, int]


def summarise(
    e: Explanation, facts: RowFacts, *, rank: int, before: Placing | None, config: ScoringConfig
) -> dict[str, Any]:
    """JSON types only; money per year, shares in 0..1, instants in epoch seconds.

    ``moved`` is against an earlier ranking, [places up, money], None for an issue that was not in it. ``largest`` are
    [account key, amount, days to renewal] of the identified accounts, most money first.
    """
    now = Snapshot.from_inputs(e.inputs)
    if now is None:
        raise ValueError("an explanation just made has inputs of the present format")
    severity = severity_of(now)
    named = [c for c in e.contributions if c.identified and c.amount > 0][:LARGEST]
    largest = [[c.account.key, c.amount, facts.renewals.get(c.account.key)] for c in named]
    found = e.uncertainty
    return {
        "accounts": e.accounts,
        "new": new_accounts(now),
        "tickets": facts.tickets,
        "members": facts.members,
        "open": facts.open_tickets,
        "by_segment": [[part["segment"], part["amount"], part["accounts"]] for part in by_segment(e.contributions)],
        "range80": list(found.range80),
        "risk_now": e.risk_now,
        "momentum": e.momentum,
        "without_largest": found.without_largest,
        "n_eff": found.n_eff,
        "known_share": found.known_share,
        "badges": list(e.badges),
        "moved": [before.rank - rank, e.score - before.score] if before else None,
        "largest": largest,
        "weeks": facts.weeks,
        "severity": severity.value if severity else None,
        "workaround": facts.workaround,
        "what_if": what_if(now, config),
        "first_at": facts.first_at,
        "last_at": e.last_signal,
    }
