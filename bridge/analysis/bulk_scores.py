"""From the stacked pairs of a ranking to what is said of each cluster, and of all together.

One rule: as `bulk`: every figure is the one of the cluster's own explanation, to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from bridge.analysis.bulk import Case, Floats, Places, Scored, Stack, stack
from bridge.analysis.ranking import Portfolio, part_at_risk
from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.telling import SEVERITIES
from bridge.analysis.uncertainty import Parts, badges, spread
from bridge.analysis.value import Valuation
from bridge.words import Severity, WorkaroundKind

LARGEST = 3
"""So many accounts are named in the reason of a score."""


def score_all(cases: Sequence[Case], valuation: Valuation) -> tuple[list[Scored], Portfolio]:
    """Every cluster in the order of ``cases``, and all of them together."""
    if not cases:
        return [], Portfolio(0.0, 0.0, 0.0, 0)
    pairs = stack(cases, valuation)
    strength = pairs.strength(pairs.weights)
    m = pairs.strongest(strength)
    p, risk, momentum = pairs.lines(m, pairs.omega)
    return _Told(pairs, valuation.config, strength, m, p, risk, momentum).scores(), _portfolio(pairs, p, risk)


def amounts(cases: Sequence[Case], valuation: Valuation, key: str) -> dict[int, float]:
    """By cluster: risk now and momentum of one account, money per year."""
    pairs = stack(cases, valuation)
    _, risk, momentum = pairs.lines(pairs.strongest(pairs.strength(pairs.weights)), pairs.omega)
    mine = [at for at, name in enumerate(pairs.accounts.keys) if name == key]
    return {
        cases[pairs.cluster[at]].cluster_id: float(risk[at] + momentum[at])
        for at in np.flatnonzero(np.isin(pairs.account, mine)).tolist()
    }


class _Told:
    """The figures of all pairs, each cluster's accounts with the most money first, as plain numbers to slice."""

    def __init__(
        self,
        pairs: Stack,
        config: ScoringConfig,
        strength: Floats,
        m: Floats,
        p: Floats,
        risk: Floats,
        momentum: Floats,
    ) -> None:
        self.pairs, self.config = pairs, config
        amount, value = risk + momentum, pairs.accounts.value[pairs.account]
        order = np.lexsort((pairs.accounts.in_order[pairs.account], -amount, pairs.cluster))
        self.risk, self.momentum = risk[order].tolist(), momentum[order].tolist()
        self.amount, self.account = amount[order].tolist(), pairs.account[order].tolist()
        self.loss = (value * value * p * (1 - p))[order].tolist()
        self.guess = (risk * risk)[order].tolist()
        self.known = pairs.accounts.known[pairs.account][order].tolist()
        self.identified = pairs.accounts.identified[pairs.account][order].tolist()
        self.severity = _deciding(pairs, strength, m)[order].tolist()
        self.signal = _largest_signal(pairs)[order].tolist()
        full = config.workaround[WorkaroundKind.FULL]
        _, *self.relieved = (part.tolist() for part in pairs.lines(m, full))
        blocker = pairs.strongest(pairs.strength(pairs.terms.weights[0]))
        _, *self.blocking = (part.tolist() for part in pairs.lines(blocker, pairs.omega))

    def scores(self) -> list[Scored]:
        return [
            self._score(at, case, begins, end)
            for at, (case, (begins, end)) in enumerate(zip(self.pairs.cases, pairwise(self.pairs.bounds), strict=True))
        ]

    def _score(self, at: int, case: Case, begins: int, end: int) -> Scored:
        mine = slice(begins, end)
        risk, momentum, amounts = self.risk[mine], self.momentum[mine], self.amount[mine]
        score = math.fsum(risk + momentum)
        known, identified = self.known[mine], self.identified[mine]
        found = spread(
            score,
            Parts(
                amounts=amounts,
                known=[a for a, is_so in zip(amounts, known, strict=True) if is_so],
                unidentified=[a for a, is_so in zip(amounts, identified, strict=True) if not is_so],
                losses=self.loss[mine],
                guesses=[g for g, is_so in zip(self.guess[mine], known, strict=True) if not is_so],
            ),
            self.config,
        )
        told, accounts = case.telling, end - begins
        return Scored(
            cluster_id=case.cluster_id,
            score=score,
            accounts=accounts,
            new=int(self.pairs.new[at]),
            risk_now=math.fsum(risk),
            momentum=math.fsum(momentum),
            uncertainty=found,
            badges=badges(
                found,
                accounts=accounts,
                tickets=told.tickets,
                confidence=told.confidence,
                after_release=told.cut is not None,
                overridden=case.override is not None,
                config=self.config,
            ),
            severity=self._severity(case, mine),
            by_segment=self._by_segment(mine),
            largest=self._named(mine),
            with_workaround=_sum(self.relieved, mine),
            as_blocker=_sum(self.blocking, mine),
            last_signal=max(self.signal[mine], default=None),
        )

    def _severity(self, case: Case, mine: slice) -> Severity | None:
        """The one a person set, else the one that most of the money rests on; of two the graver one."""
        if case.override is not None:
            return case.override
        found = set(self.severity[mine])
        if len(found) == 1:
            return Severity(SEVERITIES[found.pop()])
        money: dict[int, list[float]] = {}
        for severity, risk in zip(self.severity[mine], self.risk[mine], strict=True):
            money.setdefault(severity, []).append(risk)
        most = min(money, key=lambda s: (-math.fsum(money[s]), s), default=None)
        return None if most is None else Severity(SEVERITIES[most])

    def _by_segment(self, mine: slice) -> list[list[object]]:
        """[segment, amount, accounts], most money first, then by name."""
        parts: dict[str, list[float]] = {}
        segments = self.pairs.accounts.segments
        for account, risk, momentum in zip(self.account[mine], self.risk[mine], self.momentum[mine], strict=True):
            parts.setdefault(segments[account], []).extend((risk, momentum))
        rows = [(-math.fsum(amounts), segment, len(amounts) // 2) for segment, amounts in parts.items()]
        return [[segment, -amount, accounts] for amount, segment, accounts in sorted(rows)]

    def _named(self, mine: slice) -> list[list[object]]:
        found: list[list[object]] = []
        for account, amount, identified in zip(
            self.account[mine], self.amount[mine], self.identified[mine], strict=True
        ):
            if len(found) == LARGEST or amount <= 0:
                break
            if identified:
                found.append([self.pairs.accounts.keys[account], amount])
        return found


def _sum(lines: Sequence[list[float]], mine: slice) -> float:
    return math.fsum(part for line in lines for part in line[mine])


def _deciding(pairs: Stack, strength: Floats, m: Floats) -> Places:
    """Of each pair the severity of the ticket that decides it: among equals the order of `exposure.expose`."""
    if not len(pairs.starts):
        return np.zeros(0, np.int64)
    sizes = np.diff([*pairs.starts, len(pairs.rows)])
    owner = np.repeat(np.arange(len(pairs.starts)), sizes)
    best = np.flatnonzero(strength == m[owner])
    rows = pairs.rows[best]
    order = np.lexsort((rows["severity"], -rows["signal"], owner[best]))
    _, first = np.unique(owner[best][order], return_index=True)
    return np.asarray(rows["severity"][order][first], np.int64)


def _largest_signal(pairs: Stack) -> Floats:
    return np.maximum.reduceat(pairs.rows["signal"], pairs.starts) if len(pairs.starts) else np.zeros(0)


def _portfolio(pairs: Stack, p: Floats, risk: Floats) -> Portfolio:
    """As `ranking.portfolio`."""
    order = np.lexsort((1 - p, pairs.account))
    account, survival, risks = pairs.account[order], (1 - p)[order].tolist(), risk[order].tolist()
    bounds = [*np.flatnonzero(np.diff(account, prepend=-1)).tolist(), len(account)]
    value = pairs.accounts.value[account].tolist()
    parts = [part_at_risk(value[a], survival[a:b], risks[a:b]) for a, b in pairwise(bounds)]
    amount, sum_of_risk = math.fsum(parts), math.fsum(risks)
    return Portfolio(amount, sum_of_risk, amount - sum_of_risk, len(parts))
