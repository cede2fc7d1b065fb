"""Every page in a real browser, at 1280 and 400 px, as every role that may see it: nothing overflows, nothing is logged,
axe finds nothing serious. Screenshots of what differs go to the folder named by BRIDGE_SCREENSHOTS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bridge.words import Role
from tests.services.browser import picture
from tests.web.house import House, furnished_house
from tests.web.tour import pages

WIDTHS = ((1280, 900), (400, 800))
SERIOUS = {"serious", "critical"}
THEMES = {Role.ADMIN: "dark", Role.SUPPLIER_AGENT: "dark"}
"""Roles whose browser prefers the dark; the others the light."""

SEEN: set[tuple[str, int | str, str]] = set()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, str]]:
    made = furnished_house(Path(tmp_path_factory.mktemp("look")) / "home")
    with made.live() as url:
        yield made, url
    made.db.dispose()


@contextmanager
def tab(
    browser: Any, house: House, url: str, role: Role | None, size: tuple[int, int]
) -> Iterator[tuple[Any, list[str]]]:
    """A page of a browser in which the role is signed in, and what it complains of."""
    width, height = size
    theme = THEMES.get(role, "light") if role else "light"
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
    said: list[str] = []
    try:
        if role is not None:
            context.add_cookies([house.cookie(role, url)])
        page = context.new_page()
        page.on("console", lambda m: said.append(f"{m.type}: {m.text}") if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda r: None if r.url.startswith((url, "data:")) else said.append(f"asked {r.url}"))
        yield page, said
    finally:
        context.close()


def keep(page: Any, role: Role | None, path: str, width: int) -> None:
    name = re.sub(r"[^a-zA-Z0-9]+", "-", path).strip("-") or "root"
    picture(page, f"{name}-{role.value if role else 'stranger'}-{width}")


def is_new(page: Any, path: str, width: int) -> bool:
    """Whether this sight is worth a picture and a look. A page that two roles have alike is looked at once in each theme
    and once at each width, not in every pair of them: colours do not depend on the width, nor the layout on the
    colours, and both take a second.
    """
    content = re.sub(r'value="[^"]*"|[0-9a-f]{16,}', "", page.locator("main").inner_html())
    theme = page.evaluate("document.documentElement.dataset.bsTheme")
    sights: set[tuple[str, int | str, str]] = {(path, width, content), (path, theme, content)}
    if sights <= SEEN:
        return False
    SEEN.update(sights)
    return True


def axe(page: Any) -> list[dict[str, Any]]:
    """Serious violations."""
    from axe_playwright_python.sync_playwright import Axe

    return [v for v in Axe().run(page).response["violations"] if v["impact"] in SERIOUS]


@pytest.mark.parametrize("size", WIDTHS, ids=lambda size: str(size[0]))
@pytest.mark.parametrize("role", [*Role, None])
def test_page_is_whole_quiet_and_accessible(
    place: tuple[House, str], chromium: Any, role: Role | None, size: tuple[int, int]
) -> None:
    house, url = place
    wrong: list[str] = []
    seen = pages(house, role)
    assert seen
    with tab(chromium, house, url, role, size) as (page, said):
        for path in seen:
            page.goto(url + path)
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > size[0]:
                wrong.append(f"{path}: {wide} px wide")
            if page.locator("h1").count() != 1:
                wrong.append(f"{path}: {page.locator('h1').count()} headings of the first level")
            if is_new(page, path, size[0]):
                keep(page, role, path, size[0])
                wrong += [f"{path}: {v['id']} {[n['html'][:120] for n in v['nodes'][:3]]}" for v in axe(page)]
            wrong += [f"{path}: {text}" for text in said]
            said.clear()
    assert wrong == []
