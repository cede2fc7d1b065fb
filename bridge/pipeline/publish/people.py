"""What a person changed in a tracker's issue since we wrote it: that is theirs."""

from __future__ import annotations

from typing import Any

from bridge.analysis.drafting import block_hash
from bridge.store.outbox import TrackerItem, TrackerLink


def changed_by_a_person(link: TrackerLink, item: TrackerItem | None) -> list[str]:
    """Fields that, seen after our last write, hold neither what we wrote last nor what we wrote before; labels where
    one of ours is gone.
    """
    if item is None or link.written_at is None or item.seen_at <= link.written_at:
        return list(link.left)
    titles, bodies, levels, labels = (_ours(link, name) for name in ("title", "body", "priority", "labels"))
    left = []
    if titles and item.title not in titles:
        left.append("title")
    if bodies and item.block_hash not in map(block_hash, bodies):
        left.append("body")
    if item.priority is not None and levels and not set(levels) & set(item.priority_levels):
        left.append("priority")
    if item.labels is not None and labels and not any(set(ours) <= set(item.labels) for ours in labels):
        left.append("labels")
    return left


def _ours(link: TrackerLink, name: str) -> list[Any]:
    """What the field may hold while nobody else has touched it."""
    return [draft[name] for draft in (link.written, link.previous) if draft.get(name) is not None]
