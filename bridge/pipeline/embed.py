"""Texts without a vector -> vectors. What is missing is asked of the database, so a killed run simply goes on."""

from __future__ import annotations

from collections.abc import Callable

from bridge.analysis.embedding import Embedder, ModelError, pack
from bridge.failpoint import failpoint
from bridge.progress import Progress, StepReport, silent
from bridge.store.db import Database
from bridge.store.leases import Lease, fence
from bridge.store.sync import bump
from bridge.store.vectors import count_missing, missing_texts, save_vectors

CHUNK = 16_384
"""Texts held in memory at once."""


def embed(
    db: Database,
    model_id: str,
    load: Callable[[], Embedder],
    *,
    lease: Lease,
    batch_size: int,
    progress: Progress = silent,
    stop: Callable[[], bool] = lambda: False,
) -> StepReport:
    """Encode every text that has no vector of ``model_id``. ``load`` is called only if there is one."""
    report = StepReport("embed")
    with db.read() as session:
        total = count_missing(session, model_id)
    if total == 0:
        return report
    try:
        embedder = load()
    except ModelError as error:
        report.error = str(error)
        return report
    while not stop():
        with db.read() as session:
            missing = missing_texts(session, model_id, CHUNK)
        if not missing:
            break
        for batch in embedder.encode_batches(missing, batch_size):
            with db.write() as session:
                fence(session, lease)
                report.done += save_vectors(session, model_id, [(key, pack(vector)) for key, vector in batch])
                bump(session, "vectors")
                failpoint("embed.before_commit")
            failpoint("embed.after_commit")
            progress("embed", report.done, total)
            if stop():
                break
    return report
