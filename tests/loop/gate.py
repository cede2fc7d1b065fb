"""Holds one request of a fake server, so that a test can kill the bridge exactly while it waits for the answer.

Rule: nothing is held longer than LONGEST_S, whatever became of the test. The routes below /_gate/ need no token and
are never held, counted or kept waiting by a request that is.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from tests.connectors.fake_api import FakeApi, Reply, Request
from tests.connectors.fake_process import is_control

LONGEST_S = 20.0
WRITES = ("POST", "PUT", "PATCH", "DELETE")

Answer = tuple[str | None, Reply]


@dataclass(frozen=True)
class Catch:
    """Hold the ``nth`` request from now on, of the writes or of the reads, before or after it took effect."""

    writes: bool
    after_effect: bool
    nth: int


@dataclass
class Gate:
    """``counted`` are the requests that came in; ``held`` is the client's port of the one that waits here now."""

    api: FakeApi
    counted: int = 0
    held: int | None = None
    catch: Catch | None = None
    _open: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _client: threading.local = field(default_factory=threading.local)

    def __post_init__(self) -> None:
        self._answer, self._finish = self.api.answer, self.api._server.finish_request
        self.api.answer = self.answer  # type: ignore[method-assign]
        self.api._server.finish_request = self._note_client  # type: ignore[method-assign]

    def _note_client(self, request: Any, client_address: Any) -> None:
        self._client.port = client_address[1]
        self._finish(request, client_address)

    def answer(self, request: Request) -> Answer:
        if request.path.startswith("/_gate/"):
            return None, self._told(request)
        if is_control(request):
            return self._answer(request)
        caught = self._caught(request)
        if caught and not caught.after_effect:
            self._hold()
        reply = self._answer(request)
        if caught and caught.after_effect:
            self._hold()
        return reply

    def _caught(self, request: Request) -> Catch | None:
        with self._lock:
            self.counted += 1
            catch = self.catch
            if catch is None or catch.writes != (request.method in WRITES):
                return None
            self.catch = Catch(catch.writes, catch.after_effect, catch.nth - 1) if catch.nth > 1 else None
            return catch if self.catch is None else None

    def _hold(self) -> None:
        self._open.clear()
        self.held = self._client.port
        self._open.wait(LONGEST_S)
        self.held = None

    def _told(self, request: Request) -> Reply:
        if request.path == "/_gate/catch":
            self.catch = Catch(**request.json())
        elif request.path == "/_gate/release":
            self.catch = None
            self._open.set()
        return Reply(200, {"counted": self.counted, "held": self.held})
