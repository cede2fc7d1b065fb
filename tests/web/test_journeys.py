"""The product manager's journey in a real browser: open an issue, merge a duplicate, see the rank move, undo it.

The agent's journey is in test_agent_browser.py, the admin's in test_connections.py.
"""

from __future__ import annotations

import re
from typing import Any

from bridge.words import Role, display_id
from tests.web.house import House
from tests.web.test_look import tab


def ranks(page: Any, url: str) -> dict[str, int]:
    """Rank by title, as the list shows it."""
    page.goto(f"{url}/issues?thin=1")
    found = {}
    for row in page.locator("[data-rows] tr[data-row], [data-rows] [data-row]").all():
        cells = row.inner_text()
        number = re.search(r"\d+", cells)
        assert number
        found[row.locator("a.ib-title").inner_text().strip()] = int(number[0])
    return found


def test_merging_moves_the_rank_and_undo_moves_it_back(house: House, chromium: Any) -> None:
    export, printing = "Export is slow", "Cannot print the labels"
    with house.live() as url, tab(chromium, house, url, Role.PRODUCT_MANAGER, (1280, 900)) as (page, said):
        before = ranks(page, url)
        assert before[printing] < before[export]
        page.locator("a.ib-title", has_text=export).click()
        page.get_by_role("link", name="Merge…").click()
        page.locator("main input[name=q]").fill("print")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("link", name="Preview").first.click()
        merge = page.get_by_role("button", name=f"Merge into {display_id(house.ids['export'])}")
        merge.wait_for()
        assert printing in page.locator("main").inner_text()
        with page.expect_navigation():
            merge.click()
        after = ranks(page, url)
        assert printing not in after
        assert after[export] == before[export] - 1
        page.goto(f"{url}/issues/{display_id(house.ids['export'])}")
        with page.expect_navigation():
            page.get_by_role("button", name="Undo").first.click()
        assert ranks(page, url) == before
        assert said == []
