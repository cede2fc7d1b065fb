"""Approved clusters -> drafts in the outbox. What a person changed in the tracker is left and flagged.

A cluster gets one issue a tracker, for ever: its marker is made from the cluster's uid, its link row is unique.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bridge.analysis import touching
from bridge.analysis.drafting import Facts, block_hash, issue_body, issue_title, merged_body
from bridge.failpoint import failpoint
from bridge.progress import Progress, StepReport, silent
from bridge.store.clusters import Cluster, Score
from bridge.store.db import Database
from bridge.store.events import record
from bridge.store.leases import Lease, fence
from bridge.store.memberships import redirect
from bridge.store.outbox import TrackerItem, TrackerLink
from bridge.store.outbox_queries import enqueue
from bridge.store.publishing import (
    CLOSED,
    MemberFacts,
    approved_clusters,
    items,
    last_scores,
    links,
    member_facts,
    supersede,
)
from bridge.store.sync import bump
from connectors.base import PriorityLevel

AUTOMATIC = "automatic"
Draft = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Policy:
    """What leaves without a person: nothing, or the first ``top`` ranks with at least ``min_accounts`` accounts."""

    automatic: bool
    top: int
    min_accounts: int


def marker(cluster: Cluster, connection: str) -> str:
    """The key that the remote issue carries."""
    return f"ib-{cluster.uid}-{connection}"


LEVELS = {touching.NAMES[touching.TOP]: PriorityLevel.TOP, touching.NAMES[touching.NEXT]: PriorityLevel.NEXT}
"""The tracker's highest allowed priority for the first band, the next for the second, its default for the rest."""


def publish(
    db: Database,
    connection: str,
    policy: Policy,
    *,
    lease: Lease,
    now: Callable[[], datetime],
    progress: Progress = silent,
) -> StepReport:
    """Enqueue a create for each newly approved cluster, best rank first, and an update where a fact changed."""
    report = StepReport("publish", connection)
    with db.write() as session:
        fence(session, lease)
        scores = last_scores(session)
        if policy.automatic:
            _approve_over_bar(session, scores, policy, now())
        clusters = approved_clusters(session)
        clusters.sort(key=lambda c: (scores[c.id].rank if c.id in scores else len(scores) + 1, c.id))
        work = _Work(session, connection, scores, now())
        for cluster in clusters:
            done = work.refresh(cluster)
            report.done += done
            report.skipped += not done
        report.notes += work.notes
        if report.done:
            bump(session, "board")
        failpoint("publish.before_commit")
    failpoint("publish.after_commit")
    progress("publish", len(clusters), len(clusters))
    return report


def _approve_over_bar(session: Session, scores: Mapping[int | None, Score], policy: Policy, at: datetime) -> None:
    for score in scores.values():
        thin = "thin evidence" in score.summary["badges"]
        if score.rank > policy.top or score.summary["accounts"] < policy.min_accounts or thin:
            continue
        cluster = session.get_one(Cluster, score.cluster_id)
        if cluster.approved_at is None and cluster.approved_by is None and cluster.merged_into is None:
            cluster.approved_at, cluster.approved_by = at, AUTOMATIC
            session.add(cluster)
            after = {"rank": score.rank, "accounts": score.summary["accounts"]}
            record(session, "cluster.published", f"cluster:{cluster.id}", actor=AUTOMATIC, at=at, after=after)


