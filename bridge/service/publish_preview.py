"""What would go to the tracker for an issue, byte for byte, before anybody decides that it goes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, select

from bridge.pipeline.publish import draft_of, facts_of
from bridge.service.access import Actor, Permission, require
from bridge.service.clusters import living
from bridge.service.errors import ServiceError
from bridge.store.clusters import Score
from bridge.store.publishing import member_facts
from bridge.store.ranking import last_run
from bridge.words import display_id


@dataclass(frozen=True, slots=True)
class Draft:
    """``priority``: top, next or default, which the connector maps to one that the tracker allows."""

    id: str
    cluster_id: int
    issue: str
    title: str
    body: str
    priority: str
    published: bool


def publish_preview(session: Session, actor: Actor, cluster_id: int) -> Draft:
    """Raises ServiceError for an issue without live tickets."""
    require(actor, Permission.DECIDE_CLUSTERS)
    cluster = living(session, cluster_id)
    id_ = cluster.id or 0
    members = member_facts(session, [id_]).get(id_)
    if not members:
        raise ServiceError(f"{display_id(id_)} has no tickets: there is nothing to publish")
    run = last_run(session)
    score = session.exec(select(Score).where(Score.run_id == run.id, Score.cluster_id == id_)).first() if run else None
    draft = draft_of(facts_of(cluster, members, score))
    return Draft(
        id=display_id(id_),
        cluster_id=id_,
        issue=cluster.title,
        title=draft["title"],
        body=draft["body"],
        priority=draft["priority"],
        published=cluster.approved_at is not None,
    )
