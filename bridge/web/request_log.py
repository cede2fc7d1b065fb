"""One line a request, and an id that ties together what it caused. Rule: the route's template, never the address, so
that no query, name or token is written down.
"""

from __future__ import annotations

import re
import time
import uuid
from typing import Any

import structlog
from flask import Flask, g, request
from werkzeug.wrappers import Response

from bridge.web import here
from bridge.web.measuring import HttpMeasures

HEADER = "X-Request-ID"
_SANE = re.compile(r"[A-Za-z0-9._-]{8,64}")
_SILENT = ("static", "bootstrap.static", "health.alive", "health.ready", "health.metrics")

log = structlog.get_logger("bridge.web")


def install(app: Flask, measures: HttpMeasures) -> None:
    """Before everything else, so that what the gate refuses is counted, too."""

    def begin() -> None:
        given = request.headers.get(HEADER, "")
        g.request_id = given if _SANE.fullmatch(given) else uuid.uuid4().hex
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    def end(response: Response) -> Response:
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        response.headers[HEADER] = g.get("request_id", "")
        route = request.url_rule.rule if request.url_rule else "(none)"
        measures.observe(request.method, route, response.status_code, seconds)
        if request.endpoint not in _SILENT:
            who = here.signed_in()
            log.info(
                "request",
                method=request.method,
                route=route,
                status=response.status_code,
                ms=round(seconds * 1000, 1),
                actor=who.user_id if who else None,
            )
        return response

    app.log_exception = _fault  # type: ignore[method-assign]
    app.before_request(begin)
    app.after_request(end)
    app.teardown_request(lambda _error: structlog.contextvars.clear_contextvars())


def _fault(exc_info: Any) -> None:
    """Flask's own line names the address, and that may hold a one-time link."""
    log.error("a fault in the program", exc_info=exc_info)
