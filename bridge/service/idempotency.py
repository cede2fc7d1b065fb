"""The same write twice is one effect: what was answered to a key is kept, and answered again.

Rule: the key is taken, the decision is made and the answer is kept in one transaction. A crash leaves all of it or
nothing; a second request with the key waits for the first one's transaction and finds its answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col

from bridge.service.errors import ServiceError
from bridge.store.requests import IdempotentAnswer
from bridge.store.upsert import insert_new

KEPT = timedelta(hours=24)


class KeyReused(ServiceError):
    """The key belongs to another request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was sent. ``body`` is JSON without secrets and without text of tickets."""

    status: int
    body: dict[str, Any]


def take(session: Session, who: str, key: str, request_hash: str, at: datetime) -> Answer | None:
    """The answer that was given to this request before; None: the key is new and taken now. Raises KeyReused."""
    prune(session, at)
    if insert_new(session, IdempotentAnswer, who=who, key=key, request_hash=request_hash, at=at, answer=None):
        return None
    row = session.get_one(IdempotentAnswer, (who, key), populate_existing=True)
    if row.request_hash != request_hash:
        raise KeyReused("this Idempotency-Key was sent with another request before: make a new one for each decision")
    return Answer(row.status or 0, row.answer or {})


def keep(session: Session, who: str, key: str, request_hash: str, answer: Answer, at: datetime) -> None:
    """In the transaction that took the key. An erasure has let go of all answers meanwhile, this key's among them."""
    row = session.get(IdempotentAnswer, (who, key), populate_existing=True)
    row = row or IdempotentAnswer(who=who, key=key, request_hash=request_hash, at=at)
    row.status, row.answer = answer.status, answer.body
    session.add(row)


def prune(session: Session, at: datetime) -> None:
    """Forget what nobody will ask for any more."""
    session.exec(delete(IdempotentAnswer).where(col(IdempotentAnswer.at) < at - KEPT))
