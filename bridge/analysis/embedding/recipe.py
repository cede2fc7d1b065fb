"""What a cached export is made of, and whether it is whole. Rule: a file that was changed or cut short is refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

from bridge.analysis.embedding.folders import file_sha256
from bridge.analysis.embedding.protocol import ModelError

EXPORT_VERSION = 1
"""Grows with every change of how an export is made."""
MODEL, TOKENIZER, RECIPE, SUMS = "model.onnx", "tokenizer.json", "recipe.json", "sha256.json"
_SEALED = (MODEL, TOKENIZER, RECIPE)


class Recipe(NamedTuple):
    """``max_tokens``: read at once, special ones included. ``prompt``: stands before every text."""

    dim: int
    max_tokens: int
    prompt: str
    lower: bool
    pad_id: int


def key_of(folder: Path, weights: str) -> str:
    """Names the export of a model: by its weights, its own small files, and how exports are made."""
    told = hashlib.sha256(f"{EXPORT_VERSION} {weights}".encode())
    for file in sorted(folder.rglob("*.json")):
        told.update(f"\n{file.relative_to(folder).as_posix()} {file_sha256(file)}".encode())
    return f"{weights[:12]}-{told.hexdigest()[:12]}"


def seal(folder: Path) -> None:
    """Write down what every file is."""
    sums = {name: file_sha256(folder / name) for name in _SEALED}
    (folder / SUMS).write_text(json.dumps(sums), "utf-8")


def opened(folder: Path) -> Recipe:
    """The recipe of a whole export. Raises ModelError."""
    try:
        sums = json.loads((folder / SUMS).read_text("utf-8"))
        broken = [name for name in _SEALED if sums.get(name) != file_sha256(folder / name)]
        if broken:
            raise ModelError(f"{folder / broken[0]} is not what was written there")
        return Recipe(**json.loads((folder / RECIPE).read_text("utf-8")))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"{folder} holds no whole export: {error}") from error
