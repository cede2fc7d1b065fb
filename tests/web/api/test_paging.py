"""Pages: together they are the whole list, each row once, whatever came meanwhile; a made-up cursor is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.web.api.adapter import Invalid
from bridge.web.api.paging import Page, decoded, encoded, number, paged
from bridge.words import Role
from tests.web.api.asking import Program, program
from tests.web.house import House

LISTS = {"/clusters": "ref", "/users": "name", "/tokens": "id", "/audit": "id", "/accounts": "id", "/outbox": "id"}
KEYS = st.tuples(st.integers(-5, 5), st.text(max_size=3))


def walk(rows: list[Any], limit: int) -> list[Any]:
    found, cursor = [], None
    while True:
        part, cursor = paged(rows, lambda row: row, Page(limit=limit, cursor=cursor))
        found += part
        if cursor is None:
            return found


@given(st.sets(KEYS), st.integers(1, 7))
def test_pages_are_the_whole_list_once(keys: set[tuple[int, str]], limit: int) -> None:
    assert walk(list(keys), limit) == sorted(keys)


@given(st.sets(st.integers(0, 30), min_size=1), st.sets(st.integers(0, 30)), st.integers(1, 5))
def test_rows_that_come_meanwhile_shift_nothing(there: set[int], come: set[int], limit: int) -> None:
    first, cursor = paged([(n,) for n in there], lambda row: row, Page(limit=limit))
    rest = []
    while cursor is not None:
        part, cursor = paged([(n,) for n in there | come], lambda row: row, Page(limit=limit, cursor=cursor))
        rest += part
    seen = first + rest
    assert len(seen) == len(set(seen))
    assert {(n,) for n in there} <= set(seen)


@given(st.lists(st.one_of(st.integers(), st.text(), st.floats(allow_nan=False)), min_size=1, max_size=3).map(tuple))
def test_cursor_reads_back(key: tuple[Any, ...]) -> None:
    assert decoded(encoded(key)) == key


@given(st.text(max_size=40))
def test_made_up_cursor_is_refused_or_one_of_ours(text: str) -> None:
    try:
        key = decoded(text)
    except Invalid:
        return
    assert encoded(key) == text


@pytest.mark.parametrize("key", [(-1,), (2**31,), (1, 2), ("1",), (1.0,)])
def test_cursor_of_an_id_holds_an_id(key: tuple[Any, ...]) -> None:
    with pytest.raises(Invalid):
        number(encoded(key))


@pytest.fixture(scope="module")
def admin(shared_house: House) -> Program:
    programs = [program(shared_house, Role.ADMIN) for _ in range(3)]
    return programs[0]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("limit", [1, 2, 200])
def test_every_list_pages(admin: Program, path: str, limit: int) -> None:
    more = {"state": "all"} if path == "/outbox" else {}
    whole = admin.get(path, query_string={"limit": 200, **more}).get_json()
    assert whole["next"] is None
    found, cursor = [], None
    while True:
        asked = {"limit": limit, **more, **({"cursor": cursor} if cursor else {})}
        page = admin.get(path, query_string=asked).get_json()
        assert len(page["items"]) <= limit
        found += [row[LISTS[path]] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == [row[LISTS[path]] for row in whole["items"]]
    assert len(found) > 2


@pytest.mark.parametrize("limit", ["0", "201", "x", "-1"])
def test_limit_is_1_to_200(admin: Program, limit: str) -> None:
    answer = admin.get("/clusters", query_string={"limit": limit})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["parameter"] == "limit"


def test_list_goes_on_after_its_last_row_was_merged_away(house: House) -> None:
    who = program(house, Role.ADMIN)
    first = who.get("/clusters", query_string={"limit": 2}).get_json()
    refs = [row["ref"] for row in who.get("/clusters").get_json()["items"]]
    who.post(f"/clusters/{refs[0]}/merge", {"issues": [refs[1]]})
    rest = who.get("/clusters", query_string={"limit": 2, "cursor": first["next"]}).get_json()
    assert {row["ref"] for row in rest["items"]} <= set(refs[2:])
