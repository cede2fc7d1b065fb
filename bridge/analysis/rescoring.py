"""A whole ranking under other constants: what a new scoring configuration would do, before anybody saves it.

Rule: a stored run's own inputs at the instant of the run, and the formula of `exposure` to the last bit: unchanged
constants give the stored ranking back. What a run does not keep is told by `unforeseen` and never guessed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.analysis.exposure import DAY
from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.snapshot import FORMAT
from bridge.analysis.value import renewal_proximity
from bridge.words import Severity, WorkaroundKind

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]
_SEVERITIES = tuple(map(str, Severity))


class Words(NamedTuple):
    """What an account's factors stand for today: risk band, expectations, renewal. None: not known."""

    band: str | None = None
    tier: str | None = None
    renewal: date | None = None


class Row(NamedTuple):
    """An issue of a stored run. ``last``: its last customer signal, epoch seconds. ``thin``: kept out of the Top 10.
    ``workaround``: what its plan says today. ``inputs``: what `Snapshot.to_inputs` gave.
    """

    id: int
    score: float
    thin: bool
    last: float | None
    workaround: WorkaroundKind | None
    inputs: Mapping[str, Any]


class Placed(NamedTuple):
    """An issue in the ranking that would be."""

    id: int
    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class Columns:
    """A run as columns, a few megabytes for thousands of issues. An issue has ``pairs`` from ``begins`` on, one an
    account, a pair has tickets from ``tickets`` on. ``known`` are the accounts; their factors are those of the run.
    """

    rows: tuple[Row, ...]
    now: float
    omega: Numbers
    begins: Places
    fixed: Places
    account: Places
    tickets: Places
    severity: Places
    q: Numbers
    created: Numbers
    signal: Numbers
    is_open: NDArray[np.bool_]
    known: tuple[str, ...]
    factors: Numbers

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Columns:
        """Raises ValueError for inputs of another format. The inputs themselves are let go."""
        made = _Reading()
        for row in rows:
            made.take(row)
        return made.columns()


_UNFORESEEN = {
    "internal_domains": "Our own domains: which tickets count shows with the next ranking.",
    "free_mail_domains": "Free-mail domains: who counts as one account shows with the next ranking.",
    "thin_mean_q": "Thin evidence: which issues it keeps out of the Top 10 shows with the next ranking.",
}


def rescore(run: Columns, words: Mapping[str, Words], old: ScoringConfig, new: ScoringConfig) -> list[Placed]:
    """The ranking of the same tickets and accounts under ``new``, best first; ``old`` is what the run was made with.

    ``words`` by account key. They only choose between words that had one factor in ``old``: an account or a plan that
    changed since the run counts as it was.
    """
    if not run.rows:
        return []
    omega = [
        _factor(o, row.workaround, old.workaround, new.workaround) for o, row in zip(run.omega, run.rows, strict=True)
    ]
    scores = _scores(run, _rates(run, words, old, new), np.array(omega), old, new)
    sizes = np.diff(run.begins)
    order = sorted(
        range(len(run.rows)),
        key=lambda at: (
            -scores[at],
            -sizes[at],
            -(-math.inf if (last := run.rows[at].last) is None else last),
            run.rows[at].id,
        ),
    )
    return [Placed(run.rows[at].id, place, scores[at]) for place, at in enumerate(order, start=1)]


def unforeseen(old: ScoringConfig, new: ScoringConfig) -> list[str]:
    """What of a change `rescore` does not show, in words."""
    told = [text for name, text in _UNFORESEEN.items() if getattr(old, name) != getattr(new, name)]
    if old.priority_severity != new.priority_severity and _severities(old, new) is None:
        told.append("Priorities: two of them were one severity, so what a ticket had shows with the next ranking.")
    return told


def top(placed: Sequence[Placed], run: Columns, count: int) -> list[int]:
    """The best issues, without those of thin evidence."""
    thin = {row.id for row in run.rows if row.thin}
    return [place.id for place in placed if place.id not in thin][:count]


def _scores(run: Columns, rates: Numbers, omega: Numbers, old: ScoringConfig, new: ScoringConfig) -> list[float]:
    """`exposure.expose`, `lines` and `total` over columns, in their order of operations."""
    m = np.maximum.reduceat(_marks(run, old, new), run.tickets) if len(run.tickets) else np.empty(0)
    first = np.minimum.reduceat(run.created, run.tickets) if len(run.tickets) else np.empty(0)
    is_new = run.now - first <= new.new_window_days * DAY
    value, beta, renewal, expectation = rates[run.account].T
    sizes = np.diff(run.begins)
    risk = value * np.minimum(1.0, beta * renewal * expectation * np.repeat(omega, sizes) * m)
    counts = np.diff(np.concatenate(([0], np.cumsum(is_new)))[run.begins]).tolist()
    boosts = [new.kappa * n / (n + new.k0) if n else 0.0 for n in counts]
    momentum = np.where(is_new, risk * np.repeat(boosts, sizes), 0.0)
    risks, momenta, ends = risk.tolist(), momentum.tolist(), run.begins.tolist()
    return [math.fsum((*risks[a:b], *momenta[a:b])) for a, b in itertools.pairwise(ends)]


