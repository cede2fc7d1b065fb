"""The rules of segments: reading them, what a change would move, changing them and taking the change back.

Rule: a preview is worked out by the functions that the ranking itself uses, at the same instant for both sides, and
writes nothing. Saving is one event that holds the rules of before and after.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from bridge.analysis.segment_drafts import Draft, Fault, Raw, read_drafts
from bridge.service.access import Actor, Permission, may, require
from bridge.service.accounts import currency_of
from bridge.service.errors import ServiceError
from bridge.service.reranking import rank_after_decision
from bridge.store.accounts import Account, Segment
from bridge.store.events import Event, record
from bridge.store.ranking import all_segments
from bridge.store.sync import bump

CHANGED = "segments.changed"
SUBJECT = "segments"


class RulesRefused(ServiceError):
    """The rules cannot be kept; ``faults`` name each rule and field."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        first = faults[0]
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__(f"segment {first.place + 1}: {first.words}{more}")


@dataclass(frozen=True, slots=True)
class LastChange:
    """``event`` can be taken back; None: the rules have changed since, or it was taken back."""

    by: str
    at: datetime
    why: str | None
    event: int | None


@dataclass(frozen=True, slots=True)
class Rules:
    """``mark`` names this state of the rules: a change says which one it began from."""

    drafts: tuple[Draft, ...]
    mark: str
    last: LastChange | None
    may_edit: bool
    currency: str


def rules(session: Session, actor: Actor) -> Rules:
    """The rules as they are kept."""
    require(actor, Permission.READ_VALUE)
    kept = all_segments(session)
    return Rules(
        tuple(_draft(segment) for segment in kept),
        _mark(kept),
        _last_change(session, kept),
        may(actor, Permission.EDIT_VALUES),
        currency_of(session),
    )


def drafted(raws: Sequence[Raw]) -> list[Draft]:
    """The rules that somebody wrote. Raises RulesRefused, naming each rule and field that is wrong."""
    drafts, faults = read_drafts(raws)
    if faults:
        raise RulesRefused(faults)
    return drafts


def save(session: Session, actor: Actor, raws: Sequence[Raw], mark: str, why: str, *, at: datetime) -> Event:
    """Keep these rules, all or none, and rank by them.

    ``mark`` is of the rules that the change began from. Raises RulesRefused, or ServiceError where somebody else has
    changed them meanwhile or nothing changes.
    """
    require(actor, Permission.EDIT_VALUES)
    drafts = drafted(raws)
    kept = all_segments(session)
    if mark != _mark(kept):
        raise ServiceError("somebody has changed the segments meanwhile: look at them and begin again")
    known = {segment.id for segment in kept}
    if gone := [draft.name for draft in drafts if draft.id is not None and draft.id not in known]:
        raise ServiceError(f"segment {gone[0]!r} is there no more: leave its id out, and it is made anew")
    before = [_stored(_draft(segment)) for segment in kept]
    if [_stored(draft) for draft in drafts] == before:
        raise ServiceError("nothing is changed: change a rule first")
    after = _replace(session, kept, drafts)
    return _told(session, actor, CHANGED, before, after, at, reason=why.strip() or None)


def undo(session: Session, actor: Actor, event_id: int, *, at: datetime) -> Event:
    """Restore the rules of before, once, and only while those of the event stand. Raises ServiceError."""
    require(actor, Permission.EDIT_VALUES)
    event, kept = session.get(Event, event_id), all_segments(session)
    present = [_stored(_draft(segment)) for segment in kept]
    if event is None or event.kind != CHANGED or event.after["rules"] != present:
        raise ServiceError("the segments have changed since: change them to what you want instead")
    after = _replace(session, kept, [Draft(**rule) for rule in event.before["rules"]])
    return _told(session, actor, f"{CHANGED}.undone", present, after, at, undoes=event.id)


def _draft(segment: Segment) -> Draft:
    return Draft(
        segment.id, segment.name, dict(segment.rule), float(segment.value_default), str(segment.expectation_tier)
    )


def _stored(draft: Draft) -> dict[str, Any]:
    """As an event keeps it."""
    return {
        "id": draft.id,
        "name": draft.name,
        "rule": dict(draft.rule),
        "value_default": draft.value_default,
        "expectation_tier": draft.expectation_tier,
    }


def _mark(kept: Sequence[Segment]) -> str:
    text = json.dumps([_stored(_draft(segment)) for segment in kept], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _replace(session: Session, kept: Sequence[Segment], drafts: Sequence[Draft]) -> list[dict[str, Any]]:
    """Store these rules in the place of those; an account that a file put into a renamed segment stays in it."""
    names = {segment.id: segment.name for segment in kept}
    scheme = kept[0].scheme if kept else "default"
    for segment in kept:
        session.expunge(segment)
    session.execute(delete(Segment))
    rows = [Segment(**_stored(draft), scheme=scheme, position=position) for position, draft in enumerate(drafts)]
    session.add_all([row for row in rows if row.id is not None])
    session.flush()
    session.add_all([row for row in rows if row.id is None])
    session.flush()
    renamed = {names[d.id]: d.name for d in drafts if d.id in names and names[d.id] != d.name}
    _rename(session, renamed)
    return [_stored(_draft(row)) for row in rows]


def _rename(session: Session, renamed: dict[str, str]) -> None:
    """At once for all, so that two segments may change names."""
    query = select(Account.id, Account.segment_named).where(col(Account.segment_named).in_(list(renamed)))
    rows = [{"id": id_, "segment_named": renamed[name or ""]} for id_, name in session.exec(query)]
    if rows:
        session.execute(update(Account), rows)


def _told(
    session: Session,
    actor: Actor,
    kind: str,
    before: list[dict[str, Any]],
    after: list[dict[str, Any]],
    at: datetime,
    *,
    reason: str | None = None,
    undoes: int | None = None,
) -> Event:
    event = record(
        session,
        kind,
        SUBJECT,
        actor=actor.name,
        at=at,
        before={"rules": before},
        after={"rules": after},
        reason=reason,
        undoes=undoes,
    )
    bump(session, "accounts")
    rank_after_decision(session, at)
    return event


def _last_change(session: Session, kept: Sequence[Segment]) -> LastChange | None:
    query = select(Event).where(Event.kind == CHANGED).order_by(col(Event.id).desc()).limit(1)
    event = session.exec(query).first()
    if event is None:
        return None
    stands = event.after["rules"] == [_stored(_draft(segment)) for segment in kept]
    taken = session.exec(select(Event.id).where(Event.undoes == event.id)).first() is not None
    return LastChange(event.actor, event.at, event.reason, event.id if stands and not taken else None)
