"""The bar: what goes to a tracker by itself, and what is proposed to people. Rule: what somebody declined or took back
stays so, and thin evidence passes no bar.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from bridge.pipeline.publish.policy import Policy
from bridge.store.clusters import Cluster, Score
from bridge.store.events import record
from bridge.store.publish_decisions import PublishDecision, Verdict, decide, decisions, goes_to

AUTOMATIC = "automatic"
MODEL = "model"


def needs_a_title(cluster: Cluster, policy: Policy) -> bool:
    """A public tracker takes only a title that a person wrote: the model's is made of tickets' words."""
    return policy.own.is_public and cluster.title_by == MODEL


def apply_bar(
    session: Session, connection: str, scores: Mapping[int | None, Score], policy: Policy, at: datetime
) -> None:
    """Approve what is over the bar, or propose it; proposals that no longer are go away."""
    decided = decisions(session)
    over = {score.cluster_id for score in scores.values() if _is_over(score, policy)}
    for rows in decided.values():
        row = rows.get(connection)
        if row is not None and row.state == Verdict.WAITING and not _is_open(session, row, rows, over):
            session.delete(row)
            del rows[connection]
    for score in scores.values():
        if score.cluster_id in over:
            _one(session, connection, score, decided.get(score.cluster_id, {}), policy, at)


def _one(
    session: Session, connection: str, score: Score, rows: dict[str, PublishDecision], policy: Policy, at: datetime
) -> None:
    cluster, own = session.get_one(Cluster, score.cluster_id), rows.get(connection)
    taken_back = cluster.approved_at is None and cluster.approved_by is not None
    settled = own is not None and own.state != Verdict.WAITING
    if cluster.merged_into is not None or taken_back or settled or goes_to(_approved(cluster), rows, connection):
        return
    waits = not policy.automatic or needs_a_title(cluster, policy)
    state, by = (Verdict.WAITING, None) if waits else (Verdict.APPROVED, AUTOMATIC)
    since = own.at if own is not None and waits else at
    decide(session, score.cluster_id, connection, state, at=since, by=by, rank=score.rank)
    if waits:
        return
    if cluster.approved_at is None:
        cluster.approved_at, cluster.approved_by = at, AUTOMATIC
        session.add(cluster)
    after = {"rank": score.rank, "accounts": score.summary["accounts"], "connection": connection}
    record(session, "cluster.published", f"cluster:{cluster.id}", actor=AUTOMATIC, at=at, after=after)


def _is_over(score: Score, policy: Policy) -> bool:
    return (
        score.rank <= policy.top
        and score.score >= policy.min_score
        and score.summary["accounts"] >= policy.min_accounts
        and "thin evidence" not in score.summary["badges"]
    )


def _is_open(session: Session, row: PublishDecision, rows: dict[str, PublishDecision], over: set[int]) -> bool:
    """Whether the proposal still stands: over the bar, alive, and not on its way by another decision."""
    cluster = session.get_one(Cluster, row.cluster_id)
    others = {name: other for name, other in rows.items() if name != row.connection}
    goes = goes_to(_approved(cluster), others, row.connection)
    return row.cluster_id in over and cluster.merged_into is None and not goes


def _approved(cluster: Cluster) -> bool:
    return cluster.approved_at is not None
