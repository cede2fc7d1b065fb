"""Idempotency-Key: a write that is sent again answers what it answered before and does nothing.

Rule: what is kept holds no secret; a key belongs to one caller and one request.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import request
from pydantic import BaseModel
from sqlmodel import Session
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from bridge.errors import BridgeError
from bridge.service import idempotency
from bridge.service.idempotency import Answer
from bridge.web import errors, here

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEY = re.compile(r"[!-~]{1,255}")


def once(
    view: Callable[..., BaseModel], *, status: int = 200, shown_once: str | None = None
) -> Callable[..., BaseModel | Response]:
    """``view(session, ...)`` in one transaction, at most once per key."""

    @wraps(view)
    def decided(**arguments: Any) -> BaseModel | Response:
        key = request.headers.get(HEADER)
        with here.writing() as session:
            if key is None:
                return view(session, **arguments)
            return _keyed(session, _checked(key), lambda: view(session, **arguments), status, shown_once)

    return decided


def _keyed(
    session: Session, key: str, decide: Callable[[], BaseModel], status: int, shown_once: str | None
) -> BaseModel | Response:
    """A refusal is an answer, too: it is kept, and what the decision had begun is taken back."""
    who, asked, at = here.caller(), _request_hash(), here.now()
    before = idempotency.take(session, who, key, asked, at)
    if before is not None:
        return _replayed(before)
    try:
        with session.begin_nested():
            result = decide()
            session.flush()
    except BridgeError as error:
        refusal = errors.problem(errors.status_in_api(error), str(error))
        idempotency.keep(session, who, key, asked, Answer(int(refusal["status"]), refusal), at)
        return errors.sent(refusal)
    kept = result.model_dump(mode="json", by_alias=True) | ({shown_once: None} if shown_once else {})
    idempotency.keep(session, who, key, asked, Answer(status, kept), at)
    return result


def _checked(key: str) -> str:
    if not KEY.fullmatch(key):
        raise BadRequest(f"{HEADER} takes 1 to 255 printable ASCII characters without blanks")
    return key


def _request_hash() -> str:
    parts = (request.method.encode(), request.full_path.encode(), request.get_data())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _replayed(answer: Answer) -> Response:
    made = errors.sent(answer.body, answer.status)
    made.headers[REPLAYED] = "true"
    return made
