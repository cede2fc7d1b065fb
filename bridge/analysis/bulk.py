"""The arithmetic of a whole ranking at once: all accounts of all clusters, from their telling tickets.

One rule: every figure is, to the last bit, the one that `explain` gives for the cluster alone: the same operations in
the same order, sums correctly rounded (`math.fsum`), powers from `math.exp2`; numpy does only what IEEE 754 fixes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge.analysis.exposure import DAY, Terms, seconds, terms_of
from bridge.analysis.record import Uncertainty
from bridge.analysis.telling import SEVERITIES, Numbers, Telling
from bridge.analysis.value import UNIDENTIFIED, Valuation
from bridge.words import Severity

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Case:
    """A cluster as it enters a ranking."""

    cluster_id: int
    telling: Telling
    override: Severity | None
    omega: float


@dataclass(frozen=True, slots=True)
class Scored:
    """What the arithmetic says of a cluster. ``by_segment`` and ``largest`` as a list shows them: [segment, amount,
    accounts] and [account key, amount], most money first. ``last_signal``: epoch seconds, None without accounts.
    """

    cluster_id: int
    score: float
    accounts: int
    new: int
    risk_now: float
    momentum: float
    uncertainty: Uncertainty
    badges: list[str]
    severity: Severity | None
    by_segment: list[list[Any]]
    largest: list[list[Any]]
    with_workaround: float
    as_blocker: float
    last_signal: float | None


@dataclass(frozen=True, slots=True)
class Accounts:
    """Of every account that occurs, by its place: key, segment and the account's side of the formula."""

    keys: list[str]
    segments: list[str]
    value: Floats
    known: NDArray[np.bool_]
    identified: NDArray[np.bool_]
    rates: tuple[Floats, Floats, Floats]
    in_order: Places

    @classmethod
    def of(cls, keys: Sequence[str], valuation: Valuation) -> Accounts:
        found = [valuation.accounts[key] for key in keys]
        rates = [account.rates for account in found]
        in_order = np.empty(len(keys), np.int64)
        in_order[sorted(range(len(keys)), key=lambda at: (found[at].name, keys[at]))] = np.arange(len(keys))
        return cls(
            list(keys),
            [account.segment for account in found],
            np.array([rate.value for rate in rates], float),
            np.array([account.known for account in found], bool),
            np.array([account.segment != UNIDENTIFIED for account in found], bool),
            (
                np.array([rate.beta for rate in rates], float),
                np.array([rate.renewal for rate in rates], float),
                np.array([rate.expectation for rate in rates], float),
            ),
            in_order,
        )


@dataclass(frozen=True)
class Stack:
    """All pairs of cluster and account that count, cluster by cluster. Rows are telling tickets, pair by pair."""

    cases: Sequence[Case]
    terms: Terms
    now: float
    accounts: Accounts
    rows: Numbers
    starts: Places
    cluster: Places
    account: Places
    omega: Floats
    bounds: list[int] = field(default_factory=list)

    @cached_property
    def fading(self) -> Floats:
        """2^(-age / half-life) of each row, 1 for a signal that is not past."""
        half = np.where(self.rows["open"] == 1, self.terms.half_life_open * DAY, self.terms.half_life_closed * DAY)
        fading = np.ones(len(self.rows))
        past = self.now > self.rows["signal"]
        power = (self.rows["signal"][past] - self.now) / half[past]
        fading[past] = list(map(math.exp2, power.tolist()))
        return fading

    @cached_property
    def is_new(self) -> NDArray[np.bool_]:
        first = np.minimum.reduceat(self.rows["created"], self.starts) if len(self.starts) else np.zeros(0)
        return np.asarray(self.now - first <= self.terms.window * DAY)

    @cached_property
    def new(self) -> NDArray[np.int64]:
        """By cluster."""
        return np.bincount(self.cluster[self.is_new], minlength=len(self.cases))

    @cached_property
    def weights(self) -> Floats:
        """Of each row: the severity's own, or that of the one which a person set."""
        fixed = [math.nan if c.override is None else self.terms.weights[_place(c.override)] for c in self.cases]
        own = np.array(self.terms.weights)[self.rows["severity"]]
        by_pair = np.array([*fixed, math.nan])[self.cluster]
        set_ = np.repeat(by_pair, np.diff([*self.starts, len(self.rows)]))
        return np.where(np.isnan(set_), own, set_)

    def strength(self, weights: Floats | float) -> Floats:
        """S q d of each row."""
        return np.asarray(self.rows["q"] * weights * self.fading)

    def strongest(self, strength: Floats) -> Floats:
        """M of each pair."""
        return np.maximum.reduceat(strength, self.starts) if len(self.starts) else np.zeros(0)

    def lines(self, m: Floats, omega: Floats | float) -> tuple[Floats, Floats, Floats]:
        """p, risk now and momentum of each pair (domain.md 2.3)."""
        beta, renewal, expectation = (rate[self.account] for rate in self.accounts.rates)
        p = np.minimum(1.0, beta * renewal * expectation * omega * m)
        risk = self.accounts.value[self.account] * p
        kappa, k0 = self.terms.kappa, self.terms.k0
        boost = np.array([kappa * n / (n + k0) if n else 0.0 for n in self.new.tolist()], float)
        return p, risk, np.where(self.is_new, risk * boost[self.cluster], 0.0)


def stack(cases: Sequence[Case], valuation: Valuation) -> Stack:
    """Of one cluster or more. Raises KeyError for an account that the valuation lacks."""
    places: dict[str, int] = {}
    owners = [places.setdefault(key, len(places)) for case in cases for key in case.telling.keys]
    sizes = np.array([len(case.telling.keys) for case in cases], np.int64)
    before = np.cumsum(sizes) - sizes
    long = [len(case.telling.rows) for case in cases]
    rows: Numbers = np.concatenate([case.telling.rows for case in cases])
    pair = np.repeat(before, long) + rows["who"]
    cuts = [-math.inf if case.telling.cut is None else case.telling.cut for case in cases]
    counts = rows["signal"] > np.repeat(cuts, long)
    rows, pair = rows[counts], pair[counts]
    present, starts = np.unique(pair, return_index=True)
    cluster = np.repeat(np.arange(len(cases)), sizes)[present]
    return Stack(
        cases=cases,
        terms=terms_of(valuation.config),
        now=seconds(valuation.as_of),
        accounts=Accounts.of(list(places), valuation),
        rows=rows,
        starts=starts,
        cluster=cluster,
        account=np.array(owners, np.int64)[present],
        omega=np.array([case.omega for case in cases], float)[cluster],
        bounds=np.searchsorted(cluster, np.arange(len(cases) + 1)).tolist(),
    )


def _place(severity: Severity) -> int:
    return SEVERITIES.index(severity)
