"""A ranking under other constants is the ranking that those constants give, bit for bit; and what is not seen is said."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.explanation import ClusterFacts
from bridge.analysis.ranking import rank
from bridge.analysis.record import Explanation
from bridge.analysis.rescoring import Columns, Row, Words, rescore, top, unforeseen
from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.uncertainty import THIN_EVIDENCE
from bridge.words import RiskBand, Severity, WorkaroundKind
from tests.analysis.value_cases import _PLAN as PLAN
from tests.analysis.value_cases import CONFIG, SEGMENTS, Case, accounts, patient, signals

shares = st.sampled_from([0.0, 0.05, 0.1, 0.2, 0.3, 0.7, 1.0])
lengths = st.sampled_from([1.0, 14.0, 28.0, 45.0, 180.0, 365.0])


@st.composite
def configs(draw: st.DrawFn) -> ScoringConfig:
    """Any that the score takes; factors that are alike are common."""
    risks, weights, left = (sorted(draw(st.lists(shares, min_size=n, max_size=n))) for n in (4, 4, 3))
    closed, open_ = sorted((draw(lengths), draw(lengths)))
    severities = sorted(draw(st.lists(st.sampled_from([str(s) for s in Severity]), min_size=4, max_size=4)))
    return replace(
        CONFIG,
        half_life_open_days=open_,
        half_life_closed_days=closed,
        new_window_days=draw(lengths),
        kappa=draw(shares),
        k0=draw(shares) * 10,
        severity_weight=dict(zip(("S4", "S3", "S2", "S1"), weights, strict=True)),
        priority_severity=dict(zip(("urgent", "high", "normal", "low"), severities, strict=True)),
        beta=dict(zip(("low", "normal", "elevated", "high"), risks, strict=True)),
        default_beta=draw(shares),
        renewal_boost=draw(shares),
        renewal_far_days=draw(lengths),
        renewal_ramp_days=draw(lengths),
        renewal_grace_days=draw(lengths),
        expectation={tier: draw(shares) * 2 for tier in ("premium", "standard", "self_serve")},
        default_expectation=draw(shares),
        workaround=dict(zip(("full", "partial", "none"), left, strict=True)),
    )


@st.composite
def rankings(draw: st.DrawFn) -> list[Case]:
    """Up to four issues of the same accounts."""
    people = draw(accounts())
    count = draw(st.integers(1, 4))
    facts = [
        replace(ClusterFacts(id=i + 1, signals=draw(signals(len(people), prefix=f"c{i}"))), **draw(PLAN))
        for i in range(count)
    ]
    # A ticket without a priority takes the default severity, which no stored ticket does: they all have one.
    facts = [replace(f, signals=tuple(s for s in f.signals if s.priority is not None)) for f in facts]
    return [Case(people, fact) for fact in facts if fact.signals]


def ranked(cases: list[Case], config: ScoringConfig) -> list[Explanation]:
    return rank(replace(case, config=config).explain() for case in cases)


def rows(cases: list[Case], found: list[Explanation]) -> Columns:
    kinds = {case.cluster.id: said(case.cluster) for case in cases}
    return Columns.of(
        Row(e.cluster_id, e.score, THIN_EVIDENCE in e.badges, e.last_signal, kinds[e.cluster_id], stored(e))
        for e in found
    )


def stored(e: Explanation) -> dict:
    return json.loads(json.dumps(e.inputs))


def said(cluster: ClusterFacts) -> WorkaroundKind:
    verified = cluster.workaround_verified or cluster.workaround is not WorkaroundKind.FULL
    return cluster.workaround if verified else WorkaroundKind.PARTIAL


def words(cases: list[Case]) -> dict[str, Words]:
    tiers = {segment.name: segment.expectation_tier for segment in SEGMENTS}
    return {
        a.key: Words(
            a.risk_band, a.expectation_tier or (tiers.get(a.segment) if a.identified else None), a.renewal_date
        )
        for case in cases
        for a in case.accounts
    }


def plain(found: list[Explanation]) -> list[tuple[int, int, float]]:
    return [(e.cluster_id, place, e.score) for place, e in enumerate(found, start=1)]


@patient
@given(rankings(), configs())
def test_unchanged_constants_give_the_stored_ranking_whatever_is_known_today(cases, config):
    found = ranked(cases, config)
    for known in (words(cases), {}):
        assert rescore(rows(cases, found), known, config, config) == plain(found)


@patient
@given(rankings(), configs(), configs())
def test_other_constants_give_the_ranking_that_they_would_make(cases, old, new):
    new = replace(new, priority_severity=old.priority_severity)
    found = rescore(rows(cases, ranked(cases, old)), words(cases), old, new)
    assert found == plain(ranked(cases, new))
    assert unforeseen(old, new) == []


@patient
@given(rankings(), configs())
def test_other_severities_of_the_priorities_are_seen_where_each_had_its_own(cases, new):
    old = replace(CONFIG, severity_weight=new.severity_weight)
    seen = replace(old, priority_severity=new.priority_severity)
    assert rescore(rows(cases, ranked(cases, old)), words(cases), old, seen) == plain(ranked(cases, seen))
    assert unforeseen(old, seen) == []
    if seen != old and len(set(seen.priority_severity.values())) < 4:
        assert "Priorities" in unforeseen(seen, old)[0]


def test_an_account_that_changed_since_counts_as_it_was():
    case = Case(
        tuple(replace(a, key=f"a{i}", risk_band=RiskBand.HIGH) for i, a in enumerate([_account(), _account()])),
        ClusterFacts(1, signals=_two()),
    )
    new = replace(CONFIG, beta={**CONFIG.beta, "high": 0.6})
    now = {"a0": Words("low"), "a1": Words("high")}
    (found,) = rescore(rows([case], ranked([case], CONFIG)), now, CONFIG, new)
    assert found.score == ranked([case], new)[0].score


def test_thin_issues_stay_out_of_the_top_and_nothing_is_made_of_nothing():
    cases = [
        Case((replace(_account(), key="a0"),), ClusterFacts(i, signals=_two()[:1] if i == 1 else _two(one=True)))
        for i in (1, 2)
    ]
    found = ranked(cases, CONFIG)
    run = rows(cases, found)
    placed = rescore(run, {}, CONFIG, CONFIG)
    assert {p.id for p in placed} == {1, 2}
    assert top(placed, run, 10) == [2]
    empty = Columns.of([])
    assert rescore(empty, {}, CONFIG, replace(CONFIG, kappa=0.1)) == []


def test_what_is_not_seen_is_said_and_another_format_is_refused():
    new = replace(CONFIG, free_mail_domains=("mail.example",), thin_mean_q=0.5, internal_domains=("ours.example",))
    assert len(unforeseen(CONFIG, new)) == 3
    with pytest.raises(ValueError, match="next ranking"):
        Columns.of([Row(1, 0.0, False, None, None, {"format": 0})])


def _account():
    from tests.analysis.value_cases import account

    return account("a0", 1000.0)


def _two(one: bool = False):
    from bridge.words import Priority
    from tests.analysis.value_cases import ticket

    return (
        ticket("t1", "a0", Priority.HIGH, age=3),
        ticket("t2", "a0" if one else "a1", Priority.URGENT, age=9, is_open=False),
    )
