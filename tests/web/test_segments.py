"""The editor of segment rules: by form, in a browser, and by API."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser

from bridge.words import Role
from tests.web.api.asking import program
from tests.web.house import House, csrf_of

EDIT = "/segments/edit"


def sent(page: str) -> dict[str, Any]:
    """What a browser would send of the form as it stands."""
    fields: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            fields.setdefault(name[1], []).append(value[1] if value else "")
    for name, inner in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inner)
        fields[name] = [chosen[1] if chosen else ""]
    return fields


def test_the_form_moves_adds_deletes_previews_saves_and_is_taken_back(house: House) -> None:
    client = house.client(Role.PRODUCT_MANAGER)
    token = csrf_of(client, EDIT)

    def press(fields: dict[str, Any], do: str) -> Any:
        headers = {"Referer": f"http://localhost{EDIT}"}
        return client.post(EDIT, data={**fields, "csrf_token": token, "do": do}, headers=headers)

    fields = sent(client.get(EDIT).get_data(as_text=True))
    assert fields["name-0"] == ["strategic"]
    fields = sent(press(fields, "down:0").get_data(as_text=True))
    assert [fields[f"name-{n}"][0] for n in range(4)] == ["mid-market", "strategic", "self-serve", "unclassified"]
    fields = sent(press(fields, "delete:1").get_data(as_text=True))
    fields = sent(press(fields, "add").get_data(as_text=True))
    assert [fields[f"name-{n}"][0] for n in range(4)] == ["mid-market", "self-serve", "", "unclassified"]
    wrong = press(fields, "preview").get_data(as_text=True)
    assert "segment 3</a>, name is empty" in wrong
    assert "no condition: it would take every account" in wrong
    fields = sent(press(fields, "delete:2").get_data(as_text=True))
    page = press(fields, "save").get_data(as_text=True)
    assert "changed after the preview" in page
    assert "Strategic</td>" in page
    saved = press({**sent(page), "reason": ["too few of them"]}, "save")
    assert saved.status_code == 303
    listing = client.get("/segments").get_data(as_text=True)
    assert "too few of them" in listing
    assert "strategic" not in listing.lower().replace("strategic_", "")
    event = re.search(r'name="event" value="(\d+)"', listing)
    assert event
    house.post(client, "/segments/undo", "/segments", event=event[1])
    assert "Strategic" in client.get("/segments").get_data(as_text=True)


def test_a_reader_sees_the_rules_and_no_way_to_change_them(house: House) -> None:
    page = house.client(Role.CSM).get("/segments").get_data(as_text=True)
    assert "value from EUR 100,000" in page
    assert EDIT not in page


def test_a_program_reads_tries_and_changes_the_rules(house: House) -> None:
    who = program(house, Role.PRODUCT_MANAGER)
    held = who.get("/segments/rules").get_json()
    rules = held["rules"]
    rules[0]["region"] = ["Atlantis"]
    tried = who.post("/segments/rules/preview", {"rules": rules}).get_json()
    assert tried["moved"] == 2
    assert {move["after"] for move in tried["moves"]} == {"mid-market"}
    assert who.get("/segments/rules").get_json()["mark"] == held["mark"]
    body = {"rules": rules, "mark": held["mark"], "reason": "test"}
    kept = who.ask("PUT", "/segments/rules", json=body).get_json()
    assert kept["rules"] == rules
    assert who.ask("PUT", "/segments/rules", json=body).status_code == 409
    back = who.post(f"/segments/rules/{kept['last']['event']}/undo").get_json()
    assert back["rules"][0]["region"] == []
    refused = who.ask("PUT", "/segments/rules", json={"rules": rules[:1], "mark": back["mark"]})
    assert refused.status_code == 409
    assert "segment 1: the last segment takes all others" in refused.get_json()["detail"]


def test_in_a_browser_the_preview_comes_before_the_change(house: House, chromium: Browser) -> None:
    with house.live() as url:
        context = chromium.new_context(viewport={"width": 400, "height": 800}, color_scheme="dark")
        context.add_cookies([house.cookie(Role.PRODUCT_MANAGER, url)])
        page = context.new_page()
        page.goto(url + EDIT)
        page.get_by_label("Value from").first.fill("50000")
        page.get_by_label("Value from").first.press("Enter")
        page.get_by_role("heading", name="Who would move").wait_for()
        assert page.locator("#preview").get_by_text("Borealis").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") == 400
        page.get_by_placeholder("Why: stands in the log").fill("sales said so")
        page.get_by_role("button", name="Save and rank by it").click()
        page.get_by_text("The segments are changed").wait_for()
        page.get_by_role("button", name="Undo").click()
        page.get_by_text("Taken back").wait_for()
        assert page.get_by_text("value from EUR 100,000").count() == 1
        context.close()
