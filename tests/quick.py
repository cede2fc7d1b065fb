"""Databases of a test process, the same but quicker: one dialect and what it compiled for all engines of a kind, and no
waiting for the disk.

Rule: only what no test can see is left out. A killed process loses nothing that it did not wait for, a power cut would;
what SQLAlchemy compiled depends on the statement and the dialect, and is compiled anew for each engine otherwise.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, event

from bridge.store import db

as_shipped = db._engine
"""What the program itself uses."""

_first: dict[str, Engine] = {}


def hurry() -> None:
    """From now on, for the whole process."""
    db._engine = _quick


def _quick(url: str) -> Engine:
    engine = as_shipped(url)
    kind = engine.dialect.name
    if kind == "sqlite":
        event.listen(engine, "connect", _without_waiting)
    first = _first.get(kind)
    # a dialect knows its server after the first connection; one that does not yet is of no use to others
    if first is None or first.dialect.server_version_info is None:
        _first[kind] = engine
        return engine
    engine.dialect = engine.pool._dialect = first.dialect
    engine._compiled_cache = first._compiled_cache
    return engine


def _without_waiting(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")
