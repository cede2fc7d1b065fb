"""Why a score moved: parts that add up exactly, and each single change blamed on its own cause."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.delta import CAUSES
from bridge.analysis.explanation import ClusterFacts
from bridge.analysis.exposure import evidence_by_account, expose, seconds, strongest, terms_of, total
from bridge.analysis.record import canonical_json
from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.snapshot import Snapshot
from bridge.words import Priority, RemedyState, RiskBand, Severity, WorkaroundKind
from tests.analysis.value_cases import CONFIG, NOW, Case, account, cases, days, patient, signals, ticket

PEOPLE = tuple(account(key, 10_000.0 * (i + 1)) for i, key in enumerate(("acme", "borealis", "cobalt")))
BEFORE = Case(
    PEOPLE,
    ClusterFacts(
        1,
        (
            ticket("1", "acme", Priority.HIGH, age=40, first=60),
            ticket("2", "borealis", Priority.NORMAL, age=50, first=50),
            ticket("3", "borealis", Priority.HIGH, age=60, first=70),
        ),
    ),
)


def stored(case: Case) -> dict:
    return json.loads(canonical_json(case.explain().inputs))


def moved_by(after: Case, before: Case = BEFORE) -> dict[str, float]:
    found = after.explain(stored(before)).delta_vs_previous
    assert [c["cause"] for c in found["causes"]] == list(CAUSES)
    return {c["cause"]: c["amount"] for c in found["causes"] if c["amount"]}


@patient
@given(cases(), cases(), st.integers(0, 60))
def test_parts_sum_exactly_to_the_change(before, after, later):
    after = replace(after, as_of=NOW + days(later))
    found = after.explain(stored(before))
    parts = [c["amount"] for c in found.delta_vs_previous["causes"]]
    amount = found.delta_vs_previous["amount"]
    assert sum(parts) == sum(reversed(parts)) == math.fsum(parts) == amount
    assert amount == pytest.approx(found.score - before.explain().score, abs=1e-6)


@patient
@given(cases())
def test_stored_inputs_recompute_the_score_to_the_last_bit(case):
    snapshot = Snapshot.from_inputs(stored(case))
    assert total(snapshot.lines(snapshot.exposures()).values()) == case.explain().score
    assert moved_by(case, case) == {}


@patient
@given(signals(1), st.sampled_from([None, *Severity]), st.integers(0, 200), st.none() | st.integers(0, 200))
def test_strongest_tickets_stand_for_all(tickets, override, later, released):
    evidence = evidence_by_account(tickets, CONFIG, seconds(NOW))["a0"]
    kept = strongest(evidence)
    now = seconds(NOW + days(later))
    whole, part = (expose(e, override, terms_of(CONFIG), now, None) for e in (evidence, kept))
    assert (whole.m, whole.first) == (part.m, part.first)
    assert set(kept) <= set(evidence)
    if released is not None:
        cut = seconds(NOW - days(released))
        whole, part = (expose(e, override, terms_of(CONFIG), now, cut) for e in (evidence, kept))
        assert (whole and whole.m) == (part and part.m)


def test_many_tickets_of_one_account_are_stored_as_few():
    many = [ticket(f"t{i}", "acme", Priority.HIGH, age=i % 90, first=100 + i) for i in range(1000)]
    [[key, *_, tickets]] = BEFORE.with_signals(many).explain().inputs["accounts"]
    assert key == "acme"
    assert len(tickets) == 2


def test_first_run_and_inputs_of_another_format_have_no_delta():
    assert BEFORE.explain().delta_vs_previous is None
    assert BEFORE.explain(stored(BEFORE) | {"format": 0}).delta_vs_previous is None


NEW = ticket("4", "cobalt", Priority.URGENT, age=1)
S1_NOW = tuple(s._replace(priority=Priority.URGENT) for s in BEFORE.cluster.signals)
CLOSED = tuple(s._replace(is_open=False) for s in BEFORE.cluster.signals)
FRESH = ticket("5", "acme", Priority.HIGH, age=0)


@pytest.mark.parametrize(
    ("after", "cause", "sign"),
    [
        (BEFORE.with_signals([*BEFORE.cluster.signals, NEW]), "new accounts", 1),
        (BEFORE.with_signals(BEFORE.cluster.signals[:1]), "new accounts", -1),
        (BEFORE.with_cluster(severity_override=Severity.S1), "severity change", 1),
        (BEFORE.with_signals(S1_NOW), "severity change", 1),
        (BEFORE.with_cluster(workaround=WorkaroundKind.PARTIAL), "workaround", -1),
        (replace(BEFORE, as_of=NOW + days(10)), "decay", -1),
        (BEFORE.with_signals(CLOSED), "decay", -1),
        (BEFORE.with_signals([*BEFORE.cluster.signals, FRESH]), "decay", 1),
        (BEFORE.with_cluster(plan_state=RemedyState.RELEASED, released_at=NOW - days(45)), "release", -1),
        (BEFORE.with_account(0, arr=99_000.0), "value data", 1),
        (BEFORE.with_account(0, risk_band=RiskBand.LOW), "value data", -1),
        (BEFORE.with_account(0, renewal_date=(NOW + days(50)).date()), "value data", 1),
        (replace(BEFORE, config=ScoringConfig(half_life_open_days=90.0)), "value data", -1),
    ],
)
def test_a_single_change_has_a_single_cause(after, cause, sign):
    [(found, amount)] = moved_by(after).items()
    assert found == cause
    assert math.copysign(1, amount) == sign


def test_a_ticket_that_was_not_kept_may_become_severe():
    normal = [ticket(str(age), "acme", Priority.NORMAL, age=age) for age in (1, 2, 3)]
    before = BEFORE.with_signals(normal)
    assert "2" not in [e[0] for account in stored(before)["accounts"] for e in account[-1]]
    after = before.with_signals([normal[0], normal[1]._replace(priority=Priority.URGENT), normal[2]])
    assert set(moved_by(after, before)) == {"severity change"}


def test_an_account_of_which_only_settled_tickets_are_left_has_gone():
    settled, counted = ticket("1", "acme", Priority.HIGH, age=40), ticket("2", "acme", Priority.HIGH, age=5)
    before = BEFORE.with_signals([settled, counted]).with_cluster(
        plan_state=RemedyState.RELEASED, released_at=NOW - days(20)
    )
    assert set(moved_by(before.with_signals([settled]), before)) == {"new accounts"}


def test_lifting_a_severity_override_is_a_severity_change():
    """The tickets that the override had hidden behind a fresher one are remembered."""
    mixed = BEFORE.with_signals(
        [ticket("1", "acme", Priority.LOW, age=1, first=90), ticket("2", "acme", Priority.URGENT, age=50)]
    )
    assert set(moved_by(mixed, mixed.with_cluster(severity_override=Severity.S1))) == {"severity change"}


def test_withdrawn_release_brings_the_tickets_back_as_release():
    released = BEFORE.with_cluster(plan_state=RemedyState.RELEASED, released_at=NOW)
    assert released.explain().score == 0
    assert set(moved_by(BEFORE.with_cluster(plan_state=RemedyState.INVESTIGATING), released)) == {"release"}


def test_approaching_renewal_is_value_data_and_ageing_is_decay():
    before = BEFORE.with_account(0, renewal_date=(NOW + days(100)).date())
    found = moved_by(replace(before, as_of=NOW + days(30)), before)
    assert set(found) == {"decay", "value data"}
    assert found["decay"] < 0 < found["value data"]


@patient
@given(cases(), cases())
def test_a_remembered_score_only_saves_work(before, after):
    """The parts are the same when the score before is computed from the stored inputs."""
    inputs = stored(before)
    assert after.explain(inputs) == after.explain(inputs | {"score": None})
