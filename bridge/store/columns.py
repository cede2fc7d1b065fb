"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, Date, DateTime, Dialect, func
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, Session


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Takes aware datetimes only, stores UTC, gives aware UTC back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone: instants are stored as UTC")
        value = value if value.tzinfo is UTC else value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        return None if value is None else self.utc(value)

    @staticmethod
    def utc(value: datetime) -> datetime:
        """Aware, in UTC; a value without a zone was UTC."""
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def instant(*, nullable: bool = True, index: bool = False) -> Any:
    """A field that holds an instant."""
    options: dict[str, Any] = {"sa_type": UtcDateTime, "nullable": nullable, "index": index}
    return Field(default=None, **options) if nullable else Field(**options)


def utc_day(session: Session, column: Any) -> ColumnElement[date]:
    """The calendar day of an instant, in UTC whatever the database's own time zone is."""
    if session.get_bind().dialect.name == "sqlite":
        return func.date(column, type_=Date())
    return func.date(func.timezone("UTC", column), type_=Date())


def json_field(default: type[dict[str, Any] | list[Any]] | None = dict) -> Any:
    """A JSON column: an object, a list, or nullable with ``None``."""
    if default is None:
        return Field(default=None, sa_column=Column(JSON, nullable=True))
    return Field(default_factory=default, sa_column=Column(JSON, nullable=False))
