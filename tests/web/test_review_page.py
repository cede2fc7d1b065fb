"""The review queue on its page and through the API: one click, one key, one undo, with scripts and without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from sqlalchemy import update

from bridge.store.clusters import Cluster
from bridge.store.grouping import ClusterChange, GroupingAnswer, GroupingRun, SecondaryMembership
from bridge.store.tickets import Ticket
from bridge.words import Role, display_id
from tests.pipeline.loop import ticket
from tests.service.doubts import alone
from tests.web.api.asking import program
from tests.web.house import GROUP, SECRET_NAMES, House, without_tokens

HOSTILE = "<script>alert(1)</script> VAT export"


@pytest.fixture
def doubtful(house: House) -> House:
    """Three tickets wait: two of the supplier's group, one with words that must not run."""
    loop, at = house.loop, house.loop.clock()
    loop.clock.pass_(60)
    named = {"501": "VAT or export?", "502": HOSTILE, "503": f"As {SECRET_NAMES[0]} says, VAT"}
    for number, subject in named.items():
        group = "other-desk" if number == "503" else GROUP
        loop.put(ticket(number, subject, requester="x@acme.example", at=at, updated_at=loop.clock(), group=group))
    loop.pull()
    vat, export = house.ids["vat"], house.ids["export"]
    for number, subject in named.items():
        house.ids[number] = alone(loop, subject, number, [(vat, 0.7, 0.9), (export, 0.6, 0.7)])
    return house


@pytest.fixture
def address(doubtful: House) -> Iterator[str]:
    with doubtful.live() as url:
        yield url


def test_page_asks_and_form_answers_with_undo(doubtful: House) -> None:
    client = doubtful.client(Role.PRODUCT_MANAGER)
    text = client.get("/review").get_data(as_text=True)
    vat = display_id(doubtful.ids["vat"])
    assert re.search(r"Review<b[^>]*>3<", text)
    assert "The nearest ticket says almost the same" in text
    assert "<script>alert" not in text
    assert not re.search(r"0\.[0-9]", re.sub(r"<[^>]*>", "", text)), "words, no figures"
    id_ = doubtful.loop.id_of("501")
    answer = doubtful.post(client, f"/review/{id_}", "/review", answer=vat)
    assert answer.status_code == 303
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert f"Ticket 501 belongs to {vat}." in page
    event = re.search(r'name="event" value="(\d+)"', page)
    assert event
    doubtful.post(client, "/review/undo", "/review", event=event[1])
    assert doubtful.loop.places()["501"] == doubtful.ids["501"]
    assert "Taken back" in client.get("/review").get_data(as_text=True)
    doubtful.post(client, f"/review/{id_}", "/review", answer="neither")
    again = doubtful.post(client, f"/review/{id_}", "/review", answer=vat)
    assert "waits no more" in client.get(again.headers["Location"]).get_data(as_text=True)
    assert doubtful.loop.places()["501"] == doubtful.ids["501"]


def test_several_of_one_issue(doubtful: House) -> None:
    client, vat = doubtful.client(Role.PRODUCT_MANAGER), display_id(doubtful.ids["vat"])
    page = client.get(f"/review?issue={vat}").get_data(as_text=True)
    assert page.count('form="several"') == 3
    ids = [doubtful.loop.id_of(number) for number in ("501", "502")]
    doubtful.post(client, f"/review/several?issue={vat}", f"/review?issue={vat}", ticket=ids, answer=vat)
    assert {doubtful.loop.places()[number] for number in ("501", "502")} == {doubtful.ids["vat"]}
    assert len(doubtful.loop.rows(GroupingAnswer)) == 2


def test_supplier_is_asked_of_own_groups_and_reads_no_name(doubtful: House) -> None:
    found = program(doubtful, Role.SUPPLIER_AGENT).get("/review").get_json()
    assert ([row["number"] for row in found["rows"]], found["by_rank"]) == (["501", "502"], False)
    text = doubtful.client(Role.SUPPLIER_AGENT).get("/review").get_data(as_text=True)
    assert "VAT or export?" in text
    agent = doubtful.client(Role.AGENT).get("/review").get_data(as_text=True)
    assert SECRET_NAMES[0] not in text + agent
    assert SECRET_NAMES[0] in doubtful.client(Role.PRODUCT_MANAGER).get("/review").get_data(as_text=True)


