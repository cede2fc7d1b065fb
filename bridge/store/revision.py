"""Which revision of the schema a database stands at, and which one this program needs: every command asks first.

Rule: no alembic here; loading it would be a good part of what a command takes to start.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import inspect, text

from bridge.store.db import Database

PACKAGE = Path(__file__).resolve().parents[1]


def current(db: Database) -> str | None:
    """The revision that the database stands at; None where nothing was ever migrated."""
    path = sqlite_path(db)
    if path is not None and not path.exists():
        return None
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


@cache
def head() -> str:
    """The newest revision that this version of the program knows: the files of the migrations are named by theirs."""
    return max(path.name.partition("_")[0] for path in (migrations_folder() / "versions").glob("[0-9]*_*.py"))


def is_current(db: Database) -> bool:
    return current(db) == head()


def migrations_folder() -> Path:
    """Inside the package where it is installed, beside the package in a checkout."""
    installed, checkout = PACKAGE / "migrations", PACKAGE.parent / "migrations"
    return installed if (installed / "env.py").is_file() else checkout


def sqlite_path(db: Database) -> Path | None:
    """The file of the database; None where it is none."""
    if not db.is_sqlite or not db.url.database or db.url.database == ":memory:":
        return None
    return Path(db.url.database)
