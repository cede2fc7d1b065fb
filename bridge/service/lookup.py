"""The one box: a ticket's number or address, an issue's id, or the customer's words.

Rule: a ticket or issue that the reader may not see is answered like one that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlmodel import Session, col, select

from bridge.analysis.asked import Asked, read
from bridge.analysis.embedding import Vectors
from bridge.analysis.remedy_trust import Doubt, Light
from bridge.service.access import Actor, Permission, require
from bridge.service.account_names import without_names
from bridge.service.card_issue import Told, told_issue, told_issues
from bridge.service.card_scope import card_tickets, visible_issues
from bridge.service.card_view import Say, TicketRef, Workaround
from bridge.service.card_words import lamp, say, what_to_do, when_fixed
from bridge.service.clusters import living
from bridge.service.errors import UnknownId
from bridge.service.matching import Match, match
from bridge.service.search import TicketHit, tickets_by_words
from bridge.store.card_queries import tickets_called
from bridge.store.clusters import Cluster
from bridge.store.memberships import redirect
from bridge.store.tickets import Ticket
from bridge.words import RemedyState, display_id

SHOWN = 6
LOOKED_AT = 40
WORDS = 6
Encode = Callable[[str], tuple[str, Vectors]]
"""Words -> (model id, their unit vector)."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An issue with the words that may be copied without opening it."""

    issue: str
    cluster_id: int
    title: str
    light: Light
    state: str
    state_word: str
    say: Say
    workaround: Workaround
    fix: str
    words: tuple[str, ...]
    doubts: tuple[Doubt, ...] = ()
    confirmed_at: datetime | None = None
    confirmed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What is meant: ``tickets`` (several where connections share a number), an ``issue``, or words: then ``hits`` are
    the issues and ``said`` the tickets that match.

    ``unknown``: a number or an address that leads nowhere.
    """

    text: str
    tickets: tuple[TicketRef, ...] = ()
    issue: str | None = None
    hits: tuple[Hit, ...] = ()
    said: tuple[TicketHit, ...] = ()
    unknown: bool = False


def look_up(
    session: Session, actor: Actor, text: str, *, at: datetime, encode: Encode | None = None, wait: bool = False
) -> Found:
    """What the box finds. Without ``encode`` words are matched as words only; ``wait`` as in ``tickets_by_words``."""
    require(actor, Permission.READ_CARD)
    asked = read(text)
    if asked.issue is not None:
        return _issue(session, actor, asked)
    if not asked.is_words:
        tickets = find_tickets(session, actor, asked)
        if tickets or asked.url or asked.text.lstrip("#").isdecimal():
            return Found(asked.text, tickets=tickets, unknown=not tickets)
    vector = encode(asked.text) if encode and asked.text else None
    return Found(
        asked.text,
        hits=by_words(session, actor, asked.text, at=at, vector=vector),
        said=tickets_by_words(session, actor, asked.text, vector=vector, wait=wait) if asked.text else (),
    )


def find_tickets(session: Session, actor: Actor, asked: Asked) -> tuple[TicketRef, ...]:
    """The tickets that are meant, the likeliest reading of the text alone."""
    rows = tickets_called(session, asked.numbers, asked.url, card_tickets(session, actor))
    if asked.url and rows and all(row.url != asked.url for row in rows):
        rows = _of_host(rows, asked.url)
    for number in asked.numbers:
        exact = [row for row in rows if row.source_id == number]
        if exact:
            rows = [row for row in exact if row.connection == asked.connection] or exact
            break
    return tuple(TicketRef(row.connection, row.source_id, row.url) for row in rows)


def by_words(
    session: Session,
    actor: Actor,
    text: str,
    *,
    at: datetime,
    vector: tuple[str, Vectors] | None = None,
    limit: int = SHOWN,
) -> tuple[Hit, ...]:
    """Issues by the customer's words, nearest first."""
    matches = match(session, text, limit=LOOKED_AT, vector=vector)
    visible = visible_issues(session, actor, [m.cluster_id for m in matches])
    return _hits(session, actor, [m for m in matches if m.cluster_id in visible][:limit], at)


def hits_of(session: Session, actor: Actor, cluster_ids: Sequence[int], *, at: datetime) -> tuple[Hit, ...]:
    """These issues as results, for those that the reader may see."""
    require(actor, Permission.READ_CARD)
    visible = visible_issues(session, actor, cluster_ids)
    return _hits(session, actor, [Match(id_, ()) for id_ in cluster_ids if id_ in visible], at)


def _issue(session: Session, actor: Actor, asked: Asked) -> Found:
    cluster = redirect(session, asked.issue or 0)
    if cluster is None or not visible_issues(session, actor, [cluster.id or 0]):
        return Found(asked.text, unknown=True)
    return Found(asked.text, issue=display_id(cluster.id or 0))


def _of_host(rows: list[Ticket], url: str) -> list[Ticket]:
    """An address of a desk that is not ours means none of our tickets, whatever number stands in it."""
    host = urlsplit(url).netloc
    return [row for row in rows if row.url is None or urlsplit(row.url).netloc == host]


def _hits(session: Session, actor: Actor, matches: Sequence[Match], at: datetime) -> tuple[Hit, ...]:
    rows = session.exec(select(Cluster).where(col(Cluster.id).in_([m.cluster_id for m in matches])))
    clusters = {row.id: row for row in rows}
    there = [m for m in matches if m.cluster_id in clusters]
    found = told_issues(session, actor, [clusters[m.cluster_id] for m in there], at)
    told = [(m, _behind(session, actor, one, at)) for m, one in zip(there, found, strict=True)]
    titles = without_names(session, [one.title for _, one in told])
    return tuple(_hit(session, m, one, title, at) for (m, one), title in zip(told, titles, strict=True))


def _behind(session: Session, actor: Actor, told: Told, at: datetime) -> Told:
    """Only a plan that says "duplicate of" costs another look."""
    duplicate = told.standing.trust.state is RemedyState.DUPLICATE
    return told_issue(session, actor, told.cluster, at) if duplicate else told


def _hit(session: Session, found: Match, told: Told, title: str, at: datetime) -> Hit:
    shown = lamp(told)
    return Hit(
        issue=display_id(told.cluster.id or 0),
        cluster_id=told.cluster.id or 0,
        title=title,
        light=shown.light,
        state=told.standing.trust.state.value,
        state_word=shown.word,
        say=say(session, told, None, at),
        workaround=what_to_do(told, None),
        fix=when_fixed(told, None, at),
        words=found.words[:WORDS],
        doubts=shown.doubts,
        confirmed_at=shown.confirmed_at,
        confirmed_by=shown.confirmed_by,
    )


def issue_number(session: Session, actor: Actor, cluster_id: int) -> int:
    """The living issue behind an id that the reader may see. Raises UnknownId."""
    cluster = living(session, cluster_id)
    if not visible_issues(session, actor, [cluster.id or 0]):
        raise UnknownId(f"there is no issue {display_id(cluster_id)} here: search by the customer's words")
    return cluster.id or 0
