"""Insert a row unless its key is taken: the one statement that two writers may race for on either database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect
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
