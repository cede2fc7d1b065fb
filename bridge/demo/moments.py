"""When a ticket is created, touched and solved: in the 90 days before the anchor, never after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from bridge.demo.chance import chance

DAYS = 90
_MARGIN = timedelta(minutes=10)
_FRIDAY = 4
_KEPT_AS_SOLVED_DAYS = 20


@dataclass(frozen=True, slots=True)
class Life:
    """The times are aware UTC, created <= last customer signal <= updated <= anchor."""

    created: datetime
    last_customer: datetime
    updated: datetime
    status: str


def age_days(when: str, rng: Random) -> float:
    """An age for a family's ``when``: steady, rising, burst N, since N or until N; N is days before the anchor.

    Raises ValueError for any other word.
    """
    kind, _, number = when.partition(" ")
    days = float(number or DAYS)
    if kind == "steady":
        return rng.uniform(0, DAYS)
    if kind == "rising":
        return float(DAYS * rng.random() ** 1.9)
    if kind == "burst":
        return max(0.0, days - rng.expovariate(3 / days))
    if kind == "since":
        return rng.uniform(0, days)
    if kind == "until":
        return rng.uniform(days, DAYS)
    raise ValueError(f"when: {when!r} is none of steady, rising, burst N, since N, until N")


def created_at(anchor: datetime, age: float, rng: Random) -> datetime:
    """Mostly a working hour of a working day close to ``age``, always within the last 90 days."""
    day = anchor - timedelta(days=age)
    if day.weekday() > _FRIDAY and chance(rng, 0.75):
        day -= timedelta(days=day.weekday() - _FRIDAY)
    second = int(min(86399, max(0, rng.gauss(12.5, 3.2) * 3600)))
    moment = day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(seconds=second)
    earliest, latest = anchor - timedelta(days=DAYS) + _MARGIN, anchor - _MARGIN
    if earliest <= moment <= latest:
        return moment
    inward = timedelta(seconds=rng.randint(0, 43200))
    return earliest + inward if moment < earliest else latest - inward


def life(anchor: datetime, created: datetime, slowness: float, rng: Random) -> Life:
    """``slowness`` stretches the time to solve; a team that takes longer leaves more tickets open."""
    age = (anchor - created) / timedelta(days=1)
    needed = rng.expovariate(1 / (6.0 * slowness)) + 0.05
    if needed < age and not chance(rng, 0.12):
        solved = created + timedelta(days=needed)
        status = "closed" if (anchor - solved).days > _KEPT_AS_SOLVED_DAYS else "solved"
        last = created + (solved - created) * rng.choice((0, 0, 0.3, 0.6, 0.9))
        return Life(created, _whole(last), _whole(solved), status)
    fresh = created > anchor - timedelta(hours=14)
    status = "new" if fresh else rng.choices(("open", "pending", "hold", "new"), (55, 28, 9, 8))[0]
    touched = created if status == "new" else created + (anchor - created) * rng.random()
    last = created + (touched - created) * rng.choice((0, 0, 0.5, 1))
    return Life(created, _whole(last), _whole(touched), status)


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
