"""Runs an int8 export by onnxruntime. Rule: no torch here, and the same windows and prompts as the reference."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from bridge.analysis.embedding.batches import BatchingEmbedder, pieces_of, pooled
from bridge.analysis.embedding.protocol import ModelError, Vectors
from bridge.analysis.embedding.recipe import MODEL, TOKENIZER, opened

_ROWS = 8
"""Most texts in one run of the graph: more are not quicker, fewer are slower (benchmarks/embedding.py)."""


class OnnxEmbedder(BatchingEmbedder):
    """``threads`` runs go on at once, each on one core: they never wait for each other inside of a text."""

    def __init__(self, folder: Path, *, model_id: str, threads: int | None = None) -> None:
        """Loads the export (a fraction of a second) if every file is as it was written. Raises ModelError."""
        import onnxruntime  # noqa: PLC0415 - heavy for those who only ask for a name
        from tokenizers import Tokenizer  # noqa: PLC0415 - as above

        recipe = opened(folder)
        self.model_id, self.dim, self.max_tokens = model_id, recipe.dim, recipe.max_tokens
        self._recipe = recipe
        self._threads = threads or len(os.sched_getaffinity(0))
        self._pool: ThreadPoolExecutor | None = None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(folder / MODEL), options, providers=["CPUExecutionProvider"]
            )
            self._whole: Any = Tokenizer.from_file(str(folder / TOKENIZER))
            self._cut: Any = Tokenizer.from_file(str(folder / TOKENIZER))
        except Exception as error:
            raise ModelError(f"{folder} cannot be loaded: {error}") from error
        for tokenizer in (self._whole, self._cut):
            tokenizer.no_padding()
            tokenizer.no_truncation()
        self._cut.enable_truncation(recipe.max_tokens)

    def encode_chunk(self, texts: Sequence[str]) -> Vectors:
        recipe = self._recipe
        pieces, owners, weights = [], [], []
        for owner, text in enumerate(texts):
            plain = text.lower() if recipe.lower else text
            long = len(plain) >= recipe.max_tokens
            parts = pieces_of(self._whole, plain, recipe.prompt, recipe.max_tokens) if long else [(plain, 1)]
            for piece, tokens in parts:
                pieces.append(recipe.prompt + piece)
                owners.append(owner)
                weights.append(tokens)
        vectors = self._vectors([found.ids for found in self._cut.encode_batch(pieces)])
        return pooled(vectors, owners, weights, len(texts))

    def _vectors(self, tokens: list[list[int]]) -> Vectors:
        """One row for each list of token ids."""
        made = np.empty((len(tokens), self.dim), dtype=np.float32)
        order = sorted(range(len(tokens)), key=lambda row: len(tokens[row]), reverse=True)
        runs = [order[start : start + _ROWS] for start in range(0, len(order), _ROWS)]

        def run(rows: list[int]) -> None:
            made[rows] = self._run([tokens[row] for row in rows])

        if self._threads == 1 or len(runs) == 1:
            for rows in runs:
                run(rows)
        else:
            self._pool = self._pool or ThreadPoolExecutor(self._threads, thread_name_prefix="embed")
            list(self._pool.map(run, runs))
        return made

    def _run(self, tokens: list[list[int]]) -> Vectors:
        ids = np.full((len(tokens), max(len(own) for own in tokens)), self._recipe.pad_id, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, own in enumerate(tokens):
            ids[row, : len(own)] = own
            mask[row, : len(own)] = 1
        found: Vectors = self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        return found
