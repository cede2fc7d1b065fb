"""A help desk that is a folder of exports (CSV, JSON Lines), or one such file.

Rule: the cursor says how far each file was read and what was read of it, so an unchanged file gives nothing, a grown
one goes on where it ended, and a replaced one is read again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, field_validator

from connectors._records import FileRefused, Record, Records
from connectors._ticket_rows import PRIORITY_WORDS, STATUS_WORDS, RowRefused, missing_columns, ticket_of
from connectors.base import Page, Permanent, Rejected, Ticket, Transient

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json")


class FilesOptions(BaseModel, frozen=True, extra="forbid"):
    """``path``: the folder or file. ``timezone``: of times without offset, e.g. "Europe/Berlin". ``notes``: the JSON
    Lines file that takes remedies, beside ``path`` unless named.
    """

    path: Path
    timezone: str | None = None
    notes: Path | None = None
    page_size: int = Field(default=500, ge=1, le=5000)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (KeyError, ValueError, OSError):
                raise ValueError(f"{value!r} is no time zone such as Europe/Berlin") from None
        return value

    @property
    def notes_path(self) -> Path:
        return self.notes or self.path.resolve().parent / "remedies.jsonl"


@dataclass(frozen=True, slots=True)
class _State:
    """How far a file was read: ``done`` up to this size, time and inode; else resume at ``offset``, ``line``."""

    size: int
    mtime_ns: int
    inode: int
    offset: int = 0
    line: int = 0
    digest: str = ""
    done: bool = False

    def same_file(self, other: _State) -> bool:
        return (self.size, self.mtime_ns, self.inode) == (other.size, other.mtime_ns, other.inode)


class FilesDesk:
    """See the module. Tickets come in the order of file names and lines; of two with one id the later one holds."""

    Options = FilesOptions
    status_words: Mapping[str, str] = STATUS_WORDS
    priority_words: Mapping[str, str] = PRIORITY_WORDS

    def __init__(self, options: FilesOptions, *, name: str = "files") -> None:
        self.name = name
        self.options = options
        self._zone = ZoneInfo(options.timezone) if options.timezone else None

    def check(self) -> str:
        return f"{self.name}: {len(self._files())} export files in {self.options.path}"

    def pull_tickets(self, cursor: str | None) -> Iterator[Page[Ticket]]:
        states = _load(cursor)
        files = self._files()
        pull = _Pull(self.options.page_size, {f.name: states[f.name] for f in files if f.name in states})
        for path in files:
            yield from self._read(path, states.get(path.name), pull)
        if pull.waiting or not pull.given or pull.cursor != cursor:
            yield pull.page()

    def _files(self) -> list[Path]:
        path = self.options.path
        if path.is_file():
            return [path]
        if not path.is_dir():
            raise Transient(f"{self.name}: there is no file or folder {path}: check path, or mount it")
        try:
            found = [file for file in path.iterdir() if not file.name.startswith((".", "~"))]
        except OSError as error:
            raise Transient(f"{self.name}: the folder {path} cannot be read: {error.strerror}") from error
        notes = self.options.notes_path.resolve()
        return sorted(f for f in found if f.suffix.lower() in SUFFIXES and f.is_file() and f.resolve() != notes)

    def _read(self, path: Path, before: _State | None, pull: _Pull) -> Iterator[Page[Ticket]]:
        try:
            file = path.open("rb")
        except OSError as error:
            pull.reject(Rejected(path.name, f"cannot be opened: {error.strerror}", ""))
            return
        with file:
            stat = os.fstat(file.fileno())
            now = _State(stat.st_size, stat.st_mtime_ns, stat.st_ino)
            if before is not None and before.done and before.same_file(now):
                return
            records = Records(file, missing_columns)
            try:
                for record in records.read(*((before.offset, before.line, before.digest) if before else ())):
                    self._take(path.name, record, pull)
                    if pull.is_full:
                        pull.states[path.name] = _at(now, records)
                        yield pull.page()
            except FileRefused as refused:
                pull.reject(Rejected(path.name, str(refused), ""))
            except OSError as error:
                pull.reject(Rejected(path.name, f"cannot be read to its end: {error.strerror}", ""))
                return
            pull.states[path.name] = replace(_at(now, records), done=True)

    def _take(self, name: str, record: Record, pull: _Pull) -> None:
        ref = f"{name} line {record.line}"
        if record.values is None:
            pull.reject(Rejected(ref, record.reason, record.raw))
            return
        try:
            pull.items.append(ticket_of(record.values, self._zone))
        except RowRefused as refused:
            pull.reject(Rejected(ref, str(refused), record.raw))


class _Pull:
    """What a pull has gathered since its last page."""

    def __init__(self, page_size: int, states: dict[str, _State]) -> None:
        self._page_size = page_size
        self.states = states
        self.items: list[Ticket] = []
        self.rejected: list[Rejected] = []
        self.given = 0

    def reject(self, rejected: Rejected) -> None:
        self.rejected.append(rejected)

    @property
    def waiting(self) -> int:
        return len(self.items) + len(self.rejected)

    @property
    def is_full(self) -> bool:
        return self.waiting >= self._page_size

    @property
    def cursor(self) -> str:
        files = {name: asdict(state) for name, state in sorted(self.states.items())}
        return json.dumps({"files": files}, separators=(",", ":"))

    def page(self) -> Page[Ticket]:
        page = Page(tuple(self.items), self.cursor, tuple(self.rejected))
        self.items, self.rejected = [], []
        self.given += 1
        return page


def _at(state: _State, records: Records) -> _State:
    mark = records.mark
    return replace(state, offset=mark.offset, line=mark.line, digest=mark.digest)


def _load(cursor: str | None) -> dict[str, _State]:
    if cursor is None:
        return {}
    try:
        return {name: _State(**state) for name, state in json.loads(cursor)["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Permanent(f"the cursor cannot be read ({error}): reset this connection's sync state") from error
