"""One question about clusters as a page shows it: both issues, or both halves, side by side, and what will happen.

Rule: what an answer would do is worked out by the same functions that do it; nothing here writes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from bridge.analysis.dividing import divide
from bridge.analysis.questions import MERGE, SMALLEST_HALF, Question, centred
from bridge.service.access import Actor, Permission, may, require
from bridge.service.account_names import without_names
from bridge.service.clusters import living
from bridge.service.combining import merge_preview, split_preview
from bridge.service.errors import ServiceError
from bridge.service.issue_accounts import account_names
from bridge.service.issue_members import Quote, Sample, quoted, quotes, sample
from bridge.service.question_queue import held, waiting
from bridge.service.scored import scored
from bridge.service.similar import unpacked
from bridge.store.grouping_facts import vectors_of
from bridge.words import Origin, display_id

SHOWN_ACCOUNTS = 4
TRIED = 20
"""So many questions are looked at before none is left: the rest cannot be asked any more."""


@dataclass(frozen=True, slots=True)
class Side:
    """An issue, or one half of one (``id`` None for the half that would be new). ``accounts``: names, the largest part
    first, for those who may read them. ``stays``: it keeps the id.
    """

    id: str | None
    title: str
    phrases: tuple[str, ...]
    tickets: int
    account_count: int | None
    accounts: tuple[str, ...]
    rank: int | None
    published: bool
    stays: bool
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class QuestionView:
    """``issues``: ids as people write them, the one or the two that are asked about. ``mark`` says what was seen; an
    answer to something else is refused. ``effects``: what a yes does, a sentence each. ``left``: questions in all.
    """

    kind: str
    issues: tuple[str, ...]
    mark: str
    sides: tuple[Side, ...]
    alike: float
    effects: tuple[str, ...]
    left: int


@dataclass(frozen=True, slots=True)
class Line:
    """A question in a list."""

    kind: str
    issues: tuple[str, ...]
    tickets: tuple[int, ...]
    alike: float


@dataclass(frozen=True, slots=True)
class Parts:
    """The two halves of an issue, ids of tickets each; ``new`` would leave. ``between``: their mean cosine."""

    rest: tuple[int, ...]
    new: tuple[int, ...]
    between: float


def next_question(session: Session, actor: Actor, at: datetime, *, model: str) -> QuestionView | None:
    """The question that teaches most now; None where nothing is left to ask. Raises Forbidden."""
    found = waiting(session, actor, at, model=model)
    for place, question in enumerate(found[:TRIED]):
        view = _view(session, actor, question, at, model)
        if view is not None:
            return replace(view, left=len(found) - place)
    return None


def lines(session: Session, actor: Actor, at: datetime, *, model: str, limit: int) -> list[Line]:
    """The questions that wait, in a few words. Raises Forbidden."""
    found = waiting(session, actor, at, model=model)
    sizes = held(session, model).sizes
    return [
        Line(q.kind, tuple(map(display_id, _ids(q))), tuple(sizes.get(id_, 0) for id_ in _ids(q)), q.similarity)
        for q in found[:limit]
    ]


def asked(session: Session, actor: Actor, kind: str, ids: Sequence[int], at: datetime, *, model: str) -> Question:
    """The question with these issues, if it waits. Raises ServiceError where it does not, UnknownId, Forbidden."""
    require(actor, Permission.DECIDE_CLUSTERS)
    wanted = sorted(living(session, id_).id or 0 for id_ in ids)
    for question in waiting(session, actor, at, model=model):
        if question.kind == kind and _ids(question) == wanted:
            return question
    named = " and ".join(map(display_id, ids))
    raise ServiceError(f"nothing is asked about {named} any more: answer the next question instead")


def halves(session: Session, cluster_id: int, *, model: str) -> Parts | None:
    """All tickets of an issue in two; None where it does not come apart, or where people placed tickets in both.

    The larger half keeps the id, unless people placed tickets in the smaller one.
    """
    middle = held(session, model).look.middle
    rows = vectors_of(session, model, [cluster_id])
    if middle is None or len(rows) < 2 * SMALLEST_HALF:
        return None
    division = divide(centred(unpacked([data for *_, data in rows]), middle), SMALLEST_HALF)
    if division is None:
        return None
    sides: tuple[list[int], list[int]] = ([], [])
    placed = [0, 0]
    for (ticket, _, origin, _), second in zip(rows, division.second.tolist(), strict=True):
        sides[second].append(ticket)
        placed[second] += origin == Origin.HUMAN
    if all(placed):
        return None
    stays = placed.index(max(placed)) if any(placed) else int(len(sides[1]) > len(sides[0]))
    return Parts(tuple(sides[stays]), tuple(sides[1 - stays]), division.between)


def mark_of(kind: str, ids: Sequence[int], parts: Parts | None) -> str:
    """Names what somebody looked at: the same issues, and for a split the same halves."""
    said = f"{kind}:{sorted(ids)}:{sorted(parts.new) if parts else ''}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _ids(question: Question) -> list[int]:
    return sorted(id_ for id_ in (question.one, question.other) if id_ is not None)


def _view(session: Session, actor: Actor, question: Question, at: datetime, model: str) -> QuestionView | None:
    ids = _ids(question)
    if question.kind == MERGE:
        preview = merge_preview(session, actor, ids, None, at=at)
        sides = tuple(
            _issue(session, actor, side.cluster_id, side.now.tickets, side.now.accounts, model)
            for side in preview.sides
        )
        sides = tuple(replace(side, stays=side.id == preview.winner.id) for side in sides)
        effects: tuple[str, ...] = preview.effects
        parts = None
    else:
        parts = halves(session, ids[0], model=model)
        if parts is None:
            return None
        split = split_preview(session, actor, ids[0], parts.new, at=at)
        accounts = split.rest.accounts, split.new.accounts
        sides = _two(session, actor, ids[0], parts, accounts, model)
        effects = (f"{display_id(ids[0])} keeps {len(parts.rest)} tickets and its id.", *split.effects)
    view = QuestionView(
        kind=question.kind,
        issues=tuple(map(display_id, ids)),
        mark=mark_of(question.kind, ids, parts),
        sides=sides,
        alike=question.similarity,
        effects=effects,
        left=0,
    )
    return view if may(actor, Permission.READ_VALUE) else _without_customers(session, view)


def _issue(session: Session, actor: Actor, cluster_id: int, tickets: int, accounts: int, model: str) -> Side:
    cluster = living(session, cluster_id)
    texts, names = _texts(session, actor, cluster_id, model)
    found = scored(session, cluster_id)
    return Side(
        id=display_id(cluster_id),
        title=cluster.title,
        phrases=tuple(cluster.phrases),
        tickets=tickets,
        account_count=accounts,
        accounts=_accounts(texts, names),
        rank=found.score.rank if found else None,
        published=cluster.approved_at is not None,
        stays=False,
        quotes=quoted(quotes(texts), names),
    )


def _two(
    session: Session, actor: Actor, cluster_id: int, parts: Parts, accounts: tuple[int, int], model: str
) -> tuple[Side, ...]:
    cluster = living(session, cluster_id)
    texts, names = _texts(session, actor, cluster_id, model)
    found = scored(session, cluster_id)
    sides = []
    for ids, stays, count in ((parts.rest, True, accounts[0]), (parts.new, False, accounts[1])):
        mine = _of(texts, ids)
        phrases = tuple(
            p for p in cluster.phrases if any(p.casefold() in t.embed_text.casefold() for t in mine.tickets)
        )
        sides.append(
            Side(
                id=display_id(cluster_id) if stays else None,
                title=cluster.title if stays else (mine.tickets[0].subject if mine.tickets else cluster.title),
                phrases=phrases,
                tickets=len(ids),
                account_count=count,
                accounts=_accounts(mine, names),
                rank=found.score.rank if found and stays else None,
                published=stays and cluster.approved_at is not None,
                stays=stays,
                quotes=quoted(quotes(mine), names),
            )
        )
    return tuple(sides)


def _of(texts: Sample, tickets: Sequence[int]) -> Sample:
    wanted = set(tickets)
    places = [place for place, ticket in enumerate(texts.tickets) if ticket.id in wanted]
    return Sample([texts.tickets[place] for place in places], texts.vectors[places], None)


def _texts(session: Session, actor: Actor, cluster_id: int, model: str) -> tuple[Sample, Mapping[int, str]]:
    """The newest tickets that the actor may read, and the account's name by ticket for those who may read names."""
    texts = sample(session, actor, cluster_id, model)
    found = scored(session, cluster_id) if may(actor, Permission.READ_VALUE) else None
    return texts, account_names(session, found, texts.tickets) if found and texts.tickets else {}


def _accounts(texts: Sample, names: Mapping[int, str]) -> tuple[str, ...]:
    """Names behind these tickets, each once."""
    return tuple(dict.fromkeys(names[t.id] for t in texts.tickets if t.id in names))[:SHOWN_ACCOUNTS]


def _without_customers(session: Session, view: QuestionView) -> QuestionView:
    """For a token that may decide and not read names."""
    sides = []
    for side in view.sides:
        title, *said = without_names(session, [side.title, *(quote.text for quote in side.quotes)])
        clean = tuple(replace(quote, text=text) for quote, text in zip(side.quotes, said, strict=True))
        sides.append(replace(side, title=title, quotes=clean, phrases=tuple(without_names(session, side.phrases))))
    return replace(view, sides=tuple(sides))
