"""The log of every decision, its chain, and erasing. Rule: an answer names no erased person."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from bridge.service.erase import Kind
from bridge.web.api.paging import Page
from bridge.web.api.schemas.common import In, Out


class EntryOut(Out):
    """One event in words. ``undoes`` is the event that it takes back."""

    id: int
    position: int | None
    at: datetime
    who: str
    what: str
    kind: str
    about: str
    cluster_id: int | None
    before: str
    after: str
    why: str | None
    undoes: int | None
    hash: str | None


class Audit(Out):
    items: list[EntryOut]
    next: str | None


Asked = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=80)]


class AuditQuery(Page):
    who: Asked = Field("", description="The user's name")
    kind: Asked = Field("", description="What happened, as in `kind`")
    subject: Asked = Field("", description="What it is about")
    since: date | None = Field(None, description="The first day")
    until: date | None = Field(None, description="The last day")
    people: bool = Field(False, description="Without what the program does by itself")


class ChainOut(Out):
    """Where the chain of hashes stands, and what its last walk found."""

    position: int
    hash: str
    verified_at: datetime | None
    verified: int
    breaks: str | None


class What(In):
    """A requester by address or key, a ticket or an account by its name."""

    kind: Kind
    name: Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", min_length=1, max_length=300)]


class Erase(What):
    """``reason`` is kept in the audit log: name no person in it."""

    reason: Annotated[str, StringConstraints(pattern=r"^[^\x00]*\S[^\x00]*$", max_length=500)]


class SentOut(Out):
    """What stands elsewhere and must be erased there. ``sure`` is false where it may not be."""

    what: str
    connection: str
    where: str
    url: str | None
    sure: bool


class ErasureOut(Out):
    """How many of each, and what must be erased elsewhere."""

    kind: Kind
    tickets: int
    messages: int
    set_aside: int
    vectors: int
    renamed: int
    queued: int
    sent_out: list[SentOut]
