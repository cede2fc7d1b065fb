"""Streams records out of CSV and JSON Lines files that come from anywhere.

Rule: a bad record costs itself and never the rest, and nothing larger than a cap is ever held in memory. The format
is told by the content, not by the file's name. Text that is not UTF-8 is read as Windows-1252 line by line (its bytes
are what Latin-1 exports of such tools really hold); NUL characters are dropped, since databases refuse them.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from connectors._lines import PIECE, Lines, Mark, start_mark

FIELD_CAP = 1 << 20
RECORD_CAP = 4 << 20
RAW_CAP = 2000
_BOM = b"\xef\xbb\xbf"
_WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff")
_QUOTED_REST = re.compile(rb'[^"]*+(?:""[^"]*+)*+"(?!")')


@dataclass(frozen=True, slots=True)
class Record:
    """``values`` by column as written in the file, or the ``reason`` why there are none. ``line`` is its first."""

    line: int
    values: dict[str, Any] | None
    reason: str
    raw: str


class FileRefused(Exception):
    """The file as a whole is no export that can be read; the message says why."""


class _Csv:
    """Follows the quotes of one CSV record over its pieces, by the rules of the csv module.

    ``loose``: something other than a delimiter follows a closing quote, as happens when the opening one is missing.
    """

    def __init__(self, delimiter: bytes) -> None:
        self._delimiter = delimiter
        self._open = False
        self._at_start = True
        self.fields = 1
        self.loose = False

    def ends(self, piece: bytes) -> bool:
        """Whether the record ends with this piece."""
        at = 0
        while at < len(piece):
            if self._open or (self._at_start and piece[at : at + 1] == b'"'):
                closing = _QUOTED_REST.match(piece, at if self._open else at + 1)
                self._open = closing is None
                if closing is None:
                    return False
                at = closing.end()
                self.loose = self.loose or piece[at : at + 1] not in (self._delimiter, b"\r", b"\n", b"")
            found = piece.find(self._delimiter, at)
            self._at_start = found >= 0
            if found < 0:
                break
            self.fields += 1
            at = found + 1
        return piece.endswith(b"\n")


class _JsonLine:
    """A JSON Lines record is a line."""

    fields = 1
    loose = False

    def ends(self, piece: bytes) -> bool:
        return piece.endswith(b"\n")


@dataclass(frozen=True, slots=True)
class _Gathered:
    data: bytes
    size: int
    second_line: Mark | None
    fields: int
    loose: bool
    whole: bool


class Records:
    """The records of one file. ``mark`` stands after the last record that will not be read again.

    A last record without its end is given, but ``mark`` stays before it: it may still be growing. ``refuse`` says
    why a table with these columns is not wanted.
    """

    def __init__(self, file: BinaryIO, refuse: Callable[[set[str]], str | None]) -> None:
        self._file = file
        self._refuse = refuse
        self._growing = False
        self._lines = Lines(file)
        self._columns: list[str] = []
        self._delimiter = b","
        self.mark = self._lines.mark

    def read(self, offset: int = 0, line: int = 0, digest: str = "") -> Iterator[Record]:
        """All records after the given mark, or from the start where the file is another one. Raises FileRefused."""
        head = self._file.read(PIECE)
        self._file.seek(0)
        if not head.removeprefix(_BOM).strip():
            return
        is_json = _looks_like_json(head)
        resumed = bool(offset) and self._lines.resume(offset, line, digest)
        if not is_json:
            self._read_header(self._lines.mark if resumed else None)
        self.mark = self._lines.mark
        while True:
            gathered, first = self._gather(_JsonLine() if is_json else _Csv(self._delimiter))
            if not gathered.size:
                return
            record = self._json(gathered, first) if is_json else self._csv(gathered, first)
            self._growing = self._growing or not gathered.whole
            if not self._growing:
                self.mark = self._lines.mark
            if record is not None:
                yield record

    def _gather(self, form: _Csv | _JsonLine) -> tuple[_Gathered, int]:
        parts: list[bytes] = []
        first, size, second = self._lines.mark.line + 1, 0, None
        while piece := self._lines.take():
            size += len(piece)
            if size <= RECORD_CAP:
                parts.append(piece)
            elif len(parts) > 1:
                parts = parts[:1]
            ended = form.ends(piece)
            if second is None and piece.endswith(b"\n"):
                second = self._lines.mark
            if ended:
                return _Gathered(b"".join(parts), size, second, form.fields, form.loose, whole=True), first
        return _Gathered(b"".join(parts), size, second, form.fields, form.loose, whole=False), first

    def _read_header(self, after: Mark | None) -> None:
        before = start_mark()
        self._lines.rewind(before)
        while not (first := self._lines.take().removeprefix(_BOM)).strip() and first:
            before = self._lines.mark
        self._lines.rewind(before)
        self._delimiter = max((b",", b";", b"\t"), key=first.count)
        gathered, _ = self._gather(_Csv(self._delimiter))
        try:
            self._columns = _distinct(self._split(gathered.data.removeprefix(_BOM)))
        except csv.Error as error:
            raise FileRefused(f"the first line is not readable as CSV ({_why(error)}): is this an export?") from error
        if why := self._refuse(set(self._columns)):
            raise FileRefused(why)
        if after is not None:
            self._lines.rewind(after)

    def _csv(self, gathered: _Gathered, first: int) -> Record | None:
        torn = gathered.loose or not gathered.whole or gathered.fields > len(self._columns)
        if torn and gathered.second_line and gathered.second_line != self._lines.mark:
            self._lines.rewind(gathered.second_line)
            text = _text(gathered.data.partition(b"\n")[0])
            return Record(first, None, "a quotation mark is not closed on this line", text[:RAW_CAP])
        if gathered.size > RECORD_CAP:
            return _too_long(gathered, first)
        if not gathered.data.strip(b" ,;\t\r\n\0"):
            return None
        return self._row(gathered, first)

    def _row(self, gathered: _Gathered, first: int) -> Record:
        raw = _text(gathered.data)[:RAW_CAP]
        try:
            values = self._split(gathered.data)
        except csv.Error as error:
            return Record(first, None, f"not readable as CSV: {_why(error)}", raw)
        while len(values) > len(self._columns) and not values[-1].strip():
            values.pop()
        if len(values) != len(self._columns):
            return Record(first, None, f"{len(values)} fields where the header has {len(self._columns)}", raw)
        if any(len(value) > FIELD_CAP for value in values):
            return _too_long(gathered, first)
        return Record(first, dict(zip(self._columns, values, strict=True)), "", raw)

    def _split(self, data: bytes) -> list[str]:
        csv.field_size_limit(max(csv.field_size_limit(), RECORD_CAP))
        text = _text(data).rstrip("\r\n")
        return next(csv.reader([text], delimiter=self._delimiter.decode()), [])

    def _json(self, gathered: _Gathered, first: int) -> Record | None:
        if gathered.size > RECORD_CAP:
            return _too_long(gathered, first)
        text = _text(gathered.data.removeprefix(_BOM)).strip()
        if not text:
            return None
        try:
            values = json.loads(text, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            return Record(first, None, f"not readable as JSON: {error}", text[:RAW_CAP])
        if not isinstance(values, dict):
            return Record(first, None, "not a JSON object", text[:RAW_CAP])
        if any(isinstance(value, str) and len(value) > FIELD_CAP for value in values.values()):
            return _too_long(gathered, first)
        return Record(first, _without_nul(values), "", text[:RAW_CAP])


def _looks_like_json(head: bytes) -> bool:
    if head.startswith(_WIDE_BOMS):
        raise FileRefused("the file is UTF-16: save it as UTF-8")
    text = head.removeprefix(_BOM).lstrip(b" \t\r\n\0")
    if text.startswith(b"["):
        raise FileRefused("the file is a JSON array: expected one JSON object a line (JSON Lines)")
    if text.startswith((b"PK\x03\x04", b"\x1f\x8b", b"%PDF", b"\x89PNG", b"\xd0\xcf\x11\xe0")):
        raise FileRefused("the file is a spreadsheet, archive or image: export it as CSV or JSON Lines")
    return text.startswith(b"{")


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    return text.replace("\0", "")


def _distinct(names: list[str]) -> list[str]:
    """Repeated names (in any case) are numbered: the first column of a name has it, no column is lost."""
    taken: set[str] = set()
    columns = []
    for name in map(str.strip, names):
        free, number = name, 2
        while free.lower() in taken:
            free, number = f"{name} {number}", number + 1
        taken.add(free.lower())
        columns.append(free)
    return columns


def _why(error: csv.Error) -> str:
    """The csv module gives advice to programmers."""
    return "a carriage return stands inside of a field" if "new-line character" in str(error) else str(error)


def _without_nul(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value.replace("\0", "") if isinstance(value, str) else value for key, value in values.items()}


def _too_long(gathered: _Gathered, first: int) -> Record:
    raw = _text(gathered.data[:RAW_CAP])
    return Record(first, None, f"too long: {gathered.size} bytes, a field may have {FIELD_CAP >> 20} MB", raw)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
