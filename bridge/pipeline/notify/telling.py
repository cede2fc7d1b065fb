"""Who is told: a row for each reader who wants it, and its place in the outbox. Rule: once an event and reader."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from sqlmodel import Session, select

from bridge.analysis.alert_words import Told
from bridge.analysis.sight import READERS, default_choice
from bridge.analysis.working_days import Quiet, not_before
from bridge.store import events
from bridge.store.notices import NoticeRow, Person, key_of, people
from bridge.store.outbox_queries import enqueue
from bridge.store.upsert import insert_new
from bridge.words import NoticeChoice, NoticeKind, Role

ALERTS = "alerts"
ACTOR = "bridge"


@dataclass(frozen=True, slots=True)
class Reach:
    """Connections that carry messages: to people by ``email`` or ``slack`` (None: not configured), and to whoever reads
    in one of the ``channels``.
    """

    email: str | None = None
    slack: str | None = None
    channels: tuple[str, ...] = ()

    def of(self, person: Person) -> str | None:
        """The connection for a person: the channel that they chose, else the other one; both go by their address."""
        if not person.user.email:
            return None
        ways = (self.slack, self.email) if person.preference.channel == "slack" else (self.email, self.slack)
        return next((name for name in ways if name), None)


def choice_of(person: Person, kind: NoticeKind) -> NoticeChoice:
    """What they chose, else what their role has."""
    chosen = person.chosen.get(kind.value)
    return NoticeChoice(chosen) if chosen else default_choice(Role(person.user.role), kind)


def wanted(person: Person, told: Sequence[Told], choices: Sequence[NoticeChoice]) -> list[Told]:
    """The alerts that a person wants in one of these ways and may hear of. A customer success manager with accounts of
    their own hears of premium accounts that are theirs.
    """
    role = Role(person.user.role)
    if role not in READERS:
        return []
    own = {f"account:{id_}" for id_ in person.user.accounts or ()} if role is Role.CSM else set()
    found = []
    for one in told:
        if choice_of(person, one.kind) not in choices:
            continue
        if one.kind is NoticeKind.PREMIUM and role is Role.CSM:
            named = tuple(key for key in one.named if key in own)
            if not named:
                continue
            one = Told.of({**one.to_dict(), "named": named, "size": len(named)})  # noqa: PLW2901 - the same alert, less
        found.append(one)
    return found


def wants_digest(person: Person) -> bool:
    return Role(person.user.role) in READERS and choice_of(person, NoticeKind.WEEKLY) is not NoticeChoice.OFF


def tell(
    session: Session,
    event: str,
    kind: str,
    facts: Mapping[str, Any],
    readers: Sequence[Person],
    reach: Reach,
    *,
    at: datetime,
    tz: tzinfo,
) -> int:
    """Write the event's message to these people and to the channels; number of messages. Again: none."""
    made = 0
    for person in readers:
        connection = reach.of(person)
        if connection is None:
            continue
        own = person.preference
        quiet = Quiet(own.quiet_from, own.quiet_to, own.quiet_weekends)
        due = not_before(at, quiet, tz)
        made += _put(session, event, kind, facts, f"user:{person.user.id}", connection, at, due, person.user.id)
    for name in reach.channels:
        made += _put(session, event, kind, facts, f"connection:{name}", name, at, at, None)
    return made


def _put(
    session: Session,
    event: str,
    kind: str,
    facts: Mapping[str, Any],
    reader: str,
    connection: str,
    at: datetime,
    due: datetime,
    user_id: int | None,
) -> bool:
    uid = secrets.token_hex(16)
    values = {"kind": kind, "connection": connection, "facts": dict(facts), "at": at, "user_id": user_id}
    if not insert_new(session, NoticeRow, uid=uid, event=event, reader=reader, **values):
        return False
    row = session.exec(select(NoticeRow.id).where(NoticeRow.uid == uid)).one()
    key = key_of(uid)
    payload = {"notice_id": row}
    enqueue(session, key=key, stream=key, kind="send_notice", connection=connection, payload=payload, at=at, due_at=due)
    after = {"key": key, "event": event, "connection": connection}
    events.record(session, "notification.queued", reader, actor=ACTOR, at=at, after=after)
    return True


def everybody(session: Session) -> list[Person]:
    """People who may read issues at all."""
    return [person for person in people(session) if Role(person.user.role) in READERS]
