"""What the pages' SQL makes of an account is what the ranking makes of it."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from bridge.analysis.segment_rules import segment_of
from bridge.pipeline.rank.accounts import traits_of
from bridge.service import accounts
from bridge.service.access import Actor
from bridge.service.seeds import seed
from bridge.store import account_pages
from bridge.store.accounts import Account, AccountDomain, Segment
from bridge.store.db import Database
from bridge.store.ranking import all_segments
from bridge.words import Role
from tests.pipeline.loop import Loop, ticket

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PM = Actor("R. Diaz", Role.PRODUCT_MANAGER)


def made(dice: random.Random, number: int) -> Account:
    return Account(
        name=f"account {number}",
        arr=dice.choice([None, 0.0, 24_999.0, 25_000.0, 125_000.0, 900_000.0]),
        margin=dice.choice([None, 0.2, 0.8, 1.0]),
        segment_named=dice.choice([None, None, "strategic", "named only", "a name that nobody defined"]),
        strategic_uplift=dice.choice([0.0, 5_000.0]),
        strategic_expires=dice.choice([None, date(2026, 11, 21), date(2026, 11, 22)]),
        region=dice.choice([None, "DACH", "Nordics", "50 % off_", "Île-de-France"]),
        languages=dice.choice([[], ["de"], ["sv", "Français"], ["de-AT", 'a"b']]),
        growth_pipeline=dice.choice([None, 0.0, 40_000.0]),
        expectation_tier=dice.choice([None, "premium", "standard"]),
        risk_band=dice.choice([None, "low", "high"]),
        required_location=dice.choice([None, "onshore"]),
        lifecycle=dice.choice(["active", "active", "prospect", "churned"]),
        source="test",
        as_of=NOW - timedelta(days=dice.choice([1, 200])),
    )


def expected(account: Account, segments: list[Segment]) -> tuple[str, float]:
    """As analysis/value.py has it."""
    known = None if account.arr is None else account.arr * (1.0 if account.margin is None else account.margin)
    rules = [(s.name, s.rule) for s in segments]
    name = segment_of(rules, traits_of(account))
    if account.lifecycle != "active":
        return name, 0.0
    value = next(s.value_default for s in segments if s.name == name) if known is None else known
    expired = account.strategic_expires is not None and account.strategic_expires < NOW.date()
    return name, value + (0.0 if expired else account.strategic_uplift)


def test_segment_and_value_are_the_rankings(db: Database) -> None:
    dice = random.Random(11)
    with db.write() as session:
        seed(session, currency="EUR", internal_domains=[], at=NOW)
        rows = all_segments(session)
        rows[-1].position += 1
        session.flush()
        session.add(Segment(name="named only", rule={"named": True}, value_default=7_000.0, expectation_tier="standard",
                            position=rows[-1].position - 1))  # fmt: skip
        session.add_all(made(dice, number) for number in range(120))
    with db.read() as session:
        segments = all_segments(session)
        known = {a.name: expected(a, segments) for a in session.exec(select(Account))}
        shown = {}
        for page in (1, 2, 3):
            found = accounts.accounts(session, PM, accounts.Filters(page=page), at=NOW)
            shown |= {row.name: (row.segment, pytest.approx(row.value)) for row in found.rows}
        held, _ = accounts.segments(session, PM, at=NOW)
    assert known == shown
    assert sum(row.value for row in held) == pytest.approx(sum(value for _, value in known.values()))
    assert found.everything.value == pytest.approx(sum(value for _, value in known.values()))
    assert found.everything.stale == found.found.stale


RULES: tuple[dict[str, Any], ...] = (
    {"language": ["Français", "pt"]},
    {"language": ['a"b'], "risk_band": ["high", "elevated"]},
    {"region": ["Île-de-France", "50 % off_"], "lifecycle": ["active"]},
    {"growth_at_least": 1.0, "tier": ["premium"]},
    {"required_location": ["onshore"], "value_at_least": 100_000},
    {"shoe_size": 42},
    {"language": ["de"]},
    {"growth_at_least": 0},
)


def test_every_condition_means_the_same_in_sql(db: Database) -> None:
    dice = random.Random(12)
    with db.write() as session:
        seed(session, currency="EUR", internal_domains=[], at=NOW)
        for row in all_segments(session):
            session.delete(row)
        session.flush()
        for position, rule in enumerate([*RULES, {}]):
            session.add(Segment(name=f"s{position}", rule=rule, value_default=position, expectation_tier="standard",
                                position=position))  # fmt: skip
        session.add_all(made(dice, number) for number in range(400))
    with db.read() as session:
        segments = all_segments(session)
        known = {a.name: expected(a, segments)[0] for a in session.exec(select(Account))}
        columns = account_pages.columns(segments, NOW.date())
        rows = account_pages.page(session, columns, [], [Account.id], limit=500, offset=0)
    assert {row[0].name: row[1] for row in rows} == known
    assert {f"s{place}" for place, rule in enumerate([*RULES, {}]) if "shoe_size" not in rule} == set(known.values())


def test_tickets_belong_by_reference_then_by_a_domain_of_ones_own(db: Database) -> None:
    loop = Loop(db)
    ids = {name: loop.account(name, 1.0, f"{name}.example") for name in ("acme", "borealis")}
    with db.write() as session:
        session.add_all(AccountDomain(domain="shared.example", account_id=id_) for id_ in ids.values())
    loop.put(
        ticket("1", requester="a@acme.example"),
        ticket("2", requester="a@acme.example", account="borealis"),
        ticket("3", requester="a@shared.example"),
        ticket("4", requester="a@acme.example", status="solved"),
    )
    loop.pull()
    with db.read() as session:
        shown = {name: accounts.account(session, PM, id_, at=NOW) for name, id_ in ids.items()}
    assert [t.source_id for t in shown["acme"].tickets] == ["1", "4"]
    assert shown["acme"].row.open_tickets == 1
    assert [t.source_id for t in shown["borealis"].tickets] == ["2"]
