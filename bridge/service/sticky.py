"""Pins, mutes and severities that people set: each with a reason, an end, an event and an undo.

Rule: a pin and a mute change who is in the Top 10, never a score; a severity changes the score, and nothing else does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlmodel import Session

from bridge.analysis.review import TOP
from bridge.service.access import Actor, Permission, may, require
from bridge.service.clusters import living
from bridge.service.errors import ServiceError
from bridge.service.putting import subject
from bridge.service.reranking import rank_after_decision
from bridge.service.sticking import ALIKE, HELD, LET_GO, end, shown
from bridge.store.clusters import Cluster
from bridge.store.events import record
from bridge.store.sticky import Sticky, held, open_rows
from bridge.words import Hold, Severity, display_id

LONGEST = timedelta(days=366)
USUAL = timedelta(days=28)
"""How long a pin or a mute is offered for."""
LONGEST_REASON = 300
TOLD = timedelta(days=7)
"""So long a list tells of one that is over."""
_WORD = {Hold.PIN: "pinned", Hold.MUTE: "muted", Hold.SEVERITY: "given a severity"}


@dataclass(frozen=True, slots=True)
class Held:
    """One of them, for a reader. ``acts`` False: its last day is over. ``reason`` None: not for this reader."""

    kind: Hold
    severity: str | None
    by: str
    at: datetime
    until: date | None
    reason: str | None
    acts: bool


def hold(
    session: Session,
    actor: Actor,
    cluster_id: int,
    kind: Hold,
    *,
    at: datetime,
    reason: str,
    until: date | None = None,
    severity: str | None = None,
) -> Cluster:
    """Pin, mute, or set the severity, up to and with the day ``until``; what stood before gives way.

    Raises ServiceError for a missing reason, an end that is past or too far, a mute without one, or an eleventh pin.
    """
    require(actor, Permission.DECIDE_CLUSTERS)
    cluster = living(session, cluster_id)
    reason = " ".join(reason.split())
    _check(kind, reason, until, severity, at)
    id_ = cluster.id or 0
    if kind is Hold.PIN and len(pinned := held(session, Hold.PIN, at) - {id_}) >= TOP:
        names = ", ".join(display_id(other) for other in sorted(pinned))
        raise ServiceError(f"{TOP} issues are pinned already ({names}): unpin one of them first")
    before = open_rows(session, id_, ALIKE[kind])
    end(session, before, at)
    row = Sticky(
        cluster_id=id_, kind=kind, severity=severity, reason=reason, actor=actor.name, at=at, until=until, ended_at=None
    )
    session.add(row)
    session.flush()
    after = {"sticky": row.id, "severity": severity, "until": until.isoformat() if until else None}
    row.event_id = record(
        session,
        HELD[kind],
        subject(id_),
        actor=actor.name,
        at=at,
        before={"ended": [old.id for old in before]},
        after={name: value for name, value in after.items() if value is not None},
        reason=reason,
    ).id
    _follow(session, cluster, kind, at)
    return cluster


def let_go(
    session: Session, actor: Actor, cluster_id: int, kind: Hold, *, at: datetime, reason: str | None = None
) -> Cluster:
    """The computation decides again. Where nothing is held, nothing happens. Raises UnknownId, Forbidden."""
    require(actor, Permission.DECIDE_CLUSTERS)
    cluster = living(session, cluster_id)
    before = open_rows(session, cluster.id or 0, (kind,))
    if before:
        end(session, before, at)
        ended = {"ended": [row.id for row in before]}
        about = subject(cluster.id or 0)
        record(session, LET_GO[kind], about, actor=actor.name, at=at, before=ended, reason=reason or None)
        _follow(session, cluster, kind, at)
    return cluster


def held_of(session: Session, actor: Actor, cluster_id: int, at: datetime) -> tuple[Held, ...]:
    """What is held about one issue, expired ones among it."""
    require(actor, Permission.READ_CLUSTERS)
    return views(actor, open_rows(session, living(session, cluster_id).id or 0), at)


def views(actor: Actor, rows: Iterable[Sticky], at: datetime) -> tuple[Held, ...]:
    """As the actor may see them: a reason may tell internal things."""
    tells = may(actor, Permission.READ_INTERNAL)
    return tuple(_view(row, at, tells=tells) for row in rows)


def for_list(rows: Iterable[Sticky], at: datetime, *, tells: bool) -> tuple[Held, ...]:
    """Those that act, and those that have stopped lately."""
    recent = [row for row in rows if row.acts(at) or (row.expires is not None and at - row.expires < TOLD)]
    return tuple(_view(row, at, tells=tells) for row in recent)


def _view(row: Sticky, at: datetime, *, tells: bool) -> Held:
    reason = row.reason if tells else None
    return Held(Hold(row.kind), row.severity, row.actor, row.at, row.until, reason, row.acts(at))


def _check(kind: Hold, reason: str, until: date | None, severity: str | None, at: datetime) -> None:
    today = at.astimezone(UTC).date()
    if not reason or len(reason) > LONGEST_REASON:
        raise ServiceError(f"say why it is {_WORD[kind]}, in 1 to {LONGEST_REASON} characters")
    if kind is Hold.SEVERITY and severity not in set(Severity):
        raise ServiceError(f"a severity is one of {', '.join(Severity)}, not {severity!r}")
    if kind is Hold.MUTE and until is None:
        raise ServiceError("a mute needs its last day: the issue comes back by itself after it")
    if until is not None and not today <= until <= today + LONGEST:
        raise ServiceError(f"{until} cannot be the last day: it lies between today and {today + LONGEST}")


def _follow(session: Session, cluster: Cluster, kind: Hold, at: datetime) -> None:
    shown(session, cluster, kind, at)
    if kind is Hold.SEVERITY:
        rank_after_decision(session, at)
