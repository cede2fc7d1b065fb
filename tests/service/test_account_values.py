"""Every value with its source: who counts before whom, what is stale, and a person's own word."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.origins import FIELDS, SCORED, STALE, Kind, Told
from bridge.ranked import records
from bridge.service import account_values, accounts
from bridge.service.access import Actor, Forbidden
from bridge.service.account_import import import_accounts
from bridge.service.account_values import KnownValue
from bridge.service.errors import ServiceError
from bridge.store.accounts import Account, AccountOrigin
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.ranking import last_run
from bridge.words import Role
from tests.pipeline.loop import PM, Loop, three_issues

ADA = Actor("ada", Role.ADMIN)
CSM = Actor("C. Care", Role.CSM)
AT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def loop(db: Database) -> Loop:
    made = Loop(db)
    three_issues(made)
    return made


def id_of(loop: Loop, name: str) -> int:
    return int(loop.rows(Account, name=name)[0].id)


def view(loop: Loop, name: str) -> Any:
    with loop.db.read() as session:
        return accounts.account(session, PM, id_of(loop, name), at=loop.clock())


def value(loop: Loop, name: str, field: str) -> KnownValue:
    found: KnownValue = next(v for v in view(loop, name).values if v.field == field)
    return found


def told(loop: Loop, name: str, field: str) -> list[tuple[str, Any]]:
    found = value(loop, name, field)
    return [(one.kind, one.value) for one in (found.counts, *found.others) if one is not None]


def bring(loop: Loop, folder: Path, text: str) -> Any:
    path = folder / "crm.csv"
    path.write_text(text, encoding="utf-8")
    return loop.decide(import_accounts, path, actor=ADA)


def test_a_persons_word_stands_until_it_is_withdrawn(loop: Loop, tmp_path: Path) -> None:
    acme = id_of(loop, "Acme")
    loop.decide(account_values.set_value, acme, "arr", "300000", "signed on Friday")
    bring(loop, tmp_path, "account,arr\nAcme,250000\n")
    assert told(loop, "Acme", "arr") == [("manual", 300_000.0), ("file", 250_000.0)]
    assert loop.rows(Account, name="Acme")[0].arr == 300_000.0
    loop.decide(account_values.set_value, acme, "arr", "", "the CRM has it now")
    assert told(loop, "Acme", "arr") == [("file", 250_000.0)]
    assert loop.rows(Account, name="Acme")[0].arr == 250_000.0
    with pytest.raises(ServiceError, match="nothing to withdraw"):
        loop.decide(account_values.set_value, acme, "arr", "", "again")


def test_what_a_file_does_not_speak_of_keeps_its_source_and_age(loop: Loop, tmp_path: Path) -> None:
    bring(loop, tmp_path, "account,arr,region,as_of\nAcme,1000,DACH,2025-07-01\n")
    loop.clock.pass_(86_400)
    bring(loop, tmp_path, "account,region\nAcme,Nordics\n")
    arr, region = value(loop, "Acme", "arr").counts, value(loop, "Acme", "region").counts
    assert arr is not None
    assert region is not None
    assert (arr.as_of, arr.stale) == (datetime(2025, 7, 1, tzinfo=UTC), loop.clock() - arr.as_of > STALE)
    assert (region.as_of, region.source) == (loop.clock(), "import crm.csv")
    assert loop.rows(Account, name="Acme")[0].as_of == arr.as_of


def test_stale_values_are_flagged_on_the_account_and_in_the_list(loop: Loop, tmp_path: Path) -> None:
    bring(loop, tmp_path, "account,arr,risk_band,as_of\nAcme,1000,high,2025-11-01\n")
    seen = view(loop, "Acme")
    assert seen.row.stale
    assert seen.quality == {
        "arr": "stale", "risk_band": "stale", "margin": "imputed", "strategic_uplift": "imputed",
        "expectation_tier": "imputed", "renewal_date": "imputed",
    }  # fmt: skip
    with loop.db.read() as session:
        page = accounts.accounts(session, PM, accounts.Filters(only="stale"), at=loop.clock())
    assert [row.name for row in page.rows] == ["Acme"]


def test_an_account_from_before_keeps_what_its_source_told(loop: Loop) -> None:
    assert loop.rows(AccountOrigin) == []
    assert told(loop, "Acme", "arr") == [("file", 240_000.0)]
    loop.decide(account_values.set_value, id_of(loop, "Acme"), "risk_band", "High", "they said so on the phone")
    assert told(loop, "Acme", "arr") == [("file", 240_000.0)]
    kept = loop.rows(Account, name="Acme")[0]
    assert (kept.arr, kept.risk_band) == (240_000.0, "high")


def test_an_uplift_has_its_person_its_reason_and_its_end(loop: Loop) -> None:
    cobalt, events = id_of(loop, "Cobalt"), len(loop.rows(Event))
    until = (loop.clock() + timedelta(days=100)).date()
    for amount, why, day, said in (
        ("5000", "", str(until), "reason"),
        ("5000", "reference", "", "last day"),
        ("5000", "reference", "2020-01-01", "over already"),
        ("much", "reference", str(until), "strategic_uplift 'much'"),
    ):
        with pytest.raises(ServiceError, match=said):
            loop.decide(account_values.set_uplift, cobalt, amount, why, day)
    loop.decide(account_values.set_uplift, cobalt, "900000", "reference customer", str(until))
    assert len(loop.rows(Event)) == events + 2, "the change, and the ranking after it"
    row = loop.rows(Account, name="Cobalt")[0]
    assert (row.strategic_uplift, row.strategic_reason, row.strategic_expires) == (
        900_000.0, "reference customer", until,
    )  # fmt: skip
    counts = value(loop, "Cobalt", "strategic_uplift").counts
    assert counts is not None
    assert (counts.source, counts.kind) == ("R. Diaz", "manual")
    with loop.db.read() as session:
        run = last_run(session)
        assert run is not None
        first = next(iter(records(session, run).values())).explanation
    assert f"account:{cobalt}" in {c["account"] for c in first["contributions"]}
    loop.decide(account_values.set_uplift, cobalt, "", "over", "")
    assert loop.rows(Account, name="Cobalt")[0].strategic_uplift == 0.0
    changes = loop.rows(Event, kind="account.changed")
    assert [(e.before["strategic_uplift"], e.after["strategic_uplift"]) for e in changes] == [
        (None, 900_000.0), (900_000.0, None),
    ]  # fmt: skip


def test_what_cannot_be_meant_is_refused_and_nothing_changes(loop: Loop) -> None:
    acme = id_of(loop, "Acme")
    before = loop.rows(Account, name="Acme")[0].model_dump()
    for field, text, why, said in (
        ("arr", "1,000", "x", "arr '1,000'"),
        ("name", "Other", "x", "no field 'name'"),
        ("strategic_uplift", "1", "x", "no field"),
        ("arr", "1000", " ", "say why"),
    ):
        with pytest.raises(ServiceError, match=said):
            loop.decide(account_values.set_value, acme, field, text, why)
    with pytest.raises(ServiceError, match="no account 999"):
        loop.decide(account_values.set_value, 999, "arr", "1", "x")
    with pytest.raises(Forbidden):
        loop.decide(account_values.set_value, acme, "arr", "1", "x", actor=CSM)
    with pytest.raises(Forbidden):
        loop.decide(account_values.set_uplift, acme, "1", "x", "2030-01-01", actor=CSM)
    assert loop.rows(Account, name="Acme")[0].model_dump() == before


WORDS: dict[str, st.SearchStrategy[Any]] = {
    "arr": st.floats(0, 1e9),
    "renewal_date": st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    "languages": st.lists(st.sampled_from(["de", "en"]), unique=True, min_size=1),
    "lifecycle": st.sampled_from(["active", "churned"]),
}
SAYINGS = st.lists(
    st.sampled_from(sorted(WORDS)).flatmap(
        lambda field: st.tuples(
            st.sampled_from(list(Kind)), st.just(field), st.none() | WORDS[field], st.integers(0, 400)
        )
    ),
    max_size=12,
)


@given(SAYINGS)
def test_the_first_kind_that_knows_counts_whatever_the_order(sayings: list[tuple[Kind, str, Any, int]]) -> None:
    """Against a literal reading: last word of each kind, then the first kind that has one."""
    told, literal = Told({}), {}
    for kind, field, word, days in sayings:
        told.say(kind, field, word, "s", AT - timedelta(days=days))
        literal[kind, field] = (word, AT - timedelta(days=days))
    again = Told(told.to_json())
    for field in WORDS:
        known = [literal[kind, field] for kind in Kind if literal.get((kind, field), (None,))[0] is not None]
        said = again.counts(field)
        assert (said and (said.value, said.as_of)) == (known[0] if known else None)
    ages = [said.as_of for field in SCORED if (said := again.counts(field))]
    assert again.as_of(AT) == (min(ages) if ages else again.as_of(AT))
    assert set(again.columns()) == set(FIELDS)
