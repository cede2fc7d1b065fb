"""Where things stand in a chart: round scales, and labels that do not run into each other. Numbers only, no markup."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bridge.service.issue_timeline import Mark, Timeline
from bridge.web.filters import MONTHS

LEFT, RIGHT = 84.0, 810.0
LETTER = 6.1
"""Width of a letter of a chart's text."""
GAP = 9.0
DOTS = 40
"""More tickets than these are drawn as columns, one a week."""
STACKED = 3
COLUMN = 24.0
_STEPS = (1, 2, 4, 6, 8, 10)


def round_top(value: float) -> float:
    """The end of a scale that holds ``value`` and whose half is a round number, too; 1 at least."""
    if value <= 1:
        return 1.0
    size = 10.0 ** math.floor(math.log10(value))
    # The logarithm is rounded, so a value may lie a hair above ten of its size.
    return next((step * size for step in _STEPS if step * size >= value), 20 * size)


def scale(value: float) -> str:
    """A round number of a scale, as short as it is: 50k, 1.5m."""
    for size, unit in ((1_000_000, "m"), (1_000, "k")):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


@dataclass(frozen=True, slots=True)
class Label:
    """Text at a place; ``anchor`` is start, middle or end."""

    x: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Lane:
    """A row of marks; ``labels`` are those for which there is room."""

    xs: tuple[float, ...]
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Column:
    x: float
    width: float
    height: float
    count: int


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table behind the chart."""

    at: datetime
    what: str
    word: str


@dataclass(frozen=True, slots=True)
class Drawing:
    months: tuple[Label, ...]
    dots: tuple[Dot, ...]
    columns: tuple[Column, ...]
    plan: Lane
    tracker: Lane
    told: Lane
    today: float
    rows: tuple[Row, ...]


def draw(line: Timeline) -> Drawing:
    total = sum(count for _, count in line.tickets)
    days = [Row(_noon(day), "Tickets", f"{n} ticket{'s' if n > 1 else ''}") for day, n in line.tickets]
    lanes = (("Plan", line.plan), ("Tracker", line.tracker), ("Told", line.told))
    marks = [Row(mark.at, lane, mark.word) for lane, found in lanes for mark in found]
    return Drawing(
        months=tuple(_months(line)),
        dots=tuple(_dots(line)) if total <= DOTS else (),
        columns=tuple(_columns(line)) if total > DOTS else (),
        plan=_lane(line, line.plan),
        tracker=_lane(line, line.tracker),
        told=_lane(line, line.told),
        today=_x(line, line.end),
        rows=tuple(sorted([*days, *marks], key=lambda row: row.at, reverse=True)),
    )


def _x(line: Timeline, at: datetime) -> float:
    share = (at - line.start) / (line.end - line.start)
    return round(LEFT + share * (RIGHT - LEFT), 1)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def _months(line: Timeline) -> list[Label]:
    """The first days of the months, but not where "today" stands."""
    first = (line.start.date().replace(day=1) + timedelta(days=32)).replace(day=1)
    found = []
    while _noon(first) < line.end:
        x = _x(line, datetime.combine(first, time(), UTC))
        found.append(Label(x, f"1 {MONTHS[first.month - 1]}" if RIGHT - x > 60 else ""))  # noqa: PLR2004 - width of both
        first = (first + timedelta(days=32)).replace(day=1)
    return found


def _dots(line: Timeline) -> list[Dot]:
    found = []
    for day, count in line.tickets:
        x = min(_x(line, _noon(day)), RIGHT)
        found += [Dot(x, 30.0 - 8 * place) for place in range(min(count, STACKED))]
    return found


def _columns(line: Timeline) -> list[Column]:
    """One a week, the last one ends today."""
    weeks = round((line.end - line.start) / timedelta(weeks=1))
    counted = [0] * weeks
    for day, count in line.tickets:
        back = (line.end.date() - day).days // 7
        counted[max(0, weeks - 1 - back)] += count
    width, top = (RIGHT - LEFT) / weeks, max([*counted, 1])
    return [
        Column(round(LEFT + place * width + 2, 1), round(width - 4, 1), round(COLUMN * count / top, 1), count)
        for place, count in enumerate(counted)
    ]


def _lane(line: Timeline, marks: Sequence[Mark]) -> Lane:
    xs = [_x(line, mark.at) for mark in marks]
    labels: list[Label] = []
    free = LEFT
    for place, (x, mark) in enumerate(zip(xs, marks, strict=True)):
        width = len(mark.word) * LETTER
        following = xs[place + 1] if place + 1 < len(xs) else RIGHT + GAP
        if place + 1 < len(xs) and following - x < GAP:
            continue
        if x - GAP - width >= free and following - x < width + GAP:
            labels.append(Label(x - GAP, mark.word, "end"))
            free = x + GAP
        elif x + GAP >= free and x + GAP + width <= max(following - GAP, free):
            labels.append(Label(x + GAP, mark.word))
            free = x + GAP + width
        else:
            free = max(free, x + GAP)
    return Lane(tuple(xs), tuple(labels))
