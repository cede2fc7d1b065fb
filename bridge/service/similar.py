"""Issues whose tickets read alike: one look at the middles of all issues, in the reference model's own space.

The middles are kept in the process. After a change only those of issues whose members changed are read again, so a
middle may miss a ticket's edited text until its members change: it suggests, nothing is decided by it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import Engine, func
from sqlmodel import Session, col, select

from bridge.analysis.embedding import Vectors, unpack
from bridge.store.clusters import Cluster, Membership, Score
from bridge.store.memberships import CHUNK, is_live
from bridge.store.ranking import last_run
from bridge.store.sync import data_version
from bridge.store.tickets import Ticket
from bridge.store.vectors import Vector
from bridge.words import display_id

SHOWN = 5
LEAST = 0.55
"""Below this two issues of everyday texts are no more alike than any two."""
SAMPLE = 40
"""So many tickets tell an issue's middle well enough; the newest are taken."""

Signature = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Similar:
    """``alike``: cosine of the two middles. ``score`` is None for people who may not read values."""

    id: str
    cluster_id: int
    title: str
    alike: float
    rank: int | None
    score: float | None = None


@dataclass(slots=True)
class _Middles:
    """Unit rows of ``vectors`` in the order of ``ids``."""

    versions: tuple[int, int] = (-1, -1)
    signatures: dict[int, Signature] = field(default_factory=dict)
    rows: dict[int, Vectors] = field(default_factory=dict)
    ids: list[int] = field(default_factory=list)
    vectors: Vectors = field(default_factory=lambda: np.empty((0, 0), dtype=np.float32))
    lock: threading.Lock = field(default_factory=threading.Lock)


_KEPT: WeakKeyDictionary[Engine, dict[str, _Middles]] = WeakKeyDictionary()
_OPENING = threading.Lock()


def similar(
    session: Session, cluster_id: int, middle: Vectors | None, model: str, *, with_scores: bool
) -> tuple[Similar, ...]:
    """The living issues most like this one, the most alike first. ``middle``: unit vector of this issue."""
    if middle is None:
        return ()
    middles = _current(session, model)
    if not middles.ids or middles.vectors.shape[1] != len(middle):
        return ()
    alike = middles.vectors @ middle
    best = np.argsort(-alike, kind="stable")[: SHOWN * 3]
    near = {middles.ids[row]: float(alike[row]) for row in best if alike[row] >= LEAST}
    near.pop(cluster_id, None)
    return tuple(_found(session, near, with_scores=with_scores)[:SHOWN])


def middle_of(blobs: Sequence[bytes]) -> Vectors | None:
    """The unit vector in the middle of packed vectors; None without any."""
    vectors = unpacked(blobs)
    return _unit(vectors.sum(axis=0)) if len(vectors) else None


def unpacked(blobs: Sequence[bytes]) -> Vectors:
    """Unit rows, shape (n, d)."""
    if not blobs:
        return np.empty((0, 0), dtype=np.float32)
    vectors = unpack(b"".join(blobs)).reshape(len(blobs), -1)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def _unit(vector: Vectors) -> Vectors:
    length = max(float(np.linalg.norm(vector)), 1e-9)
    return (vector / length).astype(np.float32)


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


def _current(session: Session, model: str) -> _Middles:
    """The middles as of the present data; those of a moment ago while another thread reads the new ones."""
    with _OPENING:
        kept = _KEPT.setdefault(session.get_bind().engine, {}).setdefault(model, _Middles())
    versions = data_version(session, "clusters"), data_version(session, "vectors")
    if kept.versions == versions or not kept.lock.acquire(blocking=not kept.ids):
        return kept
    try:
        if kept.versions != versions:
            _refresh(session, model, kept)
            kept.versions = versions
    finally:
        kept.lock.release()
    return kept


def _refresh(session: Session, model: str, kept: _Middles) -> None:
    count, mark = func.count(), func.sum(Membership.ticket_id)
    query = select(Membership.cluster_id, count, mark).group_by(col(Membership.cluster_id))
    now = {cluster: (n, int(total)) for cluster, n, total in session.exec(query)}
    changed = [cluster for cluster, signature in now.items() if kept.signatures.get(cluster) != signature]
    rows = {cluster: row for cluster, row in kept.rows.items() if cluster in now}
    for start in range(0, len(changed), CHUNK):
        chunk = changed[start : start + CHUNK]
        for cluster in chunk:
            rows.pop(cluster, None)
        rows.update(_read(session, model, chunk))
    ids = sorted(rows)
    vectors = np.stack([rows[id_] for id_ in ids]) if ids else kept.vectors[:0]
    kept.ids, kept.vectors, kept.rows, kept.signatures = ids, vectors, rows, now


def _read(session: Session, model: str, clusters: Sequence[int]) -> Iterable[tuple[int, Vectors]]:
    """(cluster, middle) of those with a vector, from the newest tickets of each."""
    place = func.row_number().over(partition_by=col(Membership.cluster_id), order_by=col(Membership.ticket_id).desc())
    newest = (
        select(Membership.cluster_id, Membership.ticket_id, place.label("place"))
        .where(col(Membership.cluster_id).in_(clusters))
        .subquery()
    )
    query = (
        select(newest.c.cluster_id, Vector.data)
        .join(Ticket, col(Ticket.id) == newest.c.ticket_id)
        .join(Vector, (col(Vector.content_hash) == col(Ticket.embed_hash)) & (col(Vector.model) == model))
        .where(newest.c.place <= SAMPLE, *is_live())
        .order_by(newest.c.cluster_id)
    )
    blobs: dict[int, list[bytes]] = {}
    for cluster, data in session.execute(query):
        blobs.setdefault(cluster, []).append(data)
    for cluster, of_cluster in blobs.items():
        middle = middle_of(of_cluster)
        if middle is not None:
            yield cluster, middle
