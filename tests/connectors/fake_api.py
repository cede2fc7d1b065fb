"""A stateful HTTP server on loopback that vendors' fakes are built on, and the faults it can inject.

Rule: a fault changes what the client sees, and whether the request took effect is part of its name's meaning, so a
test can say "the reply was lost" and then count what is in the world.
"""

from __future__ import annotations

import gzip
import json
import re
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

FAULTS = (
    "401",
    "403",
    "404",
    "429",
    "500",
    "503",
    "truncated",
    "html",
    "drip",
    "gzip_bomb",
    "disconnect",
    "500_after",
    "lost_reply",
    "truncated_after",
)
"""Those that end in _after, and lost_reply, let the request take effect first; the others keep it from its handler."""

BOMB_BYTES = 80 * 1024 * 1024
DRIP_PAUSE_S = 0.05


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def arg(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return self.query.get(name, [default])[0]


@dataclass(frozen=True)
class Reply:
    """``body`` is bytes, or anything that JSON can say; None is an empty body."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"

    def payload(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Handler = Callable[..., Reply]


@dataclass
class Fault:
    kind: str
    times: int
    method: str | None
    path: re.Pattern[str]
    after: int
    headers: Mapping[str, str]

    def hits(self, request: Request) -> bool:
        if self.times <= 0 or (self.method and request.method != self.method) or not self.path.search(request.path):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what the faults are about; anything else is a bug of the fake."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class FakeApi:
    """A server as a ``with`` block. Register routes, then point a connector at ``url``.

    ``authorize`` says whether a request may pass; ``on_request`` runs before each request is handled, for a record
    that changes during the pull; ``requests`` are all that came in.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.authorize: Callable[[Request], bool] = lambda _request: True
        self.on_request: Callable[[Request], None] = lambda _request: None
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []
        self._faults: list[Fault] = []
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler_class(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def options(self) -> dict[str, Any]:
        """Options that let a connector talk to this server; impatient ones while it drips."""
        dripping = any(fault.kind == "drip" for fault in self._faults)
        return {
            "base_url": self.url,
            "allow_http": True,
            "allow_private_networks": ["127.0.0.0/8"],
            "timeout_s": 0.2 if dripping else 5.0,
        }

    def route(self, method: str, pattern: str) -> Callable[[Handler], Handler]:
        """Register ``handler(request, *groups)`` for paths that match ``pattern`` as a whole."""

        def register(handler: Handler) -> Handler:
            self._routes.append((method, re.compile(pattern), handler))
            return handler

        return register

    def fault(
        self,
        kind: str,
        *,
        times: int = 1_000_000,
        method: str | None = None,
        path: str = "",
        after: int = 0,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Let the next ``times`` matching requests fail as ``kind``, sparing the first ``after`` of them."""
        assert kind in FAULTS, kind
        if kind == "gzip_bomb":
            bomb()
        self._faults.append(Fault(kind, times, method, re.compile(path), after, headers or {}))

    def mend(self) -> None:
        """End all faults."""
        self._faults.clear()

    def answer(self, request: Request) -> tuple[str | None, Reply]:
        """(fault, reply) for a request; the state of the fake is touched by one request at a time."""
        with self._lock:
            self.requests.append(request)
            self.on_request(request)
            fault = next((fault for fault in self._faults if fault.hits(request)), None)
            kind = fault.kind if fault else None
            if kind in STATUS_FAULTS:
                return kind, _status_reply(kind, request, fault.headers if fault else {})
            if kind in ("truncated", "html", "drip", "gzip_bomb", "disconnect"):
                return kind, Reply()
            if not self.authorize(request):
                return None, _status_reply("401", request, {})
            reply = self._handle(request)
            if kind == "500_after":
                return kind, _status_reply("500", request, {})
            return kind, reply

    def _handle(self, request: Request) -> Reply:
        for method, pattern, handler in self._routes:
            found = pattern.fullmatch(request.path)
            if found and method == request.method:
                return handler(request, *found.groups())
        return Reply(404, {"message": f"no route {request.method} {request.path}"})

    def wait_or_stop(self, seconds: float) -> bool:
        """Wait; true when the server is being stopped."""
        return self._stopping.wait(seconds)


STATUS_FAULTS = ("401", "403", "404", "429", "500", "503")


def _status_reply(kind: str, request: Request, headers: Mapping[str, str]) -> Reply:
    """An error that quotes the request's own secrets, as careless servers do."""
    defaults = {"Retry-After": "7"} if kind in ("429", "503") else {}
    quoted = [value for name, value in request.headers.items() if name.lower() not in ("host", "user-agent")]
    return Reply(int(kind), {"message": f"refused with {kind}", "detail": quoted}, {**defaults, **headers})


LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Please log in</title></head><body><form></form></body></html>"


@cache
def bomb() -> bytes:
    """BOMB_BYTES of blanks in a JSON string, packed."""
    return gzip.compress(b'"' + b" " * BOMB_BYTES + b'"', compresslevel=6)


def _handler_class(api: FakeApi) -> type[BaseHTTPRequestHandler]:
    class Handling(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body go out separately: 40 ms a reply otherwise

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            request = Request(
                self.command,
                parts.path,
                parse_qs(parts.query, keep_blank_values=True),
                dict(self.headers.items()),
                self.rfile.read(length),
            )
            kind, reply = api.answer(request)
            try:
                self._send(kind, reply)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def _send(self, kind: str | None, reply: Reply) -> None:
            if kind in ("disconnect", "lost_reply"):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
            elif kind in ("truncated", "truncated_after"):
                self._write(200, b'{"broken": [1, 2', "application/json", {})
            elif kind == "html":
                self._write(200, LOGIN_PAGE, "text/html; charset=utf-8", {})
            elif kind == "gzip_bomb":
                self._write(200, bomb(), "application/json", {"Content-Encoding": "gzip"})
            elif kind == "drip":
                self._drip()
            else:
                self._write(reply.status, reply.payload(), reply.content_type, reply.headers)

        def _write(self, status: int, body: bytes, content_type: str, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            if body:
                self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _drip(self) -> None:
            self.close_connection = True
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "100000")
            self.end_headers()
            while not api.wait_or_stop(DRIP_PAUSE_S):
                self.wfile.write(b" ")
                self.wfile.flush()

        def log_message(self, *_args: Any) -> None:
            return

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
        setattr(Handling, f"do_{method}", Handling._serve)
    return Handling
