"""Accounts come in row by row, bad rows beside them, and a second time nothing happens."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlmodel import Session, col, select

from bridge.demo.sample import write_sample
from bridge.service.access import Actor, Forbidden
from bridge.service.account_import import import_accounts
from bridge.service.errors import ServiceError
from bridge.service.import_file import ImportReport
from bridge.service.seeds import seed
from bridge.store.accounts import Account
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.ranking import account_keys, all_segments, data_snapshot
from bridge.store.tickets import SetAside
from bridge.words import Role

AT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
ADA = Actor("ada", Role.ADMIN)


@pytest.fixture
def seeded(db: Database) -> Database:
    with db.write() as session:
        seed(session, currency="EUR", internal_domains=[], at=AT)
    return db


class SegmentFacts(NamedTuple):
    name: str
    value_default: float
    expectation_tier: str


def run(db: Database, path: Path, at: datetime = AT) -> ImportReport:
    with db.write() as session:
        return import_accounts(session, ADA, path, at=at)


def load(db: Database, folder: Path, text: str | bytes, at: datetime = AT, name: str = "accounts.csv") -> ImportReport:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    report = run(db, path, at)
    parts = report.created, report.updated, report.unchanged, report.superseded, len(report.rejected)
    assert report.read == sum(parts)
    return report


def account(session: Session, name: str) -> Account:
    return session.exec(select(Account).where(Account.name == name)).one()


def state(db: Database) -> tuple[object, ...]:
    with db.read() as session:
        rows = [row.model_dump() for row in session.exec(select(Account).order_by(col(Account.id)))]
        events = len(session.exec(select(Event)).all())
        return (
            rows,
            [s.model_dump() for s in all_segments(session)],
            account_keys(session),
            events,
            data_snapshot(session),
        )


def test_every_column_is_read(seeded: Database, tmp_path: Path) -> None:
    report = load(
        seeded,
        tmp_path,
        "\ufeffaccount,external_ids,domains,arr,currency,margin,segment,expectation_tier,risk_band,renewal_date,region,"
        "languages,strategic_uplift,strategic_reason,strategic_expires,growth_pipeline,sla,required_location,"
        "lifecycle,as_of\r\n"
        "Nørd  Æble,crm:1;billing:B-7,Noerd.example;bücher.example,1200.50,eur,0.8,Mid-Market,Premium,HIGH,2026-09-01,"
        'Nordics,da; en,500,"Reference, ""the"" first",2027-01-01,7500,'
        "first_reply.urgent=1; resolution.Urgent=8.5;first_reply.low=24,Onshore,active,2026-05-01\r\n",
    )

    assert (report.created, report.rejected, report.notes) == (1, [], [])
    with seeded.read() as session:
        row = account(session, "Nørd Æble").model_dump(exclude={"id"})
        _, external, domains = account_keys(session)
    assert row == {
        "name": "Nørd Æble",
        "arr": 1200.5,
        "currency": "EUR",
        "margin": 0.8,
        "segment_named": "mid-market",
        "expectation_tier": "premium",
        "risk_band": "high",
        "renewal_date": date(2026, 9, 1),
        "region": "Nordics",
        "languages": ["da", "en"],
        "strategic_uplift": 500.0,
        "strategic_reason": 'Reference, "the" first',
        "strategic_expires": date(2027, 1, 1),
        "growth_pipeline": 7_500.0,
        "sla": {"first_reply": {"urgent": 1.0, "low": 24.0}, "resolution": {"urgent": 8.5}},
        "required_location": "onshore",
        "lifecycle": "active",
        "source": "import accounts.csv",
        "as_of": datetime(2026, 5, 1, tzinfo=UTC),
    }
    assert {value for value, _ in external} == {"crm:1", "billing:B-7"}
    assert {value for value, _ in domains} == {"noerd.example", "xn--bcher-kva.example"}


def test_second_import_of_the_sample_changes_nothing(seeded: Database, tmp_path: Path) -> None:
    sample = write_sample(tmp_path, AT)
    first = run(seeded, sample.accounts)
    before = state(seeded)

    second = run(seeded, sample.accounts, AT + timedelta(hours=1))

    assert first.rejected == []
    assert first.created == first.read == second.unchanged >= 50
    assert state(seeded) == before


def test_absent_column_leaves_a_value_and_empty_cell_clears_it(seeded: Database, tmp_path: Path) -> None:
    load(seeded, tmp_path, "account,arr,margin,domains,external_ids,lifecycle\nAcme,100,0.5,a.example,crm:1,churned\n")

    report = load(seeded, tmp_path, "account,arr,lifecycle,domains\nACME,,,\n")

    assert report.updated == 1
    with seeded.read() as session:
        row = account(session, "ACME").model_dump()
        _, external, domains = account_keys(session)
    assert (row["arr"], row["margin"], row["lifecycle"]) == (None, 0.5, "active")
    assert ([e for e, _ in external], domains) == (["crm:1"], [])


@pytest.mark.parametrize(
    ("column", "cell", "word"),
    [
        ("arr", "-1", "from 0"),
        ("arr", "NaN", "from 0"),
        ("arr", "inf", "from 0"),
        ("arr", "1e999", "from 0"),
        ("arr", '"12,5"', "decimals by"),
        ("margin", "1.5", "from 0 to 1"),
        ("currency", "USD", "EUR"),
        ("expectation_tier", "gold", "premium, standard, self_serve"),
        ("risk_band", "awful", "low, normal, elevated, high"),
        ("lifecycle", "zombie", "prospect, active, churned"),
        ("renewal_date", "31.12.2026", "YYYY-MM-DD"),
        ("renewal_date", "2026-02-30", "YYYY-MM-DD"),
        ("external_ids", "1001", "system:id"),
        ("domains", "no domain", "example.com"),
        ("domains", "gmail.com", "anybody"),
        ("account", "", "account"),
        ("account", "grace@hopper.example", "personal data"),
    ],
)
def test_bad_cell_costs_its_row_only(seeded: Database, tmp_path: Path, column: str, cell: str, word: str) -> None:
    header, bad, good = ("account,region", f"{cell},x", "Good,x")
    if column != "account":
        header, bad, good = (f"account,{column}", f"Bad,{cell}", "Good,")

    report = load(seeded, tmp_path, f"{header}\n{bad}\n{good}\n")

    assert report.created == 1
    [(line, reason, _)] = report.rejected
    assert line == 2
    assert column in reason
    assert word in reason
    with seeded.read() as session:
        [aside] = session.exec(select(SetAside)).all()
        found = aside.connection, aside.stream, aside.ref, aside.reason
    assert found == ("import", "accounts", "accounts.csv:2", reason)


def test_personal_data_of_bad_rows_is_nowhere(seeded: Database, tmp_path: Path) -> None:
    secret = "grace.hopper@navy.example"
    report = load(
        seeded,
        tmp_path,
        f"account,arr,strategic_reason,region\nBad,{secret},{secret},{secret}\nGood,1,ask {secret},{secret}\n",
    )

    assert report.created == 1
    assert secret not in repr(report)
    with seeded.read() as session:
        assert secret not in repr([*session.exec(select(SetAside)), *session.exec(select(Account))])
        assert account(session, "Good").strategic_reason == "ask [email]"


def test_mended_row_is_no_longer_set_aside(seeded: Database, tmp_path: Path) -> None:
    load(seeded, tmp_path, "account,arr\nA,x\nB,y\n")
    load(seeded, tmp_path, "account,arr\nA,1\nB,y\n", AT + timedelta(days=1))

    with seeded.read() as session:
        rows = {row.ref: row.resolved_at is None for row in session.exec(select(SetAside))}
    assert rows == {"accounts.csv:2": False, "accounts.csv:3": True}


def test_last_good_row_of_an_account_counts(seeded: Database, tmp_path: Path) -> None:
    text = "account,arr\nAcme,1\nBeta,5\nacme,2\nAcme,bad\n"
    report = load(seeded, tmp_path, text)

    assert (report.created, report.superseded, [r.line for r in report.rejected]) == (2, 1, [5])
    assert any("come again" in note for note in report.notes)
    with seeded.read() as session:
        assert account(session, "acme").arr == 2
    before = state(seeded)
    assert load(seeded, tmp_path, text).unchanged == 2
    assert state(seeded)[:2] == before[:2]


def test_external_id_stays_with_its_owner(seeded: Database, tmp_path: Path) -> None:
    load(seeded, tmp_path, "account,external_ids\nOwner,crm:1\n")

    text = "account,external_ids\nThief,crm:1\nFirst,crm:2\nSecond,crm:2\n"
    report = load(seeded, tmp_path, text)

    assert [(r.line, "another account" in r.reason) for r in report.rejected] == [(2, True), (4, True)]
    assert report.created == 1


def test_external_id_moves_when_the_file_takes_it_from_its_owner(seeded: Database, tmp_path: Path) -> None:
    load(seeded, tmp_path, "account,external_ids\nOld,crm:1\n")
    text = "account,external_ids\nNew,crm:1\nOld,crm:9\n"

    report = load(seeded, tmp_path, text)

    assert (report.created, report.updated, report.rejected) == (1, 1, [])
    with seeded.read() as session:
        names, external, _ = account_keys(session)
        owners = {id_: name for name, id_ in names}
    assert {value: owners[id_] for value, id_ in external} == {"crm:1": "New", "crm:9": "Old"}
    assert load(seeded, tmp_path, text).unchanged == 2


def test_domain_of_two_accounts_is_noted(seeded: Database, tmp_path: Path) -> None:
    report = load(seeded, tmp_path, "account,domains\nA,x.example\nB,x.example\n")

    assert report.created == 2
    assert any("x.example" in note for note in report.notes)


def test_named_segment_is_created_before_the_catch_all(seeded: Database, tmp_path: Path) -> None:
    text = (
        "account,segment,arr,expectation_tier\nA,Public Sector,10,premium\nB,public sector,30,premium\n"
        "C,Public Sector,80,standard\nD,Empty,,\nE,,,\n"
    )
    load(seeded, tmp_path, text)

    with seeded.read() as session:
        segments = [SegmentFacts(s.name, s.value_default, s.expectation_tier) for s in all_segments(session)]
        assert account(session, "B").segment_named == "Public Sector"
        changes = session.exec(select(Event.id).where(Event.actor == "ada", Event.kind == "config.changed")).all()
    names = [segment.name for segment in segments]
    assert names == ["strategic", "mid-market", "self-serve", "Public Sector", "Empty", "unclassified"]
    public, empty, last = segments[-3:]
    assert (public.value_default, public.expectation_tier) == (30.0, "premium")
    assert (empty.value_default, empty.expectation_tier) == (last.value_default, "standard")
    assert len(changes) == 2
    assert load(seeded, tmp_path, text).unchanged == 5


def test_unknown_columns_and_undeclared_uplift_are_noted(seeded: Database, tmp_path: Path) -> None:
    report = load(seeded, tmp_path, "Account,Owner,strategic_uplift\nA,x,100\n")

    assert report.created == 1
    assert any("owner" in note for note in report.notes)
    assert any("strategic_expires" in note for note in report.notes)


def test_windows_1252_is_read_and_noted(seeded: Database, tmp_path: Path) -> None:
    report = load(seeded, tmp_path, "account\nMüller €\n".encode("cp1252"))

    assert any("1252" in note for note in report.notes)
    with seeded.read() as session:
        assert account(session, "Müller €")


def test_garbage_costs_itself_only(seeded: Database, tmp_path: Path) -> None:
    huge = "x" * 3_000_000
    report = load(
        seeded, tmp_path, f'account,region\nGood,1\nA,{huge}\n"open,2\nToo,many,cells\nFew\nN\0ul,3\nLast,4\n'
    )

    assert [r.line for r in report.rejected] == [3, 4, 5, 6]
    with seeded.read() as session:
        assert sorted(session.exec(select(Account.name))) == ["Good", "Last", "Nul"]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \n", "empty"),
        (b"name,arr\nAcme,1\n", "account"),
        (b"account,arr,arr\nAcme,1,2\n", "more than once"),
        (b'{"account": "Acme"}\n', "JSON"),
        ("account\nAcme\n".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04" + bytes(100), "spreadsheet"),
        (b"account" * 1_000_000, "account"),
    ],
)
def test_other_files_are_refused(seeded: Database, tmp_path: Path, data: bytes, word: str) -> None:
    with pytest.raises(ServiceError, match=word):
        load(seeded, tmp_path, data)


def test_missing_file_and_missing_seed_say_what_to_do(db: Database, tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="bridge init"):
        load(db, tmp_path, "account\nA\n")
    with db.write() as session:
        seed(session, currency="EUR", internal_domains=[], at=AT)
    with pytest.raises(ServiceError, match=r"cannot read nowhere\.csv"):
        run(db, tmp_path / "nowhere.csv")


def test_agents_may_not_import(seeded: Database, tmp_path: Path) -> None:
    with pytest.raises(Forbidden), seeded.read() as session:
        import_accounts(session, Actor("bob", Role.AGENT), tmp_path / "accounts.csv", at=AT)


def test_confirmed_values_are_fresh_again_after_a_day(seeded: Database, tmp_path: Path) -> None:
    load(seeded, tmp_path, "account,arr\nAcme,1\n")

    report = load(seeded, tmp_path, "account,arr\nAcme,1\n", AT + timedelta(days=2))

    assert report.unchanged == 1
    with seeded.read() as session:
        assert account(session, "Acme").as_of == AT + timedelta(days=2)
