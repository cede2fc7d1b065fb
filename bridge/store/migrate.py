"""Brings a database to a revision of the schema, forward and back.

A migration is one transaction under one lock: it happens whole or not at all, and of two processes that upgrade at
once the second finds nothing left to do.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from bridge.errors import BridgeError
from bridge.store.db import Database
from bridge.store.revision import current, head, migrations_folder, sqlite_path

LOCK_KEY = 4_201_973_551


class MigrationError(BridgeError):
    """The schema cannot be brought to the revision; the message says why and what to do."""


def upgrade(db: Database, revision: str = "head") -> None:
    """Migrate forward. Creates a SQLite file that is not there, readable by its owner only. Raises MigrationError."""
    _create_file(db)
    _refuse_unknown(db)
    _refuse_without_vectors(db)
    with _migrating(db) as config, _explained(revision):
        command.upgrade(config, revision)


def downgrade(db: Database, revision: str) -> None:
    """Migrate back, "base" drops all tables. What a former schema cannot hold is lost. Raises MigrationError."""
    _refuse_unknown(db)
    with _migrating(db) as config, _explained(revision):
        command.downgrade(config, revision)


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    return config


@contextmanager
def _migrating(db: Database) -> Iterator[Config]:
    writing = db.engine.execution_options(bridge_immediate=True)
    config = alembic_config()
    with writing.connect() as connection, _locked(connection, sqlite=db.is_sqlite):
        config.attributes["connection"] = connection
        yield config


@contextmanager
def _locked(connection: Connection, *, sqlite: bool) -> Iterator[None]:
    if not sqlite:
        with connection.begin():
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
            yield
        return
    # Altering a table in SQLite means copying it and dropping the old one; with foreign keys on, the drop would delete
    # what refers to it. The switch works outside of a transaction only.
    _foreign_keys(connection, on=False)
    try:
        with connection.begin():
            yield
            _refuse_broken_references(connection)
    finally:
        _foreign_keys(connection, on=True)


def _foreign_keys(connection: Connection, *, on: bool) -> None:
    driver = connection.connection.dbapi_connection
    assert driver is not None
    cursor = driver.cursor()
    cursor.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")
    cursor.close()


def _refuse_broken_references(connection: Connection) -> None:
    broken = sorted({str(row[0]) for row in connection.exec_driver_sql("PRAGMA foreign_key_check")})
    if broken:
        raise MigrationError(f"the migration would leave rows that refer to nothing in {broken}: nothing was changed")


def _refuse_unknown(db: Database) -> None:
    revision = current(db)
    if revision is None:
        return
    try:
        ScriptDirectory.from_config(alembic_config()).get_revision(revision)
    except CommandError:
        raise MigrationError(
            f"the database stands at revision {revision}, which this version does not know (its newest is {head()}): "
            "install the version that wrote it, or go back to a backup"
        ) from None


def _refuse_without_vectors(db: Database) -> None:
    """PostgreSQL needs pgvector; where it is not there yet, the migration makes it, if it may."""
    if db.is_sqlite:
        return
    query = """SELECT e.installed_version IS NOT NULL AS here,
      bool_or(v.trusted AND has_database_privilege(current_database(), 'CREATE') OR u.rolsuper) AS may
    FROM pg_available_extensions e JOIN pg_available_extension_versions v USING (name), pg_roles u
    WHERE e.name = 'vector' AND u.rolname = current_user GROUP BY 1"""
    with db.engine.connect() as connection:
        found = connection.execute(text(query)).first()
    if found is None:
        raise MigrationError(
            "this PostgreSQL server has no pgvector: install it (Debian: postgresql-NN-pgvector), run this again"
        )
    if not (found.here or found.may):
        raise MigrationError(
            f"{db.url.username} may not make extensions in this database: let an administrator run "
            f'"CREATE EXTENSION vector" in {db.url.database}, then run this again'
        )


@contextmanager
def _explained(revision: str) -> Iterator[None]:
    try:
        yield
    except CommandError as error:
        raise MigrationError(f"cannot go to revision {revision!r} ({error}): name a known one, e.g. {head()}") from None


def _create_file(db: Database) -> None:
    path = sqlite_path(db)
    if path is None:
        return
    with suppress(FileExistsError):
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileNotFoundError:
            raise MigrationError(f"cannot create {path}: make the folder {path.parent} first") from None
