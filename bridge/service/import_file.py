"""What every import of a table shares: reading the file row by row, the report, and the rows set aside.

Rule: a bad row costs itself and never the rest; a file that is no such table is refused before anything is stored.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlmodel import Session

from bridge.analysis.redaction import redact
from bridge.service.errors import ServiceError
from bridge.store.intake import Aside, set_aside
from bridge.store.set_aside import resolve_file
from connectors._records import FileRefused, Records

CONNECTION = "import"
MOST_ROWS = 1_000_000
MOST_REJECTED = 10_000
EXCERPT = 200
_PIECE = 1 << 20
ADDED = ("rejected_line", "rejected_reason", "rejected_row")
"""Columns of a list of rejected rows; an import reads over them."""
FORMULA = ("=", "+", "-", "@")


class Rejection(NamedTuple):
    """A row that was not taken in: its first line in the file, why, and its redacted beginning."""

    line: int
    reason: str
    excerpt: str


@dataclass(slots=True)
class ImportReport:
    """``read`` = created + updated + unchanged + superseded + rejected. Superseded rows came again further down."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    superseded: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.created or self.updated)

    def reject(self, line: int, reason: str, raw: str) -> None:
        """Raises ServiceError when so much is rejected that the file must be another one than meant."""
        excerpt = redact(raw.replace("\0", "")).text[:EXCERPT]
        self.rejected.append(Rejection(line, redact(reason).text, excerpt))
        if len(self.rejected) > MOST_REJECTED:
            first = min(self.rejected)
            raise ServiceError(
                f"more than {MOST_REJECTED} rows cannot be read, so nothing was imported; "
                f"the first is line {first.line}: {first.reason}"
            )


class Row(NamedTuple):
    """``cells`` by lower-case column name; None with a ``reason`` where the row is not readable."""

    line: int
    cells: Mapping[str, str] | None
    reason: str
    raw: str


class Table:
    """A CSV file with a header that may be read several times. ``notes``: what a reader of the report should know."""

    def __init__(self, path: Path, required: Sequence[str], known: Sequence[str], most: int = MOST_ROWS) -> None:
        """Raises ServiceError if the file cannot be read or has not the ``required`` columns."""
        self.path = path
        self.notes: list[str] = []
        self._required = required
        self._most = most
        header = self._scan()
        next(self.rows(), None)
        self.header = columns = [name.strip().lower() for name in header]
        twice = [name for name, times in Counter(columns).items() if times > 1 and name in known]
        if twice:
            raise ServiceError(f"{self.name}: the header names {', '.join(twice)} more than once: leave one")
        self.columns = frozenset(columns)
        unknown = [name for name in columns if name not in known and name not in ADDED]
        if unknown and known:
            names = ", ".join(redact(name).text[:40] or "(no name)" for name in unknown[:20])
            self.notes.append(f"columns that are not known and were not read: {names}; known are {', '.join(known)}")

    @property
    def name(self) -> str:
        return redact(self.path.name or str(self.path)).text

    def rows(self) -> Iterator[Row]:
        """Raises ServiceError if there are too many, or if the file cannot be read."""
        try:
            with self.path.open("rb") as file:
                for number, record in enumerate(Records(file, self._refuse).read()):
                    if number == self._most:
                        raise ServiceError(f"{self.name} has more than {self._most} rows: split it")
                    cells = None if record.values is None else {k.lower(): _plain(v) for k, v in record.values.items()}
                    yield Row(record.line, cells, record.reason, record.raw)
        except FileRefused as error:
            raise ServiceError(f"{self.name}: {error}") from error
        except OSError as error:
            raise _unreadable(self.name, error) from error

    def _refuse(self, columns: set[str]) -> str | None:
        missing = [name for name in self._required if name not in {column.lower() for column in columns}]
        if not missing:
            return None
        return f"the first line must name the columns, separated by commas; missing: {', '.join(missing)}"

    def _scan(self) -> list[str]:
        """The header; notes bytes that are not UTF-8."""
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        head = b""
        try:
            with self.path.open("rb") as file:
                while piece := file.read(_PIECE):
                    head = head or piece
                    if self.notes:
                        break
                    self._decode(decoder, piece)
        except OSError as error:
            raise _unreadable(self.name, error) from error
        head = head.removeprefix(codecs.BOM_UTF8).lstrip()
        if not head:
            raise ServiceError(
                f"{self.name} is empty: expected a line with the columns {', '.join(self._required)}, ..."
            )
        if head.startswith(b"{"):
            raise ServiceError(f"{self.name} is JSON: expected CSV with the columns {', '.join(self._required)}, ...")
        line = head.partition(b"\n")[0].decode("utf-8", "replace")
        try:
            return next(csv.reader([line.rstrip("\r")]), [])
        except csv.Error as error:
            raise ServiceError(f"{self.name}: the first line is not readable as CSV: {error}") from error

    def _decode(self, decoder: codecs.IncrementalDecoder, piece: bytes) -> None:
        try:
            decoder.decode(piece)
        except UnicodeDecodeError:
            self.notes.append("not all of the file is UTF-8: those lines were read as Windows-1252")


def rejected_csv(path: Path, report: ImportReport) -> str:
    """The rejected rows as they stand in the file, with line and reason: mend them and import this as it is.

    A cell that a spreadsheet would take for a formula begins with an apostrophe, which the import takes away again.
    A row that cannot be divided into cells stands whole in the last column.
    """
    reasons = {row.line: row.reason for row in report.rejected}
    table, out = Table(path, (), ()), io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys([*table.header, *ADDED])), restval="", extrasaction="ignore")
    writer.writeheader()
    for row in table.rows():
        if row.line not in reasons:
            continue
        cells = {**(row.cells or {}), **dict.fromkeys(ADDED, "")}
        cells |= dict(zip(ADDED, (str(row.line), reasons[row.line], "" if row.cells else row.raw), strict=True))
        writer.writerow({name: harmless(text) for name, text in cells.items()})
    return out.getvalue()


def harmless(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip().startswith(FORMULA) or text.startswith(("\t", "\r", "\n")) else text


def put_aside(session: Session, stream: str, table: Table, report: ImportReport, at: datetime) -> None:
    """Keep the rejected rows; those of an earlier import of this file that are well now are settled."""
    report.rejected.sort()
    resolve_file(session, CONNECTION, stream, f"{table.name}:", at)
    asides = [
        Aside(f"{table.name}:{line}", reason, hashlib.sha256(excerpt.encode()).hexdigest(), excerpt)
        for line, reason, excerpt in report.rejected
    ]
    set_aside(session, CONNECTION, stream, asides, at)


def _plain(text: str) -> str:
    """Without the apostrophe that ``harmless`` put before it."""
    return text[1:] if text.startswith("'") and harmless(text[1:]) == text else text


def _unreadable(name: str, error: OSError) -> ServiceError:
    return ServiceError(f"cannot read {name}: {error.strerror}. Check the path and its rights")
