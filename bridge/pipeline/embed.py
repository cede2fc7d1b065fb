"""Texts without a vector, and parts of long ones -> vectors. What is missing is asked of the database, so a killed run
simply goes on.

Rule: texts get a vector of the model in use first; then of the one that is to follow it, which is in use as soon as
every live ticket has a vector of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bridge.analysis.embedding import Embedder, ModelError, pack
from bridge.analysis.segments import SHORT, segments
from bridge.analysis.text import content_hash
from bridge.failpoint import failpoint
from bridge.progress import Progress, StepReport, silent
from bridge.store.db import Database
from bridge.store.events import record
from bridge.store.leases import Lease, fence
from bridge.store.models import Chosen, checked_up_to, in_use, note_checked, put_in_use
from bridge.store.segments import Divided, keep_parts, undivided
from bridge.store.sync import bump
from bridge.store.vectors import check_vectors, count_missing, drop_damaged, missing_texts, save_vectors

CHUNK = 8_192
"""Texts held in memory at once; between two of them of the next model, new tickets get vectors of the one in use."""
CHECKED = 20_000
"""Vectors whose checksums are looked at in one run: a part of them each time, all of them in turn."""

DIVIDED = 500
"""Texts divided in one transaction."""
MOST_PARTS = 12
"""Of one ticket; what comes behind them is a log or a thread that was pasted."""

Load = Callable[[], Embedder]


@dataclass(frozen=True, slots=True)
class Successor:
    """The model that is to be in use next. ``seconds``: so long at most in one run, None until it is done."""

    model: Chosen
    load: Load
    now: Callable[[], datetime]
    seconds: float | None = None


def embed(
    db: Database,
    model_id: str,
    load: Load,
    *,
    lease: Lease,
    batch_size: int,
    successor: Successor | None = None,
    progress: Progress = silent,
    stop: Callable[[], bool] = lambda: False,
) -> StepReport:
    """Divide long texts, and encode every text and part that has no vector of ``model_id``.

    ``load`` is called only if there is one.
    """
    step = _Embedding(db, lease, batch_size, progress, stop)
    step.divide()
    step.check(model_id)
    try:
        step.catch_up(model_id, load)
    except ModelError as error:
        step.report.error = str(error)
    if successor is not None:
        try:
            step.follow(model_id, load, successor)
        except ModelError as error:
            step.report.error = str(error)
    return step.report


class _Embedding:
    """One run of the step."""

    def __init__(
        self, db: Database, lease: Lease, batch_size: int, progress: Progress, stop: Callable[[], bool]
    ) -> None:
        self.report = StepReport("embed")
        self._db, self._lease, self._size, self._progress, self._stop = db, lease, batch_size, progress, stop
        self._loaded: dict[str, Embedder] = {}

    def divide(self) -> None:
        """Keep the parts of every long text; one that was divided is not divided again until it changes."""
        while True:
            with self._db.read() as session:
                waiting = undivided(session, SHORT, DIVIDED)
            if not waiting:
                return
            with self._db.write() as session:
                fence(session, self._lease)
                keep_parts(session, [Divided(id_, embed_hash, _parts(text)) for id_, embed_hash, text in waiting])

    def check(self, model_id: str) -> None:
        """Delete damaged vectors among the next few, so that they are computed again."""
        with self._db.read() as session:
            before = checked_up_to(session, model_id)
            checked = check_vectors(session, model_id, before, CHECKED)
        if not checked.damaged and checked.last == before:
            return
        with self._db.write() as session:
            fence(session, self._lease)
            gone = drop_damaged(session, model_id, checked.damaged)
            note_checked(session, model_id, checked.last)
            if gone:
                bump(session, "vectors")
        if gone:
            self.report.notes.append(f"{gone} stored vectors were damaged: they were deleted and are computed again")

    def catch_up(self, model_id: str, load: Load) -> None:
        """Vectors of the model for every text that has none. Raises ModelError."""
        total = self._missing(model_id)
        while total and not self._stop():
            if not self._chunk(model_id, load, self.report.done + total):
                break

    def follow(self, model_id: str, load: Load, next_: Successor) -> None:
        """The same for the model that is to follow, until all are done or the time is up. Raises ModelError."""
        end = None if next_.seconds is None else time.monotonic() + next_.seconds
        total = self.report.done + self._missing(next_.model.id)
        while not self._stop() and (end is None or time.monotonic() < end):
            more = self._chunk(next_.model.id, next_.load, total, end)
            self.catch_up_if_it_can(model_id, load)
            if not more and self._switch(model_id, next_):
                return

    def catch_up_if_it_can(self, model_id: str, load: Load) -> None:
        """A former model that is gone from the disk must not keep its successor from taking over."""
        try:
            self.catch_up(model_id, load)
        except ModelError as error:
            self.report.error = str(error)

    def _chunk(self, model_id: str, load: Load, total: int, end: float | None = None) -> bool:
        """Encode the next texts; False where none was left."""
        with self._db.read() as session:
            missing = missing_texts(session, model_id, CHUNK)
        if not missing:
            return False
        if model_id not in self._loaded:
            self._loaded[model_id] = load()
        for batch in self._loaded[model_id].encode_batches(missing, self._size):
            with self._db.write() as session:
                fence(session, self._lease)
                self.report.done += save_vectors(session, model_id, [(key, pack(vector)) for key, vector in batch])
                bump(session, "vectors")
                failpoint("embed.before_commit")
            failpoint("embed.after_commit")
            self._progress("embed", self.report.done, total)
            if self._stop() or (end is not None and time.monotonic() > end):
                break
        return True

    def _switch(self, former: str, next_: Successor) -> bool:
        """Put the successor in use if nothing misses a vector of it at this instant."""
        with self._db.write() as session:
            fence(session, self._lease)
            if count_missing(session, next_.model.id):
                return False
            known = in_use(session)
            put_in_use(session, next_.model)
            before, after = {"model": known.id if known else former}, {"model": next_.model.id}
            record(session, "model.switched", "model", actor="bridge", at=next_.now(), before=before, after=after)
        self.report.notes.append(f"{next_.model.id} is in use from now on; {former} is kept: `bridge model list`")
        return True

    def _missing(self, model_id: str) -> int:
        with self._db.read() as session:
            return count_missing(session, model_id)


def _parts(text: str) -> tuple[tuple[int, int, str], ...]:
    """(begins, ends, content hash) of two or more parts; none of a text that is one."""
    found = segments(text)
    return tuple((p.begins, p.ends, content_hash(p.text)) for p in found[:MOST_PARTS]) if len(found) > 1 else ()
