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
    lines = pairs.lines(m, pairs.omega)
    return _Told(pairs, valuation.config, strength, m, lines).scores(), _portfolio(pairs, *lines[:2])


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
        self, pairs: Stack, config: ScoringConfig, strength: Floats, m: Floats, lines: tuple[Floats, Floats, Floats]
    ) -> None:
        p, risk, momentum = lines
        self.pairs, self.config = pairs, config
        amount, value = risk + momentum, pairs.accounts.value[pairs.account]
        known, identified = (of[pairs.account] for of in (pairs.accounts.known, pairs.accounts.identified))
        order = np.lexsort((pairs.accounts.in_order[pairs.account], -amount, pairs.cluster))
        self.risk, self.momentum = risk[order].tolist(), momentum[order].tolist()
        self.amount, self.account = amount[order].tolist(), pairs.account[order].tolist()
        self.loss = (value * value * p * (1 - p)).tolist()
        self.guess = np.where(known, 0.0, risk * risk).tolist()
        self.known = np.where(known, amount, 0.0).tolist()
        self.unidentified = np.where(identified, 0.0, amount).tolist()
        self.identified = identified[order].tolist()
        self.scaled, self.squares = _scaled(pairs, amount)
        self.segments = _by_segment(pairs, risk, momentum)
        self.severities = _by_severity(pairs, risk, _deciding(pairs, strength, m))
        self.signal = _largest_signal(pairs).tolist()
        full = config.workaround[WorkaroundKind.FULL]
        self.relieved = _added(pairs.lines(m, full))
        blocker = pairs.strongest(pairs.strength(pairs.terms.weights[0]))
        self.blocking = _added(pairs.lines(blocker, pairs.omega))

    def scores(self) -> list[Scored]:
        return [
            self._score(at, case, begins, end)
            for at, (case, (begins, end)) in enumerate(zip(self.pairs.cases, pairwise(self.pairs.bounds), strict=True))
        ]

    def _score(self, at: int, case: Case, begins: int, end: int) -> Scored:
        mine = slice(begins, end)
        risk, momentum = self.risk[mine], self.momentum[mine]
        score, accounts = math.fsum(risk + momentum), end - begins
        squares = math.fsum(self.squares[mine])
        found = spread(
            score,
            Parts(self.amount[mine], self.known[mine], self.unidentified[mine], self.loss[mine], self.guess[mine]),
            math.fsum(self.scaled[mine]) ** 2 / squares if squares else 0.0,
            self.config,
        )
        told = case.telling
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
            severity=case.override or self._severity(at),
            by_segment=self.segments.get(at, []),
            largest=self._named(begins, end),
            with_workaround=_sum(self.relieved, mine),
            as_blocker=_sum(self.blocking, mine),
            last_signal=max(self.signal[mine], default=None),
        )

    def _severity(self, at: int) -> Severity | None:
        """The one that most of the money rests on; of two the graver one."""
        money = self.severities.get(at)
        return Severity(SEVERITIES[min(money)[1]]) if money else None

    def _named(self, begins: int, end: int) -> list[list[object]]:
        found: list[list[object]] = []
        for at in range(begins, end):
            if len(found) == LARGEST or self.amount[at] <= 0:
                break
            if self.identified[at]:
                found.append([self.pairs.accounts.keys[self.account[at]], self.amount[at]])
        return found


def _scaled(pairs: Stack, amount: Floats) -> tuple[list[float], list[float]]:
    """What `uncertainty.effective_number` adds up: amounts by the largest of their cluster, and their squares."""
    if not len(amount):
        return [], []
    clusters, starts = np.unique(pairs.cluster, return_index=True)
    top = np.zeros(len(pairs.cases))
    top[clusters] = np.maximum.reduceat(amount, starts)
    whole = top[pairs.cluster]
    scaled = np.divide(amount, whole, out=np.zeros(len(amount)), where=whole > 0)
    return scaled.tolist(), (scaled * scaled).tolist()


def _groups(pairs: Stack, of: Places) -> tuple[Places, list[tuple[int, int, int, int]]]:
    """Pairs in the order of cluster and ``of``; and (cluster's place, value, begin, end) of each group in it."""
    order = np.lexsort((of, pairs.cluster))
    cluster, value = pairs.cluster[order], of[order]
    new = np.flatnonzero((np.diff(cluster, prepend=-1) != 0) | (np.diff(value, prepend=-1) != 0))
    rows = zip(cluster[new].tolist(), value[new].tolist(), new.tolist(), [*new[1:].tolist(), len(order)], strict=True)
    return order, list(rows) if len(order) else []


def _by_segment(pairs: Stack, risk: Floats, momentum: Floats) -> dict[int, list[list[object]]]:
    """By cluster's place: [segment, amount, accounts], most money first, then by name."""
    names = sorted(set(pairs.accounts.segments))
    place = {name: at for at, name in enumerate(names)}
    of_account = np.array([place[name] for name in pairs.accounts.segments], np.int64)
    order, groups = _groups(pairs, of_account[pairs.account])
    risks, momenta = risk[order].tolist(), momentum[order].tolist()
    found: dict[int, list[tuple[float, str, int]]] = {}
    for cluster, segment, begin, end in groups:
        amount = math.fsum(risks[begin:end] + momenta[begin:end])
        found.setdefault(cluster, []).append((-amount, names[segment], end - begin))
    return {
        cluster: [[name, -amount, count] for amount, name, count in sorted(rows)] for cluster, rows in found.items()
    }


def _by_severity(pairs: Stack, risk: Floats, severity: Places) -> dict[int, list[tuple[float, int]]]:
    """By cluster's place: (minus the money, severity) of the tickets that decide."""
    order, groups = _groups(pairs, severity)
    risks = risk[order].tolist()
    found: dict[int, list[tuple[float, int]]] = {}
    for cluster, which, begin, end in groups:
        found.setdefault(cluster, []).append((-math.fsum(risks[begin:end]), which))
    return found


def _added(lines: tuple[Floats, Floats, Floats]) -> tuple[list[float], list[float]]:
    return lines[1].tolist(), lines[2].tolist()


def _sum(lines: tuple[list[float], list[float]], mine: slice) -> float:
    return math.fsum(lines[0][mine] + lines[1][mine])


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
