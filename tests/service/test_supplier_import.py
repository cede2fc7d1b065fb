"""Suppliers and their groups: on no day two suppliers for one group, and a second time nothing happens."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, select

from bridge.analysis.supplier_rows import Validity
from bridge.demo.sample import write_sample
from bridge.service.access import Actor, Forbidden
from bridge.service.errors import ServiceError
from bridge.service.import_file import ImportReport
from bridge.service.supplier_import import import_suppliers
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.suppliers import all_group_maps, all_suppliers, supplier_of
from bridge.store.tickets import SetAside
from bridge.words import Role

AT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
ADA = Actor("ada", Role.ADMIN)
HEADER = "supplier,kind,group,valid_from,valid_to\n"
DAYS = st.none() | st.dates(date(2026, 1, 1), date(2026, 2, 1))


def run(db: Database, path: Path) -> ImportReport:
    with db.write() as session:
        report = import_suppliers(session, ADA, path, at=AT)
    parts = report.created, report.updated, report.unchanged, report.superseded, len(report.rejected)
    assert report.read == sum(parts)
    return report


def load(db: Database, folder: Path, rows: str) -> ImportReport:
    path = folder / "suppliers.csv"
    path.write_text(HEADER + rows)
    return run(db, path)


def who(session: Session, group: str, day: date) -> str | None:
    supplier = supplier_of(session, group, day)
    return supplier.name if supplier else None


def state(db: Database) -> tuple[object, ...]:
    with db.read() as session:
        events = len(session.exec(select(Event)).all())
        maps = [row.model_dump() for row in all_group_maps(session)]
        return [row.model_dump() for row in all_suppliers(session)], maps, events


def test_a_group_moves_from_one_supplier_to_the_next(db: Database, tmp_path: Path) -> None:
    rows = "Tumblewick,insourced,Gold,,2026-03-01\nPennywhistle,Outsourced,Gold,2026-03-01,\n"

    assert load(db, tmp_path, rows).created == 2

    with db.read() as session:
        assert who(session, "Gold", date(2020, 1, 1)) == "Tumblewick"
        assert who(session, "Gold", date(2026, 2, 28)) == "Tumblewick"
        assert who(session, "Gold", date(2026, 3, 1)) == "Pennywhistle"
        assert who(session, "Silver", date(2026, 3, 1)) is None
        assert [s.kind for s in all_suppliers(session)] == ["insourced", "outsourced"]
        assert session.exec(select(Event.kind)).all() == ["supplier.assigned"] * 2


def test_second_import_of_the_sample_changes_nothing(db: Database, tmp_path: Path) -> None:
    sample = write_sample(tmp_path, AT)
    first = run(db, sample.suppliers)
    before = state(db)

    second = run(db, sample.suppliers)

    assert (first.rejected, first.created) == ([], first.read)
    assert second.unchanged == second.read
    assert state(db) == before


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_file_may_end_one_validity_and_begin_the_next(db: Database, tmp_path: Path, order: tuple[int, int]) -> None:
    load(db, tmp_path, "A,insourced,Gold,2026-01-01,\n")
    rows = ["A,insourced,Gold,2026-01-01,2026-03-01\n", "B,outsourced,Gold,2026-03-01,\n"]

    report = load(db, tmp_path, "".join(rows[i] for i in order))

    assert (report.updated, report.created, report.rejected) == (1, 1, [])
    with db.read() as session:
        assert who(session, "Gold", date(2026, 4, 1)) == "B"


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ("B,outsourced,Gold,2026-06-01,", "2026-01-01"),
        ("B,outsourced,Gold,,2026-01-02", "further notice"),
        ("B,outsourced,Gold,2026-01-01,2026-02-01", "already"),
        ("A,outsourced,Tin,,", "kind"),
        ("B,partner,Tin,,", "outsourced, insourced"),
        ("B,outsourced,Tin,2026-02-01,2026-02-01", "not after"),
        ("B,outsourced,Tin,01.02.2026,", "YYYY-MM-DD"),
        (",outsourced,Tin,,", "supplier"),
        ("B,outsourced,help@desk.example,,", "personal data"),
        ("B,outsourced,Tin", "3 fields"),
    ],
)
def test_bad_row_costs_itself_only(db: Database, tmp_path: Path, row: str, word: str) -> None:
    report = load(db, tmp_path, f"A,insourced,Gold,2026-01-01,\n{row}\nC,insourced,Silver,,\n")

    [(line, reason, _)] = report.rejected
    assert line == 3
    assert word in reason
    with db.read() as session:
        assert [supplier.name for supplier in all_suppliers(session)] == ["A", "C"]
        assert [aside.ref for aside in session.exec(select(SetAside))] == ["suppliers.csv:3"]


def test_changed_kind_and_supplier_of_a_validity(db: Database, tmp_path: Path) -> None:
    load(db, tmp_path, "A,insourced,Gold,,\nB,insourced,,,\n")

    report = load(db, tmp_path, "b,outsourced,Gold,,\nb,outsourced,Gold,,\n")

    assert (report.updated, report.superseded) == (1, 1)
    with db.read() as session:
        supplier = supplier_of(session, "Gold", date(2026, 1, 1))
        assert supplier is not None
        assert (supplier.name, supplier.kind) == ("B", "outsourced")


def test_refusals(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "suppliers.csv"
    path.write_text("supplier,kind\nA,insourced\n")
    with pytest.raises(ServiceError, match="missing: group"):
        run(db, path)
    with pytest.raises(Forbidden), db.read() as session:
        import_suppliers(session, Actor("bob", Role.AGENT), path, at=AT)


@given(DAYS, DAYS, DAYS, DAYS)
def test_validities_meet_exactly_when_they_share_a_day(
    a: date | None, b: date | None, c: date | None, d: date | None
) -> None:
    first, second = Validity(a, b), Validity(c, d)
    if any(v.first and v.end and v.first >= v.end for v in (first, second)):
        return
    days = [date(2025, 12, 1) + timedelta(days=n) for n in range(100)]

    shared = [day for day in days if all(_in(day, v) for v in (first, second))]

    assert first.meets(second) == second.meets(first) == bool(shared)


def _in(day: date, validity: Validity) -> bool:
    return (validity.first is None or validity.first <= day) and (validity.end is None or day < validity.end)
