"""Walking lists that move: nothing is lost, and a server that does not turn pages is found out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors._paging import (
    SEEN_CAP,
    Batch,
    Keyset,
    Row,
    follow,
    keyset_pages,
    offset_pages,
    stamp_of,
)
from connectors.base import Permanent, Transient

T0 = datetime(2026, 3, 1, 9, tzinfo=UTC)
OVERLAP = timedelta(seconds=10)


class Desk:
    """Rows with a clock of whole seconds; a change shows up to ``lag`` seconds later, each with a delay of its own."""

    def __init__(self, page_size: int, lag: int = 0) -> None:
        self.page_size = page_size
        self.lag = lag
        self.now = 0
        self.rows: dict[str, tuple[int, int]] = {}
        self.old: dict[str, tuple[int, int]] = {}

    def touch(self, row_id: str) -> None:
        at, version = self.rows.get(row_id, (0, 0))
        if row_id in self.rows and self.shows(row_id, at):
            self.old[row_id] = (at, version)
        self.rows[row_id] = (self.now, version + 1)

    def shows(self, row_id: str, at: int) -> bool:
        return at + (7 * at + 5 * int(row_id)) % (self.lag + 1) <= self.now

    def visible(self) -> dict[str, tuple[int, int]]:
        shown = {row_id: row for row_id, row in self.rows.items() if self.shows(row_id, row[0])}
        return {**{row_id: row for row_id, row in self.old.items() if row_id in self.rows}, **shown}

    def fetch(self, since: datetime | None, page: int) -> Batch[int]:
        start = (since - T0).total_seconds() if since else -1
        found = sorted((at, row_id, version) for row_id, (at, version) in self.visible().items() if at >= start)
        part = found[page * self.page_size : (page + 1) * self.page_size]
        rows = [Row(row_id, T0 + timedelta(seconds=at), str(version), version) for at, row_id, version in part]
        return Batch(rows, more=(page + 1) * self.page_size < len(found), total=len(found))


actions = st.lists(
    st.one_of(
        st.tuples(st.just("touch"), st.integers(0, 30)),
        st.tuples(st.just("bulk"), st.integers(0, 30)),
        st.tuples(st.just("tick"), st.integers(1, 4)),
        st.tuples(st.just("page"), st.integers(1, 3)),
        st.tuples(st.just("crash"), st.just(0)),
    ),
    max_size=60,
)


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 6), st.integers(0, 6), actions)
def test_no_change_is_lost_whatever_happens_between_the_requests(page_size: int, lag: int, script: list) -> None:
    desk = Desk(page_size, lag)
    stored: dict[str, int] = {}
    cursor: str | None = None
    walk = None
    for what, number in script:
        if what == "touch":
            desk.touch(str(number))
        elif what == "bulk":
            for row in range(number, number + 8):
                desk.touch(str(row))
        elif what == "tick":
            desk.now += number
        elif what == "crash":
            walk = None
        else:
            walk = walk or keyset_pages(desk.fetch, cursor, overlap=OVERLAP)
            for _ in range(number):
                page = next(walk, None)
                if page is None:
                    walk = None
                    break
                stored.update((row.id, max(row.item, stored.get(row.id, 0))) for row in page[0])
                cursor = page[1]
    desk.now += lag
    for rows, after, _ in keyset_pages(desk.fetch, cursor, overlap=OVERLAP):
        stored.update((row.id, max(row.item, stored.get(row.id, 0))) for row in rows)
        cursor = after
    assert stored == {row_id: version for row_id, (_, version) in desk.rows.items()}
    again = [row for rows, _, _ in keyset_pages(desk.fetch, cursor, overlap=OVERLAP) for row in rows]
    assert again == []


def test_rows_that_move_while_a_full_page_of_ties_is_read_are_not_lost() -> None:
    desk = Desk(page_size=3)
    for number in range(9):
        desk.touch(str(number))
    desk.now = 5
    moves = iter(["0", "1"])
    seen: set[str] = set()

    def fetch(since: datetime | None, page: int) -> Batch[int]:
        if page == 1:
            desk.touch(next(moves, "0"))
        return desk.fetch(since, page)

    for rows, _, _ in keyset_pages(fetch, None, overlap=OVERLAP):
        seen.update(row.id for row in rows)
    assert seen == {str(number) for number in range(9)}


def test_a_list_that_never_holds_still_ends_in_words() -> None:
    calls = iter(range(10_000))

    def fetch(_since: datetime | None, page: int) -> Batch[None]:
        return Batch([Row(f"{page}-{next(calls)}", T0, "1", None)], more=True)

    with pytest.raises(Transient, match="keeps changing"):
        list(keyset_pages(fetch, None, overlap=OVERLAP))


def test_a_server_that_ignores_the_page_is_found_out() -> None:
    rows = [Row(str(number), T0, "1", None) for number in range(3)]
    with pytest.raises(Transient, match="two identical pages"):
        list(keyset_pages(lambda _since, _page: Batch(rows, more=True), None, overlap=OVERLAP))
    with pytest.raises(Transient, match="two identical pages"):
        list(offset_pages(lambda _page: Batch(rows, more=True)))


def test_a_query_by_the_minute_does_not_stand_still() -> None:
    desk = Desk(page_size=2)
    for number in range(20):
        desk.now = number * 7
        desk.touch(str(number))

    def fetch(since: datetime | None, page: int) -> Batch[int]:
        assert since is None or since.second == 0
        return desk.fetch(since, page)

    minute = timedelta(minutes=1)
    found = [row.id for rows, _, _ in keyset_pages(fetch, None, overlap=OVERLAP, resolution=minute) for row in rows]
    assert sorted(found, key=int) == [str(number) for number in range(20)]


def test_the_cursor_stays_small_and_the_beginning_of_time_is_no_error() -> None:
    rows = [Row(f"id-{number}", T0, stamp_of({"n": number}), None) for number in range(3 * SEEN_CAP)]
    keys = Keyset().advance(rows, OVERLAP)
    assert len(keys.seen) == SEEN_CAP
    assert len(keys.dump()) < 50 * SEEN_CAP
    assert Keyset.load(keys.dump()) == keys
    assert Keyset(datetime(1, 1, 1, tzinfo=UTC)).since(OVERLAP) == datetime(1, 1, 1, tzinfo=UTC)


def test_a_cursor_from_the_future_gives_nothing() -> None:
    desk = Desk(page_size=2)
    desk.touch("1")
    cursor = Keyset(datetime(2999, 1, 1, tzinfo=UTC)).dump()
    assert [rows for rows, _, _ in keyset_pages(desk.fetch, cursor, overlap=OVERLAP)] == [[]]


@pytest.mark.parametrize("cursor", ["", "2026-01-01", "[]", "{}", json.dumps({"at": 1, "seen": []})])
def test_a_cursor_of_something_else_is_refused(cursor: str) -> None:
    with pytest.raises(Permanent, match="reset this connection's sync state"):
        Keyset.load(cursor)


def test_a_whole_list_is_walked_again_when_a_row_goes_in_between() -> None:
    rows = [Row(str(number), T0, "1", None) for number in range(10)]

    def fetch(page: int) -> Batch[None]:
        part = rows[page * 3 : page * 3 + 3]
        more = page * 3 + 3 < len(rows)
        if page == 0 and len(rows) == 10:
            del rows[0]
            return Batch(part, more, 10)
        return Batch(part, more, len(rows))

    seen = {row.id for batch, _ in offset_pages(fetch) for row in batch}
    assert seen == {str(number) for number in range(10)}


def test_a_list_that_changes_all_the_time_ends_in_words() -> None:
    totals = iter(range(10_000))

    def fetch(page: int) -> Batch[None]:
        return Batch([Row(str(page), T0, "1", None)], more=page < 2, total=next(totals))

    with pytest.raises(Transient, match="keeps changing"):
        list(offset_pages(fetch))


def test_following_cursors_ends_at_none_and_finds_a_loop() -> None:
    pages = {None: ("a", "1"), "1": ("b", "2"), "2": ("c", None)}
    assert [page for page, _ in follow(lambda cursor: pages[cursor], None)] == ["a", "b", "c"]
    with pytest.raises(Transient, match="two identical cursors"):
        list(follow(lambda _cursor: ("a", "1"), None))
