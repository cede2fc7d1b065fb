"""What the parts of the delivery share: their collaborators, what a try can end in, and the event that tells of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bridge.pipeline.deliver.notice import Compose
from bridge.pipeline.deliver.writes import Write
from bridge.settings import DeliverSettings
from bridge.store import events
from bridge.store.db import Database
from bridge.store.outbox import OutboxRow

ACTOR = "bridge"


@dataclass(frozen=True, slots=True)
class Parts:
    """``now`` is a clock that all workers share. ``redact`` cleans what a vendor's error says before it is stored.
    ``compose`` gives messages their words.
    """

    db: Database
    sinks: Mapping[str, object]
    settings: DeliverSettings
    now: Callable[[], datetime]
    redact: Callable[[str], str]
    rng: random.Random
    compose: Compose | None = None

    @property
    def lease_s(self) -> float:
        return 2 * self.settings.request_timeout + 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row in this try: ``state`` as it stands now, ``waits`` if its whole connection waits."""

    state: str
    waits: bool = False
    error: str | None = None


def tell(
    session: Session,
    kind: str,
    row: OutboxRow,
    write: Write | None,
    at: datetime,
    *,
    remote_id: str | None = None,
    reason: str | None = None,
) -> None:
    after = {"outbox": row.id, "kind": row.kind, "connection": row.connection, "key": row.key}
    if remote_id is not None:
        after["remote_id"] = remote_id
    subject = write.subject if write else f"outbox:{row.id}"
    events.record(session, kind, subject, actor=ACTOR, at=at, after=after, reason=reason)
