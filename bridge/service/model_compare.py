"""Two models on a labelled file: speed, neighbours, groups. Rule: nothing is written, the shipped settings for both."""

from __future__ import annotations

import csv
import gzip
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bridge.analysis.clustering import group
from bridge.analysis.embedding import Embedder, Vectors
from bridge.analysis.evaluation import evaluate
from bridge.service.errors import ServiceError

NEIGHBOURS = 10
_ROWS = 512


@dataclass(frozen=True, slots=True)
class Compared:
    """``right``: share of each text's 10 nearest that have its label. ``ari``: of the groups against the labels."""

    model: str
    dim: int
    texts_per_second: float
    right: float
    ari: float
    clusters: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """``neighbours_shared``: share of a text's 10 nearest by the first model that are so by the second."""

    n: int
    classes: int
    models: tuple[Compared, ...]
    neighbours_shared: float


def compare(
    embedders: Sequence[Embedder], file: Path, *, text_column: str, label_column: str, limit: int
) -> Comparison:
    """Raises ServiceError where the file has no such columns or too few rows."""
    texts, labels = _read(file, text_column, label_column)
    chosen = np.random.default_rng(0).permutation(len(texts))[:limit]
    texts, labels = [texts[row] for row in chosen], [labels[row] for row in chosen]
    found, near = [], []
    for embedder in embedders:
        began = time.perf_counter()
        vectors = embedder.encode(texts)
        speed = len(texts) / (time.perf_counter() - began)
        nearest = _nearest(vectors)
        plan = group(range(len(texts)), vectors, {})
        quality = evaluate(labels, [plan.assign[ticket].cluster for ticket in range(len(texts))])
        names = np.unique(labels, return_inverse=True)[1]
        right = float((names[nearest] == names[:, None]).mean())
        found.append(Compared(embedder.model_id, embedder.dim, speed, right, quality.ari, quality.clusters))
        near.append(nearest)
    pairs = zip(near[0].tolist(), near[-1].tolist(), strict=True)
    shared = float(np.mean([len(set(one) & set(other)) / len(one) for one, other in pairs]))
    return Comparison(len(texts), len(set(labels)), tuple(found), shared)


def _nearest(vectors: Vectors) -> NDArray[np.int64]:
    """Rows of the nearest others by cosine, shape (n, at most 10)."""
    rows = []
    for start in range(0, len(vectors), _ROWS):
        alike = vectors[start : start + _ROWS] @ vectors.T
        alike[np.arange(len(alike)), np.arange(start, start + len(alike))] = -np.inf
        rows.append(np.argsort(-alike, axis=1, kind="stable")[:, : min(NEIGHBOURS, len(vectors) - 1)])
    return np.concatenate(rows)


def _read(file: Path, text_column: str, label_column: str) -> tuple[list[str], list[str]]:
    try:
        opener = gzip.open if file.suffix == ".gz" else open
        with opener(file, "rt", encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ServiceError(f"{file} cannot be read as a CSV file in UTF-8: {error}") from None
    there = list(rows[0]) if rows else []
    for column in (text_column, label_column):
        if column not in there:
            raise ServiceError(f"{file} has no column {column!r}; it has {', '.join(there) or 'no rows'}")
    texts = [row[text_column] or "" for row in rows]
    if len(texts) <= NEIGHBOURS:
        raise ServiceError(f"{file} has {len(texts)} rows: more than {NEIGHBOURS} are needed to compare neighbours")
    return texts, [row[label_column] or "" for row in rows]