class _Work:
    """One publish into one tracker: what is there, what is wanted, what to send."""

    def __init__(self, session: Session, connection: str, scores: Mapping[int | None, Score], at: datetime) -> None:
        self.session, self.connection, self.scores, self.at = session, connection, scores, at
        self.links = links(session, connection)
        self.items = items(session, connection)
        self.members = member_facts(session, [c.id or 0 for c in approved_clusters(session)])
        self.notes: list[str] = []

    def refresh(self, cluster: Cluster) -> bool:
        """Whether something was enqueued for this cluster."""
        link = self.links.get(cluster.id or 0)
        if cluster.merged_into is not None:
            return link is not None and self._point_to_winner(cluster, link)
        members = self.members.get(cluster.id or 0)
        if not members:
            return False
        before = (link.told or {}).get("band") if link is not None else None
        facts = facts_of(cluster, members, self.scores.get(cluster.id), before)
        return self._create(cluster, facts) if link is None else self._touch(cluster, link, facts)

    def _touch(self, cluster: Cluster, link: TrackerLink, facts: Facts) -> bool:
        """Tell the tracker where there is a reason to; what a person changed there is looked at anyway."""
        before, now = touching.read_told(link.told or {}), told(facts)
        if before is None or link.told_at is None:
            self._keep_told(link, now)
            return self._update(cluster, link, draft_of(facts))
        why = touching.reasons(before, now, self.at - link.told_at)
        if not why:
            self._look(cluster, link)
            return False
        if not self._update(cluster, link, draft_of(replace(facts, updated=(self.at.date(), why)))):
            return False
        self._keep_told(link, now)
        record(
            self.session,
            "tracker.touched",
            f"cluster:{cluster.id}",
            actor="publish",
            at=self.at,
            after={"connection": self.connection, "why": list(why)},
        )
        return True

    def _keep_told(self, link: TrackerLink, now: touching.Told) -> None:
        link.told, link.told_at = asdict(now), self.at
        self.session.add(link)

    def _create(self, cluster: Cluster, facts: Facts) -> bool:
        draft = draft_of(facts)
        link = TrackerLink(cluster_id=cluster.id or 0, connection=self.connection, version=1, wanted=draft)
        self._keep_told(link, told(facts))
        enqueue(
            self.session,
            key=marker(cluster, self.connection),
            stream=_stream(cluster, self.connection),
            kind="create_issue",
            connection=self.connection,
            payload={"cluster_id": cluster.id, "draft": {**draft, "labels": []}},
            at=self.at,
            subject_id=cluster.id,
        )
        return True

    def _update(self, cluster: Cluster, link: TrackerLink, draft: Draft) -> bool:
        if not self._look(cluster, link):
            return False
        changed = {name: value for name, value in draft.items() if link.wanted.get(name) != value}
        send = {name: value for name, value in changed.items() if name not in link.left}
        if not send:
            return False
        link.wanted, link.version = {**link.wanted, **send}, link.version + 1
        self.session.add(link)
        overtaken = supersede(self.session, _stream(cluster, self.connection), ("update_issue",), self.at)
        pending = link.wanted if overtaken else send
        whole: Draft = {name: pending.get(name) for name in ("title", "body", "priority")}
        for name in link.left:
            whole[name] = None
        enqueue(
            self.session,
            key=f"{marker(cluster, self.connection)}:update:{link.version}",
            stream=_stream(cluster, self.connection),
            kind="update_issue",
            connection=self.connection,
            payload={
                "cluster_id": cluster.id,
                "remote_id": link.remote_id,
                "marker": marker(cluster, self.connection),
                "draft": {**whole, "labels": []},
            },
            at=self.at,
            subject_id=cluster.id,
        )
        return True

    def _look(self, cluster: Cluster, link: TrackerLink) -> bool:
        """Flag what a person changed there. False where the issue is gone."""
        item = self.items.get(link.remote_id or "")
        if item is not None and item.deleted:
            self.notes.append(f"{link.remote_id} was deleted in {self.connection}: IB-{cluster.id} has no issue there")
            return False
        self._flag_left(cluster, link, item)
        return True

    def _flag_left(self, cluster: Cluster, link: TrackerLink, item: TrackerItem | None) -> None:
        left = _changed_by_a_person(link, item)
        if left != link.left:
            before, after = {"left": link.left}, {"left": left}
            link.left = left
            self.session.add(link)
            subject = f"cluster:{cluster.id}"
            record(
                self.session, "tracker.item_changed", subject, actor="publish", at=self.at, before=before, after=after
            )
        if left:
            self.notes.append(
                f"IB-{cluster.id}: {', '.join(left)} changed by a person in {self.connection}: left as is"
            )

    def _point_to_winner(self, cluster: Cluster, link: TrackerLink) -> bool:
        winner = redirect(self.session, cluster.id or 0)
        if winner is None:
            return False
        target = self.links.get(winner.id or 0)
        body = merged_body(cluster.id or 0, winner.id or 0, target.url if target else None)
        link.told = link.told_at = None
        return self._update(cluster, link, {"body": body})


def facts_of(cluster: Cluster, members: Sequence[MemberFacts], score: Score | None, before: str | None = None) -> Facts:
    """What a tracker may know. ``members`` is not empty; ``before``: the band that was told last."""
    opened = [m for m in members if m.status not in CLOSED]
    segments = score.summary["by_segment"] if score else []
    return Facts(
        cluster_id=cluster.id or 0,
        title=cluster.title,
        band=touching.band(score.rank, before) if score else touching.REST,
        accounts=score.summary["accounts"] if score else 0,
        open_tickets=len(opened),
        tickets_in_all=len(members),
        first_seen=min(m.created_at for m in members).date(),
        last_signal=max(m.last_customer_at for m in members).date(),
        phrases=cluster.phrases,
        segments=[(segment, accounts) for segment, _, accounts in segments],
        tickets=[(m.source_id, m.url) for m in opened],
        severity=cluster.severity_override,
    )


def draft_of(facts: Facts) -> Draft:
    """Title, body and priority as they go to a tracker."""
    priority = LEVELS.get(facts.band, PriorityLevel.DEFAULT)
    return {"title": issue_title(facts.title), "body": issue_body(facts), "priority": priority.value}


def told(facts: Facts) -> touching.Told:
    """What of it is worth a touch when it changes."""
    return touching.Told(
        band=facts.band,
        accounts=facts.accounts,
        segments=dict(facts.segments),
        tickets=facts.tickets_in_all,
        open_tickets=facts.open_tickets,
        severity=facts.severity,
        title=block_hash(issue_title(facts.title)) or "",
        text=block_hash(issue_body(facts)) or "",
    )


def _changed_by_a_person(link: TrackerLink, item: TrackerItem | None) -> list[str]:
    """Fields that, seen after our last write, hold neither what we wrote last nor what we wrote before."""
    if item is None or link.written_at is None or item.seen_at <= link.written_at:
        return list(link.left)
    titles, bodies, levels = (_ours(link, name) for name in ("title", "body", "priority"))
    left = []
    if item.title not in titles:
        left.append("title")
    if item.block_hash not in map(block_hash, bodies):
        left.append("body")
    if item.priority is not None and not set(levels) & set(item.priority_levels):
        left.append("priority")
    return left


def _ours(link: TrackerLink, name: str) -> list[str]:
    """What the field may hold while nobody else has touched it."""
    return [draft[name] for draft in (link.written, link.previous) if draft.get(name) is not None]


def _stream(cluster: Cluster, connection: str) -> str:
    return f"issue:{cluster.uid}:{connection}"
