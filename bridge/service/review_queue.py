"""The review queue: tickets of which the model is not sure, each with its two best candidates and why.

Rule: somebody sees the tickets whose text they may read; where rank is none of their business, the order says
nothing of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from bridge.service.access import Actor, Permission, may, require
from bridge.service.account_names import without_names
from bridge.service.card_issue import told_issues
from bridge.service.card_scope import visible_issues
from bridge.service.card_words import shared_words
from bridge.service.doubt_words import nearness, standoff
from bridge.service.issue_members import excerpt
from bridge.service.putting import living_id
from bridge.service.scope import readable_tickets
from bridge.store.clusters import Cluster
from bridge.store.grouping import Candidate
from bridge.store.grouping_queries import (
    Waiting,
    candidate_ranks,
    candidates_of,
    clusters_by_id,
    count_waiting,
    memberships_of,
    waiting,
)
from bridge.store.memberships import redirects
from bridge.store.tickets import Ticket
from bridge.words import Zone, display_id

PAGE = 20
PHRASES = 4
GROUPS = 8
LAST = 2**31


@dataclass(frozen=True, slots=True)
class Option:
    """An issue that the ticket may belong to. ``why``: a half sentence; ``phrases``: the issue's words that the ticket
    says, too.
    """

    issue: str
    cluster_id: int
    title: str
    why: str
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A ticket that waits. ``doubt`` says between what; ``excerpt`` is without personal data."""

    ticket_id: int
    connection: str
    number: str
    url: str | None
    subject: str
    excerpt: str
    language: str | None
    created_at: datetime
    doubt: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """An issue that several waiting tickets may belong to."""

    issue: str
    cluster_id: int
    title: str
    tickets: int


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of it. ``issue``: only tickets of which this is a candidate. ``by_rank`` False: the oldest first."""

    rows: tuple[Question, ...]
    total: int
    page: int
    pages: int
    groups: tuple[Group, ...]
    issue: str | None
    by_rank: bool


def queue(
    session: Session, actor: Actor, page: int = 1, cluster_id: int | None = None, limit: int = PAGE, *, at: datetime
) -> Queue:
    """What waits for this reader, the dearest candidate first; for those who see no ranks the oldest first."""
    require(actor, Permission.READ_CARD)
    found = _mine(session, actor)
    groups = _groups(found)
    wanted = living_id(session, cluster_id) if cluster_id is not None else None
    if wanted is not None:
        found = [one for one in found if wanted in one.clusters]
    by_rank = may(actor, Permission.READ_CLUSTERS)
    ranks = candidate_ranks(session) if by_rank else {}
    found.sort(key=lambda one: (min(ranks.get(id_, LAST) for id_ in one.clusters), one.created_at, one.ticket_id))
    pages = max(1, -(-len(found) // limit))
    page = min(max(1, page), pages)
    shown = found[(page - 1) * limit : page * limit]
    named = {id_ for one in shown for id_ in one.clusters} | {id_ for id_, _ in groups}
    ids = [one.ticket_id for one in shown]
    rows = candidates_of(session, ids)
    dead = any(row.cluster_id not in one.clusters for one in shown for row in rows[one.ticket_id])
    look = _look(session, actor, named, redirects(session) if dead else {}, at)
    tickets = {row.id or 0: row for row in session.exec(select(Ticket).where(col(Ticket.id).in_(ids)))}
    return Queue(
        rows=tuple(_question(session, look, one, tickets[one.ticket_id], rows[one.ticket_id]) for one in shown),
        total=len(found),
        page=page,
        pages=pages,
        groups=tuple(Group(display_id(id_), id_, look.titles[id_], number) for id_, number in groups),
        issue=display_id(wanted) if wanted is not None else None,
        by_rank=by_rank,
    )


def count(session: Session, actor: Actor) -> int:
    """How many tickets wait for this reader."""
    require(actor, Permission.READ_CARD)
    if actor.is_outsourced:
        return len(_mine(session, actor))
    return count_waiting(session, readable_tickets(session, actor))


def options_of(session: Session, actor: Actor, ticket: Ticket, *, at: datetime) -> tuple[Option, ...]:
    """The candidates of a ticket that the actor may read, as far as they may know of them; none where it waits not."""
    id_ = ticket.id or 0
    rows, placed = candidates_of(session, [id_]).get(id_, []), memberships_of(session, [id_])
    if not rows or not placed or placed[0].zone != Zone.REVIEW:
        return ()
    behind = redirects(session)
    ids = list(dict.fromkeys(behind.get(row.cluster_id, row.cluster_id) for row in rows))
    visible = visible_issues(session, actor, ids) - {placed[0].cluster_id}
    look = _look(session, actor, visible, behind, at)
    return _options(session, look, Waiting(id_, ticket.created_at, tuple(i for i in ids if i in visible)), ticket, rows)


def _mine(session: Session, actor: Actor) -> list[Waiting]:
    """A supplier's agent is asked only where they may know of every candidate."""
    found = waiting(session, readable_tickets(session, actor))
    if not actor.is_outsourced:
        return found
    visible = visible_issues(session, actor, {id_ for one in found for id_ in one.clusters})
    return [one for one in found if visible.issuperset(one.clusters)]


