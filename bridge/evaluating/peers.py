"""Other ways to group, on the same vectors in the same process. Rule: each as its authors ship it and once set better.

"Better" is one setting that their documentation names for finer groups or fewer outliers. Noise points are singles, as
a ticket that is in no group is for whoever reads the list. The libraries are the extra ``bench``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from bridge.analysis.embedding import Vectors
from bridge.evaluating.labelled import NotMeasurable

SEED = 0
Labels = list[int]


@dataclass(frozen=True, slots=True)
class PeerRun:
    """``setting``: defaults or better. ``labels``: one a text, noise made singles. Seconds of CPU and of wall."""

    peer: str
    setting: str
    what: str
    labels: Labels
    cpu_seconds: float
    seconds: float


def run_peer(name: str, texts: Sequence[str], vectors: Vectors) -> list[PeerRun]:
    """Both settings of a peer. Raises NotMeasurable for an unknown name and where its library is missing."""
    if name not in PEERS:
        raise NotMeasurable(f"there is no baseline {name!r}: choose from {', '.join(PEERS)}")
    found = []
    for setting, (what, way) in PEERS[name].items():
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            labels = way(list(texts), vectors)
        except ModuleNotFoundError as error:
            raise NotMeasurable(f"the baseline {name} needs {error.name}: pip install 'issue-bridge[bench]'") from None
        except (TypeError, ValueError) as error:
            raise NotMeasurable(f"the baseline {name} cannot group these texts ({error}): take more of them") from None
        cpu_seconds, seconds = time.process_time() - cpu, time.perf_counter() - wall
        found.append(PeerRun(name, setting, what, _singles(labels), cpu_seconds, seconds))
    return found


def _singles(labels: Sequence[int]) -> Labels:
    top = max(labels, default=0)
    return [int(label) if label >= 0 else top + 1 + i for i, label in enumerate(labels)]


def _bertopic(texts: list[str], vectors: Vectors, *, size: int = 10, reduce: bool = False) -> Sequence[int]:
    """BERTopic's own UMAP and HDBSCAN; only UMAP's seed is given, as its FAQ does for results that repeat."""
    from bertopic import BERTopic  # noqa: PLC0415 - an extra, and seconds
    from umap import UMAP  # noqa: PLC0415

    umap = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", low_memory=False, random_state=SEED)
    model = BERTopic(min_topic_size=size, umap_model=umap)
    topics, _ = model.fit_transform(texts, embeddings=vectors)
    if reduce and -1 in topics and max(topics) >= 0:
        topics = model.reduce_outliers(texts, topics, strategy="embeddings", embeddings=vectors, threshold=0.5)
    return list(topics)


def _evoc(vectors: Vectors, **how: Any) -> Sequence[int]:
    from evoc import EVoC  # noqa: PLC0415 - an extra, and seconds

    found: Sequence[int] = EVoC(random_state=SEED, **how).fit_predict(vectors).tolist()
    return found


def _hdbscan(points: Any, size: int) -> Sequence[int]:
    from hdbscan import HDBSCAN  # noqa: PLC0415 - an extra

    found: Sequence[int] = HDBSCAN(min_cluster_size=size).fit_predict(np.asarray(points, dtype=np.float64)).tolist()
    return found


def _of_words(texts: list[str]) -> Sequence[int]:
    from sklearn.cluster import HDBSCAN  # noqa: PLC0415 - seconds

    found: Sequence[int] = HDBSCAN(min_cluster_size=3, copy=True).fit_predict(_words(texts)).tolist()
    return found


def _components(vectors: Vectors) -> Any:
    from sklearn.decomposition import PCA  # noqa: PLC0415 - an extra

    return PCA(min(50, *vectors.shape), random_state=SEED).fit_transform(vectors)


def _words(texts: list[str]) -> Any:
    """TF-IDF, then latent semantic analysis, as in scikit-learn's example of clustering text documents."""
    from sklearn.decomposition import TruncatedSVD  # noqa: PLC0415 - an extra
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415
    from sklearn.preprocessing import normalize  # noqa: PLC0415

    table = TfidfVectorizer(stop_words="english", sublinear_tf=True).fit_transform(texts)
    return normalize(TruncatedSVD(min(100, table.shape[1] - 1), random_state=SEED).fit_transform(table))


def _tfidf(texts: list[str]) -> Sequence[int]:
    from sklearn.cluster import KMeans  # noqa: PLC0415 - an extra

    groups = max(2, round(sqrt(len(texts) / 2)))
    found: Sequence[int] = KMeans(groups, n_init=1, random_state=SEED).fit_predict(_words(texts)).tolist()
    return found


PEERS: dict[str, dict[str, tuple[str, Callable[[list[str], Vectors], Sequence[int]]]]] = {
    "bertopic": {
        "defaults": ("BERTopic()", _bertopic),
        "better": (
            "min_topic_size=5, reduce_outliers by embeddings from .5",
            lambda texts, vectors: _bertopic(texts, vectors, size=5, reduce=True),
        ),
    },
    "evoc": {
        "defaults": ("EVoC()", lambda _, vectors: _evoc(vectors)),
        "better": ("base_min_cluster_size=3", lambda _, vectors: _evoc(vectors, base_min_cluster_size=3)),
    },
    "hdbscan": {
        "defaults": ("50 components, min_cluster_size=5", lambda _, vectors: _hdbscan(_components(vectors), 5)),
        "better": ("50 components, min_cluster_size=3", lambda _, vectors: _hdbscan(_components(vectors), 3)),
    },
    "tfidf": {
        "defaults": ("LSA 100, k-means with k = sqrt(n / 2)", lambda texts, _: _tfidf(texts)),
        "better": ("LSA 100, HDBSCAN min_cluster_size=3", lambda texts, _: _of_words(texts)),
    },
}
"""Name -> setting -> (in words, how)."""
