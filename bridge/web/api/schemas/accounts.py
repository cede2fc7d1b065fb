"""Accounts and segments, for people who may read values and names."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field, field_validator

from bridge.web.api.paging import Page
from bridge.web.api.schemas.common import Out, Why


class AccountOut(Out):
    """``value`` as the ranking counts it; ``imputed``: the segment's default, because nobody told."""

    id: int
    name: str
    segment: str
    named: bool
    value: float
    imputed: bool
    tier: str
    risk: str | None
    renewal: date | None
    lifecycle: str
    source: str
    as_of: datetime
    stale: bool
    open_tickets: int
    issues: int


class AccountSums(Out):
    accounts: int
    value: float
    imputed: int
    imputed_value: float
    stale: int


class Accounts(Out):
    """``found``: the sums of all that match, not of this page alone."""

    items: list[AccountOut]
    found: AccountSums
    currency: str
    next: str | None


class AccountQuery(Page):
    find: str = Field("", max_length=200, description="A part of the name")
    segment: str = Field("", max_length=80, description="A segment's name")
    only: Literal["", "stale", "imputed"] = Field("", description="Those whose value is old, or not told")


class HurtOut(Out):
    """An issue that the account's tickets belong to. ``part`` of its value at risk is this account's."""

    cluster_id: int
    title: str
    rank: int | None
    part: float | None
    tickets: int
    open_tickets: int
    last_at: datetime


class TicketLineOut(Out):
    """``subject`` is null where its text is not for this reader."""

    connection: str
    source_id: str
    status: str
    subject: str | None
    url: str | None
    last_at: datetime
    cluster_id: int | None


class OriginOut(Out):
    """What one source told. ``kind``: manual, file or desk, in the order in which they count."""

    value: float | str | list[str] | dict[str, dict[str, float]]
    source: str
    as_of: datetime
    kind: str
    note: str | None
    stale: bool

    @field_validator("value", mode="before")
    @classmethod
    def _day(cls, value: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value


class KnownOut(Out):
    """A field of the account. ``counts`` null: nobody told, a default stands in where there is one."""

    field: str
    title: str
    counts: OriginOut | None
    others: list[OriginOut]


class ValueIn(Why):
    """``value`` as an accounts file writes it; empty withdraws what a person has set."""

    value: str = Field(max_length=2000)


class UpliftIn(Why):
    """Money a year beyond what the account pays, until which day; an empty amount withdraws it."""

    amount: str = Field(max_length=40)
    until: str = Field("", max_length=10)


class AccountWhole(Out):
    """``quality``: by field that the score reads known, stale or imputed."""

    row: AccountOut
    arr: float | None
    margin: float | None
    uplift: float
    uplift_reason: str | None
    uplift_until: date | None
    region: str | None
    languages: list[str]
    domains: list[str]
    external_ids: list[str]
    issues: list[HurtOut]
    tickets: list[TicketLineOut]
    more_tickets: int
    values: list[KnownOut]
    quality: dict[str, str]
    may_edit: bool
    currency: str


class SegmentOut(Out):
    """``floor``: the yearly value from which on; null with ``by_name``: only accounts that an import named.

    ``asks``: all conditions in words.
    """

    name: str
    position: int
    asks: list[str]
    floor: float | None
    by_name: bool
    catch_all: bool
    default: float
    tier: str
    accounts: int
    value: float
    imputed: int
    imputed_value: float


class Segments(Out):
    """In the order of their rules."""

    items: list[SegmentOut]
    currency: str
