"""A model -> int8 ONNX, once, in a child process: torch and the memory for it are gone when that ends.

Rule: what does not give the reference's vectors is not kept. Run as ``python -m``: FOLDER TARGET; the last line on
standard error says why it failed.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

import numpy as np

from bridge.analysis.embedding.protocol import ModelError
from bridge.analysis.embedding.recipe import MODEL, RECIPE, TOKENIZER, Recipe, seal

ALIKE = 0.98
"""Least cosine to the reference that any of ``PROBES`` may have; a text without a word is no test (.977, bundled)."""
PROBES = (
    "The export stops",
    "I cannot log in since this morning, the page only says 'wrong password' although I have reset it twice.",
    "Die Rechnung vom März fehlt, bitte schicken Sie sie noch einmal.",
    "¿Cómo puedo cambiar la dirección de entrega?",
    "error 0x80070057 at POST /api/v2/orders?limit=500 (timeout after 30s)",
    "The sync between the shop and the stock list is late by hours. " * 12,
)
OPSET = 17


def main(folder: Path, target: Path) -> None:
    """Write model, tokenizer and recipe into the empty folder ``target``. Raises ModelError."""
    from bridge.analysis.embedding.onnx import OnnxEmbedder  # noqa: PLC0415 - the runtime, for the comparison only
    from bridge.analysis.embedding.sentence_transformer import SentenceTransformerEmbedder  # noqa: PLC0415 - torch

    reference = SentenceTransformerEmbedder(folder)
    tokenizer = getattr(reference.model.tokenizer, "backend_tokenizer", None)
    if tokenizer is None:
        raise ModelError("its tokenizer has no fast form")
    if reference.prompt and not getattr(reference.model[1], "include_prompt", True):
        raise ModelError("its pooling leaves the prompt out")
    tokenizer.save(str(target / TOKENIZER))
    recipe = Recipe(
        dim=reference.dim,
        max_tokens=reference.max_tokens,
        prompt=reference.prompt,
        lower=bool(getattr(reference.model[0], "do_lower_case", False)),
        pad_id=int(reference.model.tokenizer.pad_token_id or 0),
    )
    (target / RECIPE).write_text(json.dumps(recipe._asdict()), "utf-8")
    _write(reference.model, target)
    seal(target)
    made = OnnxEmbedder(target, model_id=reference.model_id)
    alike = (reference.encode(PROBES) * made.encode(PROBES)).sum(axis=1)
    if not bool(np.all(alike >= ALIKE)):
        raise ModelError(f"its int8 vectors differ from its own: cosine {alike.min():.3f}, needed {ALIKE}")


def _write(model: Any, target: Path) -> None:
    """Every module of the model, pooling included, as one graph; then its matrices as 8-bit integers."""
    import torch  # noqa: PLC0415 - in the child only
    from onnxruntime.quantization import quantize_dynamic  # noqa: PLC0415 - as above

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            for module in self.inner:
                features = module(features)
            return features["sentence_embedding"]

    ids = torch.randint(5, 100, (2, 9))
    mask = torch.ones_like(ids)
    mask[1, 5:] = 0
    model[0].auto_model.set_attn_implementation("eager")
    full = target / "full.onnx"
    axes = {0: "texts", 1: "tokens"}
    with torch.no_grad():
        torch.onnx.export(
            Whole().eval(),
            (ids, mask),
            str(full),
            input_names=["input_ids", "attention_mask"],
            output_names=["vectors"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "vectors": {0: "texts"}},
            opset_version=OPSET,
            dynamo=False,
        )
    quantize_dynamic(full, target / MODEL, per_channel=True)
    for part in target.glob("full.onnx*"):
        part.unlink()


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except Exception as error:  # noqa: BLE001 - whatever torch or ONNX cannot do with a model: the reference serves it
        sys.stderr.write(f"\n{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}\n")
        sys.exit(1)
