"""/clusters/{issue}: one issue whole, as the reader's role may see it."""

from __future__ import annotations

from bridge.service import issue as issues
from bridge.service import targets
from bridge.service.access import Actor, Permission, may
from bridge.service.issue import IssueView, Pages
from bridge.web import here
from bridge.web.api.asked import issue_id
from bridge.web.api.blueprint import read
from bridge.web.api.schemas.decisions import TargetOut, TargetQuery, Targets
from bridge.web.api.schemas.issue import AnyCluster, ClusterOut, ClusterPlain, ClusterSums, Parts
from bridge.web.issue import reference_model

TAG = "Issues"
_P = Permission


@read("/clusters/<issue>", _P.READ_CLUSTERS, AnyCluster, query=Parts, tag=TAG)
def cluster(issue: str, query_data: Parts) -> AnyCluster:
    """One issue whole. An id that was merged answers with the issue that it is part of now: see ``merged_from``."""
    pages, actor = Pages(accounts=query_data.accounts_page, members=query_data.tickets_page), here.actor()
    with here.reading() as session:
        view = issues.issue(
            session, actor, issue_id(issue), here.now(), model=reference_model(here.bridge(), session), pages=pages
        )
    return AnyCluster(shown(actor, view))


def shown(actor: Actor, view: IssueView) -> ClusterOut | ClusterSums | ClusterPlain:
    """The model of the reader's role; the poorest unless something richer is allowed."""
    if may(actor, _P.READ_VALUE):
        return ClusterOut.of(view)
    return ClusterSums.of(view) if may(actor, _P.READ_SUMS) else ClusterPlain.of(view)


@read("/clusters/<issue>/targets", _P.READ_CLUSTERS, Targets, query=TargetQuery, tag=TAG)
def find(issue: str, query_data: TargetQuery) -> Targets:
    """Other issues to merge with or to move tickets to, by id or words of the title."""
    with here.reading() as session:
        found = targets.find_targets(session, here.actor(), query_data.q, without=issue_id(issue))
    return Targets(items=[TargetOut.of(one) for one in found])
