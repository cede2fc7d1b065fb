"""What a person or a program reads when something cannot be done. Rule: our own sentence, no stack, no values."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask, flash, jsonify, redirect, render_template, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response

from bridge.errors import BridgeError
from bridge.jobs import log_redacted
from bridge.service.access import Forbidden
from bridge.service.errors import UnknownId
from bridge.service.idempotency import KeyReused
from bridge.service.passwords import TooManyTries
from bridge.service.signing_in import SignInRefused

logger = logging.getLogger(__name__)

STATUS: tuple[tuple[type[BridgeError], HTTPStatus], ...] = (
    (Forbidden, HTTPStatus.FORBIDDEN),
    (UnknownId, HTTPStatus.NOT_FOUND),
    (TooManyTries, HTTPStatus.TOO_MANY_REQUESTS),
    (SignInRefused, HTTPStatus.UNAUTHORIZED),
    (BridgeError, HTTPStatus.BAD_REQUEST),
)
TITLES = {
    HTTPStatus.BAD_REQUEST: "This cannot be done",
    HTTPStatus.UNAUTHORIZED: "Sign in first",
    HTTPStatus.FORBIDDEN: "Not for your role",
    HTTPStatus.NOT_FOUND: "Not here",
    HTTPStatus.CONFLICT: "Not as things stand",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The request is not what was expected",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many tries",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something broke on our side",
    HTTPStatus.SERVICE_UNAVAILABLE: "The database does not answer",
}
FORGED = "The form was too old, or did not come from this service. Go back, load the page anew and send it again."


def install(app: Flask) -> None:
    app.register_error_handler(BridgeError, _ours)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(SQLAlchemyError, _database)
    app.register_error_handler(Exception, _unforeseen)


def status_of(error: BridgeError) -> HTTPStatus:
    return next(status for kind, status in STATUS if isinstance(error, kind))


def answer(status: int, detail: str) -> Response:
    """As a page for people, as problem+json (RFC 9457) for programs."""
    if in_api():
        return sent(problem(status, detail))
    title = title_of(status)
    page = Response(render_template("error.html", title=title, detail=detail, status=int(status)), int(status))
    page.mimetype = "text/html"
    return page


def in_api() -> bool:
    return request.path.startswith("/api/")


def title_of(status: int) -> str:
    return TITLES.get(HTTPStatus(status), HTTPStatus(status).phrase)


def status_in_api(error: BridgeError) -> HTTPStatus:
    """A request that is well-formed and cannot be done as things stand is a conflict with them."""
    if isinstance(error, KeyReused):
        return HTTPStatus.UNPROCESSABLE_ENTITY
    status = status_of(error)
    return HTTPStatus.CONFLICT if status is HTTPStatus.BAD_REQUEST else status


def problem(status: int, detail: str, errors: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """The object of RFC 9457; ``errors`` names each field that is wrong."""
    made = {"type": "about:blank", "title": title_of(status), "status": int(status), "detail": detail}
    return made | ({"errors": errors} if errors else {})


def sent(body: dict[str, Any], status: int | None = None) -> Response:
    """JSON as an answer: of its own ``status`` where it is a problem."""
    made = jsonify(body)
    made.status_code = status or int(body["status"])
    if made.status_code >= HTTPStatus.BAD_REQUEST:
        made.mimetype = "application/problem+json"
    if made.status_code == HTTPStatus.UNAUTHORIZED:
        made.headers["WWW-Authenticate"] = 'Bearer realm="Issue Bridge"'
    return made


def _ours(error: BridgeError) -> Response:
    status = status_in_api(error) if in_api() else status_of(error)
    came_from = _page_before()
    if request.method == "POST" and status is HTTPStatus.BAD_REQUEST and came_from:
        flash(str(error), "bad")
        return redirect(came_from, 303)
    return answer(status, str(error))


def _page_before() -> str | None:
    """The page whose form was sent, if it is one of ours and not this address itself."""
    before = urlsplit(request.referrer or "")
    if in_api() or before.netloc != request.host or before.path == "":
        return None
    return f"{before.path}?{before.query}" if before.query else before.path


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        return cast(Response, error.response)
    if isinstance(error, SecurityError):
        return Response("This service is not known under that name: see url in section [web].\n", 400)
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    detail = FORGED if type(error).__name__ == "CSRFError" else error.description or ""
    made = answer(status, detail)
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            made.headers[name] = value
    return made


def _database(error: SQLAlchemyError) -> Response:
    log_redacted("the database failed", error)
    return answer(HTTPStatus.SERVICE_UNAVAILABLE, "Nothing was changed. Try again in a minute; the log says more.")


def _unforeseen(error: Exception) -> Response:
    log_redacted("a fault in the program", error)
    return answer(HTTPStatus.INTERNAL_SERVER_ERROR, "Nothing was changed. The log says what happened.")
