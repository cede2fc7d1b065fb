"""Rows for whatever tables a database has, made from its reflected schema: works at every revision."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Column, MetaData, func, insert, select
from sqlalchemy import types as t

from bridge.store.db import Database
from bridge.store.halfvec import HalfVec

VALUES: dict[type[t.TypeEngine[Any]], Any] = {
    t.Boolean: True,
    t.BigInteger: 7_000,  # far from the 1 that a trigger's own row gets
    t.Integer: 1,
    t.Float: 1.5,
    t.String: "1",
    t.Date: date(2026, 1, 2),
    t.DateTime: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    t.LargeBinary: b"12",
    HalfVec: "[1]",
    t.JSON: {"a": [1]},
}


def fill_every_table(db: Database) -> dict[str, int]:
    """Insert a row with a value in every column of every table; references meet, since every key is 1."""
    with db.engine.begin() as connection:
        for table in _reflect(db).sorted_tables:
            connection.execute(insert(table).values({column.key: _value(column) for column in table.columns}))
    return count_rows(db)


def count_rows(db: Database) -> dict[str, int]:
    with db.engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in _reflect(db).sorted_tables
        }


def _reflect(db: Database) -> MetaData:
    reflected = MetaData()
    reflected.reflect(db.engine)
    reflected.remove(reflected.tables["alembic_version"])
    return reflected


def _value(column: Column[Any]) -> Any:
    return next(value for kind, value in VALUES.items() if isinstance(column.type, kind))
