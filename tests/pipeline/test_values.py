"""What a help desk knows of its organisations becomes values of accounts, as far as the configuration maps it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.service.account_import import import_accounts
from bridge.store.accounts import Account, AccountDomain, AccountExternalId, AccountOrigin
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.tickets import SetAside
from connectors.base import Account as Organisation
from tests.pipeline.loop import Loop, ticket
from tests.service.test_strangers import ADA

FIELDS = {"Annual Value": "arr", "Risk": "risk_band", "Group": "segment"}


@pytest.fixture
def loop(db: Database) -> Loop:
    made = Loop(db)
    made.account("Acme", None, "acme.example")
    made.source = replace(made.source, account_fields=FIELDS)
    return made


def kept(loop: Loop, name: str) -> Any:
    return loop.rows(Account, name=name)[0]


def test_fields_of_tickets_tell_of_known_accounts_only(loop: Loop) -> None:
    loop.put(
        ticket("1", account="Acme", attributes={"annual value": "120000", "Risk": "high", "Shoe": "42"}),
        ticket("2", account="Nobody Inc", attributes={"Annual Value": "1"}),
        ticket("3", attributes={"Annual Value": "5"}),
    )
    loop.pull()
    acme = kept(loop, "Acme")
    assert (acme.arr, acme.risk_band) == (120_000.0, "high")
    told = loop.rows(AccountOrigin)[0].told["desk"]["arr"]
    assert (told["source"], told["as_of"]) == ("desk", loop.clock().isoformat())
    assert len(loop.rows(Account)) == 1


def test_a_file_counts_before_the_desk_and_the_desk_where_it_is_silent(loop: Loop, tmp_path: Path) -> None:
    path = tmp_path / "crm.csv"
    path.write_text("account,arr\nAcme,99\n", encoding="utf-8")
    loop.decide(import_accounts, path, actor=ADA)
    loop.put(ticket("1", account="acme", attributes={"Annual Value": "120000", "Risk": "low"}))
    loop.pull()
    assert (kept(loop, "Acme").arr, kept(loop, "Acme").risk_band) == (99.0, "low")
    path.write_text("account,arr\nAcme,\n", encoding="utf-8")
    loop.decide(import_accounts, path, actor=ADA)
    assert kept(loop, "Acme").arr == 120_000.0


def test_what_cannot_be_read_is_set_aside_and_settled_when_it_is_well(loop: Loop) -> None:
    loop.put(ticket("1", account="Acme", attributes={"Annual Value": "lots", "Risk": "low"}))
    report = loop.pull()
    assert report.failed == 1
    [aside] = loop.rows(SetAside)
    assert "field 'Annual Value' of connection 'desk': arr 'lots'" in aside.reason
    assert (kept(loop, "Acme").arr, kept(loop, "Acme").risk_band) == (None, "low")
    loop.clock.pass_(60)
    loop.put(ticket("1", account="Acme", attributes={"Annual Value": "7"}, updated_at=loop.clock()))
    loop.pull()
    assert kept(loop, "Acme").arr == 7.0
    assert loop.rows(SetAside)[0].resolved_at is not None


def test_listed_organisations_become_accounts_with_their_ids_and_domains(loop: Loop) -> None:
    loop.desk.put_account(Organisation("7", "Borealis", ("borealis.example",), {"Annual Value": "60000"}))
    loop.desk.put_account(Organisation("8", "ACME", (), {"Risk": "elevated"}))
    loop.desk.put_account(Organisation("9", "Silent", (), {"Other": "1"}))
    loop.pull()
    assert {row.name for row in loop.rows(Account)} == {"Acme", "Borealis"}
    borealis = kept(loop, "Borealis")
    assert (borealis.arr, borealis.source) == (60_000.0, "desk")
    assert kept(loop, "Acme").risk_band == "elevated"
    assert {row.external_id for row in loop.rows(AccountExternalId)} == {"desk:7", "desk:8"}
    assert {row.domain for row in loop.rows(AccountDomain)} == {"acme.example", "borealis.example"}
    events = len(loop.rows(Event))
    loop.clock.pass_(60)
    loop.desk.put_account(Organisation("7", "Borealis renamed", (), {"Annual Value": "70000"}))
    loop.pull()
    assert kept(loop, "Borealis").arr == 70_000.0
    assert len(loop.rows(Event)) == events + 1


def test_without_a_mapping_nothing_is_read(loop: Loop) -> None:
    loop.source = replace(loop.source, account_fields={})
    loop.put(ticket("1", account="Acme", attributes={"Annual Value": "120000"}))
    loop.desk.put_account(Organisation("7", "Borealis", (), {"Annual Value": "60000"}))
    loop.pull()
    assert [(row.name, row.arr) for row in loop.rows(Account)] == [("Acme", None)]
