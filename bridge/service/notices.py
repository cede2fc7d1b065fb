"""What a person is told of, how and when: their own choices, and the links that end messages without a sign-in.

Rule: everybody chooses for themselves; nobody is offered what their role may not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bridge.analysis.alert_words import WORDS
from bridge.analysis.sight import default_choice
from bridge.analysis.unsubscribing import read
from bridge.analysis.working_days import MINUTES
from bridge.pipeline.notify import Reach
from bridge.pipeline.notify.telling import choice_of
from bridge.service.access import Actor, Permission, require
from bridge.service.errors import ServiceError, UnknownId
from bridge.store.access import User
from bridge.store.events import record
from bridge.store.notices import NoticePreference, Person, choose, people
from bridge.words import NoticeChoice, NoticeKind

CHANNELS = ("email", "slack")
UNKNOWN_LINK = "this link is not whole or not ours: open it as it stands in the message"


@dataclass(frozen=True, slots=True)
class KindRow:
    """One kind and the reader's choice; ``choices`` are those that it can have."""

    kind: NoticeKind
    name: str
    when: str
    choice: NoticeChoice
    choices: tuple[NoticeChoice, ...]
    is_default: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """``channels`` that are configured; ``quiet_from``, ``quiet_to`` as HH:MM, both empty: no quiet hours."""

    rows: tuple[KindRow, ...]
    address: str | None
    channel: str
    channels: tuple[str, ...]
    quiet_from: str
    quiet_to: str
    quiet_weekends: bool
    timezone: str


@dataclass(frozen=True, slots=True)
class Ending:
    """What an unsubscribe link ends. ``names`` of the kinds; ``over``: they have ended already."""

    names: tuple[str, ...]
    address: str
    over: bool


def choices(session: Session, actor: Actor, reach: Reach, timezone: str) -> Choices:
    """The reader's own. Raises Forbidden, and UnknownId for an actor who is no user."""
    require(actor, Permission.READ_CLUSTERS)
    person = _person(session, actor)
    rows = tuple(_row(person, kind, actor) for kind in NoticeKind)
    own = person.preference
    quiet = own.quiet_from != own.quiet_to
    configured = {"email": reach.email, "slack": reach.slack}
    return Choices(
        rows=rows,
        address=person.user.email,
        channel=own.channel,
        channels=tuple(name for name in CHANNELS if configured[name]),
        quiet_from=_clock(own.quiet_from) if quiet else "",
        quiet_to=_clock(own.quiet_to) if quiet else "",
        quiet_weekends=own.quiet_weekends,
        timezone=timezone,
    )


def choose_all(
    session: Session,
    actor: Actor,
    *,
    kinds: Mapping[str, str],
    channel: str,
    quiet_from: str = "",
    quiet_to: str = "",
    quiet_weekends: bool = False,
    at: datetime,
) -> None:
    """Write the reader's choices down; kinds that are not named stay as they are. Raises ServiceError, Forbidden."""
    require(actor, Permission.READ_CLUSTERS)
    person = _person(session, actor)
    wanted = {_kind(name): _choice(name, choice) for name, choice in kinds.items()}
    if channel not in CHANNELS:
        raise ServiceError(f"channel takes {' or '.join(CHANNELS)}, not {channel!r}")
    if bool(quiet_from) != bool(quiet_to):
        raise ServiceError("quiet hours need a beginning and an end: fill in both, or none")
    begin, end = (_minute(quiet_from), _minute(quiet_to)) if quiet_from else (0, 0)
    if quiet_from and begin == end:
        raise ServiceError("quiet hours that end when they begin are none: choose two times, or none")
    user_id = person.user.id or 0
    for kind, choice in wanted.items():
        if choice is not choice_of(person, kind):
            choose(session, user_id, kind, choice.value, at)
    session.merge(
        NoticePreference(
            user_id=user_id, channel=channel, quiet_from=begin, quiet_to=end, quiet_weekends=quiet_weekends
        )
    )
    after = {"kinds": {kind.value: choice.value for kind, choice in wanted.items()}, "channel": channel}
    record(session, "notice.chosen", f"user:{user_id}", actor=actor.name, at=at, after=after)


def ending(session: Session, secret: bytes, token: str) -> Ending:
    """What the link would end; nothing changes, so that a mail scanner may open it. Raises UnknownId."""
    user, kinds = _linked(session, secret, token)
    found = people(session, user.id)
    over = all(choice_of(person, kind) is NoticeChoice.OFF for person in found for kind in kinds)
    return Ending(_names(kinds), _masked(user.email), over)


def end(session: Session, secret: bytes, token: str, *, at: datetime) -> Ending:
    """End what the link names. What is queued already is not sent any more. Again: nothing. Raises UnknownId."""
    user, kinds = _linked(session, secret, token)
    found = ending(session, secret, token)
    if not found.over:
        for kind in kinds:
            choose(session, user.id or 0, kind, NoticeChoice.OFF.value, at)
        after = {"kinds": [kind.value for kind in kinds]}
        record(session, "notice.unsubscribed", f"user:{user.id}", actor=user.name, at=at, after=after)
    return Ending(found.names, found.address, over=True)


def _linked(session: Session, secret: bytes, token: str) -> tuple[User, tuple[NoticeKind, ...]]:
    found = read(secret, token)
    user = session.get(User, found[0]) if found else None
    if found is None or user is None:
        raise UnknownId(UNKNOWN_LINK)
    return user, found[1]


def _person(session: Session, actor: Actor) -> Person:
    found = people(session, actor.user_id) if actor.user_id is not None else []
    if not found:
        raise UnknownId(f"{actor.name} is no user, so nobody can be told: `bridge user add` makes one")
    return found[0]


def _row(person: Person, kind: NoticeKind, actor: Actor) -> KindRow:
    name, when = WORDS[kind]
    once_a_week = kind is NoticeKind.WEEKLY
    able = (NoticeChoice.DIGEST, NoticeChoice.OFF) if once_a_week else tuple(NoticeChoice)
    choice = choice_of(person, kind)
    return KindRow(kind, name, when, choice, able, choice is default_choice(actor.role, kind))


def _kind(name: str) -> NoticeKind:
    if name not in set(NoticeKind):
        raise ServiceError(f"there are messages of the kinds {', '.join(NoticeKind)}, not {name!r}")
    return NoticeKind(name)


def _choice(kind: str, choice: str) -> NoticeChoice:
    able = [c.value for c in NoticeChoice if not (kind == NoticeKind.WEEKLY and c is NoticeChoice.NOW)]
    if choice not in able:
        raise ServiceError(f"{kind} takes {', '.join(able)}, not {choice!r}")
    return NoticeChoice(choice)


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and int(minute) < 60 and int(hour) * 60 + int(minute) < MINUTES):  # noqa: PLR2004
        raise ServiceError(f"{text!r} is no time of the day: write it as 22:00")
    return int(hour) * 60 + int(minute)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _names(kinds: Iterable[NoticeKind]) -> tuple[str, ...]:
    return tuple(WORDS[kind][0] for kind in kinds)


def _masked(address: str | None) -> str:
    """Enough for its owner to know it, too little for somebody who found the link."""
    name, at, domain = (address or "").partition("@")
    return f"{name[:1]}…{at}{domain}" if at else "your address"
