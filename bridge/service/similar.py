"""Issues whose tickets read alike: one look at the middles of all issues, without what all of them have in common.

Rule: it suggests, and nothing is decided by it; what was merged away or is gone is never suggested.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlmodel import Session, col, select

from bridge.analysis.embedding import Vectors, unpack
from bridge.service.matching import nearest, shared_words
from bridge.store.clusters import Cluster, Score
from bridge.store.ranking import last_run
from bridge.words import display_id

SHOWN = 5
LEAST = 0.6
"""Centred cosine. Of what reaches it every second pair is one issue (.46 of banking77, .56 of hwu64, where there is one
to be found for each; benchmarks/similar.py); raw .55 was right for .22 and .36.
"""
WORDS = 4


@dataclass(frozen=True, slots=True)
class Similar:
    """``alike``: centred cosine of the two middles; ``words``: what the names of both say. ``score`` is None for people
    who may not read values.
    """

    id: str
    cluster_id: int
    title: str
    alike: float
    rank: int | None
    score: float | None = None
    words: tuple[str, ...] = ()


def similar(
    session: Session, cluster_id: int, middle: Vectors | None, model: str, *, with_scores: bool
) -> tuple[Similar, ...]:
    """The living issues most like this one, the most alike first. ``middle``: unit vector of this issue."""
    if middle is None:
        return ()
    near = {id_: alike for id_, alike in nearest(session, model, middle, SHOWN * 3) if alike >= LEAST}
    near.pop(cluster_id, None)
    return tuple(_found(session, cluster_id, near, with_scores=with_scores)[:SHOWN])


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


def _found(session: Session, cluster_id: int, near: dict[int, float], *, with_scores: bool) -> list[Similar]:
    if not near:
        return []
    run, own = last_run(session), session.get_one(Cluster, cluster_id)
    mine = " ".join((own.title, *own.phrases))
    query = (
        select(Cluster.id, Cluster.title, Cluster.phrases, col(Score.rank), col(Score.score))  # type: ignore[call-overload]
        .outerjoin(Score, (col(Score.cluster_id) == col(Cluster.id)) & (col(Score.run_id) == (run.id if run else 0)))
        .where(col(Cluster.id).in_(near), col(Cluster.merged_into).is_(None))
    )
    rows = [
        Similar(
            display_id(id_ or 0),
            id_ or 0,
            title,
            near[id_ or 0],
            rank,
            score if with_scores else None,
            shared_words(" ".join((title, *phrases)), mine)[:WORDS],
        )
        for id_, title, phrases, rank, score in session.execute(query)
    ]
    return sorted(rows, key=lambda row: (-row.alike, row.cluster_id))
