"""Records that could not be taken in: what there is, and reading their source once more.

Rule: nothing raw was kept, so a replay pulls the source again from the start; records that are known and unchanged are
skipped, those that are still bad stay set aside.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from bridge.service.access import Actor, Permission, require
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.import_file import CONNECTION
from bridge.service.ticket_import import STREAM as FILE
from bridge.store.events import record
from bridge.store.set_aside import open_asides
from bridge.store.status import streams
from bridge.store.sync import SyncState
from bridge.store.tickets import SetAside


def list_set_aside(session: Session, limit: int | None = None) -> list[SetAside]:
    """What is set aside still, the newest first."""
    return open_asides(session, limit)


def replay(session: Session, actor: Actor, connection: str, stream: str, *, at: datetime) -> None:
    """Let the next pull read the stream from its start. Raises UnknownId, Forbidden, and ServiceError for files that
    were imported by hand.
    """
    require(actor, Permission.OPERATE)
    if stream == FILE:
        raise ServiceError("these tickets came from a file: mend its lines and import it again")
    state = session.get(SyncState, (connection, stream), with_for_update=True)
    if state is None and connection == CONNECTION:
        raise ServiceError(f"these {stream} came from a file: mend its lines and import it again")
    if state is None:
        known = ", ".join(f"{row.connection} {row.stream}" for row in streams(session)) or "none"
        raise UnknownId(f"{connection} {stream} has never been pulled; there are: {known}")
    state.cursor = None
    session.add(state)
    record(session, "intake.replayed", f"connection:{connection}", actor=actor.name, at=at, after={"stream": stream})
