"""Days and hours as people live them: business days, the weekly hour, the hours in which nobody wants to be told.

Rule: a time zone decides what a day is, and every instant that goes in or comes out is UTC. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SATURDAY = 5
MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Calendar:
    """Where the workspace lives."""

    zone: str = "UTC"
    holidays: frozenset[date] = frozenset()

    @property
    def tz(self) -> tzinfo:
        return UTC if self.zone == "UTC" else ZoneInfo(self.zone)

    def is_business_day(self, day: date) -> bool:
        return day.weekday() < SATURDAY and day not in self.holidays

    def business_days(self, since: datetime, until: datetime) -> int:
        """Whole business days after the day of ``since`` and before that of ``until``: what came on a Friday is one day
        old on Tuesday.
        """
        day, last = since.astimezone(self.tz).date() + timedelta(days=1), until.astimezone(self.tz).date()
        return sum(self.is_business_day(day + timedelta(days=n)) for n in range((last - day).days))


@dataclass(frozen=True, slots=True)
class Quiet:
    """Minutes of the day, ``end`` exclusive; over midnight where ``start`` is the later one; equal: never."""

    start: int = 0
    end: int = 0
    weekends: bool = False

    def __contains__(self, moment: datetime) -> bool:
        """``moment`` as a clock on the wall shows it."""
        if self.weekends and moment.weekday() >= SATURDAY:
            return True
        minute = moment.hour * 60 + moment.minute
        if self.start <= self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


def last_weekly(at: datetime, day: str, hour: int, tz: tzinfo) -> datetime:
    """The newest instant at or before ``at`` at which that hour of that day began."""
    here = at.astimezone(tz)
    back = (here.weekday() - DAYS.index(day)) % 7
    for weeks in (0, 1):
        on = here.date() - timedelta(days=back + 7 * weeks)
        found = datetime.combine(on, time(hour), tz).astimezone(UTC)
        if found <= at:
            return found
    raise AssertionError("one of two weeks has begun")


def not_before(at: datetime, quiet: Quiet, tz: tzinfo) -> datetime:
    """``at``, or the end of the quiet hours that it falls into. Who is never not quiet gets it after a week."""
    here = at.astimezone(tz).replace(tzinfo=None)
    if here not in quiet:
        return at
    here = here.replace(second=0, microsecond=0)
    steps = sorted({quiet.end % MINUTES, 0})
    for day in range(8):
        for minute in steps:
            candidate = datetime.combine(here.date() + timedelta(days=day), time(minute // 60, minute % 60))
            if candidate > here and candidate not in quiet:
                return candidate.replace(tzinfo=tz).astimezone(UTC)
    return at + timedelta(days=7)
