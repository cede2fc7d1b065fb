"""Titles by people, and suggestions of a chat model that a person accepts or declines.

Rule: a title by a person is never changed by the program; a suggestion is data: checked before it is kept, shown beside
the title, and it names nothing until a person says so. Words of titles stand in no event, for events are never erased.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlmodel import Session

from bridge.analysis.embedding import Vectors
from bridge.analysis.title_checks import refusal, trimmed
from bridge.analysis.titles import TITLE_LENGTH
from bridge.service.access import Actor, Permission, require
from bridge.service.account_names import without_names
from bridge.service.clusters import living
from bridge.service.errors import ServiceError
from bridge.service.issue_members import quotes, sample, words_of
from bridge.store.clusters import Cluster
from bridge.store.events import record
from bridge.store.grouping import TitleProposal
from bridge.store.sync import bump
from bridge.words import display_id

RENAMED, DECLINED = "cluster.renamed", "cluster.title_declined"
SENT = 3
"""Quotes that are sent, each at most as long as a page shows it."""
PROPOSAL = "proposal"
Ask = Callable[[Sequence[str]], str]
Encode = Callable[[str], tuple[str, Vectors]]


def rename(
    session: Session, actor: Actor, cluster_id: int, title: str, *, at: datetime, reason: str | None = None
) -> Cluster:
    """Give an issue the title that a person wrote. Raises ServiceError for one that is empty or too long."""
    require(actor, Permission.DECIDE_CLUSTERS)
    cluster, title = living(session, cluster_id), " ".join(title.split())
    if not title or len(title) > TITLE_LENGTH or not title.isprintable():
        raise ServiceError(f"a title is one line of 1 to {TITLE_LENGTH} characters: this one has {len(title)}")
    return _titled(session, actor, cluster, title, at=at, reason=reason, source="person")


def pending(session: Session, actor: Actor, cluster_id: int) -> TitleProposal | None:
    """The suggestion that waits for somebody, for those who may decide about it."""
    require(actor, Permission.DECIDE_CLUSTERS)
    return session.get(TitleProposal, living(session, cluster_id).id)


def quotes_to_send(session: Session, actor: Actor, cluster_id: int, *, model: str) -> tuple[list[str], Vectors | None]:
    """The quotes that leave the house, redacted and without the names of customers, and the middle of the issue."""
    require(actor, Permission.DECIDE_CLUSTERS)
    found = sample(session, actor, living(session, cluster_id).id or 0, model)
    return without_names(session, [words_of(ticket) for ticket in quotes(found)[:SENT]]), found.middle


def checked(
    text: str, sent: Sequence[str], middle: Vectors | None, encode: Encode, least: float
) -> tuple[str, str | None]:
    """(the suggestion, why it is dropped): every check of title_checks, then whether it means what the issue means."""
    title = trimmed(text)
    if why := refusal(title, " ".join(sent)):
        return title, why
    if middle is None:
        return title, "the issue has no vectors to compare it with"
    if float(encode(title)[1] @ middle) < least:
        return title, "it does not mean what the tickets say"
    return title, None


def keep(
    session: Session, actor: Actor, cluster_id: int, title: str, model: str, *, at: datetime
) -> TitleProposal | None:
    """Keep a checked suggestion for a person; None where the issue is called so already or a person named it."""
    require(actor, Permission.DECIDE_CLUSTERS)
    cluster = living(session, cluster_id)
    if cluster.title_by != "model" or cluster.title == title:
        return None
    row = session.get(TitleProposal, cluster.id) or TitleProposal(cluster_id=cluster.id or 0, title="", model="", at=at)
    row.title, row.model, row.at = title, model, at
    session.add(row)
    return row


def accept(session: Session, actor: Actor, cluster_id: int, *, at: datetime) -> Cluster:
    """The suggestion becomes the title, as this person's word. Raises ServiceError where none waits."""
    row = _waiting(session, actor, cluster_id)
    return _titled(session, actor, living(session, cluster_id), row.title, at=at, reason=None, source=PROPOSAL)


def decline(session: Session, actor: Actor, cluster_id: int, *, at: datetime) -> None:
    """The suggestion goes. Raises ServiceError where none waits."""
    row = _waiting(session, actor, cluster_id)
    session.delete(row)
    record(session, DECLINED, f"cluster:{row.cluster_id}", actor=actor.name, at=at, after={"model": row.model})


def _waiting(session: Session, actor: Actor, cluster_id: int) -> TitleProposal:
    row = pending(session, actor, cluster_id)
    if row is None:
        raise ServiceError(f"no title is suggested for {display_id(cluster_id)}: load the page anew")
    return row


def _titled(
    session: Session, actor: Actor, cluster: Cluster, title: str, *, at: datetime, reason: str | None, source: str
) -> Cluster:
    before = {"by": cluster.title_by}
    cluster.title, cluster.title_by = title, actor.name
    session.add(cluster)
    if row := session.get(TitleProposal, cluster.id):
        session.delete(row)
    after = {"by": actor.name, "from": source}
    subject = f"cluster:{cluster.id}"
    record(session, RENAMED, subject, actor=actor.name, at=at, before=before, after=after, reason=reason)
    bump(session, "clusters")
    return cluster
