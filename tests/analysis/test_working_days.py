"""Business days, the weekly hour and quiet hours, also where clocks are put forward and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.working_days import DAYS, Calendar, Quiet, last_weekly, not_before

BERLIN = ZoneInfo("Europe/Berlin")
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=730)).map(lambda past: datetime(2025, 1, 1, tzinfo=UTC) + past)
ZONES = st.sampled_from([ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu")])
MINUTE = st.integers(0, 24 * 60 - 1)


@given(MOMENTS, st.sampled_from(DAYS), st.integers(0, 23), ZONES)
def test_the_weekly_hour_lies_within_the_last_week_and_on_its_day(
    at: datetime, day: str, hour: int, tz: ZoneInfo
) -> None:
    slot = last_weekly(at, day, hour, tz)
    assert timedelta(0) <= at - slot < timedelta(days=7, hours=2)
    assert last_weekly(slot, day, hour, tz) == slot
    here = slot.astimezone(tz)
    assert here.weekday() in (DAYS.index(day), (DAYS.index(day) + 1) % 7)  # an hour that clocks leave out begins later


def test_the_weekly_hour_follows_the_clocks_on_the_wall() -> None:
    for week, offset in ((date(2026, 3, 23), 1), (date(2026, 3, 30), 2)):
        noon = datetime.combine(week, time(12), UTC)
        assert last_weekly(noon, "monday", 8, BERLIN) == datetime.combine(week, time(8 - offset), UTC)


@given(MOMENTS, MINUTE, MINUTE, st.booleans(), ZONES)
def test_what_waits_for_the_end_of_quiet_hours_comes_out_of_them_soon(
    at: datetime, start: int, end: int, weekends: bool, tz: ZoneInfo
) -> None:
    quiet = Quiet(start, end, weekends)
    due = not_before(at, quiet, tz)
    assert due >= at - timedelta(hours=1)  # the hour that is told twice in autumn
    assert due - at < timedelta(days=4)
    if at.astimezone(tz).replace(tzinfo=None) not in quiet:
        assert due == at


@pytest.mark.parametrize(
    ("now", "due"),
    [("21:59", "21:59"), ("22:00", "07:00"), ("03:30", "07:00"), ("06:59", "07:00"), ("07:00", "07:00")],
)
def test_a_night_is_quiet_over_midnight(now: str, due: str) -> None:
    at = datetime.combine(date(2026, 6, 10), time.fromisoformat(now), BERLIN)
    got = not_before(at.astimezone(UTC), Quiet(22 * 60, 7 * 60), BERLIN).astimezone(BERLIN)
    assert got.strftime("%H:%M") == due
    assert got >= at


def test_a_quiet_weekend_ends_on_monday_morning() -> None:
    friday_night = datetime(2026, 6, 12, 23, 0, tzinfo=UTC)
    assert not_before(friday_night, Quiet(22 * 60, 7 * 60, weekends=True), UTC) == datetime(2026, 6, 15, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("until", "days"), [("2026-06-13", 0), ("2026-06-15", 0), ("2026-06-16", 1), ("2026-06-22", 5)]
)
def test_what_came_on_friday_is_one_business_day_old_on_tuesday(until: str, days: int) -> None:
    friday = datetime(2026, 6, 12, 16, tzinfo=UTC)
    assert Calendar().business_days(friday, datetime.fromisoformat(f"{until}T09:00:00+00:00")) == days


def test_a_day_is_what_the_zone_says() -> None:
    late_thursday = datetime(2026, 6, 11, 23, 30, tzinfo=UTC)
    monday = datetime(2026, 6, 15, 12, tzinfo=UTC)
    assert Calendar("UTC").business_days(late_thursday, monday) == 1
    assert Calendar("Europe/Berlin").business_days(late_thursday, monday) == 0
