"""Where a pull stands that watches a list, and besides it changes which the list does not show.

Rule: the second watch goes by the server's clock, so that it advances even when the list stands still.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from connectors._answer import Answer
from connectors.base import Permanent


@dataclass(frozen=True, slots=True)
class Position:
    """``listed`` is the keyset cursor of the list, ``watched`` until when the other changes are known."""

    listed: str | None = None
    watched: datetime | None = None

    @classmethod
    def load(cls, cursor: str | None) -> Position:
        """Read ``dump``'s text; None is the beginning. Raises Permanent if it is not ours."""
        if cursor is None:
            return cls()
        try:
            data = json.loads(cursor)
            return cls(data["listed"], datetime.fromisoformat(data["watched"]))
        except (ValueError, KeyError, TypeError) as error:
            raise Permanent(f"the cursor cannot be read ({error}): reset this connection's sync state") from error

    def dump(self) -> str:
        watched = self.watched.isoformat(timespec="seconds") if self.watched else None
        return json.dumps({"listed": self.listed, "watched": watched})


def clock_of(answer: Answer) -> Callable[[], datetime]:
    """The server's time (aware UTC) from now on, by the difference to ours that the Date header shows."""
    difference = timedelta(0)
    with suppress(KeyError, ValueError, TypeError):
        difference = parsedate_to_datetime(answer.headers["Date"]) - datetime.now(UTC)
    return lambda: datetime.now(UTC) + difference
