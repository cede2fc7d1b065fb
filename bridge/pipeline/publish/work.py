"""What one tracker is to be told of each cluster: found out first, then put into the outbox.

Rule: a preview and a publish look at the same ``Intent``, so what is shown is what is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from sqlmodel import Session

from bridge.analysis import touching
from bridge.analysis.customer_names import Name, names_of
from bridge.analysis.drafting import merged_body
from bridge.pipeline.publish.bar import needs_a_title
from bridge.pipeline.publish.drafts import Draft, draft_of, facts_of, labels_of, level_of, project_of, told
from bridge.pipeline.publish.merging import pointing, winner_of
from bridge.pipeline.publish.people import changed_by_a_person
from bridge.pipeline.publish.policy import Policy
from bridge.pipeline.publish.sending import marker, send_create, send_update
from bridge.store.clusters import Cluster, Score
from bridge.store.customer_names import account_domains, account_names
from bridge.store.events import record
from bridge.store.outbox import TrackerItem, TrackerLink
from bridge.store.publishing import MemberFacts, TicketMarks, items, links, marks, member_facts
from bridge.words import display_id

FIELDS = ("title", "body", "priority", "labels")


@dataclass(frozen=True, slots=True)
class Intent:
    """``draft`` is what is sent (of an update only what changes), ``whole`` the issue as it shall be. ``why``: the
    reasons of a touch; ``left``: fields that a person changed; ``note``: why nothing is sent, for people.
    """

    kind: Literal["create", "update", "nothing"]
    key: str
    draft: Draft = field(default_factory=dict)
    whole: Draft = field(default_factory=dict)
    why: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    note: str | None = None
    told: touching.Told | None = None


class Publisher:
    """One publish into one tracker, or a look at what it would do, over these clusters."""

    def __init__(
        self,
        session: Session,
        connection: str,
        policy: Policy,
        scores: Mapping[int | None, Score],
        clusters: Sequence[Cluster],
        at: datetime,
    ) -> None:
        self.session, self.connection, self.policy, self.scores, self.at = session, connection, policy, scores, at
        ids = [cluster.id or 0 for cluster in clusters]
        self.links = links(session, connection)
        self.items = items(session, connection)
        self.members: dict[int, list[MemberFacts]] = member_facts(session, ids) if ids else {}
        rules = policy.own.routes or policy.own.label_rules
        self.marks: dict[int, list[TicketMarks]] = marks(session, ids) if rules and ids else {}
        names = [*account_names(session), *account_domains(session)] if ids else []
        self.names: Collection[Name] = names_of(names)
        self.notes: list[str] = []

    def refresh(self, cluster: Cluster) -> bool:
        """Whether something was enqueued for this cluster."""
        link = self.links.get(cluster.id or 0)
        if cluster.merged_into is None or link is None:
            told_merge = link is not None and pointing(self, cluster, link)
            return self.carry_out(cluster, self.intent(cluster)) or told_merge
        sent = self.carry_out(cluster, self.pointed(cluster, link))
        return pointing(self, cluster, link) or sent

    def intent(self, cluster: Cluster) -> Intent:
        """What is to be done for a living cluster. Writes nothing."""
        id_ = cluster.id or 0
        link, members, key = self.links.get(id_), self.members.get(id_), marker(cluster, self.connection)
        if cluster.merged_into is not None or not members:
            return Intent("nothing", key, note="it has no tickets" if not members else "it was merged")
        if needs_a_title(cluster, self.policy):
            note = "a public tracker takes only a title that a person wrote: rename it first"
            return Intent("nothing", key, left=self._left(link), note=note)
        before = touching.read_told((link.told if link else None) or {})
        score, ticket_marks = self.scores.get(id_), self.marks.get(id_, [])
        facts = facts_of(cluster, members, score, self.policy, names=self.names, before=before.band if before else None)
        level = level_of(facts, score, self.policy, before.level if before else None)
        draft = draft_of(facts, self.policy, level, labels_of(facts, self.policy, ticket_marks))
        now = told(facts, draft, self.policy)
        if link is None:
            project = project_of(self.policy, ticket_marks)
            whole = {**draft, **({"project": project} if project else {})}
            return Intent("create", key, whole, whole, told=now)
        if before is None or link.told_at is None or not set(FIELDS[:3]) <= set(link.wanted):
            return self._update(key, link, draft, now)
        why = touching.reasons(before, now, self.at - link.told_at)
        if why:
            draft = draft_of(replace(facts, updated=(self.at.date(), why)), self.policy, level, draft["labels"])
        return self._update(key, link, draft, now, why, touch=bool(why))

    def pointed(self, cluster: Cluster, link: TrackerLink) -> Intent:
        """What the issue of a merged cluster shall say: where its reports are counted now. Writes nothing."""
        winner, key = winner_of(self.session, cluster), marker(cluster, self.connection)
        if winner is None:
            return Intent("nothing", key)
        target = self.links.get(winner.id or 0)
        if target is None and winner.approved_at and not needs_a_title(winner, self.policy):
            return Intent("nothing", key, left=self._left(link), note="the other issue is opened first")
        if target is not None and target.remote_id is None:
            return Intent("nothing", key, left=self._left(link), note="the other issue is on its way")
        body = merged_body(cluster.id or 0, winner.id or 0, target.url if target else None)
        return self._update(key, link, {"body": body}, None)

    def _update(
        self,
        key: str,
        link: TrackerLink,
        draft: Draft,
        now: touching.Told | None,
        why: tuple[str, ...] = (),
        *,
        touch: bool = True,
    ) -> Intent:
        """Only what changes and nobody else has changed."""
        left = self._left(link)
        item = self.items.get(link.remote_id or "")
        if item is not None and item.deleted:
            note = f"{link.remote_id} was deleted in {self.connection}"
            return Intent("nothing", key, whole=draft, left=left, note=note)
        none: dict[str, list[str]] = {"labels": []}
        changed = {n: value for n, value in draft.items() if link.wanted.get(n, none.get(n)) != value and n not in left}
        if not touch or not changed:
            note = "nothing has changed that is worth telling" if not touch else "it says so already"
            return Intent("nothing", key, whole=draft, left=left, note=note, told=now if touch else None)
        return Intent("update", key, changed, draft, why, left, told=now)

    def carry_out(self, cluster: Cluster, intent: Intent) -> bool:
        """Put it into the outbox, flag what people changed. Whether something was enqueued."""
        link = self.links.get(cluster.id or 0)
        if intent.kind == "create":
            link = self.links[cluster.id or 0] = send_create(
                self.session, cluster, self.connection, intent.draft, self.at
            )
            self._keep_told(link, intent.told)
            return True
        if link is not None:
            self._flag_left(cluster, link, intent)
        if intent.kind == "nothing" or link is None:
            self._note(cluster, link, intent)
            if link is not None and link.told is None:
                self._keep_told(link, intent.told)
            return False
        send_update(self.session, cluster, link, intent.draft, self.at)
        self._keep_told(link, intent.told)
        if intent.why:
            after = {"connection": self.connection, "why": list(intent.why)}
            self._record("tracker.touched", cluster, after=after)
        return True

    def item_of(self, link: TrackerLink) -> TrackerItem | None:
        return self.items.get(link.remote_id or "")

    def _left(self, link: TrackerLink | None) -> tuple[str, ...]:
        return tuple(changed_by_a_person(link, self.item_of(link))) if link is not None else ()

    def _keep_told(self, link: TrackerLink, now: touching.Told | None) -> None:
        link.told, link.told_at = (asdict(now), self.at) if now else (None, None)
        self.session.add(link)

    def _flag_left(self, cluster: Cluster, link: TrackerLink, intent: Intent) -> None:
        left = list(intent.left)
        if left != link.left:
            before, after = {"left": link.left}, {"left": left}
            link.left = left
            self.session.add(link)
            self._record("tracker.item_changed", cluster, before=before, after=after)
        if left:
            self.notes.append(
                f"IB-{cluster.id}: {', '.join(left)} changed by a person in {self.connection}: left as is"
            )

    def _note(self, cluster: Cluster, link: TrackerLink | None, intent: Intent) -> None:
        item = self.item_of(link) if link is not None else None
        if item is not None and item.deleted:
            self.notes.append(f"{intent.note}: {display_id(cluster.id or 0)} has no issue there")
        elif needs_a_title(cluster, self.policy) and cluster.merged_into is None:
            self.notes.append(f"{display_id(cluster.id or 0)} waits: {intent.note}")

    def _record(self, kind: str, cluster: Cluster, after: dict[str, Any], before: dict[str, Any] | None = None) -> None:
        subject = f"cluster:{cluster.id}"
        record(self.session, kind, subject, actor="publish", at=self.at, before=before, after=after)
