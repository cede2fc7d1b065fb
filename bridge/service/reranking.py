"""What a decision about membership does to the ranking (docs/decisions/0010).

Rule: after a merge, split, move or undo the list shows the new ranks at once, or says that it does not.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from bridge.pipeline.rank import rank_now
from bridge.store.ranking import count_members

AT_ONCE = 5_000
"""Up to so many tickets a ranking takes less than a second and is made in the decision's own transaction."""


def rank_after_decision(session: Session, at: datetime) -> bool:
    """Rank now, if that is quick. False: the next sync does it, and the list tells what it has not ranked."""
    if count_members(session) > AT_ONCE:
        return False
    rank_now(session, at, "rank")
    return True
