"""Accounts, where value attaches, and the segments that they fall into."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, UniqueConstraint
from sqlmodel import Field, SQLModel

from bridge.store.columns import instant, json_field


class Segment(SQLModel, table=True):
    """``rule`` is a predicate over an account, first match by ``position`` wins; {} matches every account.

    Known predicates: {"value_at_least": EUR per year}. The last segment of a scheme is its catch-all.
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

    ``segment_named`` comes from an import and wins over the rules. ``source`` and ``as_of`` say where the values
    came from and when.
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
    lifecycle: str = "active"
    source: str
    as_of: datetime = instant(nullable=False)


class AccountDomain(SQLModel, table=True):
    """A verified e-mail domain. A domain of two accounts resolves to none of them."""

    __tablename__ = "account_domain"

    domain: str = Field(primary_key=True)
    account_id: int = Field(
        sa_column=Column(Integer, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, index=True)
    )


class AccountExternalId(SQLModel, table=True):
    """The id of an account in another system, "system:id"."""

    __tablename__ = "account_external_id"

    external_id: str = Field(primary_key=True)
    account_id: int = Field(
        sa_column=Column(Integer, ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True)
    )
