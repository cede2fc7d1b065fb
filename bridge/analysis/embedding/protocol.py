"""What an embedder is, and how a vector is stored. Rule: vectors of one ``model_id`` are comparable, of two never."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from bridge.errors import BridgeError

Vectors = NDArray[np.float32]
K = TypeVar("K")
Progress = Callable[[int, int], None]
"""Called with (texts done, texts in all) after every batch."""

BATCH = 256
"""Distinct texts that are made ready before the next are looked at."""


class ModelError(BridgeError):
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


def pack(vector: Vectors) -> bytes:
    """float16, little endian: two bytes a dimension."""
    return vector.astype("<f2").tobytes()


def unpack(blob: bytes) -> Vectors:
    """The inverse of ``pack``, as float32; also of several packed vectors laid end to end."""
    return np.frombuffer(blob, dtype="<f2").astype(np.float32)
