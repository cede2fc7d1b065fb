"""Words, roles and errors of every connector.

A connector is a class that plays one or more roles below. It does no I/O in ``__init__``, keeps no state between
calls but its HTTP session, and raises only the errors of this file. Reads retry a little in ``_http``; writes are
tried once: the outbox of the caller decides about a second try.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Generic, Literal, Protocol, TypeVar, runtime_checkable

from connectors.issue_words import Dialect, FixVersion, IssueDraft, IssueText, PriorityLevel, TrackerIssue

__all__ = [
    "Account",
    "AccountSource",
    "AuthFailed",
    "Connector",
    "ConnectorError",
    "CreateGuarantee",
    "Dialect",
    "Event",
    "FixVersion",
    "HelpDesk",
    "InDoubt",
    "IssueDraft",
    "IssueText",
    "IssueTracker",
    "Message",
    "NotFound",
    "Page",
    "Permanent",
    "PriorityLevel",
    "RateLimited",
    "Ref",
    "Rejected",
    "RemedyMessage",
    "RemedySink",
    "Side",
    "Ticket",
    "TrackerIssue",
    "Transient",
]


class Side(StrEnum):
    """Who wrote a message or caused an event."""

    CUSTOMER = "customer"
    AGENT = "agent"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a thread, raw as the vendor gave it. ``created_at`` is aware UTC."""

    id: str
    author: Side
    public: bool
    created_at: datetime
    body: str
    content_type: Literal["text/plain", "text/html"] = "text/plain"


@dataclass(frozen=True, slots=True)
class Event:
    """One change in a ticket's life: ``kind`` is status, priority, group, assignee, rating or merged."""

    id: str
    kind: str
    at: datetime
    side: Side
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Ticket:
    """One customer contact thread, identified by (connection, id). Every time is aware UTC.

    ``status`` and ``priority`` are the vendor's words; ``HelpDesk.status_words`` says what they mean.
    ``messages`` are oldest first; a description without a message of its own is the first of them.
    ``last_customer_at`` is set where the vendor states it; else the caller derives it from the messages.
    ``account`` is what the desk knows of the paying organisation: a name or an external id "system:id".
    """

    id: str
    created_at: datetime
    updated_at: datetime
    subject: str
    messages: tuple[Message, ...] = ()
    events: tuple[Event, ...] = ()
    status: str | None = None
    priority: str | None = None
    requester: str | None = None
    requester_name: str | None = None
    account: str | None = None
    group: str | None = None
    assignee: str | None = None
    channel: str | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    url: str | None = None
    csat: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    last_customer_at: datetime | None = None
    deleted: bool = False
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """An organisation as the help desk knows it; ``fields`` are raw vendor fields that may carry value."""

    id: str
    name: str
    domains: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that could not be read. ``ref`` is "line 17" or the remote id; ``raw`` is the unredacted record."""

    ref: str
    reason: str
    raw: str


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Items, the cursor that stands after them, and what could not be read on the way.

    The caller stores items and cursor in one transaction and hands the cursor back as it is. An empty page with a
    new cursor is allowed. ``total`` is the number of records expected in this pull, where the vendor says so.
    """

    items: tuple[T, ...]
    cursor: str
    rejected: tuple[Rejected, ...] = ()
    total: int | None = None


@dataclass(frozen=True, slots=True)
class RemedyMessage:
    """An internal note for support agents, plain text. ``internal`` is never False: there is no public remedy."""

    text: str


@dataclass(frozen=True, slots=True)
class Ref:
    """A thing that exists on the other side."""

    id: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class CreateGuarantee:
    """How surely a second create can be avoided. ``hold_s``: how long "not found" must not be believed (seconds)."""

    kind: Literal["client_id", "consistent_lookup", "eventual_lookup", "none"]
    hold_s: float = 0.0


class ConnectorError(Exception):
    """Says which connection, what was asked, what came back and what to mend. Carries no secret and no body text.

    ``in_doubt``: the request may have taken effect on the other side.
    """

    in_doubt: ClassVar[bool] = False


class Transient(ConnectorError):
    """Try again later; the request surely had no effect (no connection, refused before it was read)."""


class InDoubt(Transient):
    """Try again later, but look first: time-out, 5xx or an unreadable answer after the request was sent."""

    in_doubt: ClassVar[bool] = True


class RateLimited(Transient):
    """Not done; try again after ``retry_after`` seconds (clamped to one hour)."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class AuthFailed(ConnectorError):
    """The credentials are refused: stop asking until a person has mended them."""


class Permanent(ConnectorError):
    """This request will never work: set the record aside."""


class NotFound(Permanent):
    """The remote object is not there (any more)."""


@runtime_checkable
class Connector(Protocol):
    name: str

    def check(self) -> str:
        """Make a cheap authenticated call and say what was found. Raises ConnectorError saying what to mend."""
        ...


@runtime_checkable
class HelpDesk(Connector, Protocol):
    status_words: Mapping[str, str]
    """The vendor's status (lower case) -> new open pending hold solved closed."""
    priority_words: Mapping[str, str]
    """The vendor's priority (lower case) -> urgent high normal low."""

    def pull_tickets(self, cursor: str | None) -> Iterator[Page[Ticket]]:
        """Pages of tickets changed since ``cursor``, oldest change first; None starts at the beginning.

        Duplicates are allowed, losses are not; the same cursor may be used again. The last page's cursor, used
        again with nothing new, yields no changed ticket that lies outside the overlap.
        """
        ...


@runtime_checkable
class AccountSource(Connector, Protocol):
    def pull_accounts(self, cursor: str | None) -> Iterator[Page[Account]]: ...


@runtime_checkable
class RemedySink(Connector, Protocol):
    create_guarantee: ClassVar[CreateGuarantee]

    def push_remedy(self, ticket_id: str, remedy: RemedyMessage, *, key: str) -> Ref:
        """Write one internal note that carries ``key``. Never mails the customer."""
        ...

    def find_remedy(self, ticket_id: str, key: str) -> Ref | None: ...

    def set_fields(self, ticket_id: str, fields: Mapping[str, str], tags: AbstractSet[str]) -> None:
        """Set the named fields; make ``tags`` the ticket's only tags that begin with "bridge-". Repeatable."""
        ...


@runtime_checkable
class IssueTracker(Connector, Protocol):
    create_guarantee: ClassVar[CreateGuarantee]
    dialect: ClassVar[Dialect]

    def as_written(self, draft: IssueDraft, *, key: str) -> IssueText:
        """What ``create_issue`` writes of a draft, and ``update_issue`` as title and block. Asks nobody."""
        ...

    def pull_issues(self, cursor: str | None) -> Iterator[Page[TrackerIssue]]: ...

    def create_issue(self, draft: IssueDraft, *, key: str) -> Ref: ...

    def find_issue(self, key: str) -> Ref | None: ...

    def update_issue(self, issue_id: str, draft: IssueDraft, *, key: str) -> None:
        """Set the fields that are not None; of the body only the block between our markers. Repeatable."""
        ...

    def comment(self, issue_id: str, body: str, *, key: str) -> Ref: ...

    def find_comment(self, issue_id: str, key: str) -> Ref | None: ...
