"""Accounts, where value attaches, what was told of them by whom, and the segments that they fall into."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, UniqueConstraint
from sqlmodel import Field, SQLModel

from bridge.store.columns import instant, json_field


class Segment(SQLModel, table=True):
    """``rule`` is a predicate over an account, first match by ``position`` wins; {} matches every account.

    The predicates are those of analysis/segment_rules.py. The last segment of a scheme is its catch-all.
    """

    __table_args__ = (UniqueConstraint("scheme", "name"), UniqueConstraint("scheme", "position"))

    id: int | None = Field(default=None, primary_key=True)
    scheme: str = "default"
    name: str
    rule: dict[str, Any] = json_field()
    value_default: float
    expectation_tier: str
    position: int


class Account(SQLModel, table=True):
    """A paying organisation whose loss would be one loss. Money is the reporting currency per year.

    ``segment_named`` comes from an import and wins over the rules. Each value is the one that counts of those that
    sources told (AccountOrigin). ``source`` is the last that told something; ``as_of`` the age of the oldest value
    that the score reads. ``growth_pipeline``: what may be won, times its probability. ``sla``: {"first_reply" and
    "resolution": {priority: business hours}}. ``required_location``: where a contract says that support must sit.
    """

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    arr: float | None = None
    currency: str | None = None
    margin: float | None = None
    segment_named: str | None = None
    expectation_tier: str | None = None
    risk_band: str | None = None
    renewal_date: date | None = None
    region: str | None = None
    languages: list[str] = json_field(list)
    strategic_uplift: float = 0.0
    strategic_reason: str | None = None
    strategic_expires: date | None = None
    growth_pipeline: float | None = None
    sla: dict[str, Any] | None = json_field(None)
    required_location: str | None = None
    lifecycle: str = "active"
    source: str
    as_of: datetime = instant(nullable=False)


class AccountOrigin(SQLModel, table=True):
    """What each kind of source last told of an account: {kind: {field: {"value", "source", "as_of"}}}.

    Beside the account and not in it, so that a ranking does not read it. None of an account: all that is known came
    from its ``source`` at its ``as_of``.
    """

    __tablename__ = "account_origin"

    account_id: int = Field(sa_column=Column(Integer, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True))
    told: dict[str, Any] = json_field()


class AccountDomain(SQLModel, table=True):
    """A verified e-mail domain. A domain of two accounts resolves to none of them. ``said_by``: the person who said
    whose it is; no import takes it away.
    """

    __tablename__ = "account_domain"

    domain: str = Field(primary_key=True)
    account_id: int = Field(
        sa_column=Column(Integer, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, index=True)
    )
    said_by: str | None = None


class AccountExternalId(SQLModel, table=True):
    """The id of an account in another system, "system:id"; or, ``said_by`` a person, a name that a desk has for it."""

    __tablename__ = "account_external_id"

    external_id: str = Field(primary_key=True)
    account_id: int = Field(
        sa_column=Column(Integer, ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    said_by: str | None = None


class DomainRuling(SQLModel, table=True):
    """A person said of a domain that it belongs to no customer: ``verdict`` is internal or free_mail."""

    __tablename__ = "domain_ruling"

    domain: str = Field(primary_key=True)
    verdict: str
    by: str
    at: datetime = instant(nullable=False)


class CurrencyRate(SQLModel, table=True):
    """One unit of ``currency`` was ``rate`` units of the reporting currency from ``day`` on."""

    __tablename__ = "currency_rate"

    currency: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    rate: float


class ImportDraft(SQLModel, table=True):
    """A file of accounts that was uploaded and waits for its person's word; gone after a day."""

    __tablename__ = "import_draft"

    id: int | None = Field(default=None, primary_key=True)
    name: str
    data: bytes
    by: str
    at: datetime = instant(nullable=False)
