"""The audit log: every decision with who, what, before, after and why. Rule: read it, verify it, never write it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from bridge.service.access import Actor, Permission, require
from bridge.store.access import User
from bridge.store.chain import Chain, verify
from bridge.store.db import Database
from bridge.store.events import Event, EventHead
from bridge.store.sync import fact, set_fact
from bridge.words import display_id

PAGE = 50
_VERIFIED = "audit.verified"
STEPS = ("automatic", "settings", "pull", "rank", "model", "track", "publish", "bridge", "tracker", "retention")
"""Actors that are no people."""

WORDS: Mapping[str, str] = {
    "account.changed": "Account values changed by hand",
    "account.resolved": "Requesters given to an account",
    "alert.closed": "Alert over",
    "alert.opened": "Alert told of",
    "alert.reopened": "Alert told of again",
    "api.answered": "API answer kept",
    "cluster.created": "Tickets grouped into issues",
    "cluster.estimated": "Effort or growth of an issue estimated",
    "cluster.locked": "Issue locked",
    "cluster.merged": "Issue merged into another",
    "cluster.muted": "Issue muted",
    "cluster.pinned": "Issue pinned",
    "cluster.published": "Issue published",
    "cluster.renamed": "Issue renamed",
    "cluster.split": "Issue split",
    "cluster.title_declined": "Suggested title declined",
    "clusters.kept_apart": "Issues kept apart",
    "cluster.unlocked": "Issue unlocked",
    "cluster.unmuted": "Issue no longer muted",
    "cluster.unpinned": "Issue no longer pinned",
    "config.changed": "Configuration changed",
    "connection.auth_failed": "Credentials refused",
    "data.erased": "Data erased",
    "data.expired": "Old tickets erased",
    "digest.written": "Weekly digest written",
    "grouping.asked": "Regrouping asked for",
    "grouping.changed": "Grouped coarser or finer",
    "intake.replayed": "Source to be read again",
    "membership.confirmed": "Ticket confirmed",
    "membership.left": "Tickets left an issue",
    "membership.moved": "Tickets moved",
    "model.dropped": "Vectors of a model deleted",
    "model.switched": "Another model in use",
    "model.wanted": "Another model asked for",
    "membership.rejected": "Ticket called wrong",
    "notice.chosen": "Notifications chosen",
    "notice.unsubscribed": "Unsubscribed by a link",
    "notification.failed": "A write failed for good",
    "notification.queued": "Message to a person queued",
    "outbox.discarded": "A write given up",
    "outbox.retried": "A write tried again",
    "plan.approved": "Remedy plan approved",
    "plan.revised": "Remedy plan changed",
    "publish.declined": "Proposal to publish declined",
    "publish.proposed_again": "Declined proposal taken back",
    "rates.imported": "Currency rates imported",
    "segments.changed": "Segment rules changed",
    "review.held": "Review of the issues finished",
    "score.computed": "Issues ranked",
    "severity.expired": "A set severity is over",
    "severity.overridden": "Severity set by a person",
    "severity.restored": "Severity from the tickets again",
    "supplier.assigned": "Groups given to a supplier",
    "ticket.ingested": "Tickets read",
    "ticket.removed": "Tickets deleted by the desk",
    "ticket.updated": "Tickets read again",
    "token.created": "Token created",
    "token.revoked": "Token revoked",
    "tracker.conflict_raised": "Tracker contradicts a plan",
    "tracker.item_changed": "Tracker issue changed",
    "tracker.taken_over": "Tracker issue taken over again",
    "tracker.touched": "Tracker issue brought up to date",
    "user.added": "User added",
    "user.address": "Mail address changed",
    "user.disabled": "User disabled",
    "user.enabled": "User enabled",
    "user.identity": "User came by single sign-on",
    "user.password_set": "Password set",
    "user.reset": "Password taken away",
    "user.role": "Role changed",
    "user.session_revoked": "Session ended by hand",
    "user.sign_in_refused": "Sign-in refused",
    "user.signed_in": "Signed in",
    "user.signed_out": "Signed out",
    "value.imported": "Account values imported",
}


@dataclass(frozen=True, slots=True)
class Filters:
    """``until`` is the last day that is shown. ``people``: without what the program does by itself."""

    who: str = ""
    kind: str = ""
    subject: str = ""
    since: date | None = None
    until: date | None = None
    people: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One event in words. ``cluster_id`` where it is about an issue."""

    id: int
    position: int | None
    at: datetime
    who: str
    what: str
    kind: str
    about: str
    cluster_id: int | None
    before: str
    after: str
    why: str | None
    undoes: int | None
    hash: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """``older``: the id before which the next page begins; None on the last."""

    entries: list[Entry]
    older: int | None
    kinds: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ChainState:
    """``position``, ``hash`` of the newest event; the last verification with its result in ``breaks``."""

    position: int
    hash: str
    verified_at: datetime | None
    verified: int
    breaks: str | None


