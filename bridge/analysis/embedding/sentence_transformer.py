"""The reference: any sentence-transformers model in a local folder. Rule: torch is loaded at construction only."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bridge.analysis.embedding.batches import BatchingEmbedder, pieces_of, pooled
from bridge.analysis.embedding.folders import bundled_model_id, checked_folder
from bridge.analysis.embedding.protocol import ModelError, Vectors

_ROWS = 32
_NO_LIMIT = 512
"""Tokens, for a model that says no number."""


class SentenceTransformerEmbedder(BatchingEmbedder):
    """By default the bundled model, whose weights are checked. No code of a model's folder is ever run."""

    def __init__(self, folder: Path | None = None, *, name: str = "", threads: int | None = None) -> None:
        """Loads the model (seconds). Raises ModelError."""
        path, digest = checked_folder(folder)
        self.model_id = bundled_model_id() if folder is None else f"{name or path.resolve().name}@{digest[:12]}"
        self.model = load(path, threads)
        self.dim = int(self.model.get_embedding_dimension() or 0)
        self.max_tokens = int(self.model.max_seq_length or _NO_LIMIT)
        self.prompt = prompt_of(self.model)
        self._fast = _own_tokenizer(self.model)

    def encode_chunk(self, texts: Sequence[str]) -> Vectors:
        pieces: list[str] = []
        owners: list[int] = []
        weights: list[int] = []
        for owner, text in enumerate(texts):
            for piece, tokens in self._windows(text):
                pieces.append(piece)
                owners.append(owner)
                weights.append(tokens)
        vectors: Vectors = self.model.encode(
            pieces,
            batch_size=_ROWS,
            prompt=self.prompt or None,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return vectors if len(pieces) == len(texts) else pooled(vectors, owners, weights, len(texts))

    def _windows(self, text: str) -> list[tuple[str, int]]:
        """(text of a window, its tokens); a tokenizer that cannot say where its tokens stand gets the text whole."""
        if self._fast is None or len(text) < self.max_tokens:
            return [(text, 1)]
        return pieces_of(self._fast, text, self.prompt, self.max_tokens)


def _own_tokenizer(model: Any) -> Any:
    """A copy of the model's tokenizer that cuts nothing off; None where it has no fast form."""
    from tokenizers import Tokenizer  # noqa: PLC0415 - there with the model

    fast = getattr(model.tokenizer, "backend_tokenizer", None)
    if fast is None:
        return None
    own = Tokenizer.from_str(fast.to_str())
    own.no_truncation()
    own.no_padding()
    return own


def prompt_of(model: Any) -> str:
    """What the model wants before a text that is compared with its like: tickets are, and a search is a short ticket.

    The model's own default; else what it names for clustering, else for a query (the e5 family's advice).
    """
    prompts: dict[str, str] = dict(model.prompts or {})
    for name in (model.default_prompt_name, "clustering", "query"):
        if name and prompts.get(name):
            return prompts[name]
    return ""


def load(path: Path, threads: int | None = None) -> Any:
    """The sentence-transformers model, on the CPU. Raises ModelError."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    import torch  # noqa: PLC0415 - seconds, and after the switches above
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - as above
    from transformers.utils import logging as talk  # noqa: PLC0415 - as above

    talk.disable_progress_bar()  # type: ignore[no-untyped-call]
    if threads:
        torch.set_num_threads(threads)
    try:
        return SentenceTransformer(str(path), device="cpu", local_files_only=True)
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
        raise ModelError(f"{path} cannot be loaded by sentence-transformers: {error}") from error
