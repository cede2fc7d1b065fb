"""What a list shows of a ranking: summaries that agree with the explanation, weeks, what-ifs, and the review."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.bulk_scores import score_all
from bridge.analysis.exposure import seconds
from bridge.analysis.ranking import portfolio, rank
from bridge.analysis.review import last_monday, main_cause, review, top
from bridge.analysis.snapshot import Snapshot
from bridge.analysis.summary import SEVERITY, WORKAROUND, Placing, RowFacts, summarise
from bridge.analysis.uncertainty import THIN_EVIDENCE
from bridge.analysis.weeks import WEEKS
from bridge.analysis.weeks import weekly_accounts as weekly
from bridge.words import Severity, WorkaroundKind
from tests.analysis.scalar_list import bulk_of, entered, scalar_of, severity_of, weeks_of
from tests.analysis.value_cases import NOW, cases, days, patient

instants = st.floats(-10, 200).map(lambda n: NOW - days(n))


def weekly_accounts(opened, now):
    return weekly(*weeks_of([(name, seconds(at)) for name, at in opened]), seconds(now))


@given(st.lists(st.tuples(st.sampled_from("abcd"), instants), max_size=30), st.randoms())
def test_weeks_count_accounts_once_and_in_any_order(opened, random):
    weeks = weekly_accounts(opened, NOW)
    assert len(weeks) == WEEKS
    assert all(0 <= n <= len({account for account, _ in opened}) for n in weeks)
    shuffled = [*opened, *opened]
    random.shuffle(shuffled)
    assert weekly_accounts(shuffled, NOW) == weeks
    recent = {account for account, at in opened if timedelta(0) <= NOW - at <= days(28)}
    assert bool(sum(weeks[-4:])) == bool(recent)
    assert max(weeks[-4:]) <= len(recent) <= sum(weeks[-4:])


def test_weeks_end_now_and_begin_twelve_weeks_ago():
    opened = [("a", NOW), ("b", NOW - days(7)), ("c", NOW - days(7.01)), ("d", NOW - days(84)), ("e", NOW - days(84.1))]
    weeks = weekly_accounts([*opened, ("f", NOW + days(1))], NOW)
    assert weeks == [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]


def summary(case):
    facts = RowFacts([0] * WEEKS, 3, 3, 2, "none", 0.0, entered(case.cluster, case.valuation()).omega)
    scored = bulk_of(case.cluster, case.valuation())
    return summarise(scored, facts, rank=3, before=Placing(5, 10.0), config=case.config, renewals={})


@patient
@given(cases())
def test_all_at_once_is_each_alone_to_the_last_bit(case):
    assert bulk_of(case.cluster, case.valuation()) == scalar_of(case.explain(), case.config)


@patient
@given(st.lists(cases(), min_size=1, max_size=4))
def test_clusters_do_not_disturb_each_other(found):
    shared = found[0]
    of_one = [
        replace(shared, cluster=replace(case.cluster, id=n, signals=s))
        for n, (case, s) in enumerate(
            (case, tuple(t for t in case.cluster.signals if t.account_key in {a.key for a in shared.accounts}))
            for case in found
        )
    ]
    scored, together = score_all([entered(case.cluster, case.valuation()) for case in of_one], shared.valuation())
    assert scored == [bulk_of(case.cluster, case.valuation()) for case in of_one]
    assert together == portfolio(case.explain() for case in of_one)


@patient
@given(cases())
def test_summary_agrees_with_the_explanation(case):
    e, found = case.explain(), summary(case)
    record = json.loads(json.dumps(found, allow_nan=False))
    assert record == found
    assert found["moved"] == [2, e.score - 10.0]
    assert sum(amount for _, amount, _ in found["by_segment"]) == pytest.approx(e.score)
    assert found["risk_now"] + found["momentum"] == pytest.approx(e.score)
    assert found["accounts"] == len(e.contributions) >= found["new"]
    assert sum(c.momentum > 0 for c in e.contributions) <= found["new"]
    amounts = [amount for _, amount, _ in found["largest"]]
    assert amounts == sorted(amounts, reverse=True)
    assert all(key.startswith(tuple(a.key for a in case.accounts)) for key, *_ in found["largest"])


@patient
@given(cases())
def test_what_if_is_the_score_of_the_changed_case(case):
    e, found = case.explain(), summary(case)["what_if"]
    better = case.with_cluster(workaround=WorkaroundKind.FULL, workaround_verified=True).explain().score
    graver = case.with_cluster(severity_override=Severity.S1).explain().score
    assert found.get(WORKAROUND, e.score) == pytest.approx(better)
    assert found.get(SEVERITY, graver) == pytest.approx(graver)
    assert found.get(WORKAROUND, 0.0) <= e.score * (1 + 1e-12)
    assert found.get(SEVERITY, graver) >= e.score * (1 - 1e-12)


@patient
@given(cases(), st.sampled_from(Severity))
def test_severity_shown_is_the_set_one_or_one_that_counts(case, chosen):
    e = case.explain()
    shown = severity_of(Snapshot.from_inputs(e.inputs))
    assert severity_of(Snapshot.from_inputs(case.with_cluster(severity_override=chosen).explain().inputs)) is chosen
    if case.cluster.severity_override is None and e.contributions:
        assert shown in Severity


@patient
@given(st.lists(cases(), min_size=1, max_size=4), st.data())
def test_review_adds_up(found, data):
    shared = found[0]
    explanations = rank(
        replace(shared, cluster=replace(case.cluster, id=n, signals=shared.cluster.signals)).explain()
        for n, case in enumerate(found)
    )
    ids = [e.cluster_id for e in explanations]
    before = {
        id_: Placing(n, data.draw(st.floats(0, 1e6))) for n, id_ in enumerate(data.draw(st.permutations(ids)), start=1)
    }
    before = {id_: before[id_] for id_ in data.draw(st.lists(st.sampled_from(ids), unique=True))}
    was = list(before)[:10]
    causes = {e.cluster_id: main_cause(*[Snapshot.from_inputs(e.inputs)] * 2, e.score) for e in explanations}
    told = review(explanations, before, was, causes, portfolio(explanations))
    entered, left = ({row[0] for row in told[kind]} for kind in ("entered", "left"))
    if before:
        assert (set(was) - left) | entered == set(told["top"]) == set(top(explanations))
    assert all(amount > 0 for _, amount, _ in told["rise"])
    assert all(amount < 0 for _, amount, _ in told["fall"])
    assert told["portfolio"]["amount"] - told["portfolio"]["sum"] == pytest.approx(told["portfolio"]["overlap"])
    assert told["portfolio"]["overlap"] <= 0
    assert not {e.cluster_id for e in explanations if THIN_EVIDENCE in e.badges} & set(told["top"])
    assert json.loads(json.dumps(told, allow_nan=False)) == told


@given(st.integers(0, 10 * 365 * 24).map(lambda hours: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hours)))
def test_last_monday_is_before_today_and_within_a_week(at):
    end = last_monday(at)
    assert (end - timedelta(seconds=1)).weekday() == 0
    assert timedelta(0) <= at - end < timedelta(days=7)
