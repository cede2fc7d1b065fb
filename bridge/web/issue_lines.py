"""The lines of the list as HTML, drawn once and kept: a line is what its arguments say, nothing else.

Rule: time passes by way of the arguments ("2 d ago" is one of them), so that a kept line is never out of date.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from flask import current_app
from markupsafe import Markup

from bridge.service.issue_money import Sight
from bridge.service.issue_rows import Row
from bridge.service.issues import IssueList
from bridge.web import issue_words

KEPT = 2_000


@dataclass(frozen=True, slots=True)
class Shape:
    """Which columns the reader has."""

    decides: bool
    money: bool
    exact: bool
    currency: str

    @property
    def columns(self) -> int:
        return 8 + 2 * self.decides + self.money


@dataclass(frozen=True, slots=True)
class Said:
    """What a line says in words: the reason, the freshness of its plan, what is to be done."""

    why: str
    fresh: Markup
    step: str


def lines(found: IssueList, *, decides: bool) -> list[Markup]:
    shape = Shape(decides, found.sight is not Sight.NONE, found.sight is Sight.ALL, found.currency)
    fresh = current_app.jinja_env.get_template("macros/marks.html").module.fresh  # type: ignore[attr-defined]

    def said(row: Row) -> Said:
        step = issue_words.next_step(row) if decides else ""
        return Said(issue_words.why(row), fresh(row.trust, row.first_at), step)

    return [_line(row, said(row), shape) for row in found.rows]


@lru_cache(maxsize=KEPT)
def _line(row: Row, said: Said, shape: Shape) -> Markup:
    module = current_app.jinja_env.get_template("macros/issue_line.html").module
    return cast(Markup, module.line(row, said, shape))  # type: ignore[attr-defined]
