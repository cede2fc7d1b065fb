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
from bridge.analysis.stopwords import STOP_WORDS
from bridge.service.cached import Cached
from bridge.store.issue_texts import IssueText, issue_texts, sample_vectors
from bridge.store.sync import data_version

_WORD = re.compile(r"[^\W_]+(?:['’\-.][^\W_]+)*")
_LONG = 4
_FUSED = 60
"""The constant of reciprocal rank fusion (Cormack 2009): how little the first place weighs against the tenth."""
_CLOSE = 0.35
"""A cosine below this is no likeness; of all-MiniLM-L6-v2, whose unrelated texts lie at 0 to 0.3."""
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
_dense: Cached[tuple[tuple[int, ...], Vectors]] = Cached(stale=True)


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
        lists.append(_by_meaning(session, *vector, (version, data_version(session, "vectors"))))
    score: dict[int, float] = {}
    for ids in lists:
        for rank, cluster_id in enumerate(ids):
            score[cluster_id] = score.get(cluster_id, 0.0) + 1 / (_FUSED + rank)
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


def folded(word: str) -> str:
    """Lower case without a plural's s: in four of the five languages the same word."""
    word = word.casefold()
    return word[:-1] if len(word) > _LONG and word.endswith("s") and not word.endswith("ss") else word


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


def middles(session: Session, model_id: str) -> tuple[tuple[int, ...], Vectors]:
    """The issues with a vector, and the unit vector in the middle of each; those of a moment ago while another request
    reads the new ones.
    """
    version = data_version(session, "clusters"), data_version(session, "vectors")
    return _dense.get(session, (model_id, *version), lambda: _middles(session, model_id))


def _by_meaning(session: Session, model_id: str, vector: Vectors, version: tuple[int, int]) -> list[int]:
    ids, middles = _dense.get(session, (model_id, *version), lambda: _middles(session, model_id))
    if not ids:
        return []
    scores = middles @ vector
    best = np.argsort(-scores, kind="stable")[:_DEEP]
    return [ids[position] for position in best if scores[position] >= _CLOSE]


def _middles(session: Session, model_id: str) -> tuple[tuple[int, ...], Vectors]:
    """The mean of a few members' vectors for every issue, of unit length."""
    rows = sample_vectors(session, model_id)
    if not rows:
        return (), np.empty((0, 0), dtype=np.float32)
    vectors = unpack(b"".join(data for _, data in rows)).reshape(len(rows), -1)
    ids, position = np.unique([cluster_id for cluster_id, _ in rows], return_inverse=True)
    sums = np.zeros((len(ids), vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, position, vectors)
    sums /= np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    return tuple(int(id_) for id_ in ids), sums


def _shared(asked: dict[str, str], vocabulary: frozenset[str]) -> tuple[str, ...]:
    return tuple(word for term, word in asked.items() if term in vocabulary)
