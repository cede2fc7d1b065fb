"""What an error of a connector means for the row, as a pure function: the table of the outbox."""

from __future__ import annotations

import random
from enum import Enum, auto

from connectors.base import AuthFailed, ConnectorError, NotFound, Permanent, RateLimited, Transient

LONGEST_WAIT_S = 3600.0


class Verdict(Enum):
    """What to do with the row after a failure."""

    CONNECTION_WAITS = auto()  # nothing is wrong with the row: it keeps its state and its attempts
    AGAIN = auto()  # surely no effect: send again later
    LOOK = auto()  # may have taken effect: look before sending again
    DEAD = auto()  # will never work
    DEAD_IN_DOUBT = auto()  # may have taken effect, and nobody but a person can find out


def judge(error: Exception, *, looking: bool, was_sent: bool, repeatable: bool, can_look: bool) -> Verdict:
    """``looking``: the error came from a look-up, not from the write. ``was_sent``: an earlier send is in doubt.

    An error that is no ConnectorError is a fault of the connector: whether it wrote before, nobody knows.
    """
    if isinstance(error, RateLimited | AuthFailed):
        return Verdict.CONNECTION_WAITS
    if isinstance(error, Permanent):
        return Verdict.DEAD_IN_DOUBT if looking and was_sent and not isinstance(error, NotFound) else Verdict.DEAD
    if looking:
        return Verdict.LOOK
    in_doubt = error.in_doubt if isinstance(error, ConnectorError) else True
    if not in_doubt or repeatable:
        return Verdict.AGAIN
    return Verdict.LOOK if can_look else Verdict.DEAD_IN_DOUBT


def is_outage(error: Exception) -> bool:
    """True if the failure may be the connection's and not the row's: it counts against the connection."""
    return isinstance(error, Transient) and not isinstance(error, RateLimited)


def backoff_s(attempts: int, first_s: float, rng: random.Random) -> float:
    """Exponential backoff with full jitter: uniform in [0, first * 2^(attempts-1)], that bound at most one hour."""
    bound = min(LONGEST_WAIT_S, first_s * 2.0 ** min(max(attempts, 1) - 1, 40))
    return rng.uniform(0.0, bound)
