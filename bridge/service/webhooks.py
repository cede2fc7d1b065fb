"""Webhooks in: who sent it, whether it came before, and that its connection is due. Nothing of its body is kept.

Rule: whatever is wrong (no such connection, no secret, a wrong one, a changed byte, an old time), the answer is the
same and takes the same work.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from bridge.connecting import Connection
from bridge.store import due_runs
from bridge.store.webhooks import remember
from bridge.words import RunKind
from connectors._signatures import any_equal
from connectors.hooks import Hook, Webhooks

SECRET_HEADER = "x-bridge-webhook-secret"  # noqa: S105 - a header's name
DELIVERY_HEADER = "x-bridge-delivery"
LONGEST_ID = 200
_NOBODY = secrets.token_urlsafe(32)
"""Compared with where there is no secret, so that a stranger cannot tell by the time that it took."""


def sender(
    connection: Connection | None, headers: Mapping[str, str], body: bytes, *, password: str | None, at: datetime
) -> Hook | None:
    """The webhook if its sender has proved itself. ``headers`` have lower-case names; ``password`` is that of HTTP
    basic authentication.
    """
    known = connection.settings.webhook_secrets if connection else ()
    if connection is not None and known and isinstance(connection.connector, Webhooks):
        return connection.connector.verify(headers, body, secrets=known, at=at)
    proved = any_equal([headers.get(SECRET_HEADER) or password or ""], _two(known))
    hook = Hook(_delivery(headers, body))
    return hook if proved and known else None


def accept(session: Session, connection: str, hook: Hook, at: datetime) -> bool:
    """The connection is due. False: this webhook came before, and has no effect."""
    new = remember(session, connection, hook.id[:LONGEST_ID], at)
    if new:
        due_runs.ask(session, connection, RunKind.READ, by="webhook", at=at)
    return new


def _two(known: Sequence[str]) -> tuple[str, ...]:
    """Always as many comparisons."""
    return (*known, _NOBODY, _NOBODY)[:2]


def _delivery(headers: Mapping[str, str], body: bytes) -> str:
    """What the sender calls this delivery; else the body itself, so the same body twice is one delivery."""
    return headers.get(DELIVERY_HEADER) or hashlib.sha256(body).hexdigest()
