"""Copies of the database, marked so that whoever puts one back repeats nothing.

A restored database has forgotten what was sent since. The mark makes every create look up its marker first.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlmodel import Session

from bridge.errors import BridgeError
from bridge.store.db import Database
from bridge.store.outbox_queries import RESTORED, look_up_all_first
from bridge.store.revision import current
from bridge.store.sync import set_fact


class BackupError(BridgeError):
    """No backup was made; the message says why and what to do."""


def mark_restored(session: Session) -> None:
    """Say that this database was put back from a copy, in the caller's transaction."""
    set_fact(session, RESTORED, "true")
    look_up_all_first(session)


def backup(db: Database, target: Path) -> None:
    """Copy a SQLite database while it is in use to a new file of mode 0600, and mark the copy as restored.

    The file appears under its name only when it is whole. Raises BackupError.
    """
    if not db.is_sqlite:
        raise BackupError(
            "PostgreSQL is backed up by its own tool: run `pg_dump --format=custom --file FILE DATABASE`; after "
            "pg_restore run `bridge db restored` before the first sync, so that nothing is created twice"
        )
    if current(db) is None:
        raise BackupError(f"{db.url.database} holds no data yet: run `bridge db upgrade` first")
    if target.exists():
        raise BackupError(f"{target} is already there: name a new file")
    part = target.with_name(target.name + ".part")
    try:
        _copy(Path(str(db.url.database)), part)
        _mark(part)
        part.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"cannot write {target} ({error}): name a file in a writable folder with room") from None
    finally:
        part.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(source)) as reading, closing(sqlite3.connect(target)) as writing:
        reading.backup(writing)


def _mark(copy: Path) -> None:
    db = Database(f"sqlite:///{copy}")
    try:
        with db.write() as session:
            mark_restored(session)
    finally:
        db.dispose()
