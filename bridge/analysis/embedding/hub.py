"""Models by name, from this machine's Hugging Face cache. Rule: only ``download`` uses a network, for who asks."""

from __future__ import annotations

import os
import re
from pathlib import Path

from bridge.analysis.embedding.protocol import ModelError

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_NEEDED = ["*.json", "*.txt", "*.model", "*.safetensors", "pytorch_model*.bin", "*/config.json"]
_NOT_NEEDED = ["onnx/*", "openvino/*", "*.onnx", "coreml/*"]


def folder_of(path: str, home: Path) -> Path | None:
    """The folder that is meant: "" is the bundled model (None), a relative path lies in ``home``. Raises ModelError."""
    if not path:
        return None
    folder = home / path
    if folder.is_dir() or not _NAME.fullmatch(path):
        return folder
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - for models by name only
    from huggingface_hub.errors import LocalEntryNotFoundError  # noqa: PLC0415 - as above

    try:
        return Path(snapshot_download(path, local_files_only=True))
    except (LocalEntryNotFoundError, OSError, ValueError):
        raise ModelError(
            f"{folder} does not exist, and {path} is not in this machine's Hugging Face cache: "
            f"write the path of a folder, or fetch it once with `bridge model use {path} --download`"
        ) from None


def download(name: str) -> Path:
    """Fetch a model into the cache of this machine: the only use of a network here. Raises ModelError."""
    if not _NAME.fullmatch(name):
        raise ModelError(f"{name!r} is no name of a model: write OWNER/NAME")
    os.environ["HF_HUB_OFFLINE"] = "0"
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - reads the switch above when it is imported

    try:
        return Path(snapshot_download(name, allow_patterns=_NEEDED, ignore_patterns=_NOT_NEEDED))
    except Exception as error:
        raise ModelError(f"{name} could not be fetched: {type(error).__name__}: {error}") from error
