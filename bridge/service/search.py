"""Tickets by words: by what they say, and by meaning through the issues nearest to the words.

Rule: only tickets whose text the reader may read are found; what stands in an excerpt was redacted before that.

Two lists are fused: BM25 over all tickets, and the members of the nearest issues (single tickets are issues of one) by
the cosine of their own vectors, so that no vectors of tickets are held in memory.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, true
from sqlmodel import Session, col, select

from bridge.analysis.embedding import Vectors, unpack
from bridge.service.access import Actor, Permission, may, require
from bridge.service.account_names import without_names
from bridge.service.matching import folded, fused, middles, nearest, shared_words, terms
from bridge.service.scope import readable_tickets
from bridge.service.ticket_words import ticket_words
from bridge.store.clusters import Cluster, Membership
from bridge.store.memberships import is_live
from bridge.store.tickets import Ticket
from bridge.store.vectors import Vector
from bridge.words import display_id

SHOWN = 8
EXCERPT = 180
"""Characters around the words that matched."""
_DEEP = 50
_NARROW = 2_000
"""Looked at for somebody who may read some tickets only: theirs may stand far down."""
_ISSUES, _OF_ISSUE = 24, 12
"""Nearest issues, and the newest members of each, that are compared one by one."""
_CLOSE = 0.3
_WORDS = 6
_WORD = re.compile(r"[^\W_]+(?:['’\-.][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class TicketHit:
    """A ticket that says it: ``words`` of the question that stand in it, none where it is alike in meaning only."""

    connection: str
    number: str
    url: str | None
    subject: str
    excerpt: str
    words: tuple[str, ...]
    status: str
    created_at: datetime
    issue: str | None = None
    issue_title: str | None = None


def tickets_by_words(
    session: Session,
    actor: Actor,
    text: str,
    *,
    vector: tuple[str, Vectors] | None = None,
    limit: int = SHOWN,
    wait: bool = False,
) -> tuple[TicketHit, ...]:
    """Best first. ``vector``: (model id, the words' unit vector), where somebody has made one. ``wait``: for the index
    of words, which else may come after the first question.
    """
    require(actor, Permission.READ_CARD)
    readable = readable_tickets(session, actor)
    asked = list(terms(text))
    held = ticket_words(session, wait=wait)
    lists = [held.best(asked, _DEEP if readable is true() else _NARROW)] if held else []
    if vector is not None:
        lists.append(_by_meaning(session, readable, *vector))
    score = fused(lists)
    order = sorted(score, key=lambda id_: (-score[id_], -id_))
    return _hits(session, actor, readable, order[: _DEEP if readable is true() else _NARROW], text, limit)


def _by_meaning(session: Session, readable: ColumnElement[bool], model: str, vector: Vectors) -> list[int]:
    """Members of the nearest issues, by their own likeness."""
    issues = [id_ for id_, _ in nearest(session, model, vector, _ISSUES)]
    if not issues:
        return []
    place = func.row_number().over(partition_by=col(Membership.cluster_id), order_by=col(Membership.ticket_id).desc())
    newest = (
        select(Ticket.id, Vector.data, place.label("place"))
        .join(Membership, col(Membership.ticket_id) == col(Ticket.id))
        .join(Vector, (col(Vector.content_hash) == col(Ticket.embed_hash)) & (col(Vector.model) == model))
        .where(col(Membership.cluster_id).in_(issues), *is_live(), readable)
        .subquery()
    )
    rows = session.execute(select(newest.c.id, newest.c.data).where(newest.c.place <= _OF_ISSUE)).all()
    if not rows:
        return []
    space = middles(session, model)
    own = space.centred(unpack(b"".join(data for _, data in rows)).reshape(len(rows), -1))
    alike = own @ space.centred(vector)
    found = sorted((-float(value), -id_) for (id_, _), value in zip(rows, alike, strict=True) if value >= _CLOSE)
    return [-id_ for _, id_ in found[:_DEEP]]


def _hits(
    session: Session, actor: Actor, readable: ColumnElement[bool], order: Sequence[int], text: str, limit: int
) -> tuple[TicketHit, ...]:
    mine = (
        set(session.exec(select(Ticket.id).where(col(Ticket.id).in_(order), readable, *is_live()))) if order else set()
    )
    chosen = [id_ for id_ in order if id_ in mine][:limit]
    query = (
        select(Ticket, Cluster.id, Cluster.title)
        .outerjoin(Membership, col(Membership.ticket_id) == col(Ticket.id))
        .outerjoin(Cluster, col(Cluster.id) == col(Membership.cluster_id))
        .where(col(Ticket.id).in_(chosen))
    )
    rows = {row[0].id: row for row in session.execute(query)}
    return tuple(_hit(session, actor, text, *rows[id_]) for id_ in chosen if id_ in rows)


def _hit(
    session: Session, actor: Actor, text: str, ticket: Ticket, cluster_id: int | None, title: str | None
) -> TicketHit:
    subject, body, named = ticket.subject, _body(ticket), title or ""
    if not may(actor, Permission.READ_VALUE):
        subject, body, named = without_names(session, [subject, body, named], ticket.account_ref)
    words = shared_words(text, f"{subject} {body}")[:_WORDS]
    return TicketHit(
        connection=ticket.connection,
        number=ticket.source_id,
        url=ticket.url,
        subject=subject or "(no subject)",
        excerpt=excerpt(body, words),
        words=words,
        status=ticket.status,
        created_at=ticket.created_at,
        issue=display_id(cluster_id) if cluster_id else None,
        issue_title=named or None,
    )


def _body(ticket: Ticket) -> str:
    """The customer's words without the subject; the subject where there are no others."""
    subject, _, body = ticket.embed_text.partition("\n")
    return " ".join((body or subject).split())


def excerpt(text: str, words: Sequence[str], length: int = EXCERPT) -> str:
    """The stretch of the text that has most of the words, cut where words end."""
    if len(text) <= length:
        return text
    wanted = {folded(word) for word in words}
    found = [(match.start(), folded(match.group())) for match in _WORD.finditer(text)]
    hits = [(start, word) for start, word in found if word in wanted]

    def said(start: int) -> int:
        return len({word for place, word in hits if start <= place < start + length - length // 4})

    start = max((place for place, _ in hits), key=lambda place: (said(place), -place), default=0)
    start = max((place for place, _ in found if place <= max(0, start - length // 4)), default=0)
    end = start + length
    cut = text[start:end] if end >= len(text) else text[start:end].rpartition(" ")[0] or text[start:end]
    return f"{'… ' if start else ''}{cut.strip()}{' …' if end < len(text) else ''}"
