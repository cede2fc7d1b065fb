"""Finds issues by words: BM25 over titles, phrases and member subjects, beside it the model where it is loaded.

Rule: the index lives in this process, is as old as the issues' data version and is built from small columns only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import bm25s
import numpy as np
from sqlmodel import Session

from bridge.analysis.embedding import Vectors, unpack
from bridge.analysis.labelling import folded
from bridge.analysis.stopwords import STOP_WORDS
from bridge.service.cached import Cached
from bridge.store.issue_texts import IssueText, issue_texts, sample_vectors
from bridge.store.sync import data_version

__all__ = [
    "Match",
    "Middles",
    "centred",
    "folded",
    "forget",
    "fused",
    "match",
    "middles",
    "nearest",
    "shared_words",
    "terms",
]

_WORD = re.compile(r"[^\W_]+(?:['’\-.][^\W_]+)*")
_FUSED = 60
"""The constant of reciprocal rank fusion (Cormack 2009): how little the first place weighs against the tenth."""
_CLOSE = 0.3
"""A centred cosine below this is no likeness."""
_FEW = 20
"""The mean of fewer issues is more of their matter than of the language: nothing is taken away."""
_DEEP = 30
_WEAK = 0.4
"""What matches less well than this part of the best shares a common word by chance."""


@dataclass(frozen=True, slots=True)
class Match:
    """``words``: those of the question that stand in the issue's texts, as they were written there."""

    cluster_id: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Lexical:
    ids: tuple[int, ...]
    scorer: bm25s.BM25 | None
    vocabularies: tuple[frozenset[str], ...]


_lexical: Cached[_Lexical] = Cached(stale=True)


@dataclass(frozen=True, slots=True)
class Middles:
    """``vectors``: of unit length after ``mean``, that of all issues' middles, was taken away: the vectors of sentences
    lie in a cone, and two that share nothing are alike as they are.
    """

    ids: tuple[int, ...]
    vectors: Vectors
    mean: Vectors

    def centred(self, vectors: Vectors) -> Vectors:
        """Unit vectors, rows or one, in the space of ``vectors``."""
        return centred(vectors, self.mean)


_dense: Cached[Middles] = Cached(stale=True)


def match(
    session: Session,
    text: str,
    *,
    limit: int,
    vector: tuple[str, Vectors] | None = None,
    without: Iterable[int] = (),
) -> list[Match]:
    """The issues nearest to the words, best first; none where nothing is shared.

    ``vector``: (model id, the words' unit vector), where somebody has made one.
    """
    version = data_version(session, "clusters")
    held = _lexical.get(session, version, lambda: _build(issue_texts(session)))
    asked = terms(text)
    lists = [_by_words(held, asked)]
    if vector is not None:
        lists.append([cluster_id for cluster_id, _ in nearest(session, *vector)])
    score = fused(lists)
    left_out = set(without)
    order = sorted((id_ for id_ in score if id_ not in left_out), key=lambda id_: (-score[id_], id_))[:limit]
    there = {id_: position for position, id_ in enumerate(held.ids)}
    return [Match(id_, _shared(asked, held.vocabularies[there[id_]]) if id_ in there else ()) for id_ in order]


def terms(text: str) -> dict[str, str]:
    """Words that mean something, by their folded form, in the order of the text."""
    found: dict[str, str] = {}
    for word in _WORD.findall(text):
        if len(word) > 1 and word.casefold() not in STOP_WORDS:
            found.setdefault(folded(word), word)
    return found


def forget(session: Session) -> None:
    """Drop what is held of the installation's texts, after an erasure."""
    _lexical.forget(session)
    _dense.forget(session)


def _build(issues: Sequence[IssueText]) -> _Lexical:
    documents = [list(terms(" ".join((issue.title, issue.title, *issue.phrases, *issue.subjects)))) for issue in issues]
    if not any(documents):
        return _Lexical((), None, ())
    scorer = bm25s.BM25()
    scorer.index(documents, show_progress=False)
    return _Lexical(tuple(issue.cluster_id for issue in issues), scorer, tuple(frozenset(d) for d in documents))


def _by_words(held: _Lexical, asked: dict[str, str]) -> list[int]:
    if held.scorer is None or not asked:
        return []
    scores = held.scorer.get_scores(list(asked))
    best = np.argsort(-scores, kind="stable")[:_DEEP]
    least = _WEAK * float(scores[best[0]])
    return [held.ids[position] for position in best if scores[position] > least]


def middles(session: Session, model_id: str) -> Middles:
    """The middle of each issue that has a vector, single tickets included; those of a moment ago while another request
    reads the new ones.
    """
    version = data_version(session, "clusters"), data_version(session, "vectors")
    return _dense.get(session, (model_id, *version), lambda: _middles(session, model_id))


def nearest(session: Session, model_id: str, vector: Vectors, count: int = _DEEP) -> list[tuple[int, float]]:
    """(issue, centred cosine) of those alike in meaning, best first. ``vector``: of unit length."""
    held = middles(session, model_id)
    if not held.ids:
        return []
    scores = held.vectors @ held.centred(vector)
    best = np.argsort(-scores, kind="stable")[:count]
    return [(held.ids[position], float(scores[position])) for position in best if scores[position] >= _CLOSE]


def centred(vectors: Vectors, mean: Vectors) -> Vectors:
    """Rows or one vector without ``mean``, of unit length."""
    away = vectors - mean
    return np.asarray(away / np.maximum(np.linalg.norm(away, axis=-1, keepdims=True), 1e-9), dtype=np.float32)


def fused(lists: Iterable[Sequence[int]]) -> dict[int, float]:
    """Reciprocal rank fusion: what stands high in several lists comes first."""
    score: dict[int, float] = {}
    for ids in lists:
        for rank, id_ in enumerate(ids):
            score[id_] = score.get(id_, 0.0) + 1 / (_FUSED + rank)
    return score


def _middles(session: Session, model_id: str) -> Middles:
    """The mean of a few members' vectors for every issue."""
    rows = sample_vectors(session, model_id)
    if not rows:
        none = np.empty((0, 0), dtype=np.float32)
        return Middles((), none, none)
    vectors = unpack(b"".join(data for _, data in rows)).reshape(len(rows), -1)
    ids, position = np.unique([cluster_id for cluster_id, _ in rows], return_inverse=True)
    sums = np.zeros((len(ids), vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, position, vectors)
    sums /= np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    mean = sums.mean(axis=0) if len(ids) >= _FEW else np.zeros(sums.shape[1], dtype=np.float32)
    return Middles(tuple(int(id_) for id_ in ids), centred(sums, mean), mean)


def _shared(asked: dict[str, str], vocabulary: frozenset[str]) -> tuple[str, ...]:
    return tuple(word for term, word in asked.items() if term in vocabulary)


def shared_words(one: str, other: str) -> tuple[str, ...]:
    """Words that mean something in both texts, as the first writes them."""
    return _shared(terms(one), frozenset(terms(other)))
