"""How long an answer took, told in its own header: ``Server-Timing: app;dur=12.3, sql;dur=4.5;desc="9 statements"``.

Rule: the clock runs from the first byte of the request's handling to the head of the answer, every layer in between
included; what a browser or a benchmark reads there is what the reader waited for.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Flask
from sqlalchemy import Engine, event

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass(slots=True)
class Tally:
    """Seconds and statements of one request."""

    began: float
    sql: float = 0.0
    statements: int = 0
    asked: float = 0.0

    def header(self) -> str:
        app, sql = (1000 * seconds for seconds in (time.perf_counter() - self.began, self.sql))
        return f'app;dur={app:.1f}, sql;dur={sql:.1f};desc="{self.statements} statements"'


_tally: ContextVar[Tally | None] = ContextVar("tally", default=None)


def install(app: Flask, engine: Engine) -> None:
    """Install after every other layer: what is outside of this one is not counted."""
    event.listen(engine, "before_cursor_execute", _asks)
    event.listen(engine, "after_cursor_execute", _answered)
    app.wsgi_app = _timed(app.wsgi_app)  # type: ignore[method-assign, assignment]


def _timed(inner: WSGIApplication) -> WSGIApplication:
    def outer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        tally = Tally(time.perf_counter())
        token = _tally.set(tally)

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, ("Server-Timing", tally.header())], *more)

        try:
            return inner(environ, start)
        finally:
            _tally.reset(token)

    return outer


def _asks(*_: object) -> None:
    if (tally := _tally.get()) is not None:
        tally.asked = time.perf_counter()


def _answered(*_: object) -> None:
    if (tally := _tally.get()) is not None:
        tally.sql += time.perf_counter() - tally.asked
        tally.statements += 1
