"""Long texts -> their parts, which get vectors of their own. Which texts wait is asked of the database.

Rule: a text that was divided once is not divided again until it changes.
"""

from __future__ import annotations

from bridge.analysis.segments import SHORT, segments
from bridge.analysis.text import content_hash
from bridge.store.db import Database
from bridge.store.leases import Lease, fence
from bridge.store.segments import Divided, keep_parts, undivided

CHUNK = 500
MOST = 12
"""Parts of one ticket; what comes behind them is a log or a thread that was pasted."""


def divide(db: Database, lease: Lease) -> None:
    while True:
        with db.read() as session:
            waiting = undivided(session, SHORT, CHUNK)
        if not waiting:
            return
        with db.write() as session:
            fence(session, lease)
            keep_parts(session, [Divided(id_, embed_hash, _parts(text)) for id_, embed_hash, text in waiting])


def _parts(text: str) -> tuple[tuple[int, int, str], ...]:
    """(begins, ends, content hash) of two or more parts; none of a text that is one."""
    found = segments(text)
    return tuple((part.begins, part.ends, content_hash(part.text)) for part in found[:MOST]) if len(found) > 1 else ()
