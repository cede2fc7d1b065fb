"""What this process keeps of the database between requests, a value for each installation.

Rule: a value is as old as its version says; where ``stale`` is allowed, one request builds the new one and the others
take the old one meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlmodel import Session

T = TypeVar("T")


class Cached(Generic[T]):
    """Values by the connection pool of their database."""

    def __init__(self, *, stale: bool = False) -> None:
        self._stale = stale
        self._values: WeakKeyDictionary[Any, tuple[object, T]] = WeakKeyDictionary()
        self._building = Lock()

    def get(self, session: Session, version: object, build: Callable[[], T]) -> T:
        pool = session.get_bind().engine.pool
        held = self._values.get(pool)
        if held is not None and held[0] == version:
            return held[1]
        if not self._building.acquire(blocking=held is None or not self._stale):
            assert held is not None
            return held[1]
        try:
            held = self._values.get(pool)
            if held is None or held[0] != version:
                held = version, build()
                self._values[pool] = held
            return held[1]
        finally:
            self._building.release()

    def forget(self, session: Session) -> None:
        """Nothing of the installation's texts stays in memory."""
        self._values.pop(session.get_bind().engine.pool, None)
