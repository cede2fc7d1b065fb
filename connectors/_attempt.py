"""One attempt at one request: how long it may last in all, and whether a byte of it may have left the house.

Rule: a time-out of the socket restarts with every byte that arrives, so a slow drip would hold a worker for
ever; when the attempt's time is over its socket is shut, whatever it is doing.
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Self

_current: ContextVar[Attempt] = ContextVar("attempt")


class Attempt:
    """A ``with`` block around one request.

    ``sent`` is true from before the first byte on, ``expired`` when the request was cut off.
    """

    def __init__(self, seconds: float) -> None:
        self.sent = False
        self.expired = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._token: Token[Attempt] = _current.set(self)
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        _current.reset(self._token)
        self._timer.cancel()
        with self._lock:
            self._release()

    def watch(self, sock: socket.socket) -> None:
        """Shut this socket when time is over. Keeps a duplicate: wrapping in TLS detaches the original."""
        with self._lock:
            if self.expired:
                raise TimeoutError("the time for the whole request is over")
            self._release()
            self._socket = socket.socket(sock.family, sock.type, sock.proto, os.dup(sock.fileno()))

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def _release(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def current() -> Attempt:
    """The attempt of this thread. Raises LookupError outside of one, so that nothing is sent unwatched."""
    return _current.get()
