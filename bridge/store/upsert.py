"""Inserts that the ORM is too careful for: one row unless its key is taken, and very many rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, inspect
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel


def insert_new(session: Session, table: type[SQLModel], **values: Any) -> bool:
    """True if the row was inserted; False if one with the same primary or unique key is there already.

    Plain column defaults of the model are applied, those of JSON columns are not. The session is flushed before.
    """
    session.flush()
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    keys = inspect(table).primary_key
    statement = insert(table).values(**values).on_conflict_do_nothing().returning(*keys)
    return session.connection().execute(statement).first() is not None


def insert_rows(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same keys, as one statement.

    The ORM's bulk insert sends rows that differ in their Nones as a statement each, and keeps books on every row.
    """
    session.flush()
    if rows:
        mapped: Table = inspect(table).local_table
        session.connection().execute(plain_insert(mapped), list(rows))
