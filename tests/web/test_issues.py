"""The page of the ranked list: what a reader gets in HTML and CSV, what its forms do, and its keys in a browser."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from flask.testing import FlaskClient

from bridge.store.access import SavedView
from bridge.words import Role
from tests.web.house import SECRET_NAMES, SECRET_NOTE, House

WITHOUT_VALUE = (Role.AGENT, Role.SUPPLIER_MANAGER)
VALUES = ("7654321", "7,654,321", "7.65m", "98765", "98,765", "98.8k")
MOST_BYTES = 150_000


def page(client: FlaskClient, path: str = "/issues") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def table(house: House, role: Role, path: str = "/issues.csv") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(page(house.client(role), path))))


@pytest.mark.parametrize("role", WITHOUT_VALUE)
def test_no_name_and_no_value_reaches_those_who_may_not_read_them(house: House, role: Role) -> None:
    client = house.client(role)
    ids = ",".join(str(id_) for id_ in house.ids.values())
    for path in ("/issues", "/issues.csv", "/issues?sort=rise", f"/issues/together?ids={ids}"):
        text = page(client, path)
        for canary in (*SECRET_NAMES, *VALUES, SECRET_NOTE, "Acme", "Borealis", "renews"):
            assert canary not in text, (path, canary)
    assert "bulk" not in page(client)


def test_product_manager_reads_why_what_if_and_what_agents_see(house: House) -> None:
    text = page(house.client(Role.PRODUCT_MANAGER))
    assert SECRET_NAMES[0] in text
    assert SECRET_NOTE not in text
    for words in ("What would move it", "What agents see now", "OK to quote", "Monday review"):
        assert words in text


@pytest.mark.parametrize("role", [Role.SUPPLIER_AGENT, Role.SUPPLIER_CONTACT])
def test_suppliers_are_refused(house: House, role: Role) -> None:
    for path in ("/issues", "/issues.csv", "/issues/together?ids=1"):
        assert house.client(role).get(path).status_code == 403


def test_table_columns_follow_the_role(house: House) -> None:
    columns = {role: set(table(house, role)[0]) for role in (Role.PRODUCT_MANAGER, *WITHOUT_VALUE)}
    assert "largest account" in columns[Role.PRODUCT_MANAGER]
    assert columns[Role.SUPPLIER_MANAGER] - columns[Role.AGENT] == {"EUR per year"}
    assert {row["EUR per year"] for row in table(house, Role.SUPPLIER_MANAGER)} <= {"<10k", "10–100k", ">100k"}


def test_table_is_the_filtered_list_and_no_cell_is_a_formula(house: House) -> None:
    with house.db.write() as session:
        from bridge.store.clusters import Cluster
        from bridge.store.sync import bump

        session.get_one(Cluster, house.ids["typo"]).title = '\t=HYPERLINK("https://evil.example")'
        bump(session, "clusters")
    rows = table(house, Role.PRODUCT_MANAGER, "/issues.csv?q=evil")
    assert [row["title"][0] for row in rows] == ["'"]
    assert len(table(house, Role.PRODUCT_MANAGER)) == 4


def test_nothing_found_offers_each_filter_for_removal(house: House) -> None:
    text = page(house.client(Role.PRODUCT_MANAGER), "/issues?q=nowhere&state=planned&nonsense=1&page=zz")
    assert "No issue matches these 2 filters." in text
    assert 'href="/issues?state=planned"' in text
    assert 'href="/issues?q=nowhere"' in text


def test_empty_house_says_what_to_expect(bare_house: House) -> None:
    assert "No issues yet" in page(bare_house.client(Role.PRODUCT_MANAGER))


def test_forms_save_and_remove_a_view(house: House) -> None:
    client = house.client(Role.PRODUCT_MANAGER)
    saved = house.post(client, "/issues/views?q=export", "/issues?q=export", name="Exports")
    assert saved.location == "/issues?q=export"
    assert "Exports" in page(client)
    [view] = house.loop.rows(SavedView)
    assert house.post(client, "/issues/views", "/issues", drop=view.id).status_code == 303
    assert not house.loop.rows(SavedView)


def test_bulk_forms_decide_and_merging_asks_first(house: House) -> None:
    client = house.client(Role.PRODUCT_MANAGER)
    picked: Any = [house.ids["export"], house.ids["typo"]]
    merge = house.post(client, "/issues/bulk", "/issues", act="merge", ids=picked)
    assert merge.location == f"/issues/merge?ids={picked[0]},{picked[1]}"
    done = house.post(client, "/issues/bulk?sort=new", "/issues", act="publish", ids=picked)
    assert (done.status_code, done.location) == (303, "/issues?sort=new")
    assert "of 2 will go to the tracker" in page(client)
    house.post(client, "/issues/bulk", "/issues", act="owner", owner="R. Diaz", ids=picked)
    assert "R. Diaz is the owner" in page(client)
    refused = house.post(client, "/issues/bulk", "/issues", act="publish")
    assert refused.status_code == 303
    assert "no issue is selected" in page(client)
    assert house.post(house.client(Role.CSM), "/issues/bulk", "/issues", act="publish", ids=picked).status_code == 403


def test_fifty_rows_with_their_style_and_script_are_light(house: House) -> None:
    from tests.pipeline.loop import ticket

    house.loop.clock.pass_(600)
    at = house.loop.clock()
    for n in range(60):
        house.loop.put(ticket(f"x{n}", f"Something number {n} fails", requester=f"a@x{n}.example", at=at))
    house.loop.pull()
    for n in range(60):
        house.loop.cluster(f"Something number {n} fails in the export", f"x{n}")
    house.loop.rank()
    client = house.client(Role.PRODUCT_MANAGER)
    sent = 0
    for path in ("/issues", "/static/bridge.css", "/static/bridge.js", "/static/issues.js", "/static/theme.js"):
        answer = client.get(path, headers={"Accept-Encoding": "gzip"})
        sent += len(answer.data)
    assert page(client).count("data-row>") == 50
    assert sent < MOST_BYTES


@pytest.mark.parametrize("width", [1280, 400])
def test_keys_unfold_and_select_in_a_browser(house: House, chromium: Any, width: int) -> None:
    with house.live() as url:
        context = chromium.new_context(viewport={"width": width, "height": 800})
        try:
            context.add_cookies([house.cookie(Role.PRODUCT_MANAGER, url)])
            tab = context.new_page()
            errors: list[str] = []
            tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
            tab.goto(f"{url}/issues")
            assert not tab.locator("#bulk").is_visible()
            assert not tab.locator(".ib-detail").first.is_visible()
            for key in ("j", "e", "x", "j", "x"):
                tab.keyboard.press(key)
            assert tab.locator(".ib-detail").first.is_visible()
            assert tab.locator("#bulk").is_visible()
            tab.locator("[data-sum] data").wait_for()
            assert "2 selected" in tab.locator("#bulk").inner_text()
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
            tab.keyboard.press("Escape")
            assert not tab.locator("#bulk").is_visible()
            assert errors == []
        finally:
            context.close()
