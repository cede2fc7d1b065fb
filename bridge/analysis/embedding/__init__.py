"""Texts to unit vectors, on this machine only. Rule: importing this package is cheap and nothing here uses the network,
but for ``hub.download``, which a person asks for.

protocol              what an embedder is, and how a vector is stored
folders               where a model lies, what its weights are, and the name of its vectors
batches               equal texts once, texts of one length together, long texts in windows
sentence_transformer  the reference: any sentence-transformers model, by torch
exporting             a model -> int8 ONNX in a cache, compared with the reference before it is used
onnx                  runs such an export: no torch, several times as fast
loading               which of the two serves a model
"""

from bridge.analysis.embedding.folders import (
    BUNDLED_DIM,
    BUNDLED_PACKAGE,
    BUNDLED_SHA256,
    bundled_model_id,
    bundled_model_path,
    model_id_of,
    weights_sha256,
)
from bridge.analysis.embedding.loading import load_embedder
from bridge.analysis.embedding.onnx import OnnxEmbedder
from bridge.analysis.embedding.protocol import BATCH, Embedder, ModelError, Progress, Vectors, pack, unpack
from bridge.analysis.embedding.sentence_transformer import SentenceTransformerEmbedder

__all__ = [
    "BATCH",
    "BUNDLED_DIM",
    "BUNDLED_PACKAGE",
    "BUNDLED_SHA256",
    "Embedder",
    "ModelError",
    "OnnxEmbedder",
    "Progress",
    "SentenceTransformerEmbedder",
    "Vectors",
    "bundled_model_id",
    "bundled_model_path",
    "load_embedder",
    "model_id_of",
    "pack",
    "unpack",
    "weights_sha256",
]
