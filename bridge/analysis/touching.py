"""When the issue in a tracker is touched again, and why. Rule: a fact does it, noise never; every touch says why.

A touch reaches everybody who follows the issue there. So a band is left only by a margin, counts are told at most once
a day, and what merely ages is brought up to date once a week. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from connectors.base import PriorityLevel

TOP, NEXT = 3, 10
_LEAVES = {TOP: 4, NEXT: 12}
_LEAVES_MONEY = 0.8
"""A priority that follows money is kept down to this share of its border."""
"""An issue stays in a band that it has up to this rank: two that change places every day touch nothing."""
DAILY, WEEKLY = timedelta(days=1), timedelta(days=7)
AT_ONCE = 1.5
"""Counts that have grown so much are told at once."""
GROWN, GROWN_BY = 1.25, 3
"""So much more tickets, and so many at least, are worth telling."""
NAMES = {TOP: "top 3", NEXT: "top 10"}
REST = "below the top 10"


@dataclass(frozen=True, slots=True)
class Told:
    """What the tracker was told of an issue, without words of customers. ``band``: a name of ``band``; ``segments``:
    accounts by segment; ``title``, ``text``: their hashes. ``level``: the priority, where it follows money.
    """

    band: str
    accounts: int
    segments: Mapping[str, int]
    tickets: int
    open_tickets: int
    severity: str | None
    title: str
    text: str
    level: str | None = None


def band(rank: int, before: str | None = None) -> str:
    """1-3, 4-10, the rest; one that was in a better band before leaves it by a margin only."""
    for border, name in NAMES.items():
        if rank <= (_LEAVES[border] if before in _within(border) else border):
            return name
    return REST


def level_by_money(score: float, borders: tuple[float, float], before: str | None = None) -> PriorityLevel:
    """Top from the first border on, next from the second; one that was higher before leaves it by a margin only."""
    levels = (PriorityLevel.TOP, PriorityLevel.NEXT)
    for place, (level, border) in enumerate(zip(levels, borders, strict=True)):
        if score >= (border * _LEAVES_MONEY if before in levels[: place + 1] else border):
            return level
    return PriorityLevel.DEFAULT


def _within(border: int) -> Sequence[str]:
    """The bands that lie inside this border."""
    return [name for other, name in NAMES.items() if other <= border]


def reasons(before: Told, now: Told, age: timedelta) -> tuple[str, ...]:
    """Why to touch it, in words for the people there; empty: leave it. ``age``: since the last touch."""
    found = []
    if now.band != before.band:
        found.append(f"rank {before.band} to {now.band}")
    if now.level != before.level and now.level and before.level:
        found.append(f"priority by value {before.level} to {now.level}")
    if now.severity != before.severity:
        found.append(f"severity {before.severity or 'by ticket'} to {now.severity or 'by ticket'}")
    if now.title != before.title:
        found.append("named anew")
    if bool(now.open_tickets) != bool(before.open_tickets):
        found.append("tickets open again" if now.open_tickets else "no ticket open any more")
    counts = _counts(before, now)
    if counts and (found or age >= DAILY or now.accounts >= AT_ONCE * max(before.accounts, 1)):
        found += counts
    if not found and now.text != before.text and age >= WEEKLY:
        found.append("brought up to date")
    return tuple(found)


def _counts(before: Told, now: Told) -> list[str]:
    found = []
    if now.accounts != before.accounts:
        found.append(f"accounts {before.accounts} to {now.accounts}")
    elif dict(now.segments) != dict(before.segments):
        found.append("other customer segments")
    if now.tickets >= max(GROWN * before.tickets, before.tickets + GROWN_BY):
        found.append(f"tickets {before.tickets} to {now.tickets}")
    return found


def read_told(kept: Mapping[str, Any]) -> Told | None:
    """What ``asdict`` of it gave; None where nothing was kept."""
    return Told(**kept) if kept else None
