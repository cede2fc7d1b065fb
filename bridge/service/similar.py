"""Issues whose tickets read alike: one look at the middles of all issues, in the reference model's own space.

Rule: it suggests, and nothing is decided by it; what was merged away or is gone is never suggested.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlmodel import Session, col, select

from bridge.analysis.embedding import Vectors, unpack
from bridge.service.matching import middles
from bridge.store.clusters import Cluster, Score
from bridge.store.ranking import last_run
from bridge.words import display_id

SHOWN = 5
LEAST = 0.55
"""Below this two issues of everyday texts are no more alike than any two."""


@dataclass(frozen=True, slots=True)
class Similar:
    """``alike``: cosine of the two middles. ``score`` is None for people who may not read values."""

    id: str
    cluster_id: int
    title: str
    alike: float
    rank: int | None
    score: float | None = None


def similar(
    session: Session, cluster_id: int, middle: Vectors | None, model: str, *, with_scores: bool
) -> tuple[Similar, ...]:
    """The living issues most like this one, the most alike first. ``middle``: unit vector of this issue."""
    if middle is None:
        return ()
    ids, vectors = middles(session, model)
    if not ids:
        return ()
    alike = vectors @ middle
    best = np.argsort(-alike, kind="stable")[: SHOWN * 3]
    near = {ids[row]: float(alike[row]) for row in best if alike[row] >= LEAST}
    near.pop(cluster_id, None)
    return tuple(_found(session, near, with_scores=with_scores)[:SHOWN])


def middle_of(vectors: Vectors) -> Vectors | None:
    """The unit vector in the middle of unit rows; None without any."""
    if not len(vectors):
        return None
    total = vectors.sum(axis=0)
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-9), dtype=np.float32)


def unpacked(blobs: Sequence[bytes]) -> Vectors:
    """Unit rows, shape (n, d)."""
    if not blobs:
        return np.empty((0, 0), dtype=np.float32)
    vectors = unpack(b"".join(blobs)).reshape(len(blobs), -1)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)


def _found(session: Session, near: dict[int, float], *, with_scores: bool) -> list[Similar]:
    if not near:
        return []
    run = last_run(session)
    query = (
        select(Cluster.id, Cluster.title, Score.rank, Score.score)
        .outerjoin(Score, (col(Score.cluster_id) == col(Cluster.id)) & (col(Score.run_id) == (run.id if run else 0)))
        .where(col(Cluster.id).in_(near), col(Cluster.merged_into).is_(None))
    )
    rows = [
        Similar(display_id(id_ or 0), id_ or 0, title, near[id_ or 0], rank, score if with_scores else None)
        for id_, title, rank, score in session.exec(query)
    ]
    return sorted(rows, key=lambda row: (-row.alike, row.cluster_id))
