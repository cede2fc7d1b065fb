"""Alembic's entry: compares with the tables of bridge.store and migrates on the connection that the caller hands in.

There is no alembic.ini and no offline mode: bridge.store.migrate opens the connection, its transaction and its lock.
"""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel.sql.sqltypes import AutoString

from bridge.store.columns import UtcDateTime
from bridge.store.tables import metadata


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own types as what they are in the database: a migration must not change when our code does."""
    del autogen
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return repr(sa.String(item.length)).replace("String", "sa.String", 1)
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=context.config.attributes.get("batch", True),
    render_item=render_item,
    compare_type=True,
    transactional_ddl=True,
)
context.run_migrations()
