"""Suppliers and their groups from a CSV file. Rule: on any day a group belongs to one supplier at most.

A row adds, or changes the row of the same group and first day; what the file does not name stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session

from bridge.analysis.cells import CellError
from bridge.analysis.supplier_rows import COLUMNS, REQUIRED, SupplierRow, Validity, read_supplier
from bridge.service.access import Actor, Permission, require
from bridge.service.import_file import ImportReport, Row, Table, put_aside
from bridge.store.events import record
from bridge.store.suppliers import GroupMap, Supplier, all_group_maps, all_suppliers
from bridge.store.sync import bump

STREAM = "suppliers"
MOST_ROWS = 100_000
_Key = tuple[str, date | None]


@dataclass(slots=True)
class _Book:
    """What is known so far: the store's rows, and the lines of the file that were taken in."""

    suppliers: dict[str, Supplier]
    maps: dict[str, dict[date | None, GroupMap]] = field(default_factory=dict)
    lines: dict[_Key, int] = field(default_factory=dict)
    kinds: dict[str, tuple[str, int]] = field(default_factory=dict)
    touched: dict[str, list[GroupMap]] = field(default_factory=dict)

    def clash(self, row: SupplierRow, line: int) -> str | None:
        """Why the row cannot be true beside what is known; None where it can."""
        kind, kind_line = self.kinds.setdefault(row.key, (row.kind, line))
        if kind != row.kind:
            return f"kind {row.kind!r}: line {kind_line} says that {row.supplier} is {kind}; leave one"
        for other in self.maps.get(row.group or "", {}).values():
            known = Validity(other.valid_from, other.valid_to)
            replaced = known.first == row.validity.first and (row.group or "", known.first) not in self.lines
            if not replaced and known.meets(row.validity):
                return f"group {row.group!r} belongs to a supplier {known} already: let one end where the other begins"
        return None

    def narrows(self, row: SupplierRow) -> bool:
        """Whether the row only ends, or repeats, what the store has: such rows make room for the others."""
        known = self.maps.get(row.group or "", {}).get(row.validity.first)
        return known is not None and _no_later(row.validity.end, known.valid_to)


def _no_later(end: date | None, other: date | None) -> bool:
    return other is None or (end is not None and end <= other)


def import_suppliers(session: Session, actor: Actor, path: Path, *, at: datetime) -> ImportReport:
    """Take in suppliers by the documented columns; an empty group names a supplier without groups.

    A bad row is reported and set aside, the rest is imported. Raises ServiceError where the file as a whole cannot be
    suppliers, Forbidden where the actor may not import.
    """
    require(actor, Permission.OPERATE)
    table = Table(path, REQUIRED, COLUMNS, most=MOST_ROWS)
    report = ImportReport(notes=table.notes)
    book = _open_book(session)
    rows = _once(_read(table.rows(), report), report)
    for row, source in sorted(rows, key=lambda pair: (not book.narrows(pair[0]), pair[1].line)):
        if (why := book.clash(row, source.line)) is not None:
            report.reject(source.line, why, source.raw)
        else:
            _take(session, book, row, source.line, report)
    session.flush()
    for key, maps in book.touched.items():
        _tell(session, actor, book.suppliers[key], maps, at)
    if report.changed:
        bump(session, "board")
    put_aside(session, STREAM, table, report, at)
    return report


def _open_book(session: Session) -> _Book:
    book = _Book({supplier.name.casefold(): supplier for supplier in all_suppliers(session)})
    for row in all_group_maps(session):
        book.maps.setdefault(row.group, {})[row.valid_from] = row
    return book


def _read(rows: Iterable[Row], report: ImportReport) -> Iterable[tuple[SupplierRow, Row]]:
    for row in rows:
        report.read += 1
        reason = row.reason
        if row.cells is not None:
            try:
                yield read_supplier(row.cells), row
                continue
            except CellError as error:
                reason = str(error)
        report.reject(row.line, reason, row.raw)


def _once(rows: Iterable[tuple[SupplierRow, Row]], report: ImportReport) -> list[tuple[SupplierRow, Row]]:
    """A row that says the same again counts the first time."""
    first: dict[SupplierRow, Row] = {}
    for row, source in rows:
        if first.setdefault(row, source) is not source:
            report.superseded += 1
    return list(first.items())


def _take(session: Session, book: _Book, row: SupplierRow, line: int, report: ImportReport) -> None:
    supplier = book.suppliers.get(row.key)
    new = supplier is None
    if supplier is None:
        supplier = book.suppliers[row.key] = Supplier(name=row.supplier, kind=row.kind)
    changed = _set(supplier, {"kind": row.kind})
    if new or changed:
        book.touched.setdefault(row.key, [])
        session.add(supplier)
        session.flush()
    if row.group is not None:
        book.lines[row.group, row.validity.first] = line
        there = book.maps.setdefault(row.group, {})
        known = there.get(row.validity.first)
        new = known is None
        known = known or GroupMap(group=row.group, supplier_id=supplier.id or 0, valid_from=row.validity.first)
        there[row.validity.first] = known
        moved = _set(known, {"supplier_id": supplier.id, "valid_to": row.validity.end})
        if new or moved:
            session.add(known)
            book.touched.setdefault(row.key, []).append(known)
        changed = changed or moved
    report.created += new
    report.updated += changed and not new
    report.unchanged += not new and not changed


def _set(thing: Supplier | GroupMap, values: dict[str, Any]) -> bool:
    """Whether any of the values was another."""
    changed = {name: value for name, value in values.items() if getattr(thing, name) != value}
    for name, value in changed.items():
        setattr(thing, name, value)
    return bool(changed)


def _tell(session: Session, actor: Actor, supplier: Supplier, maps: list[GroupMap], at: datetime) -> None:
    groups = [
        {"map": row.id, "from": _iso(row.valid_from), "to": _iso(row.valid_to)}
        for row in sorted(maps, key=lambda row: row.id or 0)
    ]
    after = {"kind": supplier.kind, "groups": groups}
    record(session, "supplier.assigned", f"supplier:{supplier.id}", actor=actor.name, at=at, after=after)


def _iso(value: date | None) -> str | None:
    return value.isoformat() if value else None
