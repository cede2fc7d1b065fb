"""Approved clusters -> drafts in the outbox. What a person changed in the tracker is left and flagged.

Rule: one step a tracker; what passes its bar goes out or is proposed, what was approved for it is kept up to date.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bridge.failpoint import failpoint
from bridge.pipeline.publish.bar import AUTOMATIC, apply_bar
from bridge.pipeline.publish.policy import Policy, Target, policy_of
from bridge.pipeline.publish.work import Intent, Publisher
from bridge.progress import Progress, StepReport, silent
from bridge.store.db import Database
from bridge.store.leases import Lease, fence
from bridge.store.publish_decisions import decisions, goes_to
from bridge.store.publishing import approved_clusters, last_scores, links
from bridge.store.sync import bump

__all__ = ["AUTOMATIC", "Intent", "Policy", "Publisher", "Target", "policy_of", "publish"]


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
        apply_bar(session, connection, scores, policy, now())
        session.flush()
        decided, there = decisions(session), links(session, connection)
        clusters = [
            cluster
            for cluster in approved_clusters(session)
            if cluster.id in there or goes_to(True, decided.get(cluster.id or 0, {}), connection)
        ]
        clusters.sort(key=lambda c: (scores[c.id].rank if c.id in scores else len(scores) + 1, c.id))
        work = Publisher(session, connection, policy, scores, clusters, now())
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
