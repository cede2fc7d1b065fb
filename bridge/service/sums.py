"""Money for people who may read sums only: no sum over a few accounts, which would be the value of one.

Rule (domain.md 6.4): a sum over at least ``SUM_OF`` accounts is shown, a smaller one only as a band.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.service.issue_money import SUM_OF, band


@dataclass(frozen=True, slots=True)
class Sum:
    """Money per year of ``accounts`` together: exactly one of ``amount`` and ``band`` is there."""

    accounts: int
    amount: float | None = None
    band: str | None = None


def sum_of(amount: float, accounts: int) -> Sum:
    return Sum(accounts, amount=amount) if accounts >= SUM_OF else banded(amount, accounts)


def banded(amount: float, accounts: int) -> Sum:
    return Sum(accounts, band=band(amount))


def parts_of(amounts: Sequence[tuple[float, int]]) -> list[Sum]:
    """The parts of one shown sum. If one of them is a band then all are, or it could be had by subtraction."""
    enough = all(accounts >= SUM_OF for _, accounts in amounts)
    return [(sum_of if enough else banded)(amount, accounts) for amount, accounts in amounts]
