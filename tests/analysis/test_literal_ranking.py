"""The independent arithmetic against the worked example of the specification, so that a slip here is not blamed on the product."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.analysis.literal_ranking import Account, Issue, Segment, Ticket, World, portfolio, rank

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BIG, SMALL = Segment("big", Decimal(18000)), Segment("small", Decimal(600))


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def account(
    name: str, arr: int | None, expectation: str, risk: str | None = "normal", renewal: int | None = None
) -> Account:
    when = None if renewal is None else (NOW + timedelta(days=renewal)).date()
    return Account(name, BIG, None if arr is None else Decimal(arr), risk=risk, renewal=when, expectation=expectation)


SMALLS = [f"S{at}" for at in range(1, 11)]
WORLD = World(
    NOW,
    (
        account("Acme", 240_000, "premium", "elevated", 60),
        account("Borealis", 120_000, "premium", renewal=300),
        account("Cobalt", 60_000, "standard", renewal=30),
        account("Delta", 24_000, "standard", "elevated"),
        account("Umbra", None, "standard", None),
        *(account(name, 600, "self_serve") for name in SMALLS),
    ),
    (BIG, SMALL),
)


def tickets(
    name: str, signal: float, first: float, priority: str, *, count: int = 1, closed: bool = False
) -> list[Ticket]:
    return [
        Ticket(f"{name}-{at}", ago(first), ago(signal), name, priority=priority, closed=closed) for at in range(count)
    ]


def issue(name: str, *evidence: list[Ticket], workaround: str = "none") -> Issue:
    return Issue(name, tuple(each for part in evidence for each in part), workaround=workaround)


C1 = issue("C1", tickets("Acme", 2, 40, "urgent"), tickets("Borealis", 10, 12, "urgent"))
C2 = issue(
    "C2",
    tickets("Delta", 5, 6, "high"),
    *(tickets(name, 5, 6, "high") for name in SMALLS[:8]),
    *(tickets(name, 5, 29, "high") for name in SMALLS[8:]),
)
C3 = issue("C3", *(tickets(name, 45, 60, "normal", closed=True) for name in ("Acme", "Borealis", "Cobalt")))
C4 = issue("C4", tickets("Cobalt", 1, 50, "urgent", count=40), workaround="full")
C5 = issue("C5", *(tickets(name, 90, 100, "low", count=3, closed=True) for name in ("Umbra", *SMALLS)))
EVERY = [C5, C4, C3, C2, C1]


def test_the_worked_example() -> None:
    ranked = rank(EVERY, WORLD)
    assert [(one.id, round(one.score)) for one in ranked] == [
        ("C1", 99_593),
        ("C3", 10_800),
        ("C4", 3_586),
        ("C2", 3_524),
        ("C5", 28),
    ]
    # C5 has 33 tickets and C4 40: by value the first is the last by count.
    assert [one.tickets for one in ranked] == [2, 3, 40, 11, 33]
    assert round(portfolio(EVERY, WORLD)) == 111_626
    assert round(sum(one.risk_now for one in ranked)) == 114_778


def test_the_parts_of_the_worked_example() -> None:
    first, third, fourth, second, fifth = rank(EVERY, WORLD)
    acme, borealis = first.contributions
    # The text cuts Acme's 83,355.55 off where it rounds all else.
    assert (round(acme.p, 4), int(acme.risk_now), round(acme.momentum)) == (Decimal("0.3473"), 83_355, 0)
    assert (round(borealis.p, 4), round(borealis.risk_now), round(borealis.momentum)) == (
        Decimal("0.1203"),
        14_433,
        1_804,
    )
    assert [round(each.risk_now) for each in third.contributions] == [8_400, 1_500, 900]
    assert round(fourth.contributions[0].p, 4) == Decimal("0.0598")
    assert (round(second.risk_now), round(second.momentum)) == (2_575, 949)
    assert {each.account: round(each.risk_now, 1) for each in fifth.contributions}["Umbra"] == Decimal("22.5")


def test_the_doubt_of_the_worked_example() -> None:
    first, *_rest, fifth = rank(EVERY, WORLD)
    # 16,238 in the text; 16,237.6 here.
    assert (round(first.without_largest), round(first.n_eff, 2)) == (16_238, Decimal("1.38"))
    assert (first.low, round(first.high, -3)) == (0, 254_000)
    assert "single account" in first.badges
    assert fifth.known_share == pytest.approx(Decimal("0.2"), abs=Decimal("0.005"))
