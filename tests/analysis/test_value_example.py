"""The worked example of domain.md 2.4, to the precision printed there."""

from __future__ import annotations

import pytest

from bridge.analysis.explanation import ClusterFacts, explain
from bridge.analysis.ranking import portfolio, rank
from bridge.analysis.record import Explanation
from bridge.analysis.value import value_accounts
from bridge.words import ExpectationTier, Priority, RiskBand, WorkaroundKind
from tests.analysis.value_cases import CONFIG, NOW, SEGMENTS, account, days, ticket

PREMIUM, STANDARD, SELF_SERVE = ExpectationTier.PREMIUM, ExpectationTier.STANDARD, ExpectationTier.SELF_SERVE
SMALL = [f"s{i}" for i in range(1, 11)]


def renewal(in_days: int):
    return (NOW + days(in_days)).date()


ACCOUNTS = [
    account(
        "acme",
        240_000.0,
        expectation_tier=PREMIUM,
        risk_band=RiskBand.ELEVATED,
        renewal_date=renewal(60),
        segment="strategic",
    ),
    account(
        "borealis",
        120_000.0,
        expectation_tier=PREMIUM,
        risk_band=RiskBand.NORMAL,
        renewal_date=renewal(300),
        segment="strategic",
    ),
    account("cobalt", 60_000.0, expectation_tier=STANDARD, risk_band=RiskBand.NORMAL, renewal_date=renewal(30)),
    account("delta", 24_000.0, expectation_tier=STANDARD, risk_band=RiskBand.ELEVATED),
    account("umbra", None, expectation_tier=STANDARD),
    *(account(s, 600.0, expectation_tier=SELF_SERVE, risk_band=RiskBand.NORMAL, segment="small") for s in SMALL),
]
URGENT, HIGH, NORMAL, LOW = Priority.URGENT, Priority.HIGH, Priority.NORMAL, Priority.LOW
C1 = ClusterFacts(
    1,
    [
        ticket("1", "acme", URGENT, age=2, first=40),
        ticket("2", "borealis", URGENT, age=10, first=12),
    ],
)
C2 = ClusterFacts(2, [ticket(k, k, HIGH, age=5, first=90 if k in {"s9", "s10"} else 20) for k in ["delta", *SMALL]])
C3 = ClusterFacts(3, [ticket(k, k, NORMAL, age=45, first=50, is_open=False) for k in ["acme", "borealis", "cobalt"]])
C4 = ClusterFacts(
    4,
    [ticket(f"c{i}", "cobalt", URGENT, age=1, first=60) for i in range(40)],
    workaround=WorkaroundKind.FULL,
    workaround_verified=True,
)
C5 = ClusterFacts(5, [ticket(f"{k}-{i}", k, LOW, age=90, is_open=False) for k in ["umbra", *SMALL] for i in range(3)])


@pytest.fixture(scope="module")
def explained() -> dict[int, Explanation]:
    valuation = value_accounts(ACCOUNTS, SEGMENTS, CONFIG, NOW, config_version=1, data_snapshot="s1")
    return {c.id: explain(c, valuation) for c in (C5, C4, C3, C2, C1)}


@pytest.mark.parametrize(("cluster", "score"), [(1, 99_593), (3, 10_800), (4, 3_586), (2, 3_524), (5, 28)])
def test_scores_of_the_worked_example(explained, cluster, score):
    assert round(explained[cluster].score) == score


def test_order_of_the_worked_example_is_not_the_order_by_tickets(explained):
    assert [e.cluster_id for e in rank(explained.values())] == [1, 3, 4, 2, 5]
    assert {n: e.tickets for n, e in explained.items()} == {1: 2, 2: 11, 3: 3, 4: 40, 5: 33}


def test_arithmetic_of_the_first_cluster(explained):
    acme, borealis = explained[1].contributions
    assert (round(acme.m, 4), round(acme.p, 4), int(acme.risk_now), acme.momentum) == (
        0.9923,
        0.3473,
        83_355,
        0,
    )
    assert acme.account.rates == pytest.approx((240_000, 0.20, 1.4, 1.25))
    assert (round(borealis.m, 4), round(borealis.p, 4)) == (0.9622, 0.1203)
    assert (round(borealis.risk_now), round(borealis.momentum)) == (14_433, 1_804)
    assert borealis.deciding_ticket == "2"


def test_arithmetic_of_the_other_clusters(explained):
    assert [round(c.risk_now) for c in explained[3].contributions] == [8_400, 1_500, 900]
    assert [round(c.p, 4) for c in explained[3].contributions] == [0.035, 0.0125, 0.015]
    assert [(round(c.m, 4), round(c.p, 4)) for c in explained[4].contributions] == [(0.9962, 0.0598)]
    two = explained[2]
    assert (round(two.contributions[0].risk_now), round(two.risk_now), round(two.momentum)) == (
        2_354,
        2_575,
        949,
    )
    assert {round(c.risk_now, 1) for c in two.contributions[1:]} == {22.1}
    five = explained[5]
    assert five.contributions[0].risk_now == pytest.approx(22.5)
    assert {round(c.risk_now, 2) for c in five.contributions[1:]} == {0.56}
    assert five.contributions[0].account.source == "segment default"
    assert round(1 - five.uncertainty.known_share, 1) == 0.8
    assert "imputed" in five.badges


def test_portfolio_counts_each_account_once(explained):
    found = portfolio(explained.values())
    assert round(found.amount) == 111_626
    assert round(found.sum_of_risk) == 114_778
    assert round(found.overlap) == -3_152
    assert found.accounts == 15


def test_uncertainty_of_the_first_cluster(explained):
    one = explained[1]
    assert round(one.uncertainty.without_largest) == 16_238
    assert round(one.uncertainty.n_eff, 2) == 1.38
    assert [round(bound, -3) for bound in one.uncertainty.range80] == [0, 254_000]
    assert one.badges == ["single account"]
    assert round(one.contributions[0].amount / one.score, 2) == 0.84


def test_record_has_exactly_the_documented_keys(explained):
    record = explained[1].to_dict()
    assert set(record) == {
        "score", "currency", "unit", "as_of", "config_version", "data_snapshot", "risk_now", "momentum",
        "support_cost", "growth", "known_share", "range80", "without_largest", "n_eff", "accounts", "tickets",
        "badges", "by_segment", "contributions", "delta_vs_previous",
    }  # fmt: skip
    assert set(record["contributions"][0]) == {
        "account", "segment", "V", "V_source", "beta", "r", "e", "omega", "m", "deciding_ticket", "risk_now",
        "momentum",
    }  # fmt: skip
    assert (record["currency"], record["unit"], record["as_of"]) == (
        "EUR",
        "per year",
        "2026-11-01T00:00:00Z",
    )
    assert record["by_segment"] == [{"segment": "strategic", "amount": record["score"], "accounts": 2}]
