"""What a server answered, and which error its status means.

Rule: the errors are sorted by what the caller must do; a write is "not done" only where the answer proves it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from connectors.base import AuthFailed, ConnectorError, InDoubt, NotFound, Permanent, RateLimited, Transient

LONGEST_WAIT_S = 3600.0
DEFAULT_WAIT_S = 30.0
LONGEST_EXCERPT = 300
_FIRST_EPOCH = 1_000_000_000
_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_UNDECIDED = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY)
_LOGIN = re.compile(r"log-?in|sign-?in|sso|auth|saml|oauth", re.IGNORECASE)
_MESSAGE_KEYS = ("message", "error", "errors", "errorMessages", "detail", "title", "description", "reason")


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, body read. ``headers`` are case-insensitive. The body is never part of the repr."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as text: the stated charset, else UTF-8, else Windows-1252; never fails."""
        stated = re.search(r"charset=\"?([\w.:-]+)", self.headers.get("Content-Type", ""))
        for charset in (stated.group(1) if stated else "utf-8", "cp1252"):
            try:
                return self.body.decode(charset)
            except (UnicodeDecodeError, LookupError):
                continue
        return self.body.decode("utf-8", errors="replace")

    @property
    def is_html_page(self) -> bool:
        if self.content_type in ("text/html", "application/xhtml+xml"):
            return bool(self.body.strip())
        return self.body[:200].lstrip().lower().startswith((b"<!doctype html", b"<html"))

    def json(self) -> Any:
        """The body as JSON. Raises ValueError if it is none."""
        return json.loads(self.body)


def excerpt(answer: Answer) -> str:
    """The vendor's short error text: its message fields, else the first words. It may hold personal data."""
    if answer.is_html_page:
        title = re.search(r"<title[^>]*>(.*?)</title>", answer.text[:20_000], re.IGNORECASE | re.DOTALL)
        words = f"an HTML page titled {title.group(1).strip()!r}" if title else "an HTML page"
    else:
        try:
            words = _message(answer.json())
        except ValueError:
            words = answer.text[: 10 * LONGEST_EXCERPT]
    words = " ".join("".join(ch if ch.isprintable() else " " for ch in words).split())
    return words if len(words) <= LONGEST_EXCERPT else words[: LONGEST_EXCERPT - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _message(value: Any) -> str:
    if isinstance(value, dict):
        named = [value[key] for key in _MESSAGE_KEYS if value.get(key)]
        return "; ".join(_message(part) for part in (named or list(value.values())[:5]))
    if isinstance(value, list):
        return "; ".join(_message(part) for part in value[:5])
    return str(value)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait, from Retry-After (seconds or HTTP-date) or X-RateLimit-Reset (epoch or seconds).

    ``now`` is epoch seconds. The result is clamped to [0, 3600]; None where no header says anything readable.
    """
    stated = headers.get("Retry-After", "").strip()
    reset = (headers.get("X-RateLimit-Reset") or headers.get("RateLimit-Reset") or "").strip()
    wait = _seconds(stated)
    if wait is None and stated:
        wait = _until_date(stated, now)
    if wait is None:
        wait = _seconds(reset)
        if wait is not None and wait >= _FIRST_EPOCH:
            wait -= now
    return None if wait is None else min(max(wait, 0.0), LONGEST_WAIT_S)


def _seconds(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _until_date(text: str, now: float) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return None


def status_error(answer: Answer, asked: str, *, write: bool, now: float) -> ConnectorError | None:
    """The error that this status means, None for 2xx. ``asked`` opens the message: who asked what."""
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return _redirect_error(answer, asked)
    said = f"{asked}: {status}: {excerpt(answer)}".rstrip(": ")
    if status in _REFUSED:
        return AuthFailed(f"{said}. Check the user, the token and its rights")
    if status in _GONE:
        return NotFound(said)
    return _later_error(answer, said, write=write, now=now)


def _later_error(answer: Answer, said: str, *, write: bool, now: float) -> ConnectorError:
    wait = retry_after(answer.headers, now)
    asked_to_wait = answer.status == HTTPStatus.SERVICE_UNAVAILABLE and wait is not None and not write
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or asked_to_wait:
        return RateLimited(said, DEFAULT_WAIT_S if wait is None else wait)
    if answer.status in _UNDECIDED or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return InDoubt(said) if write else Transient(said)
    return Permanent(said)


def _redirect_error(answer: Answer, asked: str) -> ConnectorError:
    target = answer.headers.get("Location", "").partition("?")[0]
    said = f"{asked}: {answer.status}: a redirect to {target or 'nowhere'}, which is not followed"
    if _LOGIN.search(target):
        return AuthFailed(f"{said}. It looks like a login page: check the token, and whether a proxy asks for a login")
    return Permanent(f"{said}. If this is the new address, set base_url to it")
