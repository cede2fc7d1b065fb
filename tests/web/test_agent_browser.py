"""The card in a real browser: it fits beside a ticket, is worked by keys alone, and copies the words and no more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from bridge.service import clusters
from bridge.store.plans import plan_of
from bridge.store.sync import SyncState
from bridge.words import Role
from tests.pipeline.loop import ticket
from tests.service.card_desk import issue, plan
from tests.services.browser import picture
from tests.web.house import House, copied, empty_house

SAY = "We found why statements lose lines when two people edit the same draft. Until it is repaired please save, reload and check the last line before you send it."
LONG = {
    "title_customer": "Statements lose the last line when two people edit the same draft at once, so",
    "say": SAY,
    "say_short": SAY + " x" * ((160 - len(SAY)) // 2),
    "workaround__kind": "partial",
    "workaround__steps_customer": "Save, reload the page, compare the last line with the draft, then send. " * 6,
    "workaround__applies_to_versions": ">=4.1",
    "dont_say": "Do not mention the data repair, the number of other customers, or that billing was told; ask your lead. "
    * 5,
    "escalation_contact": "Billing tier 2, #billing-help-emea, 2 business h, then the duty lead of the whole region "
    * 2,
}
STATES = ("green", "stale", "unreviewed", "regression", "declined", "released", "longest", "none", "endless")
BESIDE_A_TICKET = {"width": 400, "height": 600}


@pytest.fixture
def states(tmp_path: Path) -> Iterator[House]:
    """A ticket of every state, called by it."""
    made = copied(tmp_path / "home", _of_every_state)
    yield made
    made.db.dispose()


def _of_every_state(home: Path) -> House:
    made = empty_house(home)
    loop = made.loop
    now = loop.clock()
    loop.clock.moment = now - timedelta(days=40)
    old = issue(loop, "Bank feed stops after two days", "stale", "stale2")
    plan(loop, old, "investigating", say="We are looking into it. You hear from us by {review_due}.")
    long = issue(
        loop, LONG["title_customer"] + " and more words of it", "longest", attributes={"product_version": "4.1.1"}
    )
    plan(loop, long, "known_error", cause_known="yes", **{n: t.strip()[:600] if n == "dont_say" else t.strip()[:200] if n == "escalation_contact" else t for n, t in LONG.items()})  # fmt: skip
    loop.clock.moment = now
    endless = issue(loop, "Everything is long here", "endless")
    plan(loop, endless, "triage", say=("We look into this at length. " * 20)[:600].strip())
    eta = (now + timedelta(days=20)).date().isoformat()
    green = issue(loop, "PDF invoice shows wrong VAT total", "green", "green2")
    plan(loop, green, "planned", say_short="We found the cause. {eta}", fix_version="4.2", eta__kind="date",
         eta__latest=eta, eta__confidence="high", eta__shareable="yes", dont_say="Promise no corrected run.")  # fmt: skip
    declined = issue(loop, "Cannot change the currency of a draft", "declined")
    plan(
        loop,
        declined,
        "declined",
        decline_reason="by_design",
        say="We don't plan to change this. Copy the draft instead.",
    )
    released = issue(loop, "Webhooks arrive twice", "released", attributes={"product_version": "4.1.1"})
    plan(
        loop, released, "released", fix_version="4.1.3", fixed_in_channels="stable:4.1.3", say="Fixed in {fix_version}."
    )
    again = issue(loop, "Reminders go to archived customers", "regression")
    plan(
        loop,
        again,
        "released",
        fixed_in_channels="stable:4.1.2",
        fix_version="4.1.2",
        say="This is fixed in {fix_version}.",
    )
    issue(loop, "Login loops back to the sign-in page", "unreviewed", "unreviewed2")
    loop.clock.pass_(60)
    since = issue(loop, "Reminders again to archived customers", "since", at=loop.clock())
    loop.decide(clusters.merge_clusters, since, again)
    loop.put(ticket("none", "Login page loops after the bank feed stops", at=loop.clock()))
    loop.pull()
    loop.cluster("Login page", "none")
    with loop.db.write() as session:
        session.get_one(SyncState, ("desk", "tickets")).last_success_at = now - timedelta(hours=3)
        row = plan_of(session, long)
        assert row is not None
        row.tracker_conflict = "the plan says known_error, the tracker says released in a version"
    return made


@contextmanager
def window(house: House, chromium: Any, role: Role = Role.AGENT, **options: Any) -> Iterator[tuple[Any, str]]:
    """A page of a signed-in agent, and the service's address."""
    with house.live() as url:
        context = chromium.new_context(**{"viewport": BESIDE_A_TICKET, **options})
        try:
            context.add_cookies([house.cookie(role, url)])
            yield context.new_page(), url
        finally:
            context.close()


def height(page: Any) -> int:
    return int(page.evaluate("document.documentElement.scrollHeight"))


def test_every_state_fits_beside_the_ticket(states: House, chromium: Any) -> None:
    with window(states, chromium) as (page, url):
        faults: list[str] = []
        page.on(
            "console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None
        )
        for state in STATES:
            for clicked in (False, True):
                page.goto(f"{url}/t/desk/{state}")
                if clicked and state != "none":
                    with page.expect_navigation():
                        page.get_by_role("button", name="Used it").click()
                picture(page, f"card-{state}{'-used' if clicked else ''}", full_page=False)
                assert height(page) <= 600, state
                assert page.evaluate("document.documentElement.scrollWidth") == 400, state
                foot = page.locator(".ib-foot").bounding_box()
                assert foot["y"] + foot["height"] <= 600, state
                assert not overlapping(page), state
        assert faults == []


