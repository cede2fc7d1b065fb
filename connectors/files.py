"""A folder of ticket exports as help desk, with a JSON Lines file beside it that takes the remedies.

Rule: two parts, each with its own file and rule; here they only become one connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import ClassVar

from connectors.base import CreateGuarantee, Ref, RemedyMessage
from connectors.files_desk import FilesDesk, FilesOptions
from connectors.files_sink import FilesSink, SinkOptions


class Files(FilesDesk):
    """Plays the help desk by inheritance and hands remedies to its FilesSink."""

    create_guarantee: ClassVar[CreateGuarantee] = FilesSink.create_guarantee

    def __init__(self, options: FilesOptions, *, name: str = "files") -> None:
        super().__init__(options, name=name)
        self._sink = FilesSink(SinkOptions(path=options.notes_path), name=name)

    def push_remedy(self, ticket_id: str, remedy: RemedyMessage, *, key: str) -> Ref:
        return self._sink.push_remedy(ticket_id, remedy, key=key)

    def find_remedy(self, ticket_id: str, key: str) -> Ref | None:
        return self._sink.find_remedy(ticket_id, key)

    def set_fields(self, ticket_id: str, fields: Mapping[str, str], tags: AbstractSet[str]) -> None:
        self._sink.set_fields(ticket_id, fields, tags)
