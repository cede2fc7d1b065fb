"""Why this ticket is here: nearest fellows, shared words, the runner-up and the sentences that tell, for one reader.

Rule: texts of other tickets only where the reader may read them, the runner-up only where they may see that issue, and
no likeness as a number: it is no probability.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, true
from sqlmodel import Session, col, select

from bridge.analysis import explaining
from bridge.analysis.embedding import Vectors, unpack
from bridge.analysis.explaining import Likeness, Margin, Part
from bridge.service.access import Actor, Permission, may, require
from bridge.service.account_names import without_names
from bridge.service.card_scope import card_tickets, unknown_ticket, visible_issues
from bridge.service.clusters import living
from bridge.service.issue_mentions import Also, also
from bridge.service.matching import middles, nearest, shared_words
from bridge.service.scope import readable_tickets
from bridge.store.card_queries import place_of, ticket_at
from bridge.store.clusters import Cluster, Membership
from bridge.store.memberships import is_live
from bridge.store.tickets import Ticket
from bridge.store.vectors import Vector
from bridge.words import Origin, Zone, display_id

FELLOWS = 120
"""Members that are compared: the newest."""
WORDS = 6
_NEXT = 6
_SUBJECT = 120
Encode = Callable[[str], tuple[str, Vectors]]

PLACED = {
    Zone.AUTOMATIC: "The model placed it.",
    Zone.REVIEW: "The model is in doubt: it waits for somebody to look.",
    Zone.NEW: "Nothing was like it when it came.",
    Zone.CONFIRMED: "A person placed it.",
}


@dataclass(frozen=True, slots=True)
class Near:
    """Another ticket of the issue. ``words``: what both say."""

    connection: str
    number: str
    url: str | None
    subject: str
    alike: Likeness
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """The issue that the ticket is next like; ``margin`` compares the two."""

    issue: str
    title: str
    margin: Margin


@dataclass(frozen=True, slots=True)
class Explanation:
    """``placed``: by whom, in words; ``alike`` None: no vector, or no other member to compare with. ``fellows`` counts
    the members that were compared, ``nearest`` those of them that the reader may read. ``parts``: sentences of the
    ticket, empty where its text is not the reader's or there is no model to weigh them with. ``also``: the issues that
    it speaks of beside its own.
    """

    connection: str
    number: str
    ticket_id: int
    issue: str
    title: str
    placed: str
    alike: Likeness | None
    fellows: int
    nearest: tuple[Near, ...]
    words: tuple[str, ...]
    runner_up: RunnerUp | None
    parts: tuple[Part, ...]
    also: tuple[Also, ...] = ()


@dataclass(frozen=True, slots=True)
class _Fellow:
    ticket: Ticket
    readable: bool


def explain(
    session: Session, actor: Actor, connection: str, number: str, *, model: str, encode: Encode | None = None
) -> Explanation:
    """``model`` names the vectors that tickets were grouped by. Raises UnknownId for a ticket that is not there, is
    none of the reader's business, or belongs to no issue.
    """
    require(actor, Permission.READ_CARD)
    readable = readable_tickets(session, actor)
    found = ticket_at(session, connection, number, card_tickets(session, actor), readable)
    if found is None:
        raise unknown_ticket(number)
    ticket, mine = found
    placed = place_of(session, ticket.id or 0)
    if placed is None:
        raise unknown_ticket(f"{number} in any issue")
    member, cluster = placed[0], living(session, placed[1].id or 0)
    return _explained(session, actor, ticket, member, cluster, mine, readable, model, encode)


def _explained(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    member: Membership,
    cluster: Cluster,
    mine: bool,
    readable: ColumnElement[bool],
    model: str,
    encode: Encode | None,
) -> Explanation:
    cluster_id = cluster.id or 0
    said = _plain(session, actor, ticket, f"{ticket.subject}\n{ticket.embed_text}") if mine else ""
    (title,) = [_plain(session, actor, ticket, cluster.title)]
    row = session.get(Vector, (model, ticket.embed_hash)) if ticket.embed_hash else None
    fellows, vectors = _fellows(session, cluster_id, ticket.id or 0, readable, model)
    space = middles(session, model)
    own = space.centred(unpack(row.data)) if row is not None and space.ids else None
    others = space.centred(vectors) if len(vectors) and space.ids else vectors
    centre = explaining.middle(others) if own is not None else None
    alike = float(own @ centre) if own is not None and centre is not None else None

    def centred(text: str) -> Vectors:
        assert encode is not None
        return space.centred(encode(text)[1])

    sentences = explaining.sentences(ticket.embed_text) if mine else []
    weigh = encode is not None and centre is not None
    return Explanation(
        connection=ticket.connection,
        number=ticket.source_id,
        ticket_id=ticket.id or 0,
        issue=display_id(cluster_id),
        title=title,
        placed=PLACED[Zone.CONFIRMED if member.origin == Origin.HUMAN else Zone(member.zone)],
        alike=explaining.likeness(alike) if alike is not None else None,
        fellows=len(fellows),
        nearest=_nearest(session, actor, said, fellows, explaining.nearest(own, others, len(others)))
        if own is not None
        else (),
        words=shared_words(said, " ".join((cluster.title, *cluster.phrases)))[:WORDS],
        runner_up=_runner_up(session, actor, ticket, cluster_id, alike, row, model),
        parts=_shown(session, actor, ticket, explaining.telling(sentences, centre, centred))
        if weigh and centre is not None
        else (),
        also=also(session, actor, ticket, readable=mine),
    )


def _fellows(
    session: Session, cluster_id: int, without: int, readable: ColumnElement[bool], model: str
) -> tuple[list[_Fellow], Vectors]:
    """The newest other members that have a vector, and their rows."""
    query = (
        select(Ticket, Vector.data, readable.label("readable"))
        .join(Membership, col(Membership.ticket_id) == col(Ticket.id))
        .join(Vector, (col(Vector.content_hash) == col(Ticket.embed_hash)) & (col(Vector.model) == model))
        .where(Membership.cluster_id == cluster_id, col(Ticket.id) != without, *is_live())
        .order_by(col(Ticket.last_customer_at).desc(), col(Ticket.id))
        .limit(FELLOWS)
    )
    rows = session.execute(query).all()
    vectors = unpack(b"".join(data for _, data, _ in rows)).reshape(len(rows), -1 if rows else 0)
    return [_Fellow(ticket, readable is true() or bool(mine)) for ticket, _, mine in rows], vectors


def _nearest(
    session: Session, actor: Actor, said: str, fellows: list[_Fellow], order: list[tuple[int, float]]
) -> tuple[Near, ...]:
    chosen = [(fellows[row].ticket, cosine) for row, cosine in order if fellows[row].readable][: explaining.NEAREST]
    return tuple(
        Near(
            ticket.connection,
            ticket.source_id,
            ticket.url,
            _plain(session, actor, ticket, ticket.subject or ticket.embed_text)[:_SUBJECT] or "(no subject)",
            explaining.likeness(cosine),
            shared_words(said, _plain(session, actor, ticket, f"{ticket.subject}\n{ticket.embed_text}"))[:WORDS],
        )
        for ticket, cosine in chosen
    )


def _runner_up(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    cluster_id: int,
    own: float | None,
    row: Vector | None,
    model: str,
) -> RunnerUp | None:
    """The nearest other issue that is alike at all and that the reader may see."""
    if row is None or own is None:
        return None
    near = [(id_, cosine) for id_, cosine in nearest(session, model, unpack(row.data), _NEXT) if id_ != cluster_id]
    visible = visible_issues(session, actor, [id_ for id_, _ in near])
    query = select(Cluster.id, Cluster.title).where(
        col(Cluster.id).in_([id_ for id_, _ in near if id_ in visible]), col(Cluster.merged_into).is_(None)
    )
    titles = {id_ or 0: title for id_, title in session.exec(query)}
    for id_, cosine in near:
        if id_ in titles:
            title = _plain(session, actor, ticket, titles[id_])
            return RunnerUp(display_id(id_), title, explaining.margin(own, cosine))
    return None


def _shown(session: Session, actor: Actor, ticket: Ticket, parts: list[Part]) -> tuple[Part, ...]:
    return tuple(Part(_plain(session, actor, ticket, part.text), part.tells) for part in parts)


def _plain(session: Session, actor: Actor, ticket: Ticket, text: str) -> str:
    """Without the names of other customers, for those who may not read them."""
    if may(actor, Permission.READ_VALUE):
        return text
    return without_names(session, [text], ticket.account_ref)[0]
