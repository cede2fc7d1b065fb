"""The hash chain over the events: each carries the SHA-256 of the one before it and of its own content.

Rule: the chain's head is the last lock that a transaction takes, just before it ends. So writers queue for
microseconds, in whatever order they took their other locks, and positions are the order of commits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, func, select, update
from sqlmodel import Session, col

from bridge.store.columns import UtcDateTime
from bridge.store.events import RECORDED, Event, EventHead
from bridge.store.upsert import insert_new

START = "0" * 64
"""What the first event follows."""
CHUNK = 500
_CONTENT = ("id", "at", "kind", "actor", "subject", "before", "after", "reason", "undoes", "position")
_COLUMNS = tuple(getattr(Event, name) for name in _CONTENT)


def canonical(content: Mapping[str, Any]) -> str:
    """One text for one content: keys sorted, ASCII, no blanks, times in UTC."""
    plain = {name: content[name] for name in _CONTENT}
    plain["at"] = UtcDateTime.utc(plain["at"]).isoformat(timespec="microseconds")
    return json.dumps(plain, sort_keys=True, separators=(",", ":"))


def link(previous: str, content: Mapping[str, Any]) -> str:
    """The hash of an event that follows the one with the hash ``previous``."""
    return hashlib.sha256(f"{previous}\n{canonical(content)}".encode()).hexdigest()


def seal(session: Session) -> None:
    """Give the events of this transaction their place in the chain. Nothing may be locked after it."""
    ids = session.info.pop(RECORDED, [])
    if not ids:
        return
    session.flush()
    rows = [row for start in range(0, len(ids), CHUNK) for row in _unsealed(session, ids[start : start + CHUNK])]
    if not rows:
        return
    connection = session.connection()
    position, last = _locked_head(session)
    for row in sorted(rows, key=lambda row: row["id"]):
        position += 1
        own = link(last, {**row, "position": position})
        values = {"position": position, "previous_hash": last, "hash": own}
        connection.execute(update(Event).where(col(Event.id) == row["id"]).values(**values))
        last = own
    connection.execute(update(EventHead).where(col(EventHead.id) == 1).values(position=position, hash=last))


def _unsealed(session: Session, ids: list[int]) -> list[Mapping[str, Any]]:
    """Of these: what a savepoint took back is not there any more."""
    query = select(*_COLUMNS).where(col(Event.id).in_(ids), col(Event.hash).is_(None))
    return [_plain(row) for row in session.connection().execute(query).mappings()]


def _locked_head(session: Session) -> tuple[int, str]:
    query = select(col(EventHead.position), col(EventHead.hash)).where(col(EventHead.id) == 1).with_for_update()
    found = session.connection().execute(query).first()
    if found is None:
        insert_new(session, EventHead, id=1, position=0, hash=START)
        found = session.connection().execute(query).one()
    return found[0], found[1]


@dataclass(frozen=True, slots=True)
class Chain:
    """What a walk found: ``position`` and ``hash`` of the last sound event, and where it ``breaks`` in words."""

    events: int
    position: int
    hash: str
    breaks: str | None = None
    anchored: bool | None = None


def verify(session: Session, anchor: tuple[int, str] | None = None) -> Chain:
    """Walk the whole chain. ``anchor``: a (position, hash) that was noted elsewhere, so that even a chain that was
    written anew from some event on is found out.
    """
    position, last, anchored = 0, START, None
    for content in _walk(session):
        if broken := _fault(position, last, content):
            return Chain(position, position, last, broken, anchored)
        position, last = content["position"], content["hash"]
        if anchor and anchor[0] == position:
            anchored = anchor[1] == last
            if not anchored:
                noted = f"position {position} has another hash than the one noted: the chain was written anew"
                return Chain(position, position, last, noted, anchored)
    return Chain(position, position, last, _end_fault(session, position, last, anchor), anchored)


def _walk(session: Session) -> Iterator[Mapping[str, Any]]:
    columns = (*_COLUMNS, Event.previous_hash, Event.hash)
    query = select(*columns).where(col(Event.position).is_not(None)).order_by(col(Event.position))
    rows = session.connection().execute(query, execution_options={"yield_per": 1000}).mappings()
    yield from map(_plain, rows)


def _plain(row: RowMapping) -> Mapping[str, Any]:
    return {str(name): value for name, value in row.items()}


def _fault(position: int, last: str, content: Mapping[str, Any]) -> str | None:
    where = f"event {content['id']} (position {content['position']})"
    if content["position"] != position + 1:
        return f"before {where}: {content['position'] - position - 1} events are missing after position {position}"
    if content["previous_hash"] != last:
        return f"{where}: does not follow position {position}: an event was replaced, or their order was changed"
    if content["hash"] != link(last, content):
        return f"{where}: was changed after it was written"
    return None


def _end_fault(session: Session, position: int, last: str, anchor: tuple[int, str] | None) -> str | None:
    loose = session.connection().execute(select(func.min(Event.id)).where(col(Event.position).is_(None))).scalar()
    if loose is not None:
        return f"event {loose}: stands outside of the chain: it was not written by this program"
    head = session.connection().execute(select(col(EventHead.position), col(EventHead.hash))).first()
    end = (head[0], head[1]) if head else (0, START)
    if end != (position, last):
        return f"after position {position}: the chain was noted to end at position {end[0]}"
    if anchor and anchor[0] > position:
        return f"after position {position}: position {anchor[0]}, which was noted, is not there any more"
    return None