def audit(session: Session, actor: Actor, filters: Filters, before: int | None = None, limit: int = PAGE) -> Page:
    """Events, newest first, from the one before ``before`` on."""
    require(actor, Permission.ADMINISTER)
    query = select(Event).where(*_conditions(filters)).order_by(col(Event.id).desc()).limit(limit + 1)
    if before is not None:
        query = query.where(col(Event.id) < before)
    rows = list(session.exec(query))
    users = _names(session, rows[:limit])
    entries = [_entry(row, users) for row in rows[:limit]]
    kinds = sorted(((kind, in_words(kind)) for kind in WORDS), key=lambda pair: pair[1])
    return Page(entries, rows[limit - 1].id if len(rows) > limit else None, kinds)


def chain_state(session: Session, actor: Actor) -> ChainState:
    """Where the chain stands and when it was last walked; the walk itself is ``verified``."""
    require(actor, Permission.ADMINISTER)
    head = session.get(EventHead, 1)
    known = json.loads(fact(session, _VERIFIED) or "{}")
    at = datetime.fromisoformat(known["at"]) if known else None
    position, last = (head.position, head.hash) if head else (0, "")
    return ChainState(position, last, at, known.get("position", 0), known.get("breaks"))


def verified(db: Database, actor: Actor, *, at: datetime, anchor: tuple[int, str] | None = None) -> Chain:
    """Walk the whole chain and note what came of it."""
    require(actor, Permission.ADMINISTER)
    with db.read() as session:
        found = verify(session, anchor)
    noted = {"at": at.isoformat(), "position": found.position, "hash": found.hash, "breaks": found.breaks}
    with db.write() as session:
        set_fact(session, _VERIFIED, json.dumps(noted))
    return found


def in_words(kind: str) -> str:
    """What happened, for people; an unknown kind reads as it is written."""
    if kind.endswith(".undone"):
        known = in_words(kind.removesuffix(".undone"))
        return f"Taken back: {known[:1].lower()}{known[1:]}"
    fallback = kind.replace(".", " ").replace("_", " ")
    return WORDS.get(kind, f"{fallback[:1].upper()}{fallback[1:]}")


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.who:
        found.append(col(Event.actor) == filters.who)
    if filters.people:
        found.append(col(Event.actor).not_in(STEPS))
    if filters.kind:
        found.append(col(Event.kind) == filters.kind)
    if filters.subject:
        found.append(col(Event.subject) == _subject(filters.subject))
    if filters.since:
        found.append(col(Event.at) >= datetime.combine(filters.since, time.min, UTC))
    if filters.until:
        found.append(col(Event.at) < datetime.combine(filters.until + timedelta(days=1), time.min, UTC))
    return found


def _subject(text: str) -> str:
    """People write IB-12; the log says cluster:12."""
    text = text.strip()
    digits = text.upper().removeprefix("IB-")
    return f"cluster:{digits}" if text.upper().startswith("IB-") and digits.isdecimal() else text


def _names(session: Session, rows: list[Event]) -> dict[str, str]:
    ids = {row.subject.partition(":")[2] for row in rows if row.subject.startswith("user:")}
    query = select(User.id, User.name).where(col(User.id).in_([int(id_) for id_ in ids if id_.isdecimal()]))
    return {f"user:{id_}": name for id_, name in session.exec(query)}


def _entry(row: Event, users: Mapping[str, str]) -> Entry:
    kind, _, id_ = row.subject.partition(":")
    cluster = int(id_) if kind == "cluster" and id_.isdecimal() else None
    return Entry(
        id=row.id or 0,
        position=row.position,
        at=row.at,
        who=row.actor,
        what=in_words(row.kind),
        kind=row.kind,
        about=display_id(cluster) if cluster else users.get(row.subject, row.subject.replace(":", " ")),
        cluster_id=cluster,
        before=_facts(row.before),
        after=_facts(row.after),
        why=row.reason,
        undoes=row.undoes,
        hash=row.hash,
    )


def _facts(values: Mapping[str, Any]) -> str:
    """Ids and numbers on one line; long lists by their length."""
    return ", ".join(f"{name.replace('_', ' ')} {_fact(value)}" for name, value in values.items())


_FEW = 6


def _fact(value: Any) -> str:
    if isinstance(value, list):
        if len(value) > _FEW or any(isinstance(item, dict | list) for item in value):
            return f"({len(value)})"
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, dict):
        return f"({len(value)})"
    return "none" if value is None else str(value)
