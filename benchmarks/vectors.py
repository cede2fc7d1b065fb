"""Vectors of texts, kept on disk by content, so that no text is embedded twice. Rule: same model, same text, same row.

``<model>.keys`` holds 16 bytes a text (the beginning of its SHA-256), ``<model>.f16`` its vector as float16, in the same
order. Both only grow, under a lock; a kill leaves a tail without a key, which the next writer cuts off.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from bridge.analysis.embedding import BUNDLED_DIM, SentenceTransformerEmbedder, Vectors, bundled_model_id

KEY = 16
CHUNK = 2048


def default_cache() -> Path:
    return Path(os.environ.get("BRIDGE_BENCH_CACHE", ".cache/vectors"))


class Cache:
    """Vectors of the bundled model. The model is loaded when a text is asked for that is not there yet."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        stem = folder / bundled_model_id()
        self._keys, self._vectors, self._lock = (stem.with_name(stem.name + end) for end in (".keys", ".f16", ".lock"))
        self._rows: dict[bytes, int] = {}
        self._embedder: SentenceTransformerEmbedder | None = None

    def get(self, texts: Sequence[str]) -> Vectors:
        """Unit rows as float32, shape (len(texts), d), rounded to float16 as the store rounds them."""
        keys = [_key(text) for text in texts]
        self._read()
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._rows}
        if missing:
            self._add(missing)
            self._read()
        whole = np.memmap(self._vectors, dtype="<f2", mode="r").reshape(-1, BUNDLED_DIM)
        rows = whole[[self._rows[key] for key in keys]].astype(np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def put(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Keep vectors of shape (len(texts), d) that the same model made; what is there already stays."""
        self._read()
        fresh = {_key(text): row for row, text in enumerate(texts)}
        rows = [row for key, row in fresh.items() if key not in self._rows]
        self._write([_key(texts[row]) for row in rows], vectors[rows])

    def _read(self) -> None:
        if self._keys.exists() and self._keys.stat().st_size // KEY > len(self._rows):
            raw = self._keys.read_bytes()
            self._rows = {raw[i * KEY : (i + 1) * KEY]: i for i in range(len(raw) // KEY)}

    def _add(self, missing: dict[bytes, str]) -> None:
        self._embedder = self._embedder or SentenceTransformerEmbedder()
        keys = sorted(missing, key=lambda key: len(missing[key]))
        for start in range(0, len(keys), CHUNK):
            chunk = keys[start : start + CHUNK]
            self._write(chunk, self._embedder.encode([missing[key] for key in chunk]))
            print(f"\rembedded {start + len(chunk):,}/{len(keys):,}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)

    def _write(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        with self._locked(), self._keys.open("ab") as key_file, self._vectors.open("ab") as vector_file:
            vector_file.truncate(self._keys.stat().st_size // KEY * BUNDLED_DIM * 2)
            vector_file.write(vectors.astype("<f2").tobytes())
            vector_file.flush()
            key_file.write(b"".join(keys))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._lock.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:KEY]
