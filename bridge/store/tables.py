"""Every table, imported once, so that migrations and tests see the whole."""

from __future__ import annotations

from sqlmodel import SQLModel

from bridge.store import (
    access,
    accounts,
    boilerplate,
    clusters,
    event_guard,
    events,
    grouping,
    outbox,
    rank_cache,
    remedies,
    requests,
    suppliers,
    sync,
    tickets,
    vectors,
)

metadata = SQLModel.metadata

__all__ = [
    "access",
    "accounts",
    "boilerplate",
    "clusters",
    "event_guard",
    "events",
    "grouping",
    "metadata",
    "outbox",
    "rank_cache",
    "remedies",
    "requests",
    "suppliers",
    "sync",
    "tickets",
    "vectors",
]
