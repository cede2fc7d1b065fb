"""The issue page in a real browser: merge and undo by the page alone, the live check, no script of a customer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from bridge.store.clusters import Cluster
from bridge.words import Role, display_id
from tests.web.house import House
from tests.web.test_issue_page import HOSTILE


@pytest.fixture
def address(house: House) -> Iterator[str]:
    with house.live() as url:
        yield url


def opened(chromium: Any, house: House, url: str, path: str, *, width: int = 1280, theme: str = "light") -> Any:
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    context.add_cookies([house.cookie(Role.PRODUCT_MANAGER, url)])
    page = context.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else None)
    page.on("dialog", lambda dialog: (page.faults.append(dialog.message), dialog.dismiss()))
    page.goto(url + path)
    return page


def test_merge_and_undo_on_the_page(chromium: Any, house: House, address: str) -> None:
    vat, export = house.ids["vat"], house.ids["export"]
    page = opened(chromium, house, address, f"/issues/{display_id(vat)}")
    page.get_by_role("link", name="Merge…").click()
    page.get_by_label("Id or words of the title").fill("export")
    page.get_by_role("button", name="Search").click()
    page.locator(".ib-list").first.get_by_role("link", name="Preview").click()
    page.get_by_role("heading", name="What happens").wait_for()
    page.get_by_label("Why").fill("the same cause")
    page.get_by_role("button", name=f"Merge into {display_id(vat)}").click()
    assert f"merged {display_id(export)}" in page.locator("[data-done]").inner_text()
    assert house.loop.places()["201"] == vat
    page.locator("[data-done]").get_by_role("button", name="Undo").click()
    page.locator(".ib-note", has_text="Taken back").wait_for()
    assert house.loop.places()["201"] == export
    assert page.faults == []
    page.context.close()


def test_editor_checks_while_typing_and_saves_by_key(chromium: Any, house: House, address: str) -> None:
    path = f"/issues/{display_id(house.ids['export'])}/remedy"
    page = opened(chromium, house, address, path)
    approve = page.get_by_role("button", name="Approve and tell agents")
    assert approve.is_disabled()
    page.get_by_label("State", exact=True).select_option("investigating")
    page.get_by_label("Owner").fill("R. Diaz")
    page.get_by_label("What to tell the customer").fill("We look into the export.")
    page.get_by_text("Ready.").wait_for()
    expect(approve).to_be_enabled()
    expect(page.locator("[data-live=preview] [data-say]")).to_contain_text("We look into the export.")
    page.get_by_label("What to tell the customer").fill("Out on 4 Dec.")
    page.get_by_text("holds the typed date").wait_for()
    expect(approve).to_be_disabled()
    with page.expect_navigation():
        page.get_by_label("What to tell the customer").press("Control+s")
    page.get_by_text("Saved as draft").wait_for()
    assert page.get_by_label("What to tell the customer").input_value() == "Out on 4 Dec."
    assert page.faults == []
    page.context.close()


def test_hostile_title_runs_nothing(chromium: Any, house: House, address: str) -> None:
    vat, export = house.ids["vat"], house.ids["export"]
    with house.db.write() as session:
        for cluster in (vat, export):
            session.get_one(Cluster, cluster).title = HOSTILE + "w" * 3000
    for path in (
        f"/issues/{display_id(vat)}",
        f"/issues/merge?ids={vat},{export}",
        f"/issues/{display_id(vat)}/remedy",
    ):
        page = opened(chromium, house, address, path, width=400)
        assert page.faults == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        page.context.close()
