"""Pins, mutes and severities of an issue, and /monday: the review, and finishing it."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session

from bridge.service import combining, sticky
from bridge.service import monday as service
from bridge.service.access import Permission
from bridge.store.clusters import Cluster
from bridge.web import here
from bridge.web.api.asked import issue_id, row_id
from bridge.web.api.blueprint import read, write
from bridge.web.api.schemas.common import Decided, Why
from bridge.web.api.schemas.monday import Finish, FinishedOut, Holding, MondayOut, Muting, SeverityIn
from bridge.words import Hold, display_id

TAG = "Decisions"
REVIEW = "Issues"
_MAY = Permission.DECIDE_CLUSTERS


@write("/clusters/<issue>/pin", _MAY, Decided, body=Holding, tag=TAG)
def pin(session: Session, issue: str, json_data: Holding) -> Decided:
    """It stands in the Top 10, whatever its evidence. Its score and rank stay as they are."""
    return _hold(session, issue, Hold.PIN, json_data.reason, json_data.until)


@write("/clusters/<issue>/unpin", _MAY, Decided, body=Why, tag=TAG)
def unpin(session: Session, issue: str, json_data: Why) -> Decided:
    """The ranking decides again. Where it was not pinned, ``events`` is empty."""
    return _let_go(session, issue, Hold.PIN, json_data.reason)


@write("/clusters/<issue>/mute", _MAY, Decided, body=Muting, tag=TAG)
def mute(session: Session, issue: str, json_data: Muting) -> Decided:
    """It leaves the Top 10 and comes back by itself. Its score and rank stay as they are."""
    return _hold(session, issue, Hold.MUTE, json_data.reason, json_data.until)


@write("/clusters/<issue>/unmute", _MAY, Decided, body=Why, tag=TAG)
def unmute(session: Session, issue: str, json_data: Why) -> Decided:
    """Back before its day. Where it was not muted, ``events`` is empty."""
    return _let_go(session, issue, Hold.MUTE, json_data.reason)


@write("/clusters/<issue>/severity", _MAY, Decided, body=SeverityIn, tag=TAG)
def set_severity(session: Session, issue: str, json_data: SeverityIn) -> Decided:
    """Counts in the score instead of what the tickets say."""
    if json_data.severity is None:
        return _let_go(session, issue, Hold.SEVERITY, json_data.reason)
    return _hold(session, issue, Hold.SEVERITY, json_data.reason, json_data.until, json_data.severity)


@read("/monday", Permission.READ_CLUSTERS, MondayOut, tag=REVIEW)
def monday() -> MondayOut:
    """How far the review of the Top 10 is, what is left, what moved since the last one."""
    with here.reading() as session:
        return MondayOut.of(service.monday(session, here.actor(), at=here.now()))


@write("/monday/finish", _MAY, FinishedOut, body=Finish, tag=REVIEW, status=201)
def finish_review(session: Session, json_data: Finish) -> FinishedOut:
    """The review is held; the next one is told against this ranking."""
    return FinishedOut.of(service.finish(session, here.actor(), at=here.now(), reason=json_data.reason))


@write("/monday/<review>/undo", _MAY, FinishedOut, tag=REVIEW)
def undo_review(session: Session, review: str) -> FinishedOut:
    """Only the newest can be taken back, once."""
    return FinishedOut.of(service.undo_finish(session, here.actor(), row_id(review, "review"), at=here.now()))


def _hold(
    session: Session, issue: str, kind: Hold, reason: str, until: date | None, severity: str | None = None
) -> Decided:
    found = sticky.hold(
        session, here.actor(), issue_id(issue), kind, at=here.now(), reason=reason, until=until, severity=severity
    )
    return _decided(session, found, new=True)


def _let_go(session: Session, issue: str, kind: Hold, reason: str | None) -> Decided:
    number = issue_id(issue)
    new = any(one.kind is kind for one in sticky.held_of(session, here.actor(), number, here.now()))
    return _decided(session, sticky.let_go(session, here.actor(), number, kind, at=here.now(), reason=reason), new=new)


def _decided(session: Session, found: Cluster, *, new: bool) -> Decided:
    events = [combining.newest_event(session, f"cluster:{found.id}")] if new else []
    return Decided(cluster=display_id(found.id or 0), events=events)
