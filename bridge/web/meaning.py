"""The model in the web process, for searching by meaning. Rule: nobody waits for it; words do until then."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from flask import Flask, current_app

from bridge.analysis.embedding import Embedder, ModelError, Vectors
from bridge.service.lookup import Encode

logger = logging.getLogger(__name__)
_EXTENSION = "bridge-meaning"


class Meaning:
    """Loads the model in the background and then makes vectors, one text at a time."""

    def __init__(self, load: Callable[[], Embedder]) -> None:
        self._load = load
        self._embedder: Embedder | None = None
        self._one = threading.Lock()

    def start(self) -> threading.Thread:
        thread = threading.Thread(target=self._fetch, name="model", daemon=True)
        thread.start()
        return thread

    def encoder(self) -> Encode | None:
        """None as long as the model is not there."""
        embedder = self._embedder
        if embedder is None:
            return None

        def encode(text: str) -> tuple[str, Vectors]:
            with self._one:
                return embedder.model_id, embedder.encode([text])[0]

        return encode

    def _fetch(self) -> None:
        try:
            embedder = self._load()
            one_core_a_text()
            embedder.encode(["warm"])
        except ModelError as error:
            logger.warning("search goes by words only: %s", error)
            return
        self._embedder = embedder


def one_core_a_text() -> None:
    """A short text gains nothing from several threads, and waits for each of them where the cores are busy."""
    import torch  # noqa: PLC0415 - seconds; loaded with the model already

    torch.set_num_threads(1)


def start(app: Flask, load: Callable[[], Embedder]) -> threading.Thread:
    """Give the application a model of its own, as soon as that is loaded."""
    meaning = app.extensions[_EXTENSION] = Meaning(load)
    return meaning.start()


def encoder() -> Encode | None:
    """Of the application that answers this request."""
    meaning: Meaning | None = current_app.extensions.get(_EXTENSION)
    return meaning.encoder() if meaning else None
