"""Accounts as they are stored -> what the score asks of them. Rule: pages and rankings read an account the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.analysis.segment_rules import Traits, segment_of
from bridge.analysis.value import AccountFacts
from bridge.store.accounts import Account
from bridge.words import ExpectationTier, Lifecycle, RiskBand


def traits_of(account: Account) -> Traits:
    """What the rules of segments ask of it."""
    return Traits(
        value=None if account.arr is None else account.arr * _margin(account),
        growth=account.growth_pipeline,
        region=account.region,
        tier=account.expectation_tier,
        risk=account.risk_band,
        lifecycle=account.lifecycle,
        location=account.required_location,
        languages=tuple(account.languages),
        named=account.segment_named,
    )


def facts_of(account: Account, rules: Sequence[tuple[str, Mapping[str, Any]]]) -> AccountFacts:
    """``rules``: (segment, rule) in their order. The name is the key: a stored run names accounts by key only."""
    return AccountFacts(
        key=f"account:{account.id}",
        name=f"account:{account.id}",
        segment=segment_of(rules, traits_of(account)),
        arr=account.arr,
        margin=_margin(account),
        strategic_uplift=account.strategic_uplift,
        strategic_expires=account.strategic_expires,
        expectation_tier=ExpectationTier(account.expectation_tier) if account.expectation_tier else None,
        risk_band=RiskBand(account.risk_band) if account.risk_band else None,
        renewal_date=account.renewal_date,
        lifecycle=Lifecycle(account.lifecycle),
        growth=account.growth_pipeline,
    )


def _margin(account: Account) -> float:
    return 1.0 if account.margin is None else account.margin
