"""The documentation in Chromium: it opens, a call can be tried, nothing comes from elsewhere, the policy holds."""

from __future__ import annotations

from typing import Any

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
