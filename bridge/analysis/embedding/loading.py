"""Which backend serves a model. Rule: ``auto`` always serves it, and says once why it does so slowly."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import bridge
from bridge.analysis.embedding.folders import bundled_model_id, checked_folder
from bridge.analysis.embedding.onnx import OnnxEmbedder
from bridge.analysis.embedding.protocol import Embedder, ModelError
from bridge.analysis.embedding.recipe import key_of, opened
from bridge.analysis.embedding.sentence_transformer import SentenceTransformerEmbedder

logger = logging.getLogger(__name__)
Backend = Literal["auto", "onnx", "torch"]
REFUSED = "refused.txt"
EXPORT_SECONDS = 1800
_told: set[str] = set()


def default_cache() -> Path:
    """Exports of all workspaces of one user; they can be deleted at any time."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "issue-bridge" / "models"


def load_embedder(
    folder: Path | None,
    *,
    name: str = "",
    backend: Backend = "auto",
    cache: Path | None = None,
    threads: int | None = None,
) -> Embedder:
    """The model in ``folder`` (None: the bundled one), ready to encode with so many threads (None: all cores).

    Both backends make vectors of the same ``model_id``. The first use of a model exports it, which takes up to a
    minute; where that fails, ``auto`` goes on with torch. Raises ModelError.
    """
    if backend == "torch":
        return SentenceTransformerEmbedder(folder, name=name, threads=threads)
    path, digest = checked_folder(folder)
    model_id = bundled_model_id() if folder is None else f"{name or path.resolve().name}@{digest[:12]}"
    try:
        return OnnxEmbedder(exported(path, digest, cache or default_cache()), model_id=model_id, threads=threads)
    except (ModelError, OSError) as error:
        if backend == "onnx":
            raise ModelError(
                f'{model_id} cannot run as int8 ONNX: {error}; set [model] backend = "auto" to use torch'
            ) from error
        if model_id not in _told:
            _told.add(model_id)
            logger.warning("%s runs by torch, several times slower than as int8 ONNX: %s", model_id, error)
        return SentenceTransformerEmbedder(folder, name=name, threads=threads)


def exported(path: Path, weights: str, cache: Path) -> Path:
    """The folder of the model's export, made now if there is none; whole or not at all. Raises ModelError, OSError.

    A model that could not be exported is not tried again until it, or the way exports are made, has changed.
    """
    key = key_of(path, weights)
    target = cache / key
    if _is_whole(target):
        return target
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(cache / f"{key}.lock"):
        if _is_whole(target):
            return target
        if (target / REFUSED).is_file():
            raise ModelError((target / REFUSED).read_text("utf-8"))
        for left in (*cache.glob(f".{key}.*"), target):
            shutil.rmtree(left, ignore_errors=True)
        part = Path(tempfile.mkdtemp(prefix=f".{key}.", dir=cache))
        said = _export(path, part)
        if said:
            shutil.rmtree(part)
            part = Path(tempfile.mkdtemp(prefix=f".{key}.", dir=cache))
            (part / REFUSED).write_text(said, "utf-8")
        part.rename(target)
        if said:
            raise ModelError(said)
    return target


def exports(cache: Path) -> list[dict[str, str]]:
    """What lies in the cache: its key under ``model``, and under ``state`` "ready", "damaged" or why there is none."""
    found = []
    for folder in sorted(f for f in cache.glob("[!.]*") if f.is_dir()):
        refused = folder / REFUSED
        state = refused.read_text("utf-8") if refused.is_file() else "ready" if _is_whole(folder) else "damaged"
        found.append({"model": folder.name, "state": state})
    return found


def _is_whole(target: Path) -> bool:
    """Whether there is an export. One that was damaged counts as none: it is made again."""
    if not target.is_dir() or (target / REFUSED).exists():
        return False
    try:
        opened(target)
    except ModelError as error:
        logger.warning("made again: %s", error)
        return False
    return True


def _export(path: Path, part: Path) -> str:
    """Empty, or why there is no export."""
    root = str(Path(bridge.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, *os.environ.get("PYTHONPATH", "").split(":")])}
    program = [sys.executable, "-P", "-m", "bridge.analysis.embedding.exporting", str(path), str(part)]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, no shell
            program, env=environment, capture_output=True, text=True, timeout=EXPORT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"the export took longer than {EXPORT_SECONDS} s"
    if done.returncode == 0:
        return ""
    if done.returncode < 0:
        raise ModelError(f"the export was ended by signal {-done.returncode}: it is tried again at the next start")
    return (done.stderr.strip().splitlines() or ["the export failed and did not say why"])[-1]


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One export of a model at a time, in all processes of this machine; the lock ends with its process."""
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
