"""How many accounts wrote about an issue, week by week: the little columns of a list.

Rule: an account counts once a week, however many tickets it opens.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge.analysis.exposure import DAY

WEEKS = 12
SPAN = WEEKS * 7 * DAY
"""Seconds; a ticket that was opened longer ago is in no column."""


def weekly_accounts(who: NDArray[Any], created: NDArray[Any], now: float) -> list[int]:
    """Unique accounts of (account, ticket opened at) in each of the last twelve spans of seven days, oldest first.

    ``who`` are numbers that stand for accounts, instants are epoch seconds. The last span ends at ``now``, so that the
    last four are the window in which an account counts as new. Tickets that were opened later are not known yet.
    """
    age = now - created
    week = np.maximum(0, np.ceil(age / (7 * DAY)) - 1)
    within = (age >= 0) & (week < WEEKS)
    seen = np.unique(who[within].astype(np.int64) * WEEKS + week[within].astype(np.int64)) % WEEKS
    counts = np.bincount(seen, minlength=WEEKS)
    return [int(n) for n in counts[::-1]]
