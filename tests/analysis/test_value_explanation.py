"""What stands beside the score: sources of value, release, badges, order, costs, and the configuration's guard."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

import pytest

from bridge.analysis.explanation import ClusterFacts, growth, support_cost
from bridge.analysis.ranking import portfolio, portfolio_of_records, rank
from bridge.analysis.record import canonical_json
from bridge.analysis.requesters import is_internal, unidentified_account
from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.value import AccountFacts, renewal_proximity
from bridge.words import ExpectationTier, Priority, RemedyState, RiskBand, Severity, WorkaroundKind
from tests.analysis.value_cases import CONFIG, NOW, Case, account, days, ticket

TODAY = NOW.date()


def one(facts: AccountFacts, **cluster: object) -> Case:
    return Case((facts,), ClusterFacts(1, (ticket("1", facts.key, Priority.URGENT, age=0, first=90),), **cluster))


@pytest.mark.parametrize(
    ("facts", "value", "source", "known"),
    [
        (account("a", 1000.0, margin=0.5), 500.0, "arr", True),
        (account("a", 0.0), 0.0, "arr", True),
        (account("a", None), 18_000.0, "segment default", False),
        (account("a", None, segment="nowhere"), 600.0, "lowest segment default", False),
        (account("a", 1000.0, strategic_uplift=50.0), 1050.0, "arr + uplift", True),
        (account("a", None, strategic_uplift=50.0), 18_050.0, "segment default + uplift", False),
        (account("a", 1.0, strategic_uplift=50.0, strategic_expires=TODAY), 51.0, "arr + uplift", True),
        (
            account("a", 1.0, strategic_uplift=50.0, strategic_expires=(NOW - days(1)).date()),
            1.0,
            "arr",
            True,
        ),
        (account("a", None, identified=False), 600.0, "lowest segment default", False),
    ],
)
def test_value_and_its_source(facts, value, source, known):
    found = one(facts).explain().contributions[0]
    assert (found.account.rates.value, found.account.source, found.account.known) == (value, source, known)


@pytest.mark.parametrize(
    ("in_days", "r"),
    [(400, 1.0), (180, 1.0), (105, 1.25), (60, 1.4), (30, 1.5), (0, 1.5), (-30, 1.5), (-31, 1.0)],
)
def test_renewal_proximity(in_days, r):
    assert renewal_proximity((NOW + days(in_days)).date(), TODAY, CONFIG) == pytest.approx(r)


def test_missing_facts_take_the_documented_defaults():
    rates = one(account("a", 1.0, segment="nowhere")).explain().contributions[0].account.rates
    assert rates == (1.0, 0.10, 1.0, 1.0)
    tier = one(account("a", 1.0, segment="strategic")).explain().contributions[0].account.rates.expectation
    assert tier == 1.25
    own = account("a", 1.0, segment="strategic", expectation_tier=ExpectationTier.STANDARD)
    assert one(own).explain().contributions[0].account.rates.expectation == 1.0
    no_priority = Case((account("a", 1.0),), ClusterFacts(1, (ticket("1", "a", None, age=0),)))
    assert no_priority.explain().contributions[0].m == 0.2


def test_unidentified_requesters_are_a_slice_of_their_own():
    strangers = [
        unidentified_account("k1", "Unknown.example", CONFIG),
        unidentified_account("k2", "gmail.com", CONFIG),
    ]
    tickets = tuple(ticket(str(i), a.key, Priority.HIGH, age=1) for i, a in enumerate(strangers))
    found = Case(tuple(strangers), ClusterFacts(1, tickets)).explain()
    [row] = found.to_dict()["by_segment"]
    assert (row["segment"], row["accounts"], row["amount"]) == ("unidentified", 2, found.score)
    assert {"imputed", "mostly unidentified"} <= set(found.badges)


def test_requesters_are_grouped_by_corporate_domain_only():
    def key(who: str, domain: str) -> str:
        return unidentified_account(who, domain, CONFIG).key

    assert key("k1", "firm.example") == key("k2", "FIRM.example")
    assert key("k1", "gmail.com") != key("k2", "gmail.com")
    assert key("k1", "hotmail.de") != key("k2", "Hotmail.de")
    further = ScoringConfig(free_mail_domains=("cablenet.example",))
    assert unidentified_account("k1", "cablenet.example", further).key == "requester:k1"
    assert key("k1", "") != key("k2", "")


def test_strangers_are_added_up_apart_in_stored_records_too():
    strangers = tuple(unidentified_account(key, "gmail.com", CONFIG) for key in ("k1", "k2"))
    tickets = tuple(ticket(str(i), a.key, Priority.URGENT, age=0) for i, a in enumerate(strangers))
    found = Case(strangers, ClusterFacts(1, tickets)).explain()
    assert portfolio_of_records([found.to_dict()]) == portfolio([found])
    assert (portfolio([found]).accounts, portfolio([found]).overlap) == (2, 0)


def test_internal_domains_are_not_scored():
    config = ScoringConfig(internal_domains=("ourfirm.example",))
    assert unidentified_account("k1", "test.OurFirm.example", config) is None
    assert is_internal("ourfirm.example", config)
    assert not is_internal("notourfirm.example", config)


def test_release_settles_older_signals_and_leaves_the_regression():
    old, new = ticket("1", "a", Priority.URGENT, age=9, first=60), ticket("2", "b", Priority.HIGH, age=2)
    case = Case((account("a", 1000.0), account("b", 1000.0)), ClusterFacts(1, (old, new)))
    case = case.with_cluster(plan_state=RemedyState.RELEASED, released_at=NOW - days(9))
    found = case.explain()
    assert [c.account.key for c in found.contributions] == ["b"]
    assert (found.accounts, found.tickets) == (1, 1)
    assert "regression risk" in found.badges
    assert case.with_cluster(plan_state=RemedyState.VERIFIED).explain().score == found.score
    for reopened in ({"plan_state": RemedyState.INVESTIGATING}, {"released_at": NOW + days(1)}):
        assert case.with_cluster(**reopened).explain().accounts == 2


def test_release_restarts_the_first_ticket_of_an_account():
    before, after = ticket("1", "a", Priority.HIGH, age=60), ticket("2", "a", Priority.HIGH, age=3)
    case = Case((account("a", 1000.0),), ClusterFacts(1, (before, after)))
    assert case.explain().momentum == 0
    released = case.with_cluster(plan_state=RemedyState.RELEASED, released_at=NOW - days(10))
    assert released.explain().momentum > 0


def test_tickets_created_after_the_instant_do_not_exist_yet():
    case = one(account("a", 1000.0))
    later = ticket("2", "a", Priority.URGENT, age=-1)
    assert case.with_signals([*case.cluster.signals, later]).explain() == case.explain()


def test_a_full_workaround_counts_in_full_once_verified():
    case = one(account("a", 1000.0), workaround=WorkaroundKind.FULL)
    assert case.explain().contributions[0].omega == 0.7
    assert case.with_cluster(workaround_verified=True).explain().contributions[0].omega == 0.4


def test_severity_override_wins_and_is_shown():
    found = one(account("a", 1000.0), severity_override=Severity.S4).explain()
    assert found.contributions[0].m == 0.05
    assert "severity set by a person" in found.badges


def test_thin_evidence_by_one_ticket_or_doubtful_membership():
    people = tuple(account(k, 1000.0) for k in "abc")
    sure = [ticket(k, k, Priority.HIGH, age=1) for k in "abc"]
    case = Case(people, ClusterFacts(1, tuple(sure)))
    assert case.explain().badges == []
    assert case.with_signals(s._replace(q=0.5) for s in sure).explain().badges == ["thin evidence"]
    assert case.with_signals(sure[:1]).explain().badges == ["single account", "thin evidence"]


def test_empty_cluster_is_a_score_of_zero_with_finite_figures():
    record = Case((), ClusterFacts(1, ())).explain().to_dict()
    assert (record["score"], record["range80"], record["n_eff"], record["known_share"]) == (0, [0, 0], 0, 1)
    assert record["badges"] == ["thin evidence"]
    assert json.loads(canonical_json(record)) == record


def test_order_breaks_ties_by_accounts_then_last_signal_then_id():
    people = tuple(account(k, 0.0) for k in "ab")
    case = Case(people, ClusterFacts(1, ()))
    two = [ticket("1", "a", None, age=9), ticket("2", "b", None, age=9)]
    fresh, stale = [ticket("1", "a", None, age=1)], [ticket("1", "a", None, age=2)]
    made = [(7, stale), (6, fresh), (5, stale), (4, two), (3, [])]
    explained = [case.with_signals(s).with_cluster(id=i).explain() for i, s in made]
    assert [e.cluster_id for e in rank(explained)] == [4, 6, 5, 7, 3]


def test_portfolio_refuses_explanations_of_different_runs():
    case = one(account("a", 1000.0))
    with pytest.raises(ValueError, match="one run"):
        portfolio([case.explain(), case.with_account(0, arr=2000.0).explain()])
    assert portfolio([]).amount == 0


def test_costs_and_growth_stand_beside_the_score():
    assert support_cost(None) is None
    assert support_cost([(90, 10.0), (9, 20.0)]) == pytest.approx(3650 + 730)
    assert growth(0.5, [1000.0, None]) == 500
    assert growth(None, [1000.0]) is None
    assert growth(0.5, [None]) is None
    case = one(account("a", 1000.0, growth=400.0))
    beside = case.with_cluster(handled_90d=((90, 10.0),), blocked_share=0.5).explain()
    assert (beside.support_cost, beside.growth) == (3650, 200)
    assert beside.score == case.explain().score


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (replace(one(account("a", 1.0)), accounts=()), "cluster 1: ticket '1' names account 'a'"),
        (one(account("a", -1.0)), "arr of account 'a' is -1.0"),
        (one(account("a", float("nan"))), "arr of account 'a'"),
        (one(account("a", 1.0, margin=1.5)), "margin of account 'a'"),
        (replace(one(account("a", 1.0)), segments=()), "no segment"),
        (replace(one(account("a", 1.0)), as_of=datetime(2026, 11, 1)), "no time zone"),  # noqa: DTZ001 - the fault
        (one(account("a", 1.0)).with_signals([ticket("9", "a", None, age=0, q=0.0)]), "ticket '9'"),
    ],
)
def test_bad_input_is_named(case, words):
    with pytest.raises(ValueError, match=words):
        case.explain()


def test_configuration_survives_json_and_fills_in_defaults():
    changed = replace(CONFIG, kappa=0.25, internal_domains=("ourfirm.example",))
    assert ScoringConfig.from_dict(json.loads(json.dumps(changed.to_dict()))) == changed
    assert ScoringConfig.from_dict({"beta": {"high": 0.5}}).beta == {**CONFIG.beta, RiskBand.HIGH: 0.5}
    assert ScoringConfig.from_dict({"kappa": 1}).kappa == 1.0


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"kapa": 1}, "unknown 'kapa'"),
        ({"beta": {"huge": 1.0}}, "beta has unknown 'huge'"),
        ({"beta": 0.1}, "beta must be a table"),
        ({"kappa": "much"}, "kappa must be a number"),
        ({"kappa": True}, "kappa must be a number"),
        ({"kappa": -1}, "kappa must be a finite"),
        ({"currency": 1}, "currency must be a text"),
        ({"internal_domains": "x.example"}, "internal_domains must be a list"),
        ({"priority_severity": {"high": "S9"}}, "unknown 'S9'"),
        ({"default_severity": "S9"}, "default_severity has unknown 'S9'"),
        ({"half_life_closed_days": 500}, "half_life_closed_days must not exceed"),
        ({"half_life_closed_days": 0}, "half_life_closed_days must be above"),
        ({"severity_weight": {"S2": 1.5}}, "severity_weight must rise"),
        ({"severity_weight": {"S1": 1.5}}, "severity_weight must rise"),
        ({"workaround": {"full": 0.9}}, "workaround must rise"),
        ({"beta": {"high": 0.01}}, "beta must rise"),
    ],
)
def test_configuration_that_would_break_a_promise_is_refused(raw, words):
    with pytest.raises(ValueError, match=words):
        ScoringConfig.from_dict(raw)
