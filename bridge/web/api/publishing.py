"""What waits to be published, and what people changed in a tracker."""

from __future__ import annotations

from sqlmodel import Session

from bridge.service import publishing
from bridge.service.access import Permission
from bridge.web import here
from bridge.web.api.asked import issue_id
from bridge.web.api.blueprint import read, write
from bridge.web.api.schemas.common import Decided
from bridge.web.api.schemas.publishing import InTracker, WaitingOut

TAG = "Decisions"
_MAY = Permission.DECIDE_CLUSTERS


@read("/publishing", _MAY, WaitingOut, tag=TAG)
def waiting() -> WaitingOut:
    """Proposals with the bytes that would be sent, declined ones, and what people changed in trackers."""
    targets = here.bridge().targets
    with here.reading() as session:
        return WaitingOut.of(publishing.waiting_to_be_published(session, here.actor(), targets, at=here.now()))


@write("/clusters/<issue>/trackers/<tracker>", _MAY, Decided, body=InTracker, tag=TAG)
def decide_in_tracker(session: Session, issue: str, tracker: str, json_data: InTracker) -> Decided:
    """Approve or decline a proposal, propose it again, or take over what a person changed in the tracker."""
    found = publishing.act(
        session,
        here.actor(),
        json_data.do,
        issue_id(issue),
        tracker,
        here.bridge().targets,
        at=here.now(),
        seen=json_data.seen,
        reason=json_data.reason,
    )
    return Decided(cluster=found, events=[])