def test_program_answers_locks_and_reads_the_log(doubtful: House) -> None:
    who, vat = program(doubtful, Role.PRODUCT_MANAGER), display_id(doubtful.ids["vat"])
    with doubtful.db.write() as session:
        run = GroupingRun(at=doubtful.loop.clock(), model="m", trigger="growth", facts={"moved": 1})
        session.add(run)
        session.flush()
        session.add(ClusterChange(run_id=run.id or 0, kind="opened", cluster_id=doubtful.ids["typo"], tickets=1))
    first = who.get("/review").get_json()["rows"][0]
    assert [option["issue"] for option in first["options"]] == [vat, display_id(doubtful.ids["export"])]
    done = who.post(f"/review/{first['ticket_id']}", {"act": "belongs", "issue": vat})
    assert (done.status_code, done.get_json()["cluster"]) == (200, vat)
    assert who.post(f"/review/{first['ticket_id']}", {"act": "neither"}).status_code == 409
    assert who.post("/review/undo", {"event": done.get_json()["events"][0]}).get_json() == {"done": True}
    several = who.post(f"/clusters/{vat}/confirm", {"tickets": [first["ticket_id"]]})
    assert several.status_code == 200
    lock = who.post(f"/clusters/{vat}/lock", {"reason": "known"})
    assert len(lock.get_json()["events"]) == 1
    assert who.post(f"/clusters/{vat}/lock").get_json()["events"] == []
    assert who.get(f"/clusters/{vat}").get_json()["locked_by"] == "the-product_manager"
    assert [row["locked"] for row in who.get("/clusters?q=VAT").get_json()["items"]][:1] == [True]
    assert len(who.post(f"/clusters/{vat}/unlock").get_json()["events"]) == 1
    log = who.get("/grouping/log").get_json()
    assert [(one["trigger"], one["changes"][0]["kind"]) for one in log["items"]] == [("growth", "opened")]
    trail = who.get(f"/grouping/log?issue={display_id(doubtful.ids['501'])}").get_json()["trail"]
    assert trail["now"] in (vat, display_id(doubtful.ids["501"]))


def test_issue_page_locks_tells_zones_in_words_and_mentions(doubtful: House) -> None:
    client, vat = doubtful.client(Role.PRODUCT_MANAGER), display_id(doubtful.ids["vat"])
    with doubtful.db.write() as session:
        session.execute(update(Ticket).values(divided_hash=Ticket.embed_hash))
        session.add(
            SecondaryMembership(
                ticket_id=doubtful.loop.ids(session)["201"],
                cluster_id=doubtful.ids["vat"],
                begins=0,
                ends=15,
                similarity=0.7,
                since=doubtful.loop.clock(),
            )
        )
    answer = doubtful.post(client, f"/issues/{vat}/lock", f"/issues/{vat}")
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "locked by the-product_manager" in page
    assert "grouped" in page
    assert "0.90" not in without_tokens(page)
    assert "Also spoken of" in page
    assert "Export is slow" in page
    single = client.get(f"/issues/{display_id(doubtful.ids['501'])}").get_data(as_text=True)
    assert "not sure" in single
    listing = client.get("/issues").get_data(as_text=True)
    assert ">locked<" in listing
    assert re.search(r"5 unsorted tickets</a>, 50 % of all", listing)
    only = client.get("/issues?unsorted=only").get_data(as_text=True)
    assert "Typo in the footer" in only
    assert f">{vat}<" not in only


def test_keys_answer_without_loading_anew(chromium: Any, doubtful: House, address: str) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([doubtful.cookie(Role.PRODUCT_MANAGER, address)])
    page, faults, loads = context.new_page(), [], []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("dialog", lambda dialog: faults.append(dialog.message))
    page.goto(f"{address}/review")
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    numbers = [text.split(",")[0] for text in page.locator("[data-question] header span").all_inner_texts()]
    page.keyboard.press("1")
    page.locator(".ib-said-so").first.wait_for()
    page.keyboard.press("s")
    page.keyboard.press("n")
    page.locator(".ib-said-so").nth(1).wait_for()
    assert loads == []
    assert page.locator("[data-left]").inner_text().startswith("1")
    places = doubtful.loop.places()
    assert places[numbers[0]] == doubtful.ids["vat"]
    assert places[numbers[2]] == doubtful.ids[numbers[2]]
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    page.get_by_role("button", name="Undo").first.click()
    page.get_by_text("Taken back").wait_for()
    assert doubtful.loop.places()[numbers[0]] == doubtful.ids[numbers[0]]
    assert faults == []
    context.close()


def test_form_works_without_scripts(chromium: Any, doubtful: House, address: str) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 400, "height": 800})
    context.add_cookies([doubtful.cookie(Role.AGENT, address)])
    page = context.new_page()
    page.goto(f"{address}/review")
    page.locator("[data-question]").first.get_by_role("button", name=re.compile("Belongs to")).first.click()
    assert "belongs to" in page.locator(".ib-said-so").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    context.close()


def test_nothing_waits(house: House) -> None:
    page = house.client(Role.AGENT).get("/review").get_data(as_text=True)
    assert "Nothing waits for you" in page
    assert {row.locked_at for row in house.loop.rows(Cluster)} == {None}
