"""Cases for the tests of the score: the worked example, hypothesis strategies, and a second implementation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from bridge.analysis.explanation import ClusterFacts, explain
from bridge.analysis.exposure import TicketSignal
from bridge.analysis.record import Explanation, canonical_json
from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.value import AccountFacts, SegmentFacts, Valuation, value_accounts
from bridge.words import ExpectationTier, Lifecycle, Priority, RemedyState, RiskBand, Severity, WorkaroundKind

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SEGMENTS = (
    SegmentFacts("strategic", 120_000.0, ExpectationTier.PREMIUM),
    SegmentFacts("mid-market", 18_000.0, ExpectationTier.STANDARD),
    SegmentFacts("small", 600.0, ExpectationTier.SELF_SERVE),
)
CONFIG = ScoringConfig()
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def days(n: float) -> timedelta:
    return timedelta(days=n)


@dataclass(frozen=True)
class Case:
    accounts: tuple[AccountFacts, ...]
    cluster: ClusterFacts
    segments: tuple[SegmentFacts, ...] = SEGMENTS
    config: ScoringConfig = CONFIG
    as_of: datetime = NOW

    def valuation(self) -> Valuation:
        return value_accounts(
            self.accounts, self.segments, self.config, self.as_of, config_version=1, data_snapshot="s1"
        )

    def explain(self, previous: dict | None = None) -> Explanation:
        return explain(self.cluster, self.valuation(), previous)

    def with_signals(self, signals: Iterable[TicketSignal]) -> Case:
        return replace(self, cluster=replace(self.cluster, signals=tuple(signals)))

    def with_cluster(self, **changes: object) -> Case:
        return replace(self, cluster=replace(self.cluster, **changes))

    def with_betas(self, times: float) -> Case:
        """The usual constants reach no cap: 0.4 * 1.5 * 1.25 is below 1. A hundred times as much does."""
        beta = {band: times * b for band, b in self.config.beta.items()}
        return replace(self, config=replace(self.config, beta=beta, default_beta=times * self.config.default_beta))

    def with_account(self, index: int, **changes: object) -> Case:
        changed = list(self.accounts)
        changed[index] = replace(changed[index], **changes)
        return replace(self, accounts=tuple(changed))


def account(key: str, arr: float | None, **more: object) -> AccountFacts:
    return AccountFacts(
        key=key,
        name=more.pop("name", key.title()),
        segment=more.pop("segment", "mid-market"),
        arr=arr,
        **more,
    )


def ticket(
    ticket_id: str,
    account_key: str,
    priority: Priority | None,
    *,
    age: float,
    first: float | None = None,
    is_open: bool = True,
    q: float = 1.0,
    now: datetime = NOW,
) -> TicketSignal:
    created = now - days(age if first is None else first)
    return TicketSignal(ticket_id, account_key, priority, is_open, created, now - days(age), q)


_MONEY = st.floats(0, 1e7, allow_subnormal=False)
_ACCOUNT = st.builds(
    AccountFacts,
    key=st.just("a"),
    name=st.sampled_from(["Acme", "Borealis", "Cobalt"]),
    segment=st.sampled_from(["strategic", "mid-market", "small", "undefined"]),
    arr=st.none() | _MONEY,
    margin=st.sampled_from([1.0, 0.8, 0.0]),
    strategic_uplift=st.just(0.0) | _MONEY,
    strategic_expires=st.sampled_from([None, (NOW + days(10)).date(), (NOW - days(1)).date()]),
    expectation_tier=st.sampled_from([None, *ExpectationTier]),
    risk_band=st.sampled_from([None, *RiskBand]),
    renewal_date=st.sampled_from([None, *((NOW + days(d)).date() for d in (-31, -30, 0, 30, 77, 180, 300))]),
    lifecycle=st.sampled_from([Lifecycle.ACTIVE] * 4 + [Lifecycle.PROSPECT, Lifecycle.CHURNED]),
    identified=st.sampled_from([True, True, True, False]),
)
_SIGNAL = st.tuples(
    st.integers(0, 3),
    st.sampled_from([None, *Priority]),
    st.floats(0, 400),
    st.sampled_from([0.0, 0.5, 27.0, 60.0]),
    st.booleans(),
    st.sampled_from([0.3, 0.9, 1.0]),
)
_SIGNALS = st.lists(_SIGNAL, min_size=1, max_size=8)
_ACCOUNTS = st.lists(_ACCOUNT, min_size=1, max_size=4)
_PLAN = st.fixed_dictionaries(
    {
        "severity_override": st.sampled_from([None, *Severity]),
        "workaround": st.sampled_from(WorkaroundKind),
        "workaround_verified": st.booleans(),
        "plan_state": st.sampled_from([None, *RemedyState, *[RemedyState.RELEASED] * 4]),
        "released_at": st.sampled_from([None, *(NOW - days(d) for d in (-3, 0, 1, 20, 100))]),
    }
)


@st.composite
def accounts(draw: st.DrawFn) -> tuple[AccountFacts, ...]:
    """One to four accounts with the keys a0, a1, ..."""
    return tuple(replace(a, key=f"a{i}") for i, a in enumerate(draw(_ACCOUNTS)))


@st.composite
def signals(draw: st.DrawFn, n_accounts: int, prefix: str = "t") -> tuple[TicketSignal, ...]:
    """One to eight tickets of the accounts a0, a1, ..."""
    return tuple(
        ticket(f"{prefix}{i}", f"a{who % n_accounts}", priority, age=age, first=age + lag, is_open=is_open, q=q)
        for i, (who, priority, age, lag, is_open, q) in enumerate(draw(_SIGNALS))
    )


@st.composite
def cases(draw: st.DrawFn, *, plain: bool = False) -> Case:
    """`plain` leaves out what a person or a plan may say: override, workaround, release."""
    people = draw(accounts())
    cluster = ClusterFacts(id=1, signals=draw(signals(len(people))))
    return Case(people, cluster if plain else replace(cluster, **draw(_PLAN)))


def reference(
    case: Case,
    *,
    combine: Callable[[Sequence[float]], float] = max,
    momentum: Callable[[int, int], float] = lambda new, _old: 0.5 * new / (new + 3),
    only_new: bool = True,
) -> dict[str, tuple[float, float, float]]:
    """A second, naive implementation with the default constants: account -> (V, risk_now, momentum).

    Its `combine` and `momentum` are where the mutants go in. Takes no release.
    """
    weight = {Severity.S1: 1.0, Severity.S2: 0.5, Severity.S3: 0.2, Severity.S4: 0.05}
    by_priority = dict(zip(Priority, weight.values(), strict=True)) | {None: 0.2}
    values = case.valuation().accounts
    kind = case.cluster.workaround
    omega = {"none": 1.0, "partial": 0.7, "full": 0.4 if case.cluster.workaround_verified else 0.7}[kind]
    grouped: dict[str, list[TicketSignal]] = {}
    for s in case.cluster.signals:
        grouped.setdefault(s.account_key, []).append(s)
    fresh = {k for k, group in grouped.items() if case.as_of - min(s.created_at for s in group) <= days(28)}
    factor = momentum(len(fresh), len(grouped) - len(fresh))
    result = {}
    for key, group in grouped.items():
        override = case.cluster.severity_override
        hits = []
        for s in group:
            age = max(0.0, (case.as_of - s.last_customer_at) / days(1))
            severity = by_priority[s.priority] if override is None else weight[override]
            hits.append(severity * s.q * 2 ** (-age / (180 if s.is_open else 45)))
        value, beta, renewal, expectation = values[key].rates
        # No cap on a mutant's m: the cap on p is the formula's, and it alone must not hide the mutant.
        risk = value * min(1.0, beta * renewal * expectation * omega * combine(hits))
        result[key] = (value, risk, risk * factor if key in fresh or not only_new else 0.0)
    return result


def reference_score(result: dict[str, tuple[float, float, float]]) -> float:
    return math.fsum(part for _, risk, momentum in result.values() for part in (risk, momentum))


def real(case: Case) -> dict[str, tuple[float, float, float]]:
    return {c.account.key: (c.account.rates.value, c.risk_now, c.momentum) for c in case.explain().contributions}


def non_negative_and_bounded(formula, case: Case) -> bool:
    return all(0 <= risk <= value and 0 <= momentum < math.inf for value, risk, momentum in formula(case).values())


def copies_change_nothing(formula, case: Case) -> bool:
    original = case.cluster.signals
    copies = [original[0]._replace(ticket_id=f"{original[0].ticket_id}-copy{i}") for i in range(7)]
    return formula(case) == formula(case.with_signals([*original, *copies]))


def dumps(case: Case) -> str:
    return canonical_json(case.explain().to_dict())


def score(case: Case) -> float:
    return case.explain().score
