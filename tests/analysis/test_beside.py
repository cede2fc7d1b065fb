"""What stands beside a score never changes it: more tickets cost more and weigh the same, estimates move nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.beside import costs, rice, value_per_week, wsjf
from bridge.analysis.ranking import rank
from bridge.analysis.scoring import ScoringConfig
from tests.analysis.test_rescoring import rankings
from tests.analysis.value_cases import CONFIG, Case, cases, patient

counts = st.dictionaries(st.sampled_from([None, "Meridian Desk", "Northwind Care"]), st.integers(0, 500), max_size=3)
prices = st.floats(0.01, 500)
BESIDE = ("support_cost", "growth")


def score_alone(case: Case) -> dict:
    record = case.explain().to_dict()
    return {name: value for name, value in record.items() if name not in BESIDE}


@patient
@given(
    cases(),
    counts,
    prices,
    st.none() | st.floats(0, 1),
    st.lists(st.none() | st.floats(0, 1e7), min_size=4, max_size=4),
)
def test_nothing_beside_the_score_is_in_it(case, handled, price, blocked, pipelines):
    config = replace(CONFIG, unit_cost=price)
    with_all = replace(
        case.with_cluster(handled_90d=costs(handled, config), blocked_share=blocked),
        accounts=tuple(replace(a, growth=g) for a, g in zip(case.accounts, pipelines, strict=False)),
        config=config,
    )
    assert score_alone(with_all) == score_alone(case)
    assert with_all.explain().inputs == case.explain().inputs


@patient
@given(rankings(), st.data())
def test_no_order_moves_for_it(found, data):
    costly = [c.with_cluster(handled_90d=[(data.draw(st.integers(0, 900)), 7.0)], blocked_share=1.0) for c in found]
    orders = [[e.cluster_id for e in rank(c.explain() for c in some)] for some in (found, costly)]
    assert orders[0] == orders[1]


@patient
@given(cases(), st.integers(1, 60))
def test_spam_changes_the_support_cost_alone(case, copies):
    """A loud account costs support more, and its tickets weigh what one of them weighs."""
    first = case.cluster.signals[0]
    more = [first._replace(ticket_id=f"{first.ticket_id}-copy{i}") for i in range(copies)]
    handled = {None: len(case.cluster.signals)}
    config = replace(CONFIG, unit_cost=8.0)
    quiet = replace(case, config=config).with_cluster(handled_90d=costs(handled, config))
    loud = quiet.with_signals([*case.cluster.signals, *more]).with_cluster(
        handled_90d=costs({None: handled[None] + copies}, config)
    )
    one, other = quiet.explain(), loud.explain()
    assert other.score == one.score
    assert other.support_cost == pytest.approx((one.support_cost or 0) + copies * 365 / 90 * 8.0)
    differs = {name for name, value in other.to_dict().items() if value != one.to_dict()[name]}
    assert differs <= {"support_cost", "tickets", "badges"}, "thin evidence counts tickets, and says so"


@given(counts, prices, prices)
def test_each_supplier_costs_its_own_price(handled, price, own):
    config = replace(CONFIG, unit_cost=price, supplier_unit_cost={"Meridian Desk": own})
    found = costs(handled, config)
    assert found is not None
    assert sum(n for n, _ in found) == sum(handled.values())
    assert dict(zip(sorted(handled, key=lambda name: name or ""), found, strict=True)) == {
        name: (n, own if name == "Meridian Desk" else price) for name, n in handled.items()
    }


def test_a_cost_that_is_not_known_is_none():
    assert costs({None: 3}, CONFIG) is None
    only_one = replace(CONFIG, supplier_unit_cost={"Meridian Desk": 6.0})
    assert costs({"Meridian Desk": 3}, only_one) == [(3, 6.0)]
    assert costs({"Meridian Desk": 3, None: 1}, only_one) is None
    assert costs({}, only_one) == []
    assert ScoringConfig().unit_cost == 0


@given(st.floats(0, 1e9), st.none() | st.floats(0.1, 1000), st.integers(0, 50), st.floats(0, 1), st.floats(0, 1))
def test_figures_for_a_decision(score, effort, accounts, weight, known):
    assert value_per_week(score) * 52 == pytest.approx(score)
    each, found = wsjf(score, effort), rice(accounts, weight, known, effort)
    assert (each is None) == (effort is None) == (found is None)
    if effort and each is not None and found is not None:
        assert each * effort == pytest.approx(score)
        assert found.score * effort == pytest.approx(accounts * weight * known)
    assert rice(accounts, None, known, effort) is None
