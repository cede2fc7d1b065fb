"""Set-aside records by what is wrong with them: how many, one example, and what to do. Excerpts are redacted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bridge.service.access import Actor, Permission, require
from bridge.service.import_file import CONNECTION
from bridge.service.ticket_import import STREAM as FILE
from bridge.store.set_aside import aside_reasons, asides_by_id

REASONS_READ = 1000
_VARIES = re.compile(r"'[^']*'|\"[^\"]*\"|“[^”]*”|\d+")


@dataclass(frozen=True, slots=True)
class Group:
    """``reason`` is that of the example; the others differ from it in numbers and quotations at most."""

    connection: str
    stream: str
    reason: str
    records: int
    ref: str
    excerpt: str
    first_seen_at: datetime
    remedy: str
    may_replay: bool


def groups(session: Session, actor: Actor, limit: int = 20, connection: str | None = None) -> tuple[Group, ...]:
    """The most frequent first. Raises Forbidden."""
    require(actor, Permission.READ_STATUS)
    counted: dict[tuple[str, str, str], tuple[int, int]] = {}
    for name, stream, reason, number, newest in aside_reasons(session, REASONS_READ):
        if connection is None or name == connection:
            key = (name, stream, _VARIES.sub("…", reason))
            records, example = counted.get(key, (0, 0))
            counted[key] = (records + number, max(example, newest))
    largest = sorted(counted.items(), key=lambda item: (-item[1][0], item[0]))[:limit]
    examples = asides_by_id(session, [example for _, (_, example) in largest])
    found = []
    for (name, stream, _), (records, example) in largest:
        row = examples[example]
        by_hand = stream == FILE or name == CONNECTION
        found.append(
            Group(
                connection=name,
                stream=stream,
                reason=row.reason,
                records=records,
                ref=row.ref,
                excerpt=row.excerpt,
                first_seen_at=row.first_seen_at,
                remedy=_remedy(name, by_hand=by_hand),
                may_replay=not by_hand,
            )
        )
    return tuple(found)


def _remedy(connection: str, *, by_hand: bool) -> str:
    if by_hand:
        return "Mend these lines of the file and import it again."
    return f"Mend the records where they come from, then have {connection} read again."
