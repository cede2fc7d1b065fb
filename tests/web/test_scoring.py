"""The page of the constants: who would move is told before it is saved, by forms alone and while typing in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from bridge.service import scoring
from bridge.store.clusters import RankRun, ScoringConfigVersion
from bridge.store.events import Event
from bridge.words import Role, display_id
from tests.web.api.asking import program
from tests.web.house import House

PM = Role.PRODUCT_MANAGER
GRAVE = {"severity_weight.S2": "0.04", "severity_weight.S3": "0.04", "severity_weight.S4": "0.04"}


def ranks(house: House) -> list[tuple[str, float]]:
    with house.db.read() as session:
        from bridge.store.ranking import last_run, run_scores

        run = last_run(session)
        assert run is not None
        return [(display_id(s.cluster_id), s.score) for s in run_scores(session, run.id or 0)]


def events(house: House) -> list[str]:
    """What happened, without who signed in."""
    return [event.kind for event in house.loop.rows(Event) if not event.kind.startswith("user.")]


def post(house: House, path: str = "/scoring", role: Role = PM, page: str = "/scoring", **form: Any) -> Any:
    return house.post(house.client(role), path, page=page, **form)


def test_page_shows_the_constants_to_readers_and_fields_to_editors(house: House) -> None:
    editor = house.client(PM).get("/scoring").get_data(as_text=True)
    assert 'name="kappa" class="form-control" value="0.5"' in editor
    reader = house.client(Role.CSM).get("/scoring").get_data(as_text=True)
    assert "Half" not in reader
    assert 'name="kappa"' not in reader
    assert "planning defaults" in reader
    assert "Meridian" not in editor, "prices of suppliers are for admins"
    assert "Meridian" in house.client(Role.ADMIN).get("/scoring").get_data(as_text=True)


def test_without_a_script_a_change_is_tried_and_nothing_is_written(house: House) -> None:
    before = ranks(house), events(house)
    answer = post(house, do="try", **GRAVE)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Severity: S2 major: 0.5 → " in page
    assert 'value="0.04"' in page, "what was typed stays"
    assert "have another rank" in page or "No issue has another rank" in page
    assert (ranks(house), events(house)) == before


def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(house: House) -> None:
    answer = post(house, do="save", reason="to see", kappa="lots", k0="4")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'data-live="e-kappa">Write a number, such as 0.25.<' in page
    assert 'value="lots"' in page
    assert 'name="k0" class="form-control" value="4"' in page
    assert 'value="to see"' in page
    order = post(house, do="save", reason="x", **{"workaround.full": "0.9"}).get_data(as_text=True)
    assert 'data-live="e-workaround">A better workaround never leaves more of the risk.<' in order
    unsaid = post(house, do="save", kappa="0.4").get_data(as_text=True)
    assert "Not saved.</b> say why" in unsaid
    assert len(house.loop.rows(ScoringConfigVersion)) == 1


def test_an_older_page_does_not_overwrite_a_newer_version(house: House) -> None:
    assert post(house, do="save", kappa="0.4", reason="first", seen="1").status_code == 303
    late = post(house, do="save", kappa="0.2", reason="late", seen="1")
    assert late.status_code == 422
    assert "saved version 2 while you looked at version 1" in late.get_data(as_text=True)


def test_api_tries_saves_and_rolls_back(house: House) -> None:
    who = program(house, PM)
    found = who.get("/scoring").get_json()
    assert {"key": "kappa", "value": "0.5", "high": 5.0}.items() <= next(
        c for c in found["constants"] if c["key"] == "kappa"
    ).items()
    tried = who.get("/scoring/effect?set=severity_weight.S2=0.9&set=kappa=0.1").get_json()
    assert [c["key"] for c in tried["changes"]] == ["severity_weight.S2", "kappa"]
    body = {"set": {"severity_weight.S2": "0.9", "kappa": "0.1"}, "reason": "to see", "seen": 1}
    saved = who.ask("PATCH", "/scoring", json=body).get_json()
    assert (saved["version"], saved["ranked"]) == (2, True)
    then = [(m["id"], m["rank_then"]) for m in tried["effect"]["moves"]]
    assert then == [(id_, place) for place, (id_, _) in enumerate(ranks(house), start=1)][: len(then)]
    stale = who.post("/scoring/rollback", {"version": 1, "reason": "no", "seen": 1})
    assert stale.status_code == 409
    back = who.post("/scoring/rollback", {"version": 1, "reason": "no good"}).get_json()
    assert (back["version"], back["like"]) == (3, 1)
    assert [v["like"] for v in who.get("/scoring/versions").get_json()["items"]] == [1, None, None]
    wrong = who.get("/scoring/effect?set=kappa=x").get_json()
    assert (wrong["errors"], wrong["effect"]) == ([{"key": "kappa", "detail": "Write a number, such as 0.25."}], None)
    assert who.get("/scoring/effect?set=kappa").status_code == 422
    assert who.get("/scoring/effect?version=9").status_code == 404
    assert program(house, Role.CSM).get("/scoring/effect").status_code == 403
    assert program(house, Role.AGENT).get("/scoring").status_code == 403


@pytest.fixture
def address(house: House) -> Iterator[str]:
    with house.live() as url:
        yield url


def opened(chromium: Any, house: House, url: str, *, script: bool = True) -> Any:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=script)
    context.add_cookies([house.cookie(PM, url)])
    page = context.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else None)
    page.goto(f"{url}/scoring")
    return page


def test_a_what_if_a_save_and_a_rollback_in_chromium(chromium: Any, house: House, address: str) -> None:
    before = ranks(house)
    runs = len(house.loop.rows(RankRun))
    page = opened(chromium, house, address)
    page.get_by_label("S1 blocker").fill("0.1")
    effect = page.locator("#effect")
    expect(effect).to_contain_text("A graver severity weighs at least as much")
    for label in ("S2 major", "S3 minor"):
        page.get_by_label(label).fill("0.1")
    page.get_by_label("S4 cosmetic").fill("0.1")
    expect(effect.locator("li")).to_have_count(4)
    told = [row.split("\n")[0].split() for row in effect.locator("tbody tr td:first-child").all_inner_texts()]
    with house.db.read() as session:
        typed = dict.fromkeys((f"severity_weight.S{n}" for n in (1, 2, 3, 4)), "0.1")
        tried = scoring.trial(session, house.actor(PM), typed).effect
    assert tried is not None
    assert [int(row[0]) for row in told] == [move.rank_then for move in tried.moves]
    assert (ranks(house), len(house.loop.rows(RankRun))) == (before, runs), "typing writes nothing"

    page.get_by_label("Why").fill("every ticket weighs alike")
    page.get_by_role("button", name="Save and rank").click()
    expect(page.locator(".ib-note")).to_contain_text("Version 2 is in force. The issues are ranked with it.")
    assert [id_ for id_, _ in ranks(house)][:20] == [move.id for move in tried.moves][: len(ranks(house))]
    assert ranks(house) != before

    page.get_by_role("link", name="Go back to 1…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Go back to version 1")
    expect(page.locator("main")).to_contain_text("S1 blocker: 0.1 → 1")
    page.get_by_label("Why").fill("it said nothing")
    page.get_by_role("button", name="Go back and rank").click()
    expect(page.locator(".ib-note")).to_contain_text("Version 3 is in force, which says what version 1 said.")
    expect(page.locator("#versions tbody tr").first).to_contain_text("as version 1")
    assert [id_ for id_, _ in ranks(house)] == [id_ for id_, _ in before]
    rows = house.loop.rows(ScoringConfigVersion)
    assert [row.params == rows[0].params for row in rows] == [True, False, True]
    assert page.faults == []
    page.context.close()


def test_the_same_without_a_script(chromium: Any, house: House, address: str) -> None:
    page = opened(chromium, house, address, script=False)
    page.get_by_label("Most").fill("0.1")
    page.get_by_role("button", name="Show who would move").click()
    expect(page.locator("#effect")).to_contain_text("New accounts: Most: 0.5 → 0.1")
    page.get_by_label("Why").fill("less for new ones")
    page.get_by_role("button", name="Save and rank").click()
    expect(page.locator(".ib-note")).to_contain_text("Version 2 is in force")
    page.context.close()


def test_an_estimate_is_typed_on_the_page_of_an_issue_and_taken_back(chromium: Any, house: House, address: str) -> None:
    before = ranks(house)
    page = opened(chromium, house, address)
    page.goto(f"{address}/issues/{display_id(house.ids['vat'])}")
    beside = page.locator("#beside")
    expect(beside).to_contain_text("nobody said what each ticket costs")
    beside.get_by_text("Estimate effort and growth").click()
    beside.get_by_label("Effort").fill("4")
    beside.get_by_label("Growth it blocks").fill("40 %")
    beside.get_by_role("button", name="Save estimate").click()
    expect(page.locator("[data-done]")).to_contain_text(
        "estimated 4 person-weeks and said that it blocks 40% of growth"
    )
    expect(beside).to_contain_text("/yr for each person-week")
    expect(beside).to_contain_text("no pipeline of its accounts is known")
    assert [id_ for id_, _ in ranks(house)] == [id_ for id_, _ in before]
    page.locator("[data-done]").get_by_role("button", name="Undo").click()
    expect(page.locator("#beside")).to_contain_text("not estimated")
    assert page.faults == []
    page.context.close()


def test_an_estimate_that_is_none_says_so_and_readers_of_values_alone_see_it(house: House) -> None:
    issue = f"/issues/{display_id(house.ids['vat'])}"
    client = house.client(PM)
    assert house.post(client, f"{issue}/estimate", page=issue, effort="lots", blocked="").status_code == 303
    assert "Not saved. effort: write a number" in client.get(issue).get_data(as_text=True)
    who = program(house, PM)
    done = who.post(f"/clusters/{display_id(house.ids['vat'])}/estimate", {"effort": 2.5}).get_json()
    assert len(done["events"]) == 1
    assert who.get(f"/clusters/{display_id(house.ids['vat'])}").get_json()["beside"]["effort"] == 2.5
    assert who.post(f"/clusters/{display_id(house.ids['vat'])}/estimate", {"effort": -1}).status_code == 422
    for role in (Role.AGENT, Role.SUPPLIER_MANAGER):
        assert "Beside the score" not in house.client(role).get(issue).get_data(as_text=True)
        assert "beside" not in program(house, role).get(f"/clusters/{display_id(house.ids['vat'])}").get_json()
