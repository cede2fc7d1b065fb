"""/review: what the model is not sure of. /clusters/{issue}/lock. /grouping/log: what became of ids."""

from __future__ import annotations

from sqlmodel import Session

from bridge.service import grouping_log, locking, placing, review_answers, review_queue
from bridge.service.access import Permission
from bridge.service.combining import newest_event
from bridge.service.errors import ServiceError, UnknownId
from bridge.store.clusters import Cluster
from bridge.web import here
from bridge.web.api.asked import issue_id, row_id
from bridge.web.api.blueprint import read, write
from bridge.web.api.paging import encoded, number
from bridge.web.api.schemas.common import DONE, Decided, Done, Why
from bridge.web.api.schemas.review import (
    Answer,
    AnswerBack,
    GroupingLog,
    LogQuery,
    QueueOut,
    QueueQuery,
    RunOut,
    Several,
    TrailOut,
)
from bridge.words import display_id

TAG = "Review"
_P = Permission


@read("/review", _P.READ_CARD, QueueOut, query=QueueQuery, tag=TAG)
def review(query_data: QueueQuery) -> QueueOut:
    """Tickets that wait for somebody to say where they belong."""
    wanted = issue_id(query_data.issue) if query_data.issue else None
    with here.reading() as session:
        return QueueOut.of(review_queue.queue(session, here.actor(), query_data.page, wanted, at=here.now()))


@write("/review/<row>", _P.GIVE_FEEDBACK, Decided, body=Answer, tag=TAG)
def answer(session: Session, row: str, json_data: Answer) -> Decided:
    """Say where a waiting ticket belongs, by its ``ticket_id``."""
    ticket, actor, at = row_id(row, "ticket"), here.actor(), here.now()
    if json_data.act == "neither":
        event = review_answers.neither(session, actor, ticket, at=at)
    elif json_data.issue is None:
        raise ServiceError("name the issue that the ticket belongs to")
    else:
        event = review_answers.belongs(session, actor, [ticket], issue_id(json_data.issue), at=at)
    return Decided(cluster=display_id(int(event.after["cluster"])), events=[event.id or 0])


@write("/clusters/<issue>/confirm", _P.GIVE_FEEDBACK, Decided, body=Several, tag=TAG)
def confirm(session: Session, issue: str, json_data: Several) -> Decided:
    """These waiting tickets belong to the issue in the path, one of the candidates of each."""
    event = review_answers.belongs(session, here.actor(), json_data.tickets, issue_id(issue), at=here.now())
    return Decided(cluster=display_id(int(event.after["cluster"])), events=[event.id or 0])


@write("/review/undo", _P.GIVE_FEEDBACK, Done, body=AnswerBack, tag=TAG)
def answer_back(session: Session, json_data: AnswerBack) -> Done:
    """Take one's own answer back: the ticket waits again."""
    placing.undo_own(session, here.actor(), json_data.event, at=here.now())
    return DONE


@write("/clusters/<issue>/lock", _P.DECIDE_CLUSTERS, Decided, body=Why, tag="Decisions")
def lock(session: Session, issue: str, json_data: Why) -> Decided:
    """The model adds no ticket and takes none out. Where it was locked before, ``events`` is empty."""
    was = _locked(session, issue)
    found = locking.lock(session, here.actor(), issue_id(issue), at=here.now(), reason=json_data.reason)
    return _decided(session, found, new=not was)


@write("/clusters/<issue>/unlock", _P.DECIDE_CLUSTERS, Decided, body=Why, tag="Decisions")
def unlock(session: Session, issue: str, json_data: Why) -> Decided:
    """The model may group here again."""
    was = _locked(session, issue)
    found = locking.unlock(session, here.actor(), issue_id(issue), at=here.now(), reason=json_data.reason)
    return _decided(session, found, new=was)


@read("/grouping/log", _P.READ_CLUSTERS, GroupingLog, query=LogQuery, tag="Issues")
def log(query_data: LogQuery) -> GroupingLog:
    """What each run of the grouping did to the ids of issues, the newest first."""
    wanted = issue_id(query_data.issue) if query_data.issue else None
    before = number(query_data.cursor)
    try:
        with here.reading() as session:
            found = grouping_log.log(session, here.actor(), cluster_id=wanted, before=before, limit=query_data.limit)
    except UnknownId:  # a filter that nothing matches, like any other
        return GroupingLog(items=[], trail=None, next=None)
    return GroupingLog(
        items=[RunOut.of(run) for run in found.runs],
        trail=TrailOut.of(found.trail) if found.trail else None,
        next=encoded((found.older,)) if found.older else None,
    )


def _locked(session: Session, issue: str) -> bool:
    return locking.is_locked(session, here.actor(), issue_id(issue))


def _decided(session: Session, found: Cluster, *, new: bool) -> Decided:
    id_ = found.id or 0
    return Decided(cluster=display_id(id_), events=[newest_event(session, f"cluster:{id_}")] if new else [])
