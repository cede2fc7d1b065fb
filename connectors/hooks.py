"""The role of a connector whose vendor signs what it sends. A webhook only says "something changed": the next pull asks
what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook whose sender is known. ``id`` is the same in every repetition."""

    id: str


@runtime_checkable
class Webhooks(Protocol):
    def verify(self, headers: Mapping[str, str], body: bytes, *, secrets: Sequence[str], at: datetime) -> Hook | None:
        """Who sent this: None unless one of ``secrets`` signed these very bytes, not long before ``at``.

        ``headers`` have lower-case names. Pure: no network, no clock. Comparisons take constant time
        (``connectors._signatures``).
        """
        ...
