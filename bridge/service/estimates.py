"""What people estimate of an issue, and what follows beside its score: cost of delay, value for effort, RICE.

Rule: an estimate never changes a score or an order; each is an event with undo.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bridge.analysis.beside import MOST_EFFORT, Rice, rice, value_per_week, wsjf
from bridge.service.access import Actor, Permission, require
from bridge.service.clusters import living
from bridge.service.errors import ServiceError
from bridge.service.estimating import ESTIMATED, facts_of, put
from bridge.service.putting import subject
from bridge.service.reranking import rank_after_decision
from bridge.service.scored import Scored
from bridge.store.beside import ClusterEstimate
from bridge.store.events import Event, record
from bridge.words import Severity


@dataclass(frozen=True, slots=True)
class Beside:
    """For people who may read values. Money per year, but ``week`` per week and ``wsjf`` per person-week. ``effort`` in
    person-weeks, ``blocked_share`` in 0..1. None: not known.
    """

    week: float
    support_cost: float | None
    growth: float | None
    blocked_share: float | None
    effort: float | None
    by: str | None
    at: datetime | None
    wsjf: float | None
    rice: Rice | None


def beside(session: Session, found: Scored) -> Beside:
    """Of the newest ranking of an issue and the estimate as it stands."""
    row = session.get(ClusterEstimate, found.score.cluster_id)
    score, effort = found.score.score, row.effort if row else None
    record_ = found.record
    weights = dict(zip(map(str, Severity), found.snapshot.terms.weights, strict=True))
    return Beside(
        week=value_per_week(score),
        support_cost=record_["support_cost"],
        growth=record_["growth"],
        blocked_share=row.blocked_share if row else None,
        effort=effort,
        by=row.by if row else None,
        at=row.at if row else None,
        wsjf=wsjf(score, effort),
        rice=rice(record_["accounts"], weights.get(found.severity or ""), record_["known_share"], effort),
    )


def estimate(
    session: Session,
    actor: Actor,
    cluster_id: int,
    said: Mapping[str, float | None],
    *,
    at: datetime,
    reason: str | None = None,
) -> Event | None:
    """``said``: "effort" in person-weeks, "blocked_share" in 0..1, None to take one away; what is not named stays.
    None: that was the estimate already.

    Raises Forbidden, UnknownId, and ServiceError for a figure that cannot be one.
    """
    require(actor, Permission.DECIDE_CLUSTERS)
    cluster = living(session, cluster_id)
    id_ = cluster.id or 0
    before = facts_of(session.get(ClusterEstimate, id_))
    after = {**before, **{name: said[name] for name in before if name in said}}
    _check(after)
    if after == before:
        return None
    put(session, id_, after, actor.name, at)
    event = record(session, ESTIMATED, subject(id_), actor=actor.name, at=at, before=before, after=after, reason=reason)
    if after["blocked_share"] != before["blocked_share"]:
        rank_after_decision(session, at)
    return event


def _check(facts: Mapping[str, float | None]) -> None:
    effort, share = facts["effort"], facts["blocked_share"]
    if effort is not None and not (math.isfinite(effort) and 0 < effort <= MOST_EFFORT):
        raise ServiceError(f"effort: write person-weeks above 0, up to {MOST_EFFORT:,.0f}")
    if share is not None and not (math.isfinite(share) and 0 <= share <= 1):
        raise ServiceError("blocked growth: write a share from 0 to 100 %")
