"""What would go to the trackers for an issue, byte for byte, before anybody decides that it goes.

Rule: what is shown comes from the step that publishes and from the connector that writes, never from here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from bridge.pipeline.publish import Intent, Policy, Publisher, Target
from bridge.service.access import Actor, Permission, require
from bridge.service.clusters import living
from bridge.service.errors import ServiceError
from bridge.store.clusters import Cluster, Score
from bridge.store.publish_decisions import Verdict, decided_on, goes_to
from bridge.store.publishing import last_scores, member_facts
from bridge.words import display_id
from connectors.base import IssueDraft
from connectors.memory_tracker import MemoryTracker

NO_TRACKER = ""
"""Name of the preview where no tracker is connected: how it would look in a plain one."""


@dataclass(frozen=True, slots=True)
class Written:
    """One tracker's issue as it would be after the next publish. ``title``, ``body``: the very bytes, markers included.

    ``kind``: create, update or nothing; ``sent``: the fields that change, ``why`` they do, ``note``: why nothing does.
    ``left``: fields that a person changed there. ``priority``: top, next or default. ``state``: what was decided for
    this tracker: goes, waiting, declined, none. ``digest`` names these bytes.
    """

    tracker: str
    kind: str
    title: str
    body: str
    priority: str
    labels: tuple[str, ...]
    project: str | None
    sent: tuple[str, ...]
    why: tuple[str, ...]
    left: tuple[str, ...]
    note: str | None
    public: bool
    state: str
    digest: str


@dataclass(frozen=True, slots=True)
class Draft:
    """``issue`` is its title here. ``title``, ``body``, ``priority``: those of the first tracker."""

    id: str
    cluster_id: int
    issue: str
    title: str
    body: str
    priority: str
    published: bool
    trackers: tuple[Written, ...]


def publish_preview(
    session: Session, actor: Actor, cluster_id: int, targets: Mapping[str, Target], *, at: datetime
) -> Draft:
    """Raises Forbidden, UnknownId, and ServiceError for an issue without live tickets."""
    require(actor, Permission.DECIDE_CLUSTERS)
    cluster = living(session, cluster_id)
    id_ = cluster.id or 0
    if not member_facts(session, [id_]).get(id_):
        raise ServiceError(f"{display_id(id_)} has no tickets: there is nothing to publish")
    scores = last_scores(session)
    found = tuple(
        one for target in (targets or _plain()).values() for one in written(session, [cluster], target, at, scores)
    )
    return Draft(
        id=display_id(id_),
        cluster_id=id_,
        issue=cluster.title,
        title=found[0].title,
        body=found[0].body,
        priority=found[0].priority,
        published=cluster.approved_at is not None,
        trackers=found if targets else (replace(found[0], tracker=NO_TRACKER),),
    )


def written(
    session: Session,
    clusters: Sequence[Cluster],
    target: Target,
    at: datetime,
    scores: Mapping[int | None, Score],
) -> list[Written]:
    """As the next publish would leave each of these issues in this tracker, if it went there."""
    work = Publisher(session, target.name, target.policy, scores, clusters, at)
    return [_written(session, cluster, target, work.intent(cluster)) for cluster in clusters]


def _written(session: Session, cluster: Cluster, target: Target, intent: Intent) -> Written:
    text = target.tracker.as_written(IssueDraft.of(intent.whole), key=intent.key) if intent.whole else None
    made = Written(
        tracker=target.name,
        kind=intent.kind,
        title=text.title if text else "",
        body=text.body if text else "",
        priority=str(intent.whole.get("priority", "default")),
        labels=tuple(intent.whole.get("labels", ())),
        project=intent.whole.get("project"),
        sent=tuple(intent.draft),
        why=intent.why,
        left=intent.left,
        note=intent.note,
        public=target.policy.own.is_public,
        state=_state(session, cluster, target.name),
        digest="",
    )
    return replace(made, digest=_digest(made))


def _state(session: Session, cluster: Cluster, connection: str) -> str:
    rows = decided_on(session, cluster.id or 0)
    if goes_to(cluster.approved_at is not None, rows, connection):
        return "goes"
    own = rows.get(connection)
    return own.state if own is not None and own.state != Verdict.APPROVED else "none"


def _digest(made: Written) -> str:
    told = {name: getattr(made, name) for name in ("title", "body", "priority", "labels", "project")}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _plain() -> dict[str, Target]:
    return {NO_TRACKER: Target(NO_TRACKER, Policy(automatic=False, top=1, min_accounts=1), MemoryTracker())}
