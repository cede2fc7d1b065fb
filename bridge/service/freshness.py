"""How old the data was, from the instants at which a connection was read. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

FEWEST = 3
WINDOW = timedelta(hours=24)
SHARE = 0.95


def age_p95(reads: Iterable[datetime], now: datetime) -> timedelta | None:
    """The age that the data did not exceed at 95 % of the instants since the first read of the last 24 hours.

    Between two reads the data gets older second by second, so an interval of length g spends g - x above the age x.
    None with fewer than three reads: not judged.
    """
    moments = sorted(at for at in set(reads) if now - WINDOW <= at <= now)
    if len(moments) < FEWEST:
        return None
    gaps = [(after - before).total_seconds() for before, after in zip(moments, [*moments[1:], now], strict=True)]
    return timedelta(seconds=_exceeded(gaps, (1 - SHARE) * sum(gaps)))


def _exceeded(gaps: list[float], seconds: float) -> float:
    """The age that is exceeded during ``seconds`` in all."""
    longest = sorted(gaps, reverse=True)
    total = 0.0
    for count, gap in enumerate(longest, start=1):
        total += gap
        age = (total - seconds) / count
        below = longest[count] if count < len(longest) else 0.0
        if age >= below:
            return age
    return 0.0
