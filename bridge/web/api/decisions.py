"""Publish, merge, split, move, undo. A GET on the same address shows what would come of it."""

from __future__ import annotations

from sqlmodel import Session

from bridge.service import clusters, combining, estimates, publish_preview
from bridge.service.access import Permission
from bridge.web import here
from bridge.web.api.asked import issue_id, row_id
from bridge.web.api.blueprint import read, write
from bridge.web.api.schemas.common import Decided, Why
from bridge.web.api.schemas.decisions import (
    DraftOut,
    Estimate,
    Merge,
    MergePreviewOut,
    MergeQuery,
    SplitPreviewOut,
    SplitQuery,
    Tickets,
)
from bridge.words import display_id

TAG = "Decisions"
_MAY = Permission.DECIDE_CLUSTERS


@read("/clusters/<issue>/publish", _MAY, DraftOut, tag=TAG)
def draft(issue: str) -> DraftOut:
    """What the tracker would get."""
    with here.reading() as session:
        targets = here.bridge().targets
        found = publish_preview.publish_preview(session, here.actor(), issue_id(issue), targets, at=here.now())
        return DraftOut.of(found)


@write("/clusters/<issue>/publish", _MAY, Decided, body=Why, tag=TAG)
def publish(session: Session, issue: str, json_data: Why) -> Decided:
    """The issue goes to the tracker with the next sync. Where it was decided before, ``events`` is empty."""
    found = clusters.living(session, issue_id(issue))
    new = found.approved_at is None
    clusters.publish(session, here.actor(), found.id or 0, at=here.now(), reason=json_data.reason)
    return _decided(session, found.id or 0, new=new)


@read("/clusters/<issue>/merge", _MAY, MergePreviewOut, query=MergeQuery, tag=TAG)
def merge_preview(issue: str, query_data: MergeQuery) -> MergePreviewOut:
    """What would come of merging."""
    wanted = [issue_id(text) for text in (issue, *query_data.issues)]
    with here.reading() as session:
        winner = clusters.living(session, wanted[0]).id
        return MergePreviewOut.of(combining.merge_preview(session, here.actor(), wanted, winner, at=here.now()))


@write("/clusters/<issue>/merge", _MAY, Decided, body=Merge, tag=TAG)
def merge(session: Session, issue: str, json_data: Merge) -> Decided:
    """These issues become part of the one in the path."""
    wanted = [issue_id(text) for text in (issue, *json_data.issues)]
    winner, events = combining.merge_all(
        session, here.actor(), wanted, wanted[0], at=here.now(), reason=json_data.reason
    )
    return Decided(cluster=display_id(winner.id or 0), events=events)


@read("/clusters/<issue>/split", _MAY, SplitPreviewOut, query=SplitQuery, tag=TAG)
def split_preview(issue: str, query_data: SplitQuery) -> SplitPreviewOut:
    """What would come of splitting."""
    with here.reading() as session:
        return SplitPreviewOut.of(
            combining.split_preview(session, here.actor(), issue_id(issue), query_data.tickets, at=here.now())
        )


@write("/clusters/<issue>/split", _MAY, Decided, body=Tickets, status=201, tag=TAG)
def split(session: Session, issue: str, json_data: Tickets) -> Decided:
    """These tickets of the issue become one of their own, which the answer names."""
    new = clusters.split(
        session, here.actor(), issue_id(issue), json_data.tickets, at=here.now(), reason=json_data.reason
    )
    return _decided(session, new.id or 0)


@write("/clusters/<issue>/move", _MAY, Decided, body=Tickets, tag=TAG)
def move(session: Session, issue: str, json_data: Tickets) -> Decided:
    """These tickets, wherever they are, come to the issue in the path."""
    target = clusters.move(
        session, here.actor(), json_data.tickets, issue_id(issue), at=here.now(), reason=json_data.reason
    )
    return _decided(session, target.id or 0)


@write("/clusters/<issue>/estimate", _MAY, Decided, body=Estimate, tag=TAG)
def estimate(session: Session, issue: str, json_data: Estimate) -> Decided:
    """Effort, and what growth the issue blocks. Where that is the estimate already, ``events`` is empty."""
    said = json_data.model_dump(include={"effort", "blocked_share"}, exclude_unset=True)
    event = estimates.estimate(session, here.actor(), issue_id(issue), said, at=here.now(), reason=json_data.reason)
    cluster = clusters.living(session, issue_id(issue))
    return Decided(cluster=display_id(cluster.id or 0), events=[event.id or 0] if event else [])


@write("/decisions/<event>/undo", _MAY, Decided, tag=TAG)
def undo(session: Session, event: str) -> Decided:
    """Take a decision back, once."""
    taken = clusters.undo(session, here.actor(), at=here.now(), event_id=row_id(event, "decision"))
    return Decided(cluster=display_id(int(taken.subject.rpartition(":")[2])), events=[taken.id or 0])


def _decided(session: Session, cluster_id: int, *, new: bool = True) -> Decided:
    events = [combining.newest_event(session, f"cluster:{cluster_id}")] if new else []
    return Decided(cluster=display_id(cluster_id), events=events)
