"""This machine's other cores: processes that help with batches, started only when there is enough to do.

Rule: the caller works, too. It takes batches from the end while the helpers take them from the beginning, so that a
helper that is slow to start costs nothing, and one that dies costs what it had in hand.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection
from types import TracebackType
from typing import Self, TypeVar

from bridge.engine import HERE

T = TypeVar("T")
R = TypeVar("R")

WORTH_IT = 4
"""With fewer batches a helper would still be starting when all is done."""


class Local:
    """A context manager: at its end the helpers are gone."""

    def __init__(self, helpers: int | None = None) -> None:
        self._helpers = max(0, (os.cpu_count() or 1) - 1) if helpers is None else helpers
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def map(self, work: Callable[[T], R], batches: Sequence[T]) -> list[R]:
        """Results in the order of the batches. Raises what ``work`` raises. Both must be picklable."""
        if not self._helpers or len(batches) < WORTH_IT:
            return HERE.map(work, batches)
        futures = [self._started().submit(work, batch) for batch in batches]
        own = {at: work(batches[at]) for at in reversed(range(len(batches))) if futures[at].cancel()}
        return [own[at] if at in own else self._result(future, work, batches[at]) for at, future in enumerate(futures)]

    def _result(self, future: Future[R], work: Callable[[T], R], batch: T) -> R:
        try:
            return future.result()
        except BrokenProcessPool:
            self._pool = None
            return work(batch)

    def _started(self) -> ProcessPoolExecutor:
        """Spawned, not forked: a fork would copy open connections and locked locks."""
        if self._pool is None:
            spawn = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._helpers, mp_context=spawn, initializer=_end_with_parent)
        return self._pool


def _end_with_parent() -> None:
    """A helper whose parent was killed would wait for ever: it holds both ends of the queue that it reads."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
