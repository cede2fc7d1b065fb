"""Tables and queries, one aggregate a file. No decisions.

Constraints are named by rule, so that a migration can name them on SQLite and PostgreSQL alike. The rule stands here
because it must be known before the first table is.
"""

from __future__ import annotations

from sqlmodel import SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
