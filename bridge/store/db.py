"""The door to the database: one engine, short sessions, SQLite and PostgreSQL alike.

``read`` never writes. ``write`` is one transaction: on SQLite it takes the write lock at its beginning
(BEGIN IMMEDIATE), so that two writers queue instead of failing in the middle.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.engine import make_url
from sqlmodel import Session, create_engine

from bridge.store.chain import seal

BUSY_MS = 60_000


class Database:
    """Holds the engine of one installation. Opens no connection before the first session."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.engine = _engine(url)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """What was read stays readable after the block; nothing is written."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: committed at the end of the block, rolled back if it raises. Its events join the chain."""
        writing = self.engine.execution_options(bridge_immediate=True)
        with Session(writing, expire_on_commit=False) as session:
            yield session
            seal(session)
            session.commit()

    def forget(self) -> bool:
        """SQLite: let go of the log of changes, which still holds what was just erased. False: a long read keeps it."""
        if not self.is_sqlite:
            return True
        with self.engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            return bool(driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)

    def dispose(self) -> None:
        self.engine.dispose()


def _engine(url: str) -> Engine:
    """Errors and logs of statements leave the values out: those are texts of tickets."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": BUSY_MS / 1000}, hide_parameters=True)
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return create_engine(parsed, pool_pre_ping=True, hide_parameters=True)


def _sqlite_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    # secure_delete: what is removed or replaced leaves no bytes in the file, so that erased means gone.
    _write_ahead(connection)
    for pragma in ("synchronous=FULL", "secure_delete=ON", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")


def _write_ahead(connection: Any) -> None:
    """Of two processes that open a new file at once, SQLite refuses one at once, whatever its time-out."""
    give_up = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.01)


def _sqlite_begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("bridge_immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def steady(session: Session) -> None:
    """All reads of this new session see the data of one instant. SQLite reads so anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def ping(session: Session) -> None:
    """Raises sqlalchemy.exc.OperationalError if the database does not answer."""
    session.connection().execute(text("SELECT 1"))
