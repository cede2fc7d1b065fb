"""One issue in the newest ranking, as it was stored; read once and held.

Rule: a ranking is never changed, only followed by another, so what was read of it stays true.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.pool import Pool
from sqlmodel import Session, col, select

from bridge.analysis.exposure import Exposure, is_new
from bridge.analysis.snapshot import Snapshot
from bridge.ranked import Record, records
from bridge.store.clusters import RankRun, Score

MOST_HELD = 200
_Key = tuple[int, datetime, str, int]
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class Scored:
    """An issue in the newest run, with the run before it; what every view of the score is made from."""

    score: Score
    stored: Record
    run: RankRun
    before: RankRun | None
    exposures: Mapping[str, Exposure]
    snapshot: Snapshot
    new_keys: frozenset[str]
    """Accounts whose first ticket is young."""

    @property
    def record(self) -> dict[str, Any]:
        return self.stored.explanation

    @property
    def keys(self) -> list[str]:
        """Account keys, the largest part first."""
        return [row[0] for row in self.stored.inputs["accounts"]]

    @property
    def severity(self) -> str | None:
        """The one a person set, else the gravest that counts."""
        if self.snapshot.override is not None:
            return self.snapshot.override.value
        return min((e.severity for rows in self.snapshot.evidence.values() for e in rows), default=None)


_HELD: weakref.WeakKeyDictionary[Pool, dict[_Key, Scored]] = weakref.WeakKeyDictionary()


def scored(session: Session, cluster_id: int) -> Scored | None:
    """None: no run has ranked the issue yet."""
    newest = select(RankRun).order_by(col(RankRun.as_of).desc(), col(RankRun.id).desc()).limit(2)
    run, before = [*session.exec(newest), None, None][:2]
    if run is None:
        return None
    held = _held(session)
    key = (run.id or 0, run.as_of, run.snapshot, cluster_id)
    found = held.get(key)
    if found is None:
        found = _read(session, cluster_id, run, before)
        if found is not None:
            with _LOCK:
                held[key] = found
                while len(held) > MOST_HELD:
                    held.pop(next(iter(held)))
    return None if found is None else replace(found, before=before)


def _held(session: Session) -> dict[_Key, Scored]:
    """What was read of this database: a ranking is never changed, and parsing that of many accounts takes long."""
    pool: Pool = session.get_bind().engine.pool
    return _HELD.setdefault(pool, {})


def _read(session: Session, cluster_id: int, run: RankRun, before: RankRun | None) -> Scored | None:
    score = session.exec(select(Score).where(Score.run_id == run.id, Score.cluster_id == cluster_id)).first()
    if score is None:
        return None
    stored = records(session, run, [cluster_id])[cluster_id]
    snapshot = Snapshot.from_inputs(stored.inputs)
    if snapshot is None:
        return None
    exposures = snapshot.exposures()
    new = frozenset(key for key, hit in exposures.items() if is_new(hit, snapshot.terms, snapshot.now))
    return Scored(score, stored, run, before, exposures, snapshot, new)
