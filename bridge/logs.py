"""How web and worker log: structured lines on standard error, with the ids of the request or run that they belong to.

Rule: no text of tickets. An error is its type and its place; its message and its values stay out.
"""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor

QUIET = ("apscheduler", "alembic", "werkzeug", "urllib3", "sentence_transformers")


def configure(style: Literal["auto", "json", "text"], stream: TextIO | None = None) -> None:
    """All loggers of this process, the libraries' too, write to ``stream`` (standard error) from now on.

    ``auto`` is text where the stream is a terminal, JSON elsewhere.
    """
    stream = stream or sys.stderr
    if style == "auto":
        style = "text" if stream.isatty() else "json"
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        error_without_text,
    ]
    render: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=False, timestamp_key="at")
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render]
        )
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def error_without_text(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """``exc_info`` becomes the error's type and the places that it passed."""
    given = event.pop("exc_info", None)
    if not given:
        return event
    error: BaseException | None
    place: TracebackType | None
    if isinstance(given, BaseException):
        error, place = given, given.__traceback__
    else:
        _, error, place = given if isinstance(given, tuple) else sys.exc_info()
    if error is not None:
        event["error"] = type(error).__name__
        event["place"] = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(place)]
    return event
