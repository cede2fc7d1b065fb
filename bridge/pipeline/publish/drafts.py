"""From a cluster and its tickets to what a tracker is told. Rule: no account's name, no money; a public one gets no
words, segments, tickets or addresses of ours.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from bridge.analysis import touching
from bridge.analysis.customer_names import Name, names_of, without_names
from bridge.analysis.drafting import Facts, block_hash, issue_body, issue_title
from bridge.analysis.fitting import Marks, fits
from bridge.pipeline.publish.policy import Policy
from bridge.store.clusters import Cluster, Score
from bridge.store.publishing import CLOSED, MemberFacts
from bridge.words import display_id
from connectors.base import PriorityLevel

Draft = dict[str, Any]
"""title, body, priority, labels, and project where it is new: as an outbox row keeps them."""

LEVELS = {touching.NAMES[touching.TOP]: PriorityLevel.TOP, touching.NAMES[touching.NEXT]: PriorityLevel.NEXT}
"""The tracker's highest allowed priority for the first band, the next for the second, its default for the rest."""


def facts_of(
    cluster: Cluster,
    members: Sequence[MemberFacts],
    score: Score | None,
    policy: Policy,
    *,
    names: Collection[Name] = frozenset(),
    before: str | None = None,
) -> Facts:
    """What this tracker may know. ``members`` is not empty; ``names``: of customers; ``before``: the band told last."""
    opened = [m for m in members if m.status not in CLOSED]
    segments = score.summary["by_segment"] if score else []
    public = policy.own.is_public
    known = {*names, *names_of(text for m in members for text in (m.customer, m.domain) if text)}
    return Facts(
        cluster_id=cluster.id or 0,
        title=without_names(cluster.title, known),
        band=touching.band(score.rank, before) if score else touching.REST,
        accounts=score.summary["accounts"] if score else 0,
        open_tickets=len(opened),
        tickets_in_all=len(members),
        first_seen=min(m.created_at for m in members).date(),
        last_signal=max(m.last_customer_at for m in members).date(),
        phrases=() if public else [without_names(phrase, known) for phrase in cluster.phrases],
        segments=() if public else [(segment, accounts) for segment, _, accounts in segments],
        tickets=() if public else [(m.source_id, m.url) for m in opened],
        severity=cluster.severity_override,
        link=f"{policy.page}/issues/{display_id(cluster.id or 0)}" if policy.page and not public else None,
    )


def draft_of(facts: Facts, policy: Policy, level: PriorityLevel, labels: Sequence[str] = ()) -> Draft:
    """As it goes to the tracker."""
    return {
        "title": issue_title(facts.title, policy.dialect),
        "body": issue_body(facts, policy.own.body, policy.dialect),
        "priority": level.value,
        "labels": list(labels),
    }


def level_of(facts: Facts, score: Score | None, policy: Policy, before: str | None = None) -> PriorityLevel:
    """By rank, or by money where the tracker is set so. ``before``: the level that was told last."""
    if policy.own.money_bands is None:
        return LEVELS.get(facts.band, PriorityLevel.DEFAULT)
    return touching.level_by_money(score.score if score else 0.0, policy.own.money_bands, before)


def labels_of(facts: Facts, policy: Policy, marks: Sequence[Marks]) -> list[str]:
    """Fixed ones, those of segments that are hurt, and those whose rule the issue fits."""
    hurt = {name for name, count in facts.segments if count}
    found = [*policy.own.labels]
    found += [
        f"segment-{name.replace(',', ' ')}".replace(" ", "-") for name in policy.own.segment_labels if name in hurt
    ]
    found += [rule.label for rule in policy.own.label_rules if fits(rule, marks)]
    return list(dict.fromkeys(found))


def project_of(policy: Policy, marks: Sequence[Marks]) -> str | None:
    """Where the first fitting route leads; None: where the connection itself does."""
    return next((route.project for route in policy.own.routes if fits(route, marks)), None)


def told(facts: Facts, draft: Draft, policy: Policy) -> touching.Told:
    """What of it is worth a touch when it changes. The text is that without the reasons of a touch."""
    return touching.Told(
        band=facts.band,
        accounts=facts.accounts,
        segments=dict(facts.segments),
        tickets=facts.tickets_in_all,
        open_tickets=facts.open_tickets,
        severity=facts.severity,
        title=block_hash(draft["title"]) or "",
        text=block_hash("\n".join([draft["body"], *draft["labels"]])) or "",
        level=draft["priority"] if policy.own.money_bands else None,
    )
