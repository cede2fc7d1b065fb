"""Learns what the collection repeats around its tickets and how it spells, and reads the texts that are grouped anew.

Rule: only a text that changes gets a new hash, so that only it is embedded again; the stored messages stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice

from bridge.analysis.intake import writer_of
from bridge.analysis.lesson import Lesson, learn, read_lesson
from bridge.analysis.text import content_hash, story_of
from bridge.progress import StepReport
from bridge.store.boilerplate import (
    TicketText,
    change_text,
    count_texts,
    keep_learned,
    learned_from,
    learned_last,
    ticket_texts,
)
from bridge.store.db import Database
from bridge.store.leases import Lease, fence
from bridge.store.sync import bump
from connectors.base import Side

CHUNK = 500
GROWTH = 1.25
FEWEST = 100
"""Below so many tickets little repeats, and what does may be the issue itself."""


def relearn(
    db: Database, secret: bytes, *, lease: Lease, now: Callable[[], datetime], anyway: bool = False
) -> StepReport:
    """Learn from all live tickets, and rewrite the texts for which it makes a difference. Done: texts rewritten.

    ``secret`` keys the hashes, as the pull's does. Before a consolidation it learns ``anyway``, else only where the
    collection has grown by a quarter since the last lesson: the pull applies that to every new ticket.
    """
    report = StepReport("relearn")
    with db.read() as session:
        if not anyway and count_texts(session) <= GROWTH * max(learned_from(session), FEWEST):
            return report
        before = read_lesson(learned_last(session))
        stories = [(_writer(ticket), story_of(ticket.subject, _told(ticket))) for ticket in ticket_texts(session)]
    learned = learn(stories, secret, before)
    with db.write() as session:
        fence(session, lease)
        keep_learned(session, learned.version, learned.to_bytes(), len(stories), now())
    if learned.version == before.version:
        return report
    with db.read() as session:
        for chunk in _chunks(_changes(ticket_texts(session), learned, secret)):
            with db.write() as writing:
                fence(writing, lease)
                done = [
                    change_text(
                        writing, ticket.id, ticket.embed_text, text, content_hash(text) if text.strip() else None
                    )
                    for ticket, text in chunk
                ]
                report.done += sum(done)
                bump(writing, "tickets")
    return report


def _changes(tickets: Iterable[TicketText], learned: Lesson, secret: bytes) -> Iterator[tuple[TicketText, str]]:
    for ticket in tickets:
        text = learned.text(ticket.subject, _told(ticket), _writer(ticket), secret)
        if text != ticket.embed_text:
            yield ticket, text


def _chunks(changes: Iterator[tuple[TicketText, str]]) -> Iterator[list[tuple[TicketText, str]]]:
    while chunk := list(islice(changes, CHUNK)):
        yield chunk


def _told(ticket: TicketText) -> list[str]:
    """As the pull chooses: what the customer wrote, else the first message."""
    own = [text for author, text in ticket.messages if author == Side.CUSTOMER]
    return own or [text for _, text in ticket.messages[:1]]


def _writer(ticket: TicketText) -> str | None:
    return writer_of(ticket.requester_key, ticket.requester_domain, free_mail=ticket.requester_free_mail)
