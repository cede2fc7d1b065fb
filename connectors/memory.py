"""A help desk and a remedy sink in memory, for tests and small experiments.

Rule: they keep the contracts of the real ones (pages, overlap, keys), so that what works here works there.
``before`` and ``after`` are called with the name of each operation and may raise, as a network would.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import ClassVar

from connectors._body import sign
from connectors._memory import Clock, Hook, MemoryOptions, Table, quiet, utc_now
from connectors.base import Account, CreateGuarantee, Message, NotFound, Page, Ref, RemedyMessage, Side, Ticket

OURS = "bridge-"


class MemorySink:
    """Notes, fields and tags by ticket id."""

    Options = MemoryOptions
    create_guarantee: ClassVar[CreateGuarantee] = CreateGuarantee("client_id")

    def __init__(self, options: MemoryOptions | None = None, *, name: str = "memory", clock: Clock = utc_now) -> None:
        self.name = name
        self.options = options or MemoryOptions()
        self.clock = clock
        self.before: Hook = quiet
        self.after: Hook = quiet
        self.notes: dict[str, dict[str, str]] = {}
        self.fields: dict[str, dict[str, str]] = {}
        self.tags: dict[str, set[str]] = {}

    def check(self) -> str:
        self.before("check")
        return f"{self.name}: {len(self.notes)} tickets with notes in memory"

    def push_remedy(self, ticket_id: str, remedy: RemedyMessage, *, key: str) -> Ref:
        self.before("push_remedy")
        self._require(ticket_id)
        notes = self.notes.setdefault(ticket_id, {})
        if key not in notes:
            notes[key] = sign(remedy.text, key)
            self._noted(ticket_id, key)
        self.after("push_remedy")
        return Ref(f"{ticket_id}/{key}")

    def find_remedy(self, ticket_id: str, key: str) -> Ref | None:
        self.before("find_remedy")
        return Ref(f"{ticket_id}/{key}") if key in self.notes.get(ticket_id, {}) else None

    def set_fields(self, ticket_id: str, fields: Mapping[str, str], tags: AbstractSet[str]) -> None:
        self.before("set_fields")
        self._require(ticket_id)
        self.fields.setdefault(ticket_id, {}).update(fields)
        kept = {tag for tag in self.tags.get(ticket_id, set()) if not tag.startswith(OURS)}
        self.tags[ticket_id] = kept | tags
        self.after("set_fields")

    def _require(self, ticket_id: str) -> None:
        """A bare sink takes notes for any ticket."""

    def _noted(self, ticket_id: str, key: str) -> None:
        """A bare sink has no thread to put the note in."""


class MemoryDesk(MemorySink):
    """A help desk that takes remedies too: its notes show in the thread and touch the ticket's update time."""

    status_words: Mapping[str, str] = {word: word for word in ("new", "open", "pending", "hold", "solved", "closed")}
    priority_words: Mapping[str, str] = {word: word for word in ("urgent", "high", "normal", "low")}

    def __init__(self, options: MemoryOptions | None = None, *, name: str = "memory", clock: Clock = utc_now) -> None:
        super().__init__(options, name=name, clock=clock)
        self._tickets: Table[Ticket] = Table(self.options.page_size)
        self._accounts: Table[Account] = Table(self.options.page_size)

    def check(self) -> str:
        self.before("check")
        return f"{self.name}: {len(self._tickets.rows)} tickets in memory"

    def put(self, ticket: Ticket) -> None:
        """Add or replace a ticket."""
        self._tickets.rows[ticket.id] = (ticket.updated_at, ticket)

    def ticket(self, ticket_id: str) -> Ticket:
        self._require(ticket_id)
        return self._tickets.rows[ticket_id][1]

    def put_account(self, account: Account) -> None:
        self._accounts.rows[account.id] = (self.clock(), account)

    def pull_tickets(self, cursor: str | None) -> Iterator[Page[Ticket]]:
        yield from self._tickets.pages(cursor, lambda: self.before("pull_tickets"))

    def pull_accounts(self, cursor: str | None) -> Iterator[Page[Account]]:
        yield from self._accounts.pages(cursor, lambda: self.before("pull_accounts"))

    def set_fields(self, ticket_id: str, fields: Mapping[str, str], tags: AbstractSet[str]) -> None:
        super().set_fields(ticket_id, fields, tags)
        ticket = self.ticket(ticket_id)
        people = [tag for tag in ticket.tags if not tag.startswith(OURS)]
        self.put(
            replace(
                ticket,
                tags=(*people, *sorted(tags)),
                attributes={**ticket.attributes, **fields},
                updated_at=max(self.clock(), ticket.updated_at),
            )
        )

    def _require(self, ticket_id: str) -> None:
        if ticket_id not in self._tickets.rows:
            raise NotFound(f"{self.name}: there is no ticket {ticket_id}")

    def _noted(self, ticket_id: str, key: str) -> None:
        ticket, now = self.ticket(ticket_id), self.clock()
        note = Message(f"note-{key}", Side.AGENT, public=False, created_at=now, body=self.notes[ticket_id][key])
        self.put(replace(ticket, messages=(*ticket.messages, note), updated_at=max(now, ticket.updated_at)))
