"""How many accounts wrote about an issue, week by week: the little columns of a list.

Rule: an account counts once a week, however many tickets it opens.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime

from bridge.analysis.exposure import DAY, seconds

WEEKS = 12


def weekly_accounts(opened: Iterable[tuple[str, datetime]], now: datetime) -> list[int]:
    """Unique accounts of (account, ticket opened at) in each of the last twelve spans of seven days, oldest first.

    The last span ends at ``now``, so that the last four are the window in which an account counts as new. Tickets
    that were opened later are not known yet.
    """
    at = seconds(now)
    seen: list[set[str]] = [set() for _ in range(WEEKS)]
    for account, created in opened:
        age = at - seconds(created)
        week = max(0, math.ceil(age / (7 * DAY)) - 1)
        if age >= 0 and week < WEEKS:
            seen[WEEKS - 1 - week].add(account)
    return [len(accounts) for accounts in seen]
