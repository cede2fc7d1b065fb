"""How far a score can be trusted: its range, its concentration on one account, and the badges a reader sees.

One rule: nothing here changes a score or an order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from bridge.analysis.record import Contribution, Uncertainty
from bridge.analysis.scoring import ScoringConfig

SINGLE_ACCOUNT = "single account"
THIN_EVIDENCE = "thin evidence"
IMPUTED = "imputed"
UNIDENTIFIED_MOSTLY = "mostly unidentified"
REGRESSION_RISK = "regression risk"
SEVERITY_SET = "severity set by a person"


class Parts(NamedTuple):
    """What the uncertainty is made of, money per year, in no order. ``amounts``: risk now and momentum of each account;
    ``known`` and ``unidentified``: those of accounts of known value, and of no known account. ``losses`` are
    V^2 p (1-p) of each account, ``guesses`` (V p)^2 of each with an imputed value.
    """

    amounts: Sequence[float]
    known: Sequence[float]
    unidentified: Sequence[float]
    losses: Sequence[float]
    guesses: Sequence[float]


def uncertainty(score: float, parts: Sequence[Contribution], config: ScoringConfig) -> Uncertainty:
    """Domain.md 2.3, "Uncertainty", of contributions."""
    amounts = [c.amount for c in parts]
    return spread(
        score,
        Parts(
            amounts=amounts,
            known=[c.amount for c in parts if c.account.known],
            unidentified=[c.amount for c in parts if not c.identified],
            losses=[c.account.rates.value * c.account.rates.value * c.p * (1 - c.p) for c in parts],
            guesses=[c.risk_now * c.risk_now for c in parts if not c.account.known],
        ),
        effective_number(amounts),
        config,
    )


def spread(score: float, parts: Parts, n_eff: float, config: ScoringConfig) -> Uncertainty:
    """Domain.md 2.3, "Uncertainty". The range treats each account as one binary loss and an imputed value as
    uncertain by its own size. ``n_eff``: `effective_number` of the amounts. Zeros among the parts change nothing.
    """
    amounts = parts.amounts
    half = config.range_z * math.sqrt(math.fsum(parts.losses) + math.fsum(parts.guesses))
    largest = amounts.index(max(amounts)) if amounts else 0
    return Uncertainty(
        known_share=_part(math.fsum(parts.known), score, empty=1.0),
        range80=(max(0.0, score - half), score + half),
        without_largest=math.fsum((*amounts[:largest], *amounts[largest + 1 :])),
        n_eff=n_eff,
        unidentified_share=_part(math.fsum(parts.unidentified), score, empty=0.0),
    )


def effective_number(amounts: Sequence[float]) -> float:
    """(SUM x)^2 / SUM x^2: the number of equal accounts that would be as concentrated; 0 when all are 0."""
    top = max(amounts, default=0.0)
    if top == 0:
        return 0.0
    scaled = [amount / top for amount in amounts]
    return float(math.fsum(scaled) ** 2 / math.fsum([x * x for x in scaled]))


def badges(
    found: Uncertainty,
    *,
    accounts: int,
    tickets: int,
    confidence: float,
    after_release: bool,
    overridden: bool,
    config: ScoringConfig,
) -> list[str]:
    """In a fixed order. `tickets` count; `confidence` is the sum of their q.

    A cluster in which nobody has value is no single account's unless there is just one account.
    """
    concentrated = accounts == 1 or 0 < found.n_eff < config.single_account_n_eff
    thin = tickets <= 1 or confidence / tickets < config.thin_mean_q
    shown = [
        (SINGLE_ACCOUNT, concentrated),
        (THIN_EVIDENCE, thin),
        (IMPUTED, found.known_share < config.imputed_known_share),
        (UNIDENTIFIED_MOSTLY, found.unidentified_share > config.imputed_known_share),
        (REGRESSION_RISK, after_release and accounts > 0),
        (SEVERITY_SET, overridden),
    ]
    return [badge for badge, applies in shown if applies]


def _part(amount: float, whole: float, *, empty: float) -> float:
    return min(1.0, amount / whole) if whole > 0 else empty
