"""Money for people who may read sums only: no sum over a few accounts, which would be the value of one.

Rule (domain.md 6.4): a sum over at least ``FEWEST`` accounts is shown, a smaller one only as a band.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FEWEST = 5
_BANDS = ((10_000, "under 10k"), (100_000, "10k to 100k"))
_ABOVE = "over 100k"


@dataclass(frozen=True, slots=True)
class Sum:
    """Money per year of ``accounts`` together: exactly one of ``amount`` and ``band`` is there."""

    accounts: int
    amount: float | None = None
    band: str | None = None


def sum_of(amount: float, accounts: int) -> Sum:
    return Sum(accounts, amount=amount) if accounts >= FEWEST else banded(amount, accounts)


def banded(amount: float, accounts: int) -> Sum:
    return Sum(accounts, band=next((words for below, words in _BANDS if amount < below), _ABOVE))


def parts_of(amounts: Sequence[tuple[float, int]]) -> list[Sum]:
    """The parts of one shown sum. If one of them is a band then all are, or it could be had by subtraction."""
    enough = all(accounts >= FEWEST for _, accounts in amounts)
    return [(sum_of if enough else banded)(amount, accounts) for amount, accounts in amounts]
