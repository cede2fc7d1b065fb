"""How one tracker is published to: the settings of its connection over those of all."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.settings import PublishSettings, TrackerPublishing
from connectors.base import Dialect, IssueTracker

DEFAULTS = TrackerPublishing()


@dataclass(frozen=True, slots=True)
class Policy:
    """What passes the bar goes out by itself where ``automatic``, else it waits for a person: the first ``top`` ranks
    with at least ``min_accounts`` accounts and ``min_score`` a year. ``page``: the address of the service, "" unknown.
    """

    automatic: bool
    top: int
    min_accounts: int
    min_score: float = 0.0
    own: TrackerPublishing = DEFAULTS
    dialect: Dialect = Dialect.MARKDOWN
    page: str = ""


def policy_of(common: PublishSettings, own: TrackerPublishing | None, dialect: Dialect, page: str = "") -> Policy:
    """``own``: the section publish of the connection, if it has one."""
    own = own or DEFAULTS
    bar = own.bar or common.bar
    automatic = (own.mode or common.mode) == "automatic"
    return Policy(automatic, bar.top, bar.min_accounts, bar.min_score, own, dialect, page)


@dataclass(frozen=True, slots=True)
class Target:
    """A tracker that is published to."""

    name: str
    policy: Policy
    tracker: IssueTracker
