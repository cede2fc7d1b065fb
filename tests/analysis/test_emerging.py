"""The rules of alerts: accounts and not tickets, growth and not noise, once and not again."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.emerging import Rules, Seen, Standing, Verdict, after, judge, needed
from bridge.analysis.working_days import Calendar
from bridge.words import NoticeKind

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
SINCE = NOW - timedelta(days=60)
DAY = timedelta(days=1)
RULES = Rules()
K = NoticeKind


def seen(*ages_days: float, **more: object) -> Seen:
    """An issue whose accounts came first so many days ago."""
    first = {f"account:{n}": NOW - timedelta(days=age) for n, age in enumerate(ages_days)}
    told: dict[str, object] = {"rank": 30, "in_top": False, "thin": False, "planned": True, "first": first}
    return Seen(cluster_id=1, **{**told, **more})  # type: ignore[arg-type]


def at_once(
    issue: Seen, standing: list[Standing] | None = None, now: datetime = NOW, rules: Rules = RULES
) -> list[Verdict]:
    return judge([issue], standing or [], now, SINCE, rules)


def told(verdicts: list[Verdict], kind: NoticeKind = K.EMERGING) -> list[Verdict]:
    return [v for v in verdicts if v.tell and v.kind is kind]


def test_three_new_accounts_are_worth_an_alert_and_two_are_not() -> None:
    assert told(at_once(seen(1, 2, 3)))[0].size == 3
    assert told(at_once(seen(1, 2))) == []
    assert told(at_once(seen(1, 2, 14.1))) == []


def test_thin_evidence_is_never_told_of() -> None:
    everything = seen(1, 2, 3, 4, thin=True, in_top=True, planned=False, premium=frozenset({"account:0"}))
    assert at_once(everything) == []


def test_the_first_look_writes_down_and_tells_nobody() -> None:
    issue = seen(1, 2, 3, in_top=True, rank=1, planned=False, premium=frozenset({"account:0"}))
    first = judge([issue], [], NOW, None, RULES)
    assert {v.kind for v in first} == {K.EMERGING, K.TOP10, K.UNPLANNED}
    assert not any(v.tell for v in first)
    standing = after(first, [], NOW)
    assert judge([issue], standing, NOW + timedelta(hours=1), NOW, RULES) == []


def test_the_same_alert_opens_again_once_it_has_doubled() -> None:
    standing = after(at_once(seen(1, 2, 3)), [], NOW)
    later = NOW + 2 * DAY

    def grown(accounts: int) -> Seen:
        first = {f"account:{n}": NOW - DAY for n in range(accounts)}
        return replace(seen(), first=first)

    assert judge([grown(5)], standing, later, SINCE, RULES) == []
    (again,) = judge([grown(6)], standing, later, SINCE, RULES)
    assert (again.tell, again.size) == (True, 6)
    standing = after([again], standing, later)
    assert len(standing) == 1
    assert judge([grown(11)], standing, later + 2 * DAY, SINCE, RULES) == []


def test_growth_waits_for_the_cooldown_and_is_not_lost() -> None:
    standing = after(at_once(seen(1, 2, 3)), [], NOW)
    grown = seen(1, 1, 1, 2, 2, 3)
    assert judge([grown], standing, NOW + timedelta(hours=23), SINCE, RULES) == []
    assert len(told(judge([grown], standing, NOW + DAY, SINCE, RULES))) == 1


def test_what_is_usual_for_an_issue_is_no_news() -> None:
    """Four new accounts a fortnight for twelve weeks: six are within the habit, ten are not."""
    habit = [15 + 3.5 * n for n in range(20)]
    assert told(at_once(seen(*habit, *[1.0] * 6))) == []
    assert told(at_once(seen(*habit, *[1.0] * 10)))


def test_an_issue_in_the_top_10_is_told_of_once_until_it_has_left_by_a_margin() -> None:
    entered = at_once(seen(20, in_top=True, rank=10))
    assert [v.size for v in told(entered, K.TOP10)] == [10]
    standing = after(entered, [], NOW)
    now = NOW
    for rank in (11, 10, 12, 9, 11):
        now += DAY
        assert told(judge([seen(20, in_top=rank <= 10, rank=rank)], standing, now, SINCE, RULES), K.TOP10) == []
    out = judge([seen(20, rank=13)], standing, now, SINCE, RULES)
    assert [v.is_open for v in out] == [False]
    standing = after(out, standing, now)
    back = judge([seen(20, in_top=True, rank=8)], standing, NOW + 6 * DAY, SINCE, RULES)
    assert told(back, K.TOP10) == []
    assert len(told(judge([seen(20, in_top=True, rank=8)], standing, NOW + 8 * DAY, SINCE, RULES), K.TOP10)) == 1


def test_a_premium_account_is_told_of_once_an_issue() -> None:
    issue = seen(2, 20, premium=frozenset({"account:0"}))
    (first,) = told(at_once(issue), K.PREMIUM)
    assert first.accounts == ("account:0",)
    standing = after([first], [], NOW)
    assert told(judge([issue], standing, NOW + DAY, SINCE, RULES), K.PREMIUM) == []
    more = replace(issue, first={**issue.first, "account:9": NOW}, premium=frozenset({"account:0", "account:9"}))
    (second,) = told(judge([more], standing, NOW + timedelta(hours=1), SINCE, RULES), K.PREMIUM)
    assert second.accounts == ("account:9",)


def test_an_account_that_was_there_before_the_first_look_is_no_news() -> None:
    issue = seen(2, premium=frozenset({"account:0"}))
    assert told(judge([issue], [], NOW, NOW - DAY, RULES), K.PREMIUM) == []


@pytest.mark.parametrize(("days", "due"), [(4, False), (7, False), (8, True)])
def test_no_plan_after_five_business_days_is_worth_a_reminder(days: int, due: bool) -> None:
    """It entered on a Monday: five business days lie between it and the Tuesday after."""
    issue = seen(20, in_top=True, rank=2, planned=False)
    standing = after(at_once(issue), [], NOW)
    reminded = told(judge([issue], standing, NOW + days * DAY, SINCE, RULES), K.UNPLANNED)
    assert bool(reminded) is due
    assert told(judge([replace(issue, planned=True)], standing, NOW + days * DAY, SINCE, RULES), K.UNPLANNED) == []


def test_a_holiday_is_no_business_day() -> None:
    rules = Rules(calendar=Calendar("UTC", frozenset({(NOW + DAY).date()})))
    issue = seen(20, in_top=True, rank=2, planned=False)
    standing = after(at_once(issue), [], NOW)
    assert told(judge([issue], standing, NOW + 8 * DAY, SINCE, rules), K.UNPLANNED) == []
    assert told(judge([issue], standing, NOW + 9 * DAY, SINCE, rules), K.UNPLANNED)


def test_a_reminder_comes_again_after_five_more_business_days_and_not_before() -> None:
    issue = seen(20, in_top=True, rank=2, planned=False)
    standing = after(at_once(issue), [], NOW)
    days = []
    for day in range(1, 30):
        verdicts = judge([issue], standing, NOW + day * DAY, SINCE, RULES)
        standing = after(verdicts, standing, NOW + day * DAY)
        days += [day] * len(told(verdicts, K.UNPLANNED))
    assert days == [8, 16, 24]


def test_an_issue_that_is_gone_closes_its_alerts() -> None:
    standing = after(at_once(seen(1, 2, 3)), [], NOW)
    assert [v.is_open for v in judge([], standing, NOW, SINCE, RULES)] == [False]
    assert judge([], after(judge([], standing, NOW, SINCE, RULES), standing, NOW), NOW, SINCE, RULES) == []


HISTORY = st.lists(st.floats(0.0, 90.0), max_size=40)


@given(HISTORY, st.integers(0, 40))
def test_tickets_of_accounts_that_were_there_change_nothing(ages: list[float], extra: int) -> None:
    """The rules see first tickets alone: a thousand more of the same account are not even an argument."""
    issue = seen(*ages)
    assert at_once(issue) == at_once(replace(issue, first=dict(list(issue.first.items()) * (1 + extra))))


@given(HISTORY, st.lists(st.floats(0.01, 3.0), min_size=1, max_size=60))
def test_over_any_history_alerts_keep_their_distance_and_never_repeat_without_news(
    ages: list[float], steps: list[float]
) -> None:
    """Looked at any number of times: two messages lie a cooldown apart, an open alert is told again only when it has
    grown, a closed one only for accounts that came since; and looking twice at the same instant says nothing new.
    """
    end = sum(steps)
    firsts = {f"account:{n}": SINCE + timedelta(days=age * end / 90) for n, age in enumerate(ages)}
    standing: list[Standing] = []
    now, messages = SINCE, []
    for step in steps:
        now += timedelta(days=step)
        here = {key: at for key, at in firsts.items() if at <= now}
        issue = replace(seen(), first=here)
        verdicts = judge([issue], standing, now, SINCE, RULES)
        before = {s.kind: s for s in standing}
        for verdict in told(verdicts):
            known = before.get(K.EMERGING)
            if known and known.closed_at is None:
                assert verdict.size >= RULES.growth * known.told
            elif known and known.told_at:
                assert sum(at > known.told_at for at in here.values()) >= RULES.accounts
            messages.append(now)
        standing = after(verdicts, standing, now)
        assert told(judge([issue], standing, now, SINCE, RULES)) == []
    assert all(late - early >= RULES.cooldown for early, late in itertools.pairwise(messages))


@given(HISTORY)
def test_more_new_accounts_never_take_an_alert_away(ages: list[float]) -> None:
    if told(at_once(seen(*ages))):
        assert told(at_once(seen(*ages, 0.5)))


@given(HISTORY)
def test_the_threshold_is_the_least(ages: list[float]) -> None:
    assert needed([NOW - timedelta(days=age) for age in ages], NOW, RULES) >= RULES.accounts


def messages_a_year(rate: float, seed: int) -> int:
    """Of an issue that ``rate`` new accounts a week meet at random, always the same rate, looked at every day after
    twelve weeks of it.
    """
    chance, at, firsts = random.Random(seed), 0.0, []
    while at < 84 + 365:
        at += chance.expovariate(rate / 7)
        firsts.append(SINCE + timedelta(days=at))
    standing: list[Standing] = []
    count = 0
    for day in range(84, 84 + 365):
        now = SINCE + timedelta(days=day)
        first = {f"account:{n}": when for n, when in enumerate(firsts) if when <= now}
        verdicts = judge([replace(seen(), first=first)], standing, now, SINCE, RULES)
        standing = after(verdicts, standing, now)
        count += len(told(verdicts))
    return count


@pytest.mark.parametrize("rate", [0.5, 2.0, 8.0])
def test_a_steady_issue_is_seldom_called_emerging(rate: float) -> None:
    """Nothing emerges here: the threshold alone would tell of the issue of two accounts a week twelve times a year."""
    found = [messages_a_year(rate, seed) for seed in range(12)]
    assert math.fsum(found) / len(found) < 2
