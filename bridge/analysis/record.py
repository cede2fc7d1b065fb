"""The explanation record as data: its keys, its order, its canonical bytes.

One rule: no number is rounded here; whoever shows one rounds it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bridge.analysis.value import UNIDENTIFIED, AccountValue


class Contribution(NamedTuple):
    """One account's part of a score, money per year."""

    account: AccountValue
    omega: float
    m: float
    deciding_ticket: str
    p: float
    risk_now: float
    momentum: float

    @property
    def amount(self) -> float:
        return self.risk_now + self.momentum

    @property
    def identified(self) -> bool:
        return self.account.segment != UNIDENTIFIED

    def to_dict(self) -> dict[str, Any]:
        rates = self.account.rates
        return {
            "account": self.account.name,
            "segment": self.account.segment,
            "V": rates.value,
            "V_source": self.account.source,
            "beta": rates.beta,
            "r": rates.renewal,
            "e": rates.expectation,
            "omega": self.omega,
            "m": self.m,
            "deciding_ticket": self.deciding_ticket,
            "risk_now": self.risk_now,
            "momentum": self.momentum,
        }


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """`known_share` in 0..1 (1 for a score of 0: nothing in it is assumed), `n_eff` 0 for a score of 0."""

    known_share: float
    range80: tuple[float, float]
    without_largest: float
    n_eff: float
    unidentified_share: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """One cluster's record. It names accounts and money: internal, never for an outsourced agent.

    `inputs` is to be stored beside the record and handed to the next `explain` as `previous`; its accounts
    stand in the order of `contributions` and carry the account keys. `last_signal` is epoch seconds, None
    without tickets.
    """

    cluster_id: int
    score: float
    currency: str
    as_of: datetime
    config_version: int
    data_snapshot: str
    support_cost: float | None
    growth: float | None
    uncertainty: Uncertainty
    tickets: int
    badges: list[str]
    contributions: list[Contribution]
    delta_vs_previous: dict[str, Any] | None
    last_signal: float | None
    inputs: dict[str, Any]

    @property
    def accounts(self) -> int:
        return len(self.contributions)

    @property
    def risk_now(self) -> float:
        return math.fsum(c.risk_now for c in self.contributions)

    @property
    def momentum(self) -> float:
        return math.fsum(c.momentum for c in self.contributions)

    def to_dict(self) -> dict[str, Any]:
        """Exactly the keys of domain.md 2.6; `support_cost`, `growth` and `delta_vs_previous` may be None."""
        return {
            "score": self.score,
            "currency": self.currency,
            "unit": "per year",
            "as_of": self.as_of.isoformat().replace("+00:00", "Z"),
            "config_version": self.config_version,
            "data_snapshot": self.data_snapshot,
            "risk_now": self.risk_now,
            "momentum": self.momentum,
            "support_cost": self.support_cost,
            "growth": self.growth,
            "known_share": self.uncertainty.known_share,
            "range80": list(self.uncertainty.range80),
            "without_largest": self.uncertainty.without_largest,
            "n_eff": self.uncertainty.n_eff,
            "accounts": self.accounts,
            "tickets": self.tickets,
            "badges": list(self.badges),
            "by_segment": by_segment(self.contributions),
            "contributions": [c.to_dict() for c in self.contributions],
            "delta_vs_previous": self.delta_vs_previous,
        }


def by_segment(contributions: Sequence[Contribution]) -> list[dict[str, Any]]:
    """Amounts per segment, largest first, then by name."""
    grouped: dict[str, list[Contribution]] = {}
    for contribution in contributions:
        grouped.setdefault(contribution.account.segment, []).append(contribution)
    rows = [
        {
            "segment": segment,
            "amount": math.fsum(part for c in group for part in (c.risk_now, c.momentum)),
            "accounts": len(group),
        }
        for segment, group in grouped.items()
    ]
    return sorted(rows, key=lambda row: (-float(str(row["amount"])), str(row["segment"])))


def canonical_json(record: Mapping[str, Any]) -> str:
    """The same record gives the same bytes: keys sorted, no spaces, floats as their shortest exact form."""
    return json.dumps(record, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
