"""What each account is worth per year and how easily it is lost: the account's side of the score.

One rule: everything here depends on the account, the configuration and `as_of` alone, so it is computed once
a run and shared by all clusters.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NamedTuple

from bridge.analysis.scoring import ScoringConfig
from bridge.words import ExpectationTier, Lifecycle, RiskBand

UNIDENTIFIED = "unidentified"
MAX_MONEY = 1e15


@dataclass(frozen=True, slots=True)
class SegmentFacts:
    """`value_default` (money per year) stands in for an unknown arr, the tier for an unknown tier."""

    name: str
    value_default: float
    expectation_tier: ExpectationTier | None = None


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """One account as stored. `arr`, `strategic_uplift` and `growth` (pipeline times win probability) are
    money per year; `strategic_expires` is the last day on which the uplift counts. `identified=False` marks
    the pseudo account of requesters that belong to no known account.
    """

    key: str
    name: str
    segment: str
    arr: float | None = None
    margin: float = 1.0
    strategic_uplift: float = 0.0
    strategic_expires: date | None = None
    expectation_tier: ExpectationTier | None = None
    risk_band: RiskBand | None = None
    renewal_date: date | None = None
    lifecycle: Lifecycle = Lifecycle.ACTIVE
    growth: float | None = None
    identified: bool = True


class Rates(NamedTuple):
    """An account's part of the formula: V, beta, r, e."""

    value: float
    beta: float
    renewal: float
    expectation: float


@dataclass(frozen=True, slots=True)
class AccountValue:
    """`source` says in words where V comes from; `known` is False when V rests on a default."""

    key: str
    name: str
    segment: str
    source: str
    known: bool
    rates: Rates
    growth: float | None


@dataclass(frozen=True, slots=True)
class Valuation:
    """All accounts at one instant under one configuration: what every explanation of a run shares."""

    as_of: datetime
    config: ScoringConfig
    config_version: int
    data_snapshot: str
    accounts: Mapping[str, AccountValue]


def value_accounts(
    accounts: Iterable[AccountFacts],
    segments: Sequence[SegmentFacts],
    config: ScoringConfig,
    as_of: datetime,
    *,
    config_version: int,
    data_snapshot: str,
) -> Valuation:
    """Values every account; the lowest segment is the one with the smallest `value_default`.

    Raises ValueError when there is no segment, `as_of` is naive, or an amount is no plausible number.
    """
    if not segments:
        raise ValueError("no segment to take a default value from: define at least a catch-all segment")
    if as_of.tzinfo is None:
        raise ValueError(f"as_of {as_of.isoformat()} has no time zone: pass an aware instant")
    by_name = {segment.name: segment for segment in segments}
    for segment in segments:
        _check_money(segment.value_default, f"value_default of segment {segment.name!r}")
    lowest = min(segment.value_default for segment in segments)
    today = as_of.astimezone(UTC).date()
    valued = {a.key: _value(a, by_name.get(a.segment), lowest, config, today) for a in accounts}
    return Valuation(as_of, config, config_version, data_snapshot, valued)


def _value(
    account: AccountFacts, segment: SegmentFacts | None, lowest: float, config: ScoringConfig, today: date
) -> AccountValue:
    value, source, known = _yearly_value(account, segment, lowest, today)
    tier = account.expectation_tier
    if tier is None and segment is not None and account.identified:
        tier = segment.expectation_tier
    rates = Rates(
        value=value,
        beta=config.default_beta if account.risk_band is None else config.beta[account.risk_band],
        renewal=renewal_proximity(account.renewal_date, today, config),
        expectation=config.default_expectation if tier is None else config.expectation[tier],
    )
    name = account.segment if account.identified else UNIDENTIFIED
    return AccountValue(account.key, account.name, name, source, known, rates, account.growth)


def _yearly_value(
    account: AccountFacts, segment: SegmentFacts | None, lowest: float, today: date
) -> tuple[float, str, bool]:
    """V, its source, and whether it is known. A prospect has nothing to lose yet and a churned account was
    lost already: both are known to put nothing at risk, uplift included. A segment nobody defined counts as
    the lowest.
    """
    _check_money(account.strategic_uplift, f"strategic_uplift of account {account.key!r}")
    if account.growth is not None:
        _check_money(account.growth, f"growth of account {account.key!r}")
    if account.lifecycle != Lifecycle.ACTIVE:
        return 0.0, str(account.lifecycle), True
    if account.arr is not None:
        _check_money(account.arr, f"arr of account {account.key!r}")
        if not 0 <= account.margin <= 1:
            raise ValueError(f"margin of account {account.key!r} is {account.margin}: it must lie in 0..1")
        value, source = account.arr * account.margin, "arr"
    elif segment is not None and account.identified:
        value, source = segment.value_default, "segment default"
    else:
        value, source = lowest, "lowest segment default"
    expired = account.strategic_expires is not None and account.strategic_expires < today
    if account.strategic_uplift and not expired:
        value, source = value + account.strategic_uplift, f"{source} + uplift"
    return value, source, account.arr is not None


def renewal_proximity(renewal: date | None, today: date, config: ScoringConfig) -> float:
    """The factor r of domain.md 2.3, in calendar days of UTC: 1.0 far away, 1.0 + boost when near or just
    past, then 1.0.
    """
    if renewal is None:
        return 1.0
    days = (renewal - today).days
    if days < -config.renewal_grace_days:
        return 1.0
    nearness = (config.renewal_far_days - days) / config.renewal_ramp_days
    return 1.0 + config.renewal_boost * min(1.0, max(0.0, nearness))


def _check_money(amount: float, what: str) -> None:
    if not (math.isfinite(amount) and 0 <= amount <= MAX_MONEY):
        raise ValueError(f"{what} is {amount}: it must be an amount per year between 0 and {MAX_MONEY:.0e}")