def overlapping(page: Any) -> list[str]:
    """Parts of the card that cut or cover another."""
    found: list[str] = page.evaluate("""() => {
        const parts = [...document.querySelectorAll(".ib-card > *")].map(p => [p.className, p.getBoundingClientRect()]);
        return parts.slice(1).flatMap(([name, box], i) => box.top < parts[i][1].bottom - 1 ? [parts[i][0] + " " + name] : []);
    }""")
    return found


def test_longest_words_are_readable_whole(states: House, chromium: Any) -> None:
    with window(states, chromium) as (page, url):
        page.goto(f"{url}/t/desk/longest")
        box = "document.querySelector('[data-say]')"
        assert page.evaluate(f"{box}.scrollHeight - {box}.clientHeight") <= 1
        page.goto(f"{url}/t/desk/endless")
        assert page.evaluate(f"{box}.scrollHeight > {box}.clientHeight")
        page.locator("[data-say]").focus()
        assert page.evaluate(f"document.activeElement === {box}")


def test_agent_finds_the_words_and_copies_them_with_the_keyboard_alone(states: House, chromium: Any) -> None:
    with window(states, chromium, permissions=["clipboard-read", "clipboard-write"]) as (page, url):
        page.goto(f"{url}/t/desk/none")
        page.keyboard.press("/")
        page.wait_for_url("**/find")
        page.keyboard.type("green")
        page.keyboard.press("Control+a")
        page.keyboard.type("https://desk.example/tickets/green")
        page.keyboard.press("Enter")
        page.wait_for_url("**/t/desk/green")
        page.keyboard.press("c")
        page.get_by_text("Copied").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith("We found the cause. It is expected by ")
        assert "Promise no" not in copied


def test_copy_that_the_browser_refuses_selects_the_words(states: House, chromium: Any) -> None:
    with window(states, chromium) as (page, url):
        page.add_init_script(
            "Object.defineProperty(navigator, 'clipboard', {value: {writeText: () => Promise.reject()}})"
        )
        page.goto(f"{url}/t/desk/declined")
        page.keyboard.press("c")
        page.get_by_text("Press Ctrl C").wait_for()
        assert page.evaluate("getSelection().toString()") == "We don't plan to change this. Copy the draft instead."


def test_caution_is_never_part_of_a_selection(states: House, chromium: Any) -> None:
    with window(states, chromium) as (page, url):
        page.goto(f"{url}/t/desk/green")
        page.keyboard.press("Control+a")
        assert "Promise no corrected run" not in page.evaluate("getSelection().toString()")


def test_one_key_says_which_issue_it_is(states: House, chromium: Any) -> None:
    with window(states, chromium) as (page, url):
        page.goto(f"{url}/t/desk/none")
        first = page.locator(".ib-alike b").first.inner_text()
        page.keyboard.press("1")
        page.get_by_text("Undo “same issue”").wait_for()
        assert page.locator(".ib-card").get_attribute("aria-label") == first
        with page.expect_navigation():
            page.get_by_role("button", name="Undo").click()
        page.get_by_text("No issue yet").wait_for()
        page.keyboard.press("n")
        page.get_by_text("Unreviewed").first.wait_for()


def test_results_are_chosen_opened_and_copied_by_keys(states: House, chromium: Any) -> None:
    with window(states, chromium, permissions=["clipboard-read", "clipboard-write"]) as (page, url):
        page.goto(f"{url}/find?q=login+reminders+currency")
        titles = page.locator("[data-hit] a.ib-title").all_inner_texts()
        assert len(titles) >= 3
        page.keyboard.press("Alt+2")
        page.locator("[data-hit]").nth(1).get_by_text("Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == page.locator("[data-say]").nth(1).inner_text()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url("**/i/IB-*")
        assert page.locator(".ib-card").get_attribute("aria-label") == titles[1]


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (400, "dark"), (1280, "light")])
def test_axe_finds_nothing_serious(states: House, chromium: Any, scheme: str, width: int) -> None:
    size = {"width": width, "height": 900}
    with window(states, chromium, viewport=size, color_scheme=scheme) as (page, url):
        for path in (
            "/t/desk/green",
            "/t/desk/longest",
            "/t/desk/regression",
            "/t/desk/none",
            "/find",
            "/find?q=login+bank",
        ):
            page.goto(url + path)
            found = Axe().run(page).response["violations"]
            grave = [
                (v["id"], [n["html"] for n in v["nodes"]]) for v in found if v["impact"] in ("serious", "critical")
            ]
            assert grave == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_box_works_without_scripts(states: House, chromium: Any) -> None:
    with window(states, chromium, java_script_enabled=False) as (page, url):
        page.goto(f"{url}/find")
        page.locator("#ask").fill("green")
        page.locator("#ask").press("Enter")
        page.locator("[data-hit] a.ib-title, .ib-card, .ib-empty").first.wait_for()
        page.goto(f"{url}/t/desk/green")
        page.get_by_role("button", name="Used it").click()
        page.get_by_text("You used it just now").wait_for()
