"""A remedy sink that is a JSON Lines file: a line a note with key, ticket, text and at; a line a change of fields.

Rule: a line is on the disk before we say so, and a key has one line. What a kill tore off is ignored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel

from connectors._disk import append_line, locked
from connectors.base import CreateGuarantee, Ref, RemedyMessage, Transient


class SinkOptions(BaseModel, frozen=True, extra="forbid"):
    path: Path


class FilesSink:
    """See the module. Lines are read once; later calls read only what was appended, by whomever."""

    Options: ClassVar[type[BaseModel]] = SinkOptions
    create_guarantee: ClassVar[CreateGuarantee] = CreateGuarantee("client_id")

    def __init__(
        self,
        options: SinkOptions,
        *,
        name: str = "files",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name = name
        self._path = options.path
        self._clock = clock
        self._forget()

    def check(self) -> str:
        with self._exclusively():
            return f"{self.name}: {len(self._notes)} notes in {self._path}"

    def push_remedy(self, ticket_id: str, remedy: RemedyMessage, *, key: str) -> Ref:
        with self._exclusively():
            if (ticket_id, key) not in self._notes:
                self._append({"key": key, "ticket": ticket_id, "text": remedy.text})
        return Ref(key, self._path.absolute().as_uri())

    def find_remedy(self, ticket_id: str, key: str) -> Ref | None:
        with self._exclusively():
            found = (ticket_id, key) in self._notes
        return Ref(key, self._path.absolute().as_uri()) if found else None

    def set_fields(self, ticket_id: str, fields: Mapping[str, str], tags: AbstractSet[str]) -> None:
        wanted = {"ticket": ticket_id, "fields": dict(fields), "tags": sorted(tags)}
        with self._exclusively():
            if self._fields.get(ticket_id) != wanted:
                self._append(wanted)

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        """Alone with the file, and with all of it read."""
        with locked(self._path.with_name(f".{self._path.name}.lock")):
            self._refresh()
            yield

    def _append(self, line: dict[str, Any]) -> None:
        at = self._clock().astimezone(UTC).isoformat()
        append_line(self._path, json.dumps({**line, "at": at}, ensure_ascii=True).encode() + b"\n")

    def _forget(self) -> None:
        self._read_to, self._inode = 0, 0
        self._notes: set[tuple[str, str]] = set()
        self._fields: dict[str, dict[str, Any]] = {}

    def _refresh(self) -> None:
        """Read what was appended since the last look; all of it, if the file is another one."""
        try:
            stat = self._path.stat()
            if stat.st_ino != self._inode or stat.st_size < self._read_to:
                self._forget()
                self._inode = stat.st_ino
            with self._path.open("rb") as file:
                file.seek(self._read_to)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    self._read_to += len(line)
                    self._note(line)
        except FileNotFoundError:
            self._forget()
        except OSError as error:
            raise Transient(f"{self.name}: {self._path} cannot be read: {error.strerror}") from error

    def _note(self, line: bytes) -> None:
        try:
            data = json.loads(line)
            if "key" in data:
                self._notes.add((data["ticket"], data["key"]))
            else:
                self._fields[data["ticket"]] = {name: data[name] for name in ("ticket", "fields", "tags")}
        except (ValueError, KeyError, TypeError):
            return
