"""Answers to questions about clusters: each is written down with the model's numbers, and can be taken back.

Rule: an answer applies what the person saw or nothing; "different" and "one issue" stand against the model for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from bridge.analysis.questions import MERGE, SPLIT, Question
from bridge.service.access import Actor, Permission, require
from bridge.service.clusters import living, merge_clusters, split, undo
from bridge.service.combining import merge_preview, newest_event
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.putting import changed
from bridge.service.questions import Parts, asked, halves, mark_of
from bridge.store.events import Event, record
from bridge.store.grouping import GroupingAnswer, QuestionLater
from bridge.store.grouping_answers import put_off_until, standing
from bridge.store.grouping_queries import keep_apart
from bridge.words import display_id

LATER = timedelta(days=1)
KEPT_APART = "clusters.kept_apart"
KINDS = (MERGE, SPLIT)


@dataclass(frozen=True, slots=True)
class Reply:
    """``mark`` of the question as it was shown; None takes it as it is now."""

    kind: str
    ids: Sequence[int]
    yes: bool
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """``answer`` can be taken back. ``words`` say what was done, without any text of tickets."""

    answer: int
    words: str


def answer(session: Session, actor: Actor, reply: Reply, *, at: datetime, model: str) -> Done:
    """Merge or keep apart, split or keep whole. Raises ServiceError where the question no longer stands."""
    require(actor, Permission.DECIDE_CLUSTERS)
    question = asked(session, actor, reply.kind, reply.ids, at, model=model)
    merging = reply.kind == MERGE
    parts = None if merging else halves(session, question.one, model=model)
    if not merging and parts is None:
        raise ServiceError(f"{display_id(question.one)} does not come apart any more: answer the next question instead")
    if reply.mark is not None and reply.mark != mark_of(reply.kind, _ids(question), parts):
        raise ServiceError("the tickets changed since you looked: look at the question again")
    if merging:
        event = (_merge if reply.yes else _keep_apart)(session, actor, question, at)
    elif reply.yes:
        assert parts is not None
        new = split(session, actor, question.one, parts.new, at=at)
        event = newest_event(session, f"cluster:{new.id}")
    else:
        event = None
    row = GroupingAnswer(
        at=at,
        actor=actor.name,
        kind=reply.kind,
        cluster_id=question.one,
        other_id=question.other,
        similarity=question.similarity,
        evidence=_evidence(question, parts),
        agreed=reply.yes,
        event_id=event,
    )
    session.add(row)
    session.flush()
    return Done(row.id or 0, _words(row))


def skip(session: Session, actor: Actor, kind: str, ids: Sequence[int], *, at: datetime) -> None:
    """Ask this person again in a day; others are asked meanwhile."""
    require(actor, Permission.DECIDE_CLUSTERS)
    one, *other = sorted(living(session, id_).id or 0 for id_ in ids)
    later = QuestionLater(actor=actor.name, kind=kind, one=one, other=other[0] if other else 0, until=at + LATER)
    put_off_until(session, later, at)


def done(session: Session, actor: Actor, answer_id: int) -> Done | None:
    """What an answer did, as long as it stands; None else. Raises Forbidden."""
    require(actor, Permission.DECIDE_CLUSTERS)
    row = session.get(GroupingAnswer, answer_id)
    if row is None or row.kind not in KINDS or answer_id not in {found.id for found in standing(session, row.kind)}:
        return None
    return Done(answer_id, _words(row))


def take_back(session: Session, actor: Actor, answer_id: int, *, at: datetime) -> str:
    """Undo an answer and what it did, once. Returns what was taken back. Raises UnknownId, ServiceError."""
    require(actor, Permission.DECIDE_CLUSTERS)
    row = session.get(GroupingAnswer, answer_id)
    if row is None or row.kind not in KINDS:
        raise UnknownId(f"there is no answer {answer_id} to a question about issues")
    if answer_id not in {found.id for found in standing(session, row.kind)}:
        raise ServiceError("this answer was taken back already")
    event = session.get(Event, row.event_id) if row.event_id else None
    if event is not None:
        undo(session, actor, at=at, event_id=event.id)
    row.undone = True
    session.add(row)
    return f"The answer about {_named(row)} is taken back."


def _merge(session: Session, actor: Actor, question: Question, at: datetime) -> int:
    ids = _ids(question)
    winner = merge_preview(session, actor, ids, None, at=at).winner.cluster_id
    (loser,) = set(ids) - {winner}
    merge_clusters(session, actor, loser, winner, at=at)
    return newest_event(session, f"cluster:{loser}")


def _keep_apart(session: Session, actor: Actor, question: Question, at: datetime) -> int:
    one, other = _ids(question)
    pair = {"one": one, "other": other}
    event = record(session, KEPT_APART, f"cluster:{one}", actor=actor.name, at=at, after=pair)
    session.flush()
    keep_apart(session, one, other, event.id)
    changed(session, at)
    return event.id or 0


def _words(row: GroupingAnswer) -> str:
    if row.kind == MERGE:
        return f"{_named(row)} {'are one issue now' if row.agreed else 'stay apart: the model will not merge them'}."
    return f"{_named(row)} {'was split in two' if row.agreed else 'stays one issue'}."


def _named(row: GroupingAnswer) -> str:
    ids = [row.cluster_id] if row.other_id is None else [row.cluster_id, row.other_id]
    return " and ".join(map(display_id, ids))


def _evidence(question: Question, parts: Parts | None) -> dict[str, float]:
    """Numbers only. ``tickets`` of a split: how large the issue was when it was judged."""
    found = {"chance": round(question.chance, 4), "effect": round(question.effect, 2)}
    if parts is not None:
        found |= {"tickets": len(parts.rest) + len(parts.new), "new": len(parts.new), "between": parts.between}
    return found


def _ids(question: Question) -> list[int]:
    return sorted(id_ for id_ in (question.one, question.other) if id_ is not None)
