"""How much of an issue's money a reader may see: the EUR row of domain.md 6.4.

Rule: what may not be seen is None here, and stays None all the way to the page.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.analysis.sight import SUM_OF, Sight, band
from bridge.service.access import Actor, Permission, may
from bridge.service.issue_entries import Entry
from bridge.service.issue_filters import Filters, adjusted

__all__ = ["SUM_OF", "Money", "Segment", "Sight", "band", "money_of", "segments_of", "sight_of"]


@dataclass(frozen=True, slots=True)
class Segment:
    """``share`` of the score, None where it would tell an amount that the reader may not see."""

    name: str
    tone: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Money:
    """Per year. ``band`` stands in for ``amount``. ``change`` is since the ranking that movement is told against."""

    amount: float | None = None
    band: str | None = None
    low: float | None = None
    high: float | None = None
    change: float | None = None
    known_share: float | None = None
    without_largest: float | None = None
    momentum: float | None = None


def sight_of(actor: Actor) -> Sight:
    if may(actor, Permission.READ_VALUE):
        return Sight.ALL
    return Sight.SUMS if may(actor, Permission.READ_SUMS) else Sight.NONE


def money_of(entry: Entry, sight: Sight, filters: Filters) -> Money:
    """What the reader may see of the score. Where a part of it is left out there is no range and no change."""
    if entry.rank is None or sight is Sight.NONE:
        return Money()
    s = entry.summary
    amount = adjusted(entry, filters)
    if sight is Sight.SUMS:
        if s["accounts"] < SUM_OF:
            return Money(band=band(amount))
        return Money(amount=amount, known_share=s["known_share"])
    if filters.unidentified or filters.largest:
        return Money(amount=amount, known_share=s["known_share"])
    moved = s["moved"]
    return Money(
        amount=amount,
        low=s["range80"][0],
        high=s["range80"][1],
        change=moved[1] if moved else None,
        known_share=s["known_share"],
        without_largest=s["without_largest"],
        momentum=s["momentum"],
    )


def segments_of(entry: Entry, sight: Sight, tones: dict[str, int], *, hide: str = "") -> tuple[Segment, ...]:
    """Of which segments the accounts are, the dearest segment first; by name alone where shares would tell amounts."""
    parts = [part for part in entry.summary.get("by_segment", ()) if part[0] != hide]
    whole = sum(amount for _, amount, _ in parts)
    told = sight is Sight.ALL or (sight is Sight.SUMS and all(accounts >= SUM_OF for *_, accounts in parts))
    parts = sorted(parts, key=lambda part: (tones.get(part[0], 0) or len(tones) + 1, -part[1] if told else 0, part[0]))
    return tuple(
        Segment(name, tones.get(name, 0), (amount / whole if whole else 0.0) if told else None)
        for name, amount, _ in parts
    )
