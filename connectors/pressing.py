"""Until when a write may begin: whoever sends under a lease sets it, ``_http`` asks directly before the first byte.

Rule: a connector may read before it writes, for as long as the server likes; a write that begins too late could take
effect after somebody else has looked for it in vain.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_until: ContextVar[float] = ContextVar("begin writes until", default=float("inf"))


@contextmanager
def writes_begin_within(seconds: float) -> Iterator[None]:
    """In the block (of this thread) no write begins later than so many seconds from now."""
    before = _until.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _until.reset(before)


def seconds_left() -> float:
    """How long from now a write may still begin; negative: not any more."""
    return _until.get() - time.monotonic()
