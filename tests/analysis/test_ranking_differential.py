"""The ranking of whole workspaces, out of the database, against the literal arithmetic: every field of every record."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal, localcontext
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from bridge.analysis.ranking import portfolio, portfolio_of_records
from bridge.pipeline.rank import compute
from bridge.store.db import Database
from tests.analysis import literal_ranking as literal
from tests.analysis.literal_delta import CAUSES, delta
from tests.analysis.small_workspaces import Rows, Workspace, crowds, two_weeks, workspaces, world

WORTH = Decimal("1e-9")
"""Of the largest amount that goes into a figure. A figure takes fewer than a thousand operations in binary fractions of 53 digits: each is off
by 1.1e-16 of its result at most, so all of them by 1.1e-13; a thousandfold is left free, and no wrong constant hides in it."""
GRID = Decimal("4e-6")
"""Money: causes lie on a grid of 2**-20, and a cause is the difference of two rounded sums."""
few = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))


@contextmanager
def rows_of(db: Database) -> Iterator[Rows]:
    """Rows that are gone afterwards."""
    with Session(db.engine) as session:
        yield Rows(session)
        session.rollback()


def close(ours: float | None, theirs: Decimal, scale: Decimal = Decimal(0), slack: Decimal = Decimal("1e-12")) -> bool:
    assert ours is not None
    return abs(Decimal(ours) - theirs) <= WORTH * max(abs(theirs), scale) + slack


def check_contributions(record: dict[str, Any], expected: literal.Ranked, issue: literal.Issue, as_of: Any) -> None:
    theirs = {each.account: each for each in expected.contributions}
    assert {each["account"] for each in record["contributions"]} == theirs.keys()
    for ours in record["contributions"]:
        one = theirs[ours["account"]]
        assert ours["segment"] == one.segment
        pairs = {
            "V": one.value, "beta": one.beta, "r": one.renewal, "e": one.expects, "omega": one.omega, "m": one.m,
            "risk_now": one.risk_now, "momentum": one.momentum,
        }  # fmt: skip
        assert {name: ours[name] for name, value in pairs.items() if not close(ours[name], value)} == {}
        assert ours["V_source"].startswith(("arr", "prospect", "churned")) or not one.known
        [decided] = [each for each in issue.tickets if each.id == ours["deciding_ticket"]]
        assert literal.holder(decided) == one.account
        with localcontext(prec=literal.DIGITS):
            q = literal.ONE if decided.confirmed else decided.q
            assert close(ours["m"], literal.severity(decided, issue) * q * literal.decay(decided, as_of))


def check(record: dict[str, Any], expected: literal.Ranked, issue: literal.Issue, as_of: Any) -> None:
    check_contributions(record, expected, issue, as_of)
    assert (record["accounts"], record["tickets"]) == (len(expected.contributions), expected.tickets)
    for name in ("score", "risk_now", "momentum"):
        assert close(record[name], getattr(expected, name)), name
    assert close(record["without_largest"], expected.without_largest, expected.score)
    with localcontext(prec=literal.DIGITS):
        for ours, theirs in zip(record["range80"], (expected.low, expected.high), strict=True):
            assert close(ours, theirs, expected.high)
        segments = {row["segment"]: row for row in record["by_segment"]}
        assert segments.keys() == expected.by_segment.keys()
        for name, (amount, accounts) in expected.by_segment.items():
            assert close(segments[name]["amount"], amount)
            assert segments[name]["accounts"] == accounts
        if expected.known_share is not None and expected.n_eff is not None:
            assert close(record["known_share"], expected.known_share, Decimal(1))
            assert close(record["n_eff"], expected.n_eff)
    ours_of_both = {badge for badge in record["badges"] if badge in {"single account", "thin evidence"}}
    if expected.score:
        assert ours_of_both == expected.badges


def holds(w: Workspace, rows: Rows) -> None:
    rows.write(w)
    ranking = compute(rows.session, w.as_of)
    issues, all_ = world(w, rows)
    by_id = {issue.id: issue for issue in issues}
    expected = {one.id: one for one in literal.rank(issues, all_)}
    found = {f"{e.cluster_id:09}": e for e in ranking.explanations}
    assert all(not expected[id_].contributions for id_ in expected.keys() - found.keys())
    for id_, explanation in found.items():
        check(explanation.to_dict(), expected[id_], by_id[id_], w.as_of)
        seconds = expected[id_].last_signal.timestamp() if expected[id_].last_signal else None
        assert explanation.last_signal == seconds
    order = [id_ for id_ in expected if id_ in found]
    for first, second in itertools.pairwise(f"{e.cluster_id:09}" for e in ranking.explanations):
        a, b = expected[first].score, expected[second].score
        in_order = order.index(first) < order.index(second)
        assert in_order or (a != b and close(float(a), b)), (
            "scores that differ by no more than rounding may change places"
        )
    stored = [e.to_dict() for e in ranking.explanations]
    for together in (portfolio(ranking.explanations), portfolio_of_records(stored)):
        assert close(together.amount, literal.portfolio(issues, all_), Decimal(together.sum_of_risk))
        assert close(together.sum_of_risk, sum((one.risk_now for one in expected.values()), Decimal(0)))


@few
@given(w=workspaces())
def test_a_ranking_is_what_the_text_says(sqlite_db: Database, w: Workspace) -> None:
    with rows_of(sqlite_db) as rows:
        holds(w, rows)


@settings(few, max_examples=10)
@given(w=workspaces())
def test_so_it_is_on_either_database(db: Database, w: Workspace) -> None:
    with rows_of(db) as rows:
        holds(w, rows)


def causes_hold(rows: Rows, before: Workspace, after: Workspace) -> None:
    """Every cause where the record of the week before kept each ticket, only their sum where it kept the telling ones."""
    rows.write(before)
    inputs = {e.cluster_id: e.inputs for e in compute(rows.session, before.as_of).explanations}
    old_issues, old = world(before, rows)
    rows.write(after)
    ranking = compute(rows.session, after.as_of, inputs)
    new_issues, new = world(after, rows)
    pairs = {b.id: (a, b) for a, b in zip(old_issues, new_issues, strict=True)}
    severity_alone = after == replace(before, cases=after.cases, severities=after.severities) and all(
        one == replace(was, priority=one.priority) for was, one in zip(before.cases, after.cases, strict=False)
    )
    for explanation in ranking.explanations:
        if explanation.cluster_id not in inputs:
            continue
        was, now = pairs[f"{explanation.cluster_id:09}"]
        found = explanation.delta_vs_previous
        assert found is not None
        causes = {row["cause"]: row["amount"] for row in found["causes"]}
        assert tuple(causes) == CAUSES
        assert sum(causes.values()) == found["amount"]
        expected = delta(was, old, now, new)
        scale = literal.rank_one(was, old).score + literal.rank_one(now, new).score
        assert close(found["amount"], sum(expected.values(), Decimal(0)), scale, GRID)
        kept = sum(len(tickets) for *_, tickets in inputs[explanation.cluster_id]["accounts"])
        if severity_alone or kept == len(literal.counting(was, old)):
            wrong = {
                c: (causes[c], float(expected[c])) for c in CAUSES if not close(causes[c], expected[c], scale, GRID)
            }
            assert wrong == {}


@settings(few, max_examples=40)
@given(weeks=two_weeks())
def test_causes_are_what_the_text_says(sqlite_db: Database, weeks: tuple[Workspace, Workspace]) -> None:
    with rows_of(sqlite_db) as rows:
        causes_hold(rows, *weeks)


@few
@given(w=crowds(), data=st.data())
def test_another_severity_is_that_cause_also_of_a_ticket_that_was_not_kept(
    sqlite_db: Database, w: Workspace, data: st.DataObject
) -> None:
    priority = st.sampled_from(["urgent", "high", "normal", "low"])
    cases = tuple(replace(case, priority=data.draw(priority)) for case in w.cases)
    with rows_of(sqlite_db) as rows:
        causes_hold(rows, w, replace(w, cases=cases))
