"""The model in the web process, for searching by meaning. Rule: nobody waits for it; words do until then."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from bridge.analysis.embedding import Embedder, ModelError, Vectors
from bridge.errors import BridgeError
from bridge.service.lookup import Encode

logger = logging.getLogger(__name__)
_EXTENSION = "bridge-meaning"
_LOOK_S = 15.0
"""Seconds until it is asked again which model is in use."""


class Meaning:
    """Loads the model in the background and then makes vectors, one text at a time.

    When another model comes into use, the former one answers until that is loaded: its vectors are still there.
    """

    def __init__(self, load: Callable[[], Embedder], model_id: Callable[[], str]) -> None:
        self._load, self._model_id = load, model_id
        self._embedder: Embedder | None = None
        self._one, self._fetching = threading.Lock(), threading.Lock()
        self._looked = 0.0

    def start(self) -> threading.Thread:
        """Look, on the side, whether the model in use is the one that is loaded; load it if not."""
        self._looked = time.monotonic()
        thread = threading.Thread(target=self._fetch, name="model", daemon=True)
        thread.start()
        return thread

    def encoder(self) -> Encode | None:
        """None as long as the model is not there."""
        if time.monotonic() - self._looked > _LOOK_S:
            self.start()
        embedder = self._embedder
        if embedder is None:
            return None

        def encode(text: str) -> tuple[str, Vectors]:
            with self._one:
                return embedder.model_id, embedder.encode([text])[0]

        return encode

    def _fetch(self) -> None:
        if not self._fetching.acquire(blocking=False):
            return
        try:
            if self._embedder is None or self._embedder.model_id != self._model_id():
                embedder = self._load()
                embedder.encode(["warm"])
                self._embedder = embedder
        except ModelError as error:
            logger.warning("search goes by words only: %s", error)
        except (BridgeError, SQLAlchemyError) as error:
            logger.warning("the model in use is not known at the moment: %s", type(error).__name__)
        finally:
            self._fetching.release()


def start(app: Flask, load: Callable[[], Embedder], model_id: Callable[[], str]) -> threading.Thread:
    """Give the application a model of its own, as soon as that is loaded."""
    meaning = app.extensions[_EXTENSION] = Meaning(load, model_id)
    return meaning.start()


def encoder() -> Encode | None:
    """Of the application that answers this request."""
    meaning: Meaning | None = current_app.extensions.get(_EXTENSION)
    return meaning.encoder() if meaning else None
