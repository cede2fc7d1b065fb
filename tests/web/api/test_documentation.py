"""The documentation in Chromium: it opens, a call can be tried, nothing comes from elsewhere, the policy holds."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from pydantic import BaseModel

from bridge.web.api import schemas
from tests.web.house import House


def test_description_can_be_browsed_and_tried(shared_house: House, chromium: Any) -> None:
    with shared_house.live() as url:
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{url}/api/docs")
        page.locator("h3.opblock-tag").first.click()
        page.locator(".opblock-summary-control").first.click()
        page.locator("button.try-out__btn").first.click()
        page.locator("button.execute").first.click()
        page.locator(".live-responses-table").first.wait_for()
        page.set_viewport_size({"width": 400, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        page.close()
    assert [text for text in said if "401" not in text] == []
    assert [address for address in asked if not address.startswith((url, "data:"))] == []


def test_only_two_files_of_the_package_are_served(shared_house: House) -> None:
    client = shared_house.app.test_client()
    assert client.get("/api/docs/swagger-ui-bundle.js").status_code == 200
    assert client.get("/api/docs/oauth2-redirect.html").status_code == 404
    assert "unsafe" not in client.get("/api/docs").headers["Content-Security-Policy"]


def test_no_two_schemas_share_a_name() -> None:
    """The description knows them by name alone: of two the one would be told for the other."""
    modules = [import_module(f"{schemas.__name__}.{found.name}") for found in iter_modules(schemas.__path__)]
    named: dict[str, set[str]] = {}
    for module in modules:
        for name, thing in vars(module).items():
            if isinstance(thing, type) and issubclass(thing, BaseModel):
                named.setdefault(name, set()).add(thing.__module__)
    assert {name: places for name, places in named.items() if len(places) > 1} == {}