def _marks(run: Columns, old: ScoringConfig, new: ScoringConfig) -> Numbers:
    """S * q * d of each ticket."""
    to = _severities(old, new) or {}
    weights = np.array([new.severity_weight[to.get(name, name)] for name in _SEVERITIES])
    as_set = np.array([new.severity_weight[name] for name in _SEVERITIES])
    fixed = np.repeat(np.repeat(run.fixed, np.diff(run.begins)), np.diff(np.append(run.tickets, len(run.q))))
    weight = np.where(fixed >= 0, as_set[fixed], weights[run.severity])
    half = np.where(run.is_open, new.half_life_open_days * DAY, new.half_life_closed_days * DAY)
    ages = np.minimum(0.0, run.signal - run.now) / half
    # Not numpy's exp2: it may differ from that of the formula in the last bit.
    decay: Numbers = np.array([math.exp2(age) for age in ages.tolist()])
    return run.q * weight * decay


def _rates(run: Columns, words: Mapping[str, Words], old: ScoringConfig, new: ScoringConfig) -> Numbers:
    """V, beta, r, e of each account under ``new``."""
    found = run.factors.copy()
    today = datetime.fromtimestamp(run.now, UTC).date()
    said = [words.get(key, Words()) for key in run.known]
    bands = [_with_none(config.beta, config.default_beta) for config in (old, new)]
    tiers = [_with_none(config.expectation, config.default_expectation) for config in (old, new)]
    if bands[0] != bands[1]:
        found[:, 1] = [_factor(b, w.band, *bands) for b, w in zip(found[:, 1].tolist(), said, strict=True)]
    if _renewal(old) != _renewal(new):
        renewals = zip(found[:, 2].tolist(), said, strict=True)
        found[:, 2] = [_near(stored, w.renewal, today, old, new) for stored, w in renewals]
    if tiers[0] != tiers[1]:
        found[:, 3] = [_factor(e, w.tier, *tiers) for e, w in zip(found[:, 3].tolist(), said, strict=True)]
    return found


def _with_none(table: Mapping[str, float], default: float) -> dict[str | None, float]:
    made: dict[str | None, float] = {None: default}
    made.update(table.items())
    return made


def _factor(stored: float, said: str | None, old: Mapping[Any, float], new: Mapping[Any, float]) -> float:
    """The new factor of the word that had the stored one: of what is said today, if that fits, else the first that
    does. A factor that no word had stays.
    """
    if said in old and old[said] == stored:
        return new[said]
    return next((new[word] for word, factor in old.items() if factor == stored), stored)


def _renewal(config: ScoringConfig) -> tuple[float, ...]:
    return config.renewal_boost, config.renewal_far_days, config.renewal_ramp_days, config.renewal_grace_days


def _near(stored: float, renewal: date | None, today: date, old: ScoringConfig, new: ScoringConfig) -> float:
    """An account whose renewal was told differently at the run keeps the factor that it had."""
    fits = renewal_proximity(renewal, today, old) == stored
    return renewal_proximity(renewal, today, new) if fits else stored


def _severities(old: ScoringConfig, new: ScoringConfig) -> dict[str, str] | None:
    """Severity -> severity where the priorities have others; None where the old ones do not tell the priority."""
    if old.priority_severity == new.priority_severity:
        return {}
    back = {severity: priority for priority, severity in old.priority_severity.items()}
    if len(back) < len(old.priority_severity):
        return None
    return {severity: new.priority_severity[priority] for severity, priority in back.items()}


class _Reading:
    """Columns while they grow."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.now = 0.0
        self.omega: list[float] = []
        self.begins, self.fixed, self.account, self.tickets = [0], list[int](), list[int](), list[int]()
        self.marks: list[tuple[int, float, float, float, bool]] = []
        self.known: dict[str, int] = {}
        self.factors: list[tuple[float, float, float, float]] = []

    def take(self, row: Row) -> None:
        raw = row.inputs
        if raw.get("format") != FORMAT:
            raise ValueError(f"issue {row.id} was ranked by another version of the program: wait for the next ranking")
        self.now = raw["now"]
        self.omega.append(raw["omega"])
        self.fixed.append(-1 if raw["override"] is None else _SEVERITIES.index(raw["override"]))
        for key, value, beta, renewal, expectation, tickets in raw["accounts"]:
            place = self.known.setdefault(key, len(self.factors))
            if place == len(self.factors):
                self.factors.append((value, beta, renewal, expectation))
            self.account.append(place)
            self.tickets.append(len(self.marks))
            for _, severity, q, created, signal, is_open in tickets:
                self.marks.append((_SEVERITIES.index(severity), q, created, signal, is_open))
        self.begins.append(len(self.account))
        self.rows.append(row._replace(inputs={}))

    def columns(self) -> Columns:
        severity, q, created, signal, is_open = zip(*self.marks, strict=True) if self.marks else ((),) * 5
        whole, number = np.int64, np.float64
        return Columns(
            rows=tuple(self.rows),
            now=self.now,
            omega=np.array(self.omega, number),
            begins=np.array(self.begins, whole),
            fixed=np.array(self.fixed, whole),
            account=np.array(self.account, whole),
            tickets=np.array(self.tickets, whole),
            severity=np.array(severity, whole),
            q=np.array(q, number),
            created=np.array(created, number),
            signal=np.array(signal, number),
            is_open=np.array(is_open, np.bool_),
            known=tuple(self.known),
            factors=np.array(self.factors, number).reshape(len(self.factors), 4),
        )
