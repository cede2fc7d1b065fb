"""Every table, imported once, so that migrations and tests see the whole."""

from __future__ import annotations

from sqlmodel import SQLModel

from bridge.store import (
    access,
    accounts,
    beside,
    boilerplate,
    clusters,
    event_guard,
    events,
    grouping,
    monday,
    notices,
    outbox,
    publish_decisions,
    rank_cache,
    remedies,
    requests,
    sticky,
    suppliers,
    sync,
    tickets,
    vectors,
)

metadata = SQLModel.metadata

__all__ = [
    "access",
    "accounts",
    "beside",
    "boilerplate",
    "clusters",
    "event_guard",
    "events",
    "grouping",
    "metadata",
    "monday",
    "notices",
    "outbox",
    "publish_decisions",
    "rank_cache",
    "remedies",
    "requests",
    "sticky",
    "suppliers",
    "sync",
    "tickets",
    "vectors",
]
