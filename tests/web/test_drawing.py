"""Charts: scales are round and hold what they show, labels never run into each other, every mark is in the table."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.service.issue_timeline import Mark, Timeline
from bridge.web.drawing import DOTS, LEFT, LETTER, RIGHT, Lane, draw, round_top, scale

END = datetime(2026, 11, 23, 8, tzinfo=UTC)
START = END - timedelta(weeks=12)
marks = st.lists(
    st.builds(
        Mark,
        st.datetimes(START.replace(tzinfo=None), END.replace(tzinfo=None)).map(lambda at: at.replace(tzinfo=UTC)),
        st.sampled_from(["triage", "in progress", "investigating, draft", "revision 12: 340 tickets"]),
    ),
    max_size=12,
).map(lambda found: tuple(sorted(found, key=lambda mark: mark.at)))


def line(tickets: dict[date, int] | None = None, plan: tuple[Mark, ...] = ()) -> Timeline:
    return Timeline(START, END, tuple(sorted((tickets or {}).items())), 0, plan, (), ())


@given(st.floats(min_value=0, max_value=1e12))
def test_scale_holds_its_value_and_is_round(value: float) -> None:
    top = round_top(value)
    assert top >= value
    assert top <= 2 * max(value, 1) * (1 + 1e-9)


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (500, "500"), (50_000, "50k"), (1_500_000, "1.5m")])
def test_ends_of_a_scale_are_short(value: float, text: str) -> None:
    assert scale(value) == text


@given(marks)
def test_labels_keep_apart_and_inside(found: tuple[Mark, ...]) -> None:
    lane: Lane = draw(line(plan=found)).plan
    assert len(lane.xs) == len(found)
    spans = []
    for label in lane.labels:
        width = len(label.text) * LETTER
        start = label.x - width if label.anchor == "end" else label.x
        spans.append((start, start + width))
    assert all(start >= LEFT and end <= RIGHT + 1 for start, end in spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))


@given(st.dictionaries(st.dates(START.date(), END.date()), st.integers(1, 30), max_size=60))
def test_every_ticket_is_drawn_once_and_stands_in_the_table(tickets: dict[date, int]) -> None:
    drawing = draw(line(tickets))
    total = sum(tickets.values())
    if total > DOTS:
        assert sum(column.count for column in drawing.columns) == total
        assert drawing.dots == ()
    else:
        assert len(drawing.dots) == sum(min(count, 3) for count in tickets.values())
    assert sum(int(row.word.split()[0]) for row in drawing.rows) == total
    assert all(LEFT <= dot.x <= RIGHT for dot in drawing.dots)