def _groups(found: Sequence[Waiting]) -> list[tuple[int, int]]:
    """(issue, waiting tickets) of the best candidates, the most first; those of one ticket alone are no group."""
    counted: dict[int, int] = {}
    for one in found:
        counted[one.clusters[0]] = counted.get(one.clusters[0], 0) + 1
    several = [(id_, number) for id_, number in counted.items() if number > 1]
    return sorted(several, key=lambda pair: (-pair[1], pair[0]))[:GROUPS]


@dataclass(frozen=True, slots=True)
class _Look:
    """What one reader's page reads once. ``behind``: tombstone -> the living issue."""

    actor: Actor
    clusters: Mapping[int, Cluster]
    titles: Mapping[int, str]
    behind: Mapping[int, int]

    def living(self, row: Candidate) -> int:
        return self.behind.get(row.cluster_id, row.cluster_id)


def _look(session: Session, actor: Actor, ids: set[int], behind: Mapping[int, int], at: datetime) -> _Look:
    clusters = clusters_by_id(session, ids)
    if actor.is_outsourced:
        told = told_issues(session, actor, list(clusters.values()), at)
        titles = {one.cluster.id or 0: one.title for one in told}
    else:
        titles = {id_: cluster.title for id_, cluster in clusters.items()}
    if not may(actor, Permission.READ_VALUE):
        titles = dict(zip(titles, without_names(session, list(titles.values())), strict=True))
    return _Look(actor, clusters, titles, behind)


def _question(session: Session, look: _Look, one: Waiting, ticket: Ticket, rows: Sequence[Candidate]) -> Question:
    options = _options(session, look, one, ticket, rows)
    similarity = {look.living(row): row.similarity for row in reversed(rows)}
    texts = [ticket.subject or "(no subject)", excerpt(ticket.embed_text)]
    if not may(look.actor, Permission.READ_VALUE):
        texts = without_names(session, texts, ticket.account_ref)
    return Question(
        ticket_id=one.ticket_id,
        connection=ticket.connection,
        number=ticket.source_id,
        url=ticket.url,
        subject=texts[0],
        excerpt=texts[1],
        language=ticket.language,
        created_at=ticket.created_at,
        doubt=standoff([o.issue for o in options], [similarity[o.cluster_id] for o in options]),
        options=options,
    )


def _options(
    session: Session, look: _Look, one: Waiting, ticket: Ticket, rows: Sequence[Candidate]
) -> tuple[Option, ...]:
    evidence = {look.living(row): row.evidence for row in reversed(rows)}
    text = f"{ticket.subject} {ticket.embed_text}"
    if not may(look.actor, Permission.READ_VALUE):
        (text,) = without_names(session, [text], put=" ")
    return tuple(
        Option(
            issue=display_id(id_),
            cluster_id=id_,
            title=look.titles[id_],
            why=nearness(evidence.get(id_, {})),
            phrases=_phrases(text, look.clusters[id_]),
        )
        for id_ in one.clusters
    )


def _phrases(text: str, cluster: Cluster) -> tuple[str, ...]:
    """Whole phrases of the issue that the ticket says, else single words of them."""
    plain = text.casefold()
    whole = tuple(phrase for phrase in cluster.phrases if phrase.casefold() in plain)
    return (whole or shared_words(text, [cluster.title, *cluster.phrases]))[:PHRASES]
