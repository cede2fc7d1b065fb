"""What a reader of accounts and segments gets: made for one view each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bridge.service.account_values import KnownValue


@dataclass(frozen=True, slots=True)
class AccountRow:
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


@dataclass(frozen=True, slots=True)
class Sums:
    accounts: int
    value: float
    imputed: int
    imputed_value: float
    stale: int


@dataclass(frozen=True, slots=True)
class AccountPage:
    rows: list[AccountRow]
    found: Sums
    everything: Sums
    segments: list[str]
    currency: str
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Hurt:
    """An issue that the account's tickets belong to. ``part`` of its value at risk is this account's."""

    cluster_id: int
    title: str
    rank: int | None
    part: float | None
    tickets: int
    open_tickets: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class TicketLine:
    """``subject`` None: its text is not for this reader."""

    connection: str
    source_id: str
    status: str
    subject: str | None
    url: str | None
    last_at: datetime
    cluster_id: int | None


@dataclass(frozen=True, slots=True)
class AccountView:
    """``values``: every field with its sources. ``quality``: by field that the score reads known, stale or imputed."""

    row: AccountRow
    arr: float | None
    margin: float | None
    uplift: float
    uplift_reason: str | None
    uplift_until: date | None
    region: str | None
    languages: list[str]
    domains: list[str]
    external_ids: list[str]
    issues: list[Hurt]
    tickets: list[TicketLine]
    more_tickets: int
    values: list[KnownValue]
    quality: dict[str, str]
    may_edit: bool
    currency: str


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """``floor``: yearly value from which on; None with ``by_name``: only accounts that an import named. ``asks``: all
    conditions in words.
    """

    name: str
    position: int
    asks: tuple[str, ...]
    floor: float | None
    by_name: bool
    catch_all: bool
    default: float
    tier: str
    accounts: int
    value: float
    imputed: int
    imputed_value: float
