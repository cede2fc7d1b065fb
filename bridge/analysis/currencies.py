"""Money of another currency -> the reporting currency, by a table of dated rates.

Rule: the rate is the last one on or before the day of which the money speaks; without one nothing is guessed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Rates:
    """``currency`` is the reporting one. A rate: one unit of the other currency in units of the reporting one."""

    currency: str
    _days: dict[str, list[date]] = field(default_factory=dict)
    _rates: dict[str, list[float]] = field(default_factory=dict)

    @classmethod
    def of(cls, currency: str, rows: Iterable[tuple[str, date, float]]) -> Rates:
        """``rows``: (currency, from which day on, rate)."""
        made = cls(currency.upper())
        for other, day, rate in sorted(rows):
            made._days.setdefault(other, []).append(day)
            made._rates.setdefault(other, []).append(rate)
        return made

    def on(self, other: str, day: date) -> tuple[date, float] | None:
        """Since when which rate held on that day; None where nothing is known of that day or before."""
        days = self._days.get(other, [])
        place = bisect_right(days, day)
        return (days[place - 1], self._rates[other][place - 1]) if place else None
