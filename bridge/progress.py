"""What a step tells while it works and when it has ended."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

logger = logging.getLogger(__name__)

SYNC = (
    *("pull", "relearn", "embed", "group", "rank", "alert", "publish", "deliver"),
    *("track", "plan", "push", "digest", "deliver"),
)
"""The whole loop once, by the names of its steps; deliver runs twice so that one sync carries a remedy all the way."""


class Progress(Protocol):
    """Called now and then by a step. ``total`` is None where nobody knows how much there is."""

    def __call__(self, step: str, done: int, total: int | None) -> None: ...


def silent(step: str, done: int, total: int | None) -> None:
    """A Progress that tells nobody."""


@dataclass(slots=True)
class StepReport:
    """Counts of one step. ``done`` changed something, ``skipped`` needed nothing, ``failed`` was set aside.

    ``notes`` are sentences for people: what was wrong, where, and what to do.
    """

    step: str
    connection: str | None = None
    done: int = 0
    skipped: int = 0
    failed: int = 0
    seconds: float = 0.0
    error: str | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.error is None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def log_reports(reports: Iterable[StepReport]) -> None:
    """A line a step: counts and whether it failed. What it says about it stays in the row that holds the report."""
    for report in reports:
        logger.log(
            logging.INFO if report.ok else logging.WARNING,
            "step %s %s: %d done, %d unchanged, %d set aside or failed, %.2f s%s",
            report.step,
            report.connection or "-",
            report.done,
            report.skipped,
            report.failed,
            report.seconds,
            "" if report.ok else ", ended with an error",
        )
