"""Issues that a ticket without one may belong to: at most three, each with its reason."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from bridge.analysis.embedding import unpack
from bridge.service.access import Actor
from bridge.service.account_names import without_names
from bridge.service.card_issue import told_issues
from bridge.service.card_scope import visible_issues
from bridge.service.card_view import Suggestion
from bridge.service.matching import Match, match
from bridge.service.review_queue import options_of
from bridge.store.card_queries import rejected_issues
from bridge.store.clusters import Cluster
from bridge.store.issue_texts import vector_of
from bridge.store.tickets import Ticket
from bridge.words import display_id

SHOWN = 3
LOOKED_AT = 30
READ = 400
"""Characters of the ticket that are searched with: what is wrong stands at the beginning."""
WORDS = 4


def suggestions(
    session: Session, actor: Actor, ticket: Ticket, own: Cluster | None, at: datetime, *, waits: bool = False
) -> tuple[Suggestion, ...]:
    """Nearest first; none that a person has called wrong for this ticket. ``waits``: the model's own candidates come
    before the rest.
    """
    asked = {one.cluster_id: one for one in (options_of(session, actor, ticket, at=at) if waits else ())}
    packed = vector_of(session, ticket.embed_hash)
    (text,) = without_names(session, [f"{ticket.subject} {ticket.embed_text[:READ]}"], put=" ")
    matches = match(
        session,
        text,
        limit=LOOKED_AT if actor.is_outsourced else SHOWN,
        vector=(packed[0], unpack(packed[1])) if packed else None,
        without=[*rejected_issues(session, ticket.id or 0), own.id or 0 if own else 0],
    )
    visible = visible_issues(session, actor, [m.cluster_id for m in matches])
    first = [Match(id_, one.phrases) for id_, one in asked.items()]
    matches = [*first, *(m for m in matches if m.cluster_id in visible and m.cluster_id not in asked)][:SHOWN]
    rows = session.exec(select(Cluster).where(col(Cluster.id).in_([m.cluster_id for m in matches])))
    clusters = {row.id: row for row in rows if row.merged_into is None}
    matches = [m for m in matches if m.cluster_id in clusters]
    issues = told_issues(session, actor, [clusters[m.cluster_id] for m in matches], at)
    titles = without_names(session, [told.title for told in issues], ticket.account_ref)
    return tuple(
        Suggestion(
            issue=display_id(m.cluster_id),
            title=title,
            words=m.words[:WORDS],
            light=told.standing.trust.light,
            state=told.standing.trust.state.value,
            state_word=told.standing.trust.word,
            near=(asked[m.cluster_id].why or "alike in meaning") if m.cluster_id in asked else "",
        )
        for m, told, title in zip(matches, issues, titles, strict=True)
    )
