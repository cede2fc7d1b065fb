"""Pins, mutes, severities and the Monday review: by form, by API, and with the mouse in Chromium."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.store.events import Event
from bridge.store.monday import MondayReview
from bridge.store.sticky import Sticky
from bridge.words import Role, display_id
from tests.web.api.asking import program
from tests.web.house import SECRET_NAMES, House

DAY = (datetime.now(UTC) + timedelta(days=9)).date()


def page(house: House, path: str, role: Role = Role.PRODUCT_MANAGER) -> str:
    answer = house.client(role).get(path)
    assert answer.status_code == 200, answer.status_code
    return answer.get_data(as_text=True)


def ref(house: House, name: str) -> str:
    return display_id(house.ids[name])


def test_the_page_says_what_each_severity_does_and_what_agents_see(house: House) -> None:
    text = page(house, f"/issues/{ref(house, 'vat')}/decide")
    assert "We are looking into the VAT total on PDF invoices." in text
    assert "as the tickets say" in text
    assert SECRET_NAMES[0] not in text
    assert house.client(Role.CSM).get(f"/issues/{ref(house, 'vat')}/decide").status_code == 403


def test_forms_hold_and_let_go_and_lead_back(house: House) -> None:
    client, thin = house.client(Role.PRODUCT_MANAGER), ref(house, "typo")
    asked = f"/issues/{thin}/decide"
    done = house.post(client, f"/issues/{thin}/hold", asked, kind="pin", reason="the board asked", until=DAY)
    assert done.location.startswith(f"/issues/{thin}?done=")
    shown = page(house, done.location)
    assert "data-done" in shown
    assert "the board asked" in shown
    listed = page(house, "/issues?held=pin")
    assert "pinned until" in listed
    assert 'title="the-product_manager, ' in listed
    assert "the board asked" not in page(house, "/issues", Role.SUPPLIER_MANAGER)
    back = house.post(client, f"/issues/{thin}/let-go", asked, kind="pin", next="/issues?held=pin")
    assert back.location == "/issues?held=pin"
    away = house.post(client, f"/issues/{thin}/let-go", asked, kind="pin", next="//evil.example")
    assert away.location.startswith(f"/issues/{thin}")


def test_forms_refuse_what_lacks_something_and_nothing_is_held(house: House) -> None:
    client, vat = house.client(Role.PRODUCT_MANAGER), ref(house, "vat")
    for form in (
        {"kind": "mute", "reason": "x"},
        {"kind": "pin"},
        {"kind": "pin", "reason": "x", "until": "tomorrow"},
        {"kind": "severity", "reason": "x"},
        {"kind": "nonsense", "reason": "x"},
    ):
        house.post(client, f"/issues/{vat}/hold", f"/issues/{vat}/decide", **form)
    assert house.loop.rows(Sticky) == []


def test_programs_do_the_same(house: House) -> None:
    who, vat = program(house, Role.PRODUCT_MANAGER), ref(house, "vat")
    pinned = who.post(f"/clusters/{vat}/pin", {"reason": "asked", "until": DAY.isoformat()})
    assert pinned.status_code == 200, pinned.get_json()
    assert who.post(f"/clusters/{vat}/mute", {"reason": "asked"}).status_code == 422
    muted = who.post(f"/clusters/{vat}/mute", {"reason": "known", "until": DAY.isoformat()}).get_json()
    [row] = [row for row in who.get("/clusters").get_json()["items"] if row["ref"] == vat]
    assert [(one["kind"], one["until"], one["reason"]) for one in row["held"]] == [("mute", DAY.isoformat(), "known")]
    assert not row["in_top"]
    assert who.post(f"/decisions/{muted['events'][0]}/undo", {}).status_code == 200
    assert who.get(f"/clusters/{vat}").get_json()["held"][0]["kind"] == "pin"
    assert who.post(f"/clusters/{vat}/severity", {"severity": "S1", "reason": "outage"}).status_code == 200
    cleared = who.post(f"/clusters/{vat}/severity", {"severity": None, "reason": "over"}).get_json()
    assert len(cleared["events"]) == 1
    assert who.post(f"/clusters/{vat}/unmute", {}).get_json()["events"] == []


def test_the_review_is_finished_and_taken_back_by_page_and_api(house: House) -> None:
    client = house.client(Role.PRODUCT_MANAGER)
    assert "Finish with" in page(house, "/issues/monday")
    assert "Finish" not in page(house, "/issues/monday", Role.AGENT).replace("Finished", "")
    house.post(client, "/issues/monday", "/issues/monday")
    assert house.loop.rows(MondayReview) == []
    house.post(client, "/issues/monday", "/issues/monday", reason="the rest on Tuesday")
    [row] = house.loop.rows(MondayReview)
    shown = page(house, "/issues/monday")
    assert "the rest on Tuesday" in shown
    assert "the rest on Tuesday" not in page(house, "/issues/monday", Role.SUPPLIER_MANAGER)
    assert "Since the review of" in page(house, "/issues")
    who = program(house, Role.PRODUCT_MANAGER)
    assert who.get("/monday").get_json()["review"]["reviewed_by"] == "the-product_manager"
    assert who.post(f"/monday/{row.id}/undo", {}).status_code == 200
    assert who.post(f"/monday/{row.id}/undo", {}).status_code >= 400


def test_no_name_and_no_amount_for_those_who_may_not_read_them(house: House) -> None:
    for role in (Role.AGENT, Role.SUPPLIER_MANAGER):
        text = page(house, "/issues/monday", role) + page(house, "/issues?largest=without", role)
        assert not any(name in text for name in SECRET_NAMES)
        assert "Without the largest" not in text


def test_a_day_before_all_rankings_says_so_and_today_is_now(house: House) -> None:
    assert "Nothing was ranked up to" in page(house, "/issues?as_of=2020-01-01")
    today = datetime.now(UTC).date().isoformat()
    assert "As of" not in page(house, f"/issues?as_of={today}").replace('for="asof">As of', "")


@pytest.mark.parametrize("width", [1280, 400])
def test_pin_mute_and_severity_with_the_mouse(house: House, chromium: Any, width: int) -> None:
    thin, vat = ref(house, "typo"), ref(house, "vat")
    with house.live() as url:
        context = chromium.new_context(viewport={"width": width, "height": 800}, locale="en-GB")
        try:
            context.add_cookies([house.cookie(Role.PRODUCT_MANAGER, url)])
            tab = context.new_page()
            errors: list[str] = []
            tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
            tab.goto(f"{url}/issues")
            row = tab.locator("tr[data-row]", has=tab.locator(f'a.ib-title[href="/issues/{thin}"]'))
            row.get_by_role("link", name="Pin, mute").click()
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
            pin = tab.locator("#pin")
            pin.get_by_label("Why").fill("the board asked")
            pin.get_by_role("button", name="Pin to the Top 10").click()
            tab.wait_for_url(f"{url}/issues")
            assert tab.locator("tr.ib-group", has_text="Below the Top 10").count() == 1
            shown = tab.locator("tbody tr[data-row] a.ib-title").evaluate_all("all => all.map(a => a.pathname)")
            below = tab.evaluate(
                "[...document.querySelectorAll('tr.ib-group ~ tr[data-row] a.ib-title')].map(a => a.pathname)"
            )
            assert f"/issues/{thin}" in shown
            assert f"/issues/{thin}" not in below
            tab.goto(f"{url}/issues/{vat}/decide")
            tab.locator("#mute").get_by_label("Why").fill("known for long")
            tab.locator("#mute").get_by_role("button", name="Mute").click()
            tab.locator("[data-done]").wait_for()
            assert tab.get_by_text("muted until").count() >= 1
            tab.locator("[data-done]").get_by_role("button", name="Undo").click()
            tab.get_by_text("Taken back: everything is where it was.").wait_for()
            tab.goto(f"{url}/issues/{vat}/decide")
            tab.locator("#severity select").select_option("S4")
            tab.locator("#severity").get_by_label("Why").fill("only the wording")
            tab.locator("#severity").get_by_role("button", name="Set severity").click()
            tab.locator("[data-done]").wait_for()
            assert tab.get_by_text("S4 by hand", exact=False).count() >= 1
            assert errors == []
        finally:
            context.close()
    mine = [e.kind for e in house.loop.rows(Event) if e.actor == "the-product_manager"]
    kinds = [kind for kind in mine if kind != "user.signed_in"]
    assert kinds == ["cluster.pinned", "cluster.muted", "cluster.muted.undone", "severity.overridden"]


def test_the_list_prints_light_and_whole(house: House, chromium: Any) -> None:
    with house.live() as url:
        context = chromium.new_context(viewport={"width": 1280, "height": 800}, color_scheme="dark")
        try:
            context.add_cookies([house.cookie(Role.PRODUCT_MANAGER, url)])
            tab = context.new_page()
            tab.goto(f"{url}/issues")
            dark = tab.evaluate("getComputedStyle(document.querySelector('h1')).color")
            tab.emulate_media(media="print")
            printed = tab.evaluate("getComputedStyle(document.querySelector('h1')).color")
            assert printed != dark
            for hidden in (".ib-top", ".ib-asked", ".ib-head .ib-acts", "#bulk", "tr[data-row] .ib-tick"):
                assert not tab.locator(hidden).first.is_visible(), hidden
            assert tab.locator(".ib-ranked a.ib-title").first.is_visible()
            made = tab.pdf(prefer_css_page_size=True)
            assert made.startswith(b"%PDF")
        finally:
            context.close()
