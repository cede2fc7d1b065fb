"""The issue that a card tells of: the one behind merges and declared duplicates, with how far its plan is trusted.

Rule: a supplier's agent reads the title that product wrote, or that of an issue in which they have a ticket.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bridge.service.access import Actor
from bridge.service.card_scope import readable_issues
from bridge.service.clusters import living
from bridge.service.standing import Standing, standings
from bridge.store.clusters import Cluster
from bridge.words import RemedyState, display_id, parse_cluster_id


@dataclass(frozen=True, slots=True)
class Told:
    """``title`` as this reader may know it. ``called``: the issue's own title, where its plan is another issue's."""

    cluster: Cluster
    standing: Standing
    title: str
    called: str | None = None

    @property
    def nobody_cared(self) -> bool:
        """Neither planned nor published: as good as no issue, if it is a single ticket."""
        return self.standing.quote is None and self.cluster.approved_at is None


def told_issue(session: Session, actor: Actor, cluster: Cluster, at: datetime) -> Told:
    """Follows plans that say "duplicate of", as far as they lead somewhere."""
    (first,) = told_issues(session, actor, [cluster], at)
    told, seen = first, {cluster.id}
    while told.standing.quote is not None and told.standing.trust.state is RemedyState.DUPLICATE:
        other = living(session, parse_cluster_id(str(told.standing.quote.fields.get("duplicate_of"))))
        if other.id in seen:
            break
        seen.add(other.id)
        (told,) = told_issues(session, actor, [other], at)
    return told if told is first else Told(told.cluster, told.standing, told.title, called=first.title)


def told_issues(session: Session, actor: Actor, clusters: Sequence[Cluster], at: datetime) -> list[Told]:
    """Several at once, duplicates as they are."""
    found = standings(session, actor, clusters, at)
    readable = readable_issues(session, actor, [cluster.id or 0 for cluster in clusters])
    return [
        Told(cluster, standing := found[cluster.id or 0], _title(cluster, standing, readable)) for cluster in clusters
    ]


def _title(cluster: Cluster, standing: Standing, readable: set[int]) -> str:
    given = standing.quote.fields.get("title_customer") if standing.quote else None
    if given:
        return str(given)
    return cluster.title if cluster.id in readable else display_id(cluster.id or 0)
