"""The pages of grouping: questions with keys and undo, the dial; with a client and in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.service import questions
from bridge.store.clusters import Cluster
from bridge.store.grouping import GroupingAnswer, GroupingConfig, KeptApart
from bridge.store.requests import DueRun
from bridge.words import Role
from tests.pipeline.loop import ticket
from tests.web.api.asking import program
from tests.web.house import House, furnished_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """As everywhere, with two more issues that say the same, and vectors under the name of the real model."""
    made = furnished_house(tmp_path / "home")
    loop = made.loop
    loop.clock.pass_(60)
    for number, subject in (
        ("501", "Labels cannot be printed"),
        ("502", "Cannot print labels"),
        ("402", "Cannot print the labels"),
    ):
        loop.put(ticket(number, subject, requester="ann@zanzibar.example", updated_at=loop.clock()))
    loop.pull()
    loop.embed()
    made.ids["again"] = loop.cluster("Labels cannot be printed", "501", "502")
    with made.db.write() as session:
        from bridge.store.memberships import Place, place

        place(session, [Place(loop.ids(session)["402"], made.ids["print"], 0.9, "model")], loop.clock())
    loop.rank()
    yield made
    made.db.dispose()


def waiting(house: House) -> list[tuple[str, tuple[str, ...]]]:
    with house.db.read() as session:
        actor = house.actor(Role.PRODUCT_MANAGER)
        found = questions.lines(session, actor, house.loop.clock(), model=house.bridge.model_id, limit=50)
    return [(line.kind, line.issues) for line in found]


def pair(house: House) -> tuple[str, ...]:
    return tuple(f"IB-{id_}" for id_ in sorted((house.ids["print"], house.ids["again"])))


def test_answering_by_forms_with_undo(house: House) -> None:
    client = house.client(Role.PRODUCT_MANAGER)
    page = client.get("/questions").get_data(as_text=True)
    assert f"{' and '.join(pair(house))}: one issue?" in page
    assert "Labels cannot be printed" in page
    answered = house.post(client, "/questions", "/questions", kind="merge", issue=list(pair(house)), do="no")
    assert answered.status_code == 303
    after = client.get(answered.location).get_data(as_text=True)
    assert "stay apart" in after
    assert len(house.loop.rows(KeptApart)) == 1
    (row,) = house.loop.rows(GroupingAnswer)
    undone = house.post(client, "/questions/undo", answered.location, answer=row.id)
    assert "is taken back" in client.get(undone.location).get_data(as_text=True)
    assert house.loop.rows(KeptApart) == []


@pytest.mark.parametrize(
    "form", [{}, {"do": "maybe", "issue": "IB-1"}, {"do": "yes", "kind": "merge", "issue": ["1"] * 3}]
)
def test_what_is_no_answer_is_refused(house: House, form: dict[str, Any]) -> None:
    client = house.client(Role.PRODUCT_MANAGER)
    answer = house.post(client, "/questions", "/me", **form)
    assert "this is no answer to a question" in client.get(answer.location).get_data(as_text=True)
    assert house.loop.rows(GroupingAnswer) == []


def test_keys_answer_in_a_browser(house: House, chromium: Any) -> None:
    with house.live() as url:
        context = chromium.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies([house.cookie(Role.PRODUCT_MANAGER, url)])
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{url}/questions")
        assert page.locator("h1").inner_text() == f"{' and '.join(pair(house))}: one issue?"
        page.focus("#find")
        page.keyboard.type("yn")
        page.keyboard.press("Escape")
        assert page.url.endswith("/questions"), "letters in a field answer nothing"
        page.keyboard.press("y")
        page.locator("[data-done]").wait_for()
        assert "are one issue now" in page.locator("[data-done]").inner_text()
        page.set_viewport_size({"width": 400, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        with page.expect_navigation():
            page.get_by_role("button", name="Undo").click()
        with page.expect_navigation():
            page.keyboard.press("s")
        context.close()
    assert said == []
    assert {c.merged_into for c in house.loop.rows(Cluster)} == {None}
    assert ("merge", pair(house)) not in waiting(house), "skipped"


def test_dial_shows_its_effect_before_it_is_set(house: House) -> None:
    client = house.client(Role.PRODUCT_MANAGER)
    plain = client.get("/grouping").get_data(as_text=True)
    assert "0 of 50 answers" in plain
    assert "Would move" not in plain, "what takes seconds is asked for"
    assert "Would move" in client.get("/grouping?effect=1").get_data(as_text=True)
    assert house.loop.rows(GroupingConfig) == []
    house.post(client, "/grouping", "/grouping", granularity="strict", reason="too broad")
    (row,) = house.loop.rows(GroupingConfig)
    assert (row.granularity, row.why) == ("strict", "too broad")
    assert "Undo" in client.get("/grouping").get_data(as_text=True)
    refused = house.post(client, "/grouping", "/grouping", granularity="finest")
    assert "there is no setting" in client.get(refused.location).get_data(as_text=True)
    assert len(house.loop.rows(GroupingConfig)) == 1
    house.post(client, "/grouping/regroup", "/grouping")
    assert [run.kind for run in house.loop.rows(DueRun)] == ["group"]


def test_programs_answer_the_same(house: House) -> None:
    pm = program(house, Role.PRODUCT_MANAGER)
    found = pm.get("/grouping/questions/next").get_json()["question"]
    assert found["issues"] == list(pair(house))
    body = {"kind": found["kind"], "issues": found["issues"], "answer": "yes", "mark": found["mark"]}
    done = pm.post("/grouping/answers", body, key="once")
    assert done.status_code == 200
    assert pm.post("/grouping/answers", body, key="once").get_json() == done.get_json()
    assert len(house.loop.rows(GroupingAnswer)) == 1
    assert pm.post(f"/grouping/answers/{done.get_json()['answer']}/undo").status_code == 200
    assert pm.post("/grouping/answers", {**body, "answer": "later"}).get_json()["answer"] is None
    assert pm.get("/grouping/questions").get_json()["items"] == [
        item for item in pm.get("/grouping/questions").get_json()["items"] if item["issues"] != found["issues"]
    ]
    set_ = pm.post("/grouping/granularity", {"granularity": "coarse"}).get_json()
    assert set_["granularity"] == "coarse"
    assert pm.post(f"/grouping/granularity/{set_['event']}/undo").get_json()["granularity"] == "balanced"
    assert pm.post("/grouping/regroup").status_code == 202
    assert pm.get("/grouping").get_json()["asked"]["state"] == "waiting"
    assert len(pm.get("/grouping/effect").get_json()["settings"]) == 3
    assert program(house, Role.AGENT).get("/grouping/questions").status_code == 403
