"""Issues of merged clusters. Rule: both issues are told, in their text or below, and none is ever closed."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sqlmodel import Session

from bridge.analysis.drafting import merge_comments, unmerge_comments
from bridge.pipeline.publish.sending import send_comment
from bridge.store.clusters import Cluster
from bridge.store.memberships import redirect
from bridge.store.outbox import TrackerItem, TrackerLink


class Publishing(Protocol):
    """What is needed of a publisher here."""

    session: Session
    at: datetime
    links: dict[int, TrackerLink]

    def item_of(self, link: TrackerLink) -> TrackerItem | None: ...


def winner_of(session: Session, cluster: Cluster) -> Cluster | None:
    """The living cluster that a merged one is part of."""
    return redirect(session, cluster.id or 0) if cluster.merged_into is not None else None


def pointing(work: Publishing, cluster: Cluster, link: TrackerLink) -> bool:
    """Comment below both issues where they were merged, or a merge was taken back, and nobody was told yet.

    Waits until both issues exist, so that each comment can name the other. Whether something was enqueued.
    """
    winner = winner_of(work.session, cluster)
    wanted = winner.id if winner is not None else None
    if link.pointed_to == wanted:
        return False
    other = winner or work.session.get(Cluster, link.pointed_to)
    there = work.links.get(other.id or 0) if other is not None else None
    if wanted is None:
        link.pointed_to = None
        work.session.add(link)
    if other is None or there is None or there.remote_id is None or link.remote_id is None:
        return False
    sides = ((cluster.id or 0, link.url), (other.id or 0, there.url))
    texts = merge_comments(*sides) if wanted is not None else unmerge_comments(*sides)
    what = f"{'merged' if wanted is not None else 'apart'}:{cluster.uid}:{int(work.at.timestamp())}"
    for one, its, text in ((cluster, link, texts[0]), (other, there, texts[1])):
        item = work.item_of(its)
        if item is None or not item.deleted:
            send_comment(work.session, one, its, what, text, work.at)
    link.pointed_to = wanted
    work.session.add(link)
    return True
