"""The lines of the list as HTML, drawn once and kept: a line is what its arguments say, nothing else.

Rule: time passes by way of the arguments ("2 d ago" is one of them), so that a kept line is never out of date.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from flask import Flask, current_app
from markupsafe import Markup

from bridge.analysis.uncertainty import SEVERITY_SET
from bridge.service.issue_money import Sight
from bridge.service.issue_rows import Row
from bridge.service.issues import IssueList
from bridge.web import issue_words

KEPT = 2_000
TAGS = 2
"""More of them on a line nobody reads."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Which columns the reader has."""

    decides: bool
    money: bool
    exact: bool
    currency: str
    back: str

    @property
    def columns(self) -> int:
        return 8 + 2 * self.decides + self.money


@dataclass(frozen=True, slots=True)
class Said:
    """What a line says in words: the reason, the freshness of its plan, what is to be done, and what people hold about
    it, each with its title and whether it acts; ``badges`` as far as there is room.
    """

    why: str
    fresh: Markup
    step: str
    held: tuple[tuple[str, str, bool], ...]
    badges: tuple[str, ...]


def install(app: Flask) -> None:
    app.add_template_filter(issue_words.held, "held_words")
    app.add_template_filter(issue_words.held_title, "held_title")


def lines(found: IssueList, *, decides: bool, back: str = "") -> list[Markup]:
    """``back``: the address of the list, to which a decision leads back."""
    shape = Shape(decides, found.sight is not Sight.NONE, found.sight is Sight.ALL, found.currency, back)
    fresh = current_app.jinja_env.get_template("macros/marks.html").module.fresh  # type: ignore[attr-defined]

    def said(row: Row) -> Said:
        step = issue_words.next_step(row) if decides else ""
        held = tuple((issue_words.held(one), issue_words.held_title(one), one.acts) for one in row.held)
        badges = [badge for badge in row.badges if badge != SEVERITY_SET or not held]
        room = max(0, TAGS - len(held))
        return Said(issue_words.why(row), fresh(row.trust, row.first_at), step, held, tuple(badges[:room]))

    return [_line(row, said(row), shape) for row in found.rows]


@lru_cache(maxsize=KEPT)
def _line(row: Row, said: Said, shape: Shape) -> Markup:
    module = current_app.jinja_env.get_template("macros/issue_line.html").module
    return cast(Markup, module.line(row, said, shape))  # type: ignore[attr-defined]
