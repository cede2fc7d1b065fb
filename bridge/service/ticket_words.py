"""The words of all tickets in this process, for searching: BM25, made in the background, as old as its last making.

Rule: nobody who searches waits for it; until it is there, and for what is newer than it, tickets are found through
their issues. It is made anew when tickets changed, but takes a twentieth of the time at most.

Measured against the databases' own full text (benchmarks/README.md): SQLite's FTS5 ranks every ticket that has one of
the words, which took a second for common ones; PostgreSQL's index does not rank at all.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import bm25s
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, func
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from bridge.service.matching import terms
from bridge.store.memberships import is_live
from bridge.store.sync import data_version
from bridge.store.tickets import Ticket

logger = logging.getLogger(__name__)
READ = 600
"""Characters of a ticket's text: what is wrong stands at the beginning."""
PAUSE = 19
"""Making it may take one part of the time in ``PAUSE`` + 1."""
_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class TicketWords:
    """``ids``: tickets by their row in the scorer."""

    ids: NDArray[np.int64]
    scorer: bm25s.BM25 | None

    def best(self, asked: list[str], count: int) -> list[int]:
        """Tickets that say most of these terms, the rarest counting most; best first."""
        known = [term for term in asked if self.scorer and term in self.scorer.vocab_dict]
        if self.scorer is None or not known:
            return []
        scores = self.scorer.get_scores(known)
        count = min(count, len(scores))
        rows = np.argpartition(-scores, count - 1)[:count]
        rows = rows[np.lexsort((-self.ids[rows], -scores[rows]))]
        return [int(self.ids[row]) for row in rows if scores[row] > 0]


class _Keeper:
    """What a process holds for one database."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.held: tuple[int, TicketWords] | None = None
        self.not_before = 0.0

    def make(self, session: Session) -> TicketWords:
        """Raises SQLAlchemyError."""
        with self.lock:
            version = data_version(session, "tickets")
            if self.held is None or self.held[0] != version:
                began = time.monotonic()
                self.held = version, build(session)
                self.not_before = time.monotonic() + PAUSE * (time.monotonic() - began)
            return self.held[1]

    def behind(self, engine: Engine) -> None:
        if self.lock.locked() or time.monotonic() < self.not_before:
            return
        threading.Thread(target=self._make, args=(engine,), name="ticket-words", daemon=True).start()

    def _make(self, engine: Engine) -> None:
        try:
            with Session(engine) as session:
                self.make(session)
        except SQLAlchemyError as error:
            logger.warning("tickets are found through their issues only: %s", type(error).__name__)


_keepers: WeakKeyDictionary[Any, _Keeper] = WeakKeyDictionary()


def ticket_words(session: Session, *, wait: bool = False) -> TicketWords | None:
    """What is held, None as long as there is nothing; an old one is replaced behind the reader's back.

    ``wait``: make it now if it is missing or old, for programs that ask once.
    """
    engine = session.get_bind().engine
    keeper = _keepers.setdefault(engine.pool, _Keeper())
    if wait:
        return keeper.make(session)
    held = keeper.held
    if held is None or held[0] != data_version(session, "tickets"):
        keeper.behind(engine)
    return held[1] if held else None


def build(session: Session) -> TicketWords:
    query = select(Ticket.id, Ticket.subject, func.substr(Ticket.embed_text, 1, READ)).where(*is_live())
    ids: list[int] = []
    documents: list[list[int]] = []
    known: dict[str, int] = {}
    for id_, subject, text in session.execute(query.order_by(col(Ticket.id)).execution_options(yield_per=_BATCH)):
        said = terms(text if text.startswith(subject) else f"{subject} {text}")
        if said:
            ids.append(id_ or 0)
            documents.append([known.setdefault(term, len(known)) for term in said])
    if not ids:
        return TicketWords(np.empty(0, dtype=np.int64), None)
    scorer = bm25s.BM25()
    scorer.index((documents, known), show_progress=False)
    return TicketWords(np.array(ids, dtype=np.int64), scorer)
