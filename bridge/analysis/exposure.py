"""How strongly an account is hit by a cluster: one account's tickets -> m, and from m to money.

One rule: an account counts by its strongest ticket, never by how many it wrote.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.value import Rates
from bridge.words import Priority, Severity

DAY = 86_400.0


class TicketSignal(NamedTuple):
    """A primary ticket of a cluster, as the caller reads it (a tuple, because a million are built a run).

    `last_customer_at` is the last signal of the CUSTOMER, `q` the confidence of the membership in (0, 1], 1
    where a person confirmed it. Both instants are aware. A ticket's id is unique in its cluster and is shown
    to people.
    """

    ticket_id: str
    account_key: str
    priority: Priority | None
    is_open: bool
    created_at: datetime
    last_customer_at: datetime
    q: float = 1.0


class Evidence(NamedTuple):
    """A ticket reduced to what the formula needs; instants are UTC epoch seconds."""

    ticket_id: str
    severity: str
    q: float
    created: float
    signal: float
    is_open: bool


class Terms(NamedTuple):
    """The cluster's side of the configuration: severity weights S1..S4, half-lives and window in days,
    kappa, k0.
    """

    weights: tuple[float, float, float, float]
    half_life_open: float
    half_life_closed: float
    window: float
    kappa: float
    k0: float


class Exposure(NamedTuple):
    """m, the ticket that decided it, and when the account's first ticket came (epoch seconds)."""

    m: float
    deciding_ticket: str
    first: float


class Line(NamedTuple):
    """One account in one cluster: `p` is the planning propensity, the rest money per year."""

    p: float
    risk_now: float
    momentum: float


def terms_of(config: ScoringConfig) -> Terms:
    weight = config.severity_weight
    return Terms(
        (weight["S1"], weight["S2"], weight["S3"], weight["S4"]),
        config.half_life_open_days,
        config.half_life_closed_days,
        config.new_window_days,
        config.kappa,
        config.k0,
    )


def seconds(instant: datetime) -> float:
    """UTC epoch seconds; differences of local wall clocks would be wrong across a change to summer time."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone: pass an aware instant")
    return instant.timestamp()


def evidence_by_account(
    signals: Iterable[TicketSignal], config: ScoringConfig, now: float
) -> dict[str, list[Evidence]]:
    """Groups the tickets that exist at `now`; a ticket created later is not known yet and counts nowhere."""
    grouped: dict[str, list[Evidence]] = {}
    severity_of = config.priority_severity
    for ticket_id, account, priority, is_open, created_at, last_customer_at, q in signals:
        if not 0 < q <= 1:
            raise ValueError(f"ticket {ticket_id!r} has membership confidence {q}: it must lie in (0, 1]")
        created = seconds(created_at)
        if created > now:
            continue
        severity = config.default_severity if priority is None else severity_of[priority]
        seen = Evidence(ticket_id, severity, q, created, seconds(last_customer_at), is_open)
        grouped.setdefault(account, []).append(seen)
    return grouped


@functools.lru_cache(maxsize=8)
def _weights(terms: Terms) -> dict[str, float]:
    return dict(zip(map(str, Severity), terms.weights, strict=True))


def expose(
    evidence: Iterable[Evidence], override: Severity | None, terms: Terms, now: float, cut: float | None
) -> Exposure | None:
    """The largest s * q * d over the tickets with a signal after `cut`; None when there are none.

    Among equals the one decides that stands first in `_before`, so that neither the order of the tickets shows nor one
    that another dominates is ever named: `expose` of the `strongest` is `expose` of all.
    """
    weights = _weights(terms)
    fixed = None if override is None else weights[override]
    half_open, half_closed = terms.half_life_open * DAY, terms.half_life_closed * DAY
    best, deciding, first = -1.0, None, math.inf
    for e in evidence:
        _, severity, q, created, signal, is_open = e
        if cut is not None and signal <= cut:
            continue
        first = min(first, created)
        m = q * (weights[severity] if fixed is None else fixed)
        if now > signal:
            m *= math.exp2((signal - now) / (half_open if is_open else half_closed))
        if m > best or (m == best and deciding is not None and _before(e) < _before(deciding)):
            best, deciding = m, e
    return None if deciding is None else Exposure(best, deciding.ticket_id, first)


def _before(e: Evidence) -> tuple[float, str, float, bool, str]:
    """Fresher, graver, surer, more open first, then the smaller id: no ticket comes before one that dominates it."""
    return -e.signal, e.severity, -e.q, not e.is_open, e.ticket_id


def lines(hit: Mapping[str, tuple[Rates, Exposure, bool]], omega: float, terms: Terms) -> dict[str, Line]:
    """Propensity, risk_now and momentum of domain.md 2.3; the flag says whether the account is new."""
    new = sum(is_new for _, _, is_new in hit.values())
    boost = terms.kappa * new / (new + terms.k0) if new else 0.0
    result = {}
    for key, (rates, exposure, is_new) in hit.items():
        p = min(1.0, rates.beta * rates.renewal * rates.expectation * omega * exposure.m)
        risk = rates.value * p
        result[key] = Line(p, risk, risk * boost if is_new else 0.0)
    return result


def is_new(exposure: Exposure, terms: Terms, now: float) -> bool:
    """Whether the account's first ticket lies within the window, its far end included."""
    return now - exposure.first <= terms.window * DAY


def total(amounts: Iterable[Line]) -> float:
    """The score: the correctly rounded sum of the very numbers that are shown, in whatever order."""
    return math.fsum(part for line in amounts for part in (line.risk_now, line.momentum))


def strongest(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The tickets that can ever decide or date this account: its first one and those no other one dominates.

    One dominates another when it is at least as severe, as certain, as fresh and as open. Keeps the record
    of a cluster with a thousand tickets small while `expose` of the result equals `expose` of the whole.
    """
    if len(evidence) == 1:
        return list(evidence)
    by_freshness = sorted(evidence, key=_before)
    kept: list[Evidence] = []
    for e in by_freshness:
        if not any(k.severity <= e.severity and k.q >= e.q and k.is_open >= e.is_open for k in kept):
            kept.append(e)
    first = min(evidence, key=lambda e: (e.created, e.ticket_id))
    if all(k.created > first.created for k in kept):
        kept.append(first)
    return kept
