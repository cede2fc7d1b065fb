"""The order of the clusters and the value of several of them together.

One rule: scores of several clusters are never added; an account can be lost once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from bridge.analysis.record import Explanation


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Money per year: `amount` counts each account once, `sum_of_risk` adds the clusters' risk_now, and
    `overlap` is what the sum counts twice, as a negative number.
    """

    amount: float
    sum_of_risk: float
    overlap: float
    accounts: int


class Placeable(Protocol):
    """What the order of the clusters is made from."""

    @property
    def cluster_id(self) -> int: ...
    @property
    def score(self) -> float: ...
    @property
    def accounts(self) -> int: ...
    @property
    def last_signal(self) -> float | None: ...


Some = TypeVar("Some", bound=Placeable)


def rank(explanations: Iterable[Some]) -> list[Some]:
    """Best first: score, then accounts, then last customer signal, then the smaller id; total and
    deterministic.
    """
    return sorted(explanations, key=_order)


def _order(e: Placeable) -> tuple[float, int, float, int]:
    last = -math.inf if e.last_signal is None else e.last_signal
    return -e.score, -e.accounts, -last, e.cluster_id


def portfolio(explanations: Iterable[Explanation]) -> Portfolio:
    """SUM_a V_a * (1 - PRODUCT_c (1 - p_ac)) of domain.md 2.3, over explanations of one run.

    An account's part is held between its largest and the sum of its risks, where it lies by algebra, so that
    rounding never shows an overlap below zero. Raises ValueError when the explanations are of different runs.
    """
    return _together(
        (c.account.key, c.account.rates.value, c.p, c.risk_now) for e in explanations for c in e.contributions
    )


def portfolio_of_records(records: Iterable[Mapping[str, Any]]) -> Portfolio:
    """The same over explanation records as they are stored: those name accounts by their keys."""
    return _together(
        (c["account"], c["V"], min(1.0, c["beta"] * c["r"] * c["e"] * c["omega"] * c["m"]), c["risk_now"])
        for record in records
        for c in record["contributions"]
    )


def part_at_risk(value: float, survival: Sequence[float], risks: Sequence[float]) -> float:
    """One account's part: ``survival`` are its 1 - p in rising order."""
    at_risk = value * (1 - math.prod(survival))
    return min(max(at_risk, *risks, 0.0), math.fsum(risks))


def _together(parts_of_accounts: Iterable[tuple[str, float, float, float]]) -> Portfolio:
    """(account, V, p, risk_now) of every account in every cluster."""
    survival: dict[str, list[float]] = {}
    risks: dict[str, list[float]] = {}
    values: dict[str, float] = {}
    for key, value, p, risk_now in parts_of_accounts:
        if values.setdefault(key, value) != value:
            raise ValueError(f"account {key!r} has two values: pass explanations of one run only")
        survival.setdefault(key, []).append(1 - p)
        risks.setdefault(key, []).append(risk_now)
    parts = [part_at_risk(value, sorted(survival[key]), risks[key]) for key, value in values.items()]
    amount = math.fsum(parts)
    sum_of_risk = math.fsum(risk for of_account in risks.values() for risk in of_account)
    return Portfolio(amount, sum_of_risk, amount - sum_of_risk, len(values))
