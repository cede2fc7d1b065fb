"""Who sees what, in JSON: no value, no other account's name and no internal note where the matrix says no."""

from __future__ import annotations

import base64

import pytest

from bridge.service.access import Permission, Scope, may
from bridge.web.guard import rule_of
from bridge.words import Role
from tests.web.api.asking import Program, program
from tests.web.house import SECRET_NAMES, SECRET_NOTE, SECRET_VALUE, House, csrf_of

SEES_VALUE = {Role.PRODUCT_MANAGER, Role.CSM, Role.ADMIN}
SEES_NOTES = {Role.AGENT, Role.PRODUCT_MANAGER, Role.CSM, Role.ADMIN}
OUTSOURCED = {Role.SUPPLIER_AGENT, Role.SUPPLIER_CONTACT}
NAMED = {"issue": "IB-1", "connection": "desk", "ticket": "101", "account": "1"}
QUERIES = {
    "/search": {"q": "vat invoice"},
    "/together": {"issues": ["IB-1", "IB-2"]},
    "/clusters/{issue}/merge": {"issues": ["IB-2"]},
    "/clusters/{issue}/targets": {"q": "export"},
}


@pytest.fixture(scope="module")
def programs(shared_house: House) -> dict[Role, Program]:
    return {role: program(shared_house, role) for role in Role}


def reads(house: House) -> list[str]:
    spec = house.app.test_client().get("/api/openapi.json").get_json()
    return [path.removeprefix("/api/v1") for path, each in spec["paths"].items() if "get" in each]


def everything_read(house: House, who: Program) -> dict[str, tuple[int, str]]:
    found = {}
    queries = {**QUERIES, "/clusters/{issue}/split": {"tickets": [house.loop.id_of("101")]}}
    for path in reads(house):
        answer = who.get(path.format(**NAMED), query_string=queries.get(path))
        found[path] = (answer.status_code, answer.get_data(as_text=True))
    return found


@pytest.mark.parametrize("role", Role)
def test_no_read_tells_a_role_more_than_the_matrix(
    shared_house: House, programs: dict[Role, Program], role: Role
) -> None:
    answers = everything_read(shared_house, programs[role])
    assert {code for code, _ in answers.values()} <= {200, 403, 404}
    text = "\n".join(body for _, body in answers.values())
    assert (SECRET_NOTE in text) == (role in SEES_NOTES)
    for name in SECRET_NAMES:
        assert (name in text) == (role in SEES_VALUE)
    assert (str(SECRET_VALUE) in text or "7654321" in text) == (role in SEES_VALUE)
    assert answers["/clusters"][0] == (403 if role in OUTSOURCED else 200)
    assert answers["/tickets/{connection}/{ticket}/remedy"][0] == 200


def test_money_has_no_field_where_it_may_not_be_seen(programs: dict[Role, Program]) -> None:
    fields = {role: set(programs[role].get("/clusters").get_json()["items"][0]) for role in set(Role) - OUTSOURCED}
    assert "money" not in fields[Role.AGENT]
    assert "largest" not in fields[Role.SUPPLIER_MANAGER]
    assert {"money", "largest", "parts"} <= fields[Role.PRODUCT_MANAGER]
    one = {role: set(programs[role].get("/clusters/1").get_json()) for role in set(Role) - OUTSOURCED}
    assert not {"score", "accounts", "sums"} & one[Role.AGENT]
    assert "score" not in one[Role.SUPPLIER_MANAGER]
    assert {"score", "accounts"} <= one[Role.CSM]


def test_small_sums_are_bands(programs: dict[Role, Program]) -> None:
    rows = programs[Role.SUPPLIER_MANAGER].get("/clusters").get_json()["items"]
    assert {row["money"]["amount"] for row in rows} == {None}
    assert all(row["money"]["band"] for row in rows if row["rank"])


def test_cursor_tells_no_money(shared_house: House, programs: dict[Role, Program]) -> None:
    query = {"limit": 1, "unidentified": "hide", "sort": "robust"}
    cursor = programs[Role.AGENT].get("/clusters", query_string=query).get_json()["next"]
    assert base64.urlsafe_b64decode(cursor + "==").decode() == f"[0,{shared_house.ids['vat']}]"


def test_supplier_gets_only_tickets_of_its_own_groups(programs: dict[Role, Program]) -> None:
    who = programs[Role.SUPPLIER_AGENT]
    assert who.get("/tickets/desk/101/remedy").status_code == 200
    assert who.get("/tickets/desk/103/remedy").status_code == 404


@pytest.mark.parametrize("role", Role)
def test_every_operation_refuses_whom_its_permission_leaves_out(shared_house: House, role: Role) -> None:
    """Generated from the map of addresses: what a role may not do answers 403 before anything is read or changed."""
    actor, who = shared_house.actor(role), program(shared_house, role)
    for rule in shared_house.app.url_map.iter_rules():
        if not rule.rule.startswith("/api/v1/"):
            continue
        said = rule_of(shared_house.app, rule.endpoint)
        assert said is not None
        assert not said.public
        if said.permission is None or may(actor, said.permission):
            continue
        path = rule.rule.replace("<path:", "<").replace("<", "{").replace(">", "}").removeprefix("/api/v1")
        path = path.format(
            issue=1,
            connection="desk",
            ticket="101",
            account=1,
            event=1,
            row=1,
            name="x",
            view=1,
            answer=1,
            review=1,
            tracker="tracker",
        )
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            assert who.ask(method, path, json=None if method == "GET" else {}).status_code == 403, rule.rule


def test_scope_narrows_the_role(shared_house: House) -> None:
    reader = program(shared_house, Role.ADMIN, Scope.READ)
    assert reader.get("/clusters").status_code == 200
    refused = reader.post("/clusters/1/publish")
    assert refused.status_code == 403
    assert "'decide'" in refused.get_json()["detail"]
    assert reader.get("/audit").status_code == 403
    assert Permission.ADMINISTER not in reader.get("/me").get_json()["permissions"]


def test_browser_needs_its_csrf_header(house: House) -> None:
    client = house.client(Role.ADMIN)
    assert client.get("/api/v1/me").get_json()["role"] == "admin"
    refused = client.post("/api/v1/clusters/1/watch", json={})
    assert refused.status_code == 405
    refused = client.put("/api/v1/clusters/1/watch", json={"watching": True})
    assert refused.status_code == 400
    assert refused.mimetype == "application/problem+json"
    token = csrf_of(client, "/me")
    done = client.put("/api/v1/clusters/1/watch", json={"watching": True}, headers={"X-CSRFToken": token})
    assert done.status_code == 200


def test_stranger_is_told_how_to_come_in(shared_house: House) -> None:
    for method, path in (("GET", "/api/v1/clusters"), ("POST", "/api/v1/users"), ("GET", "/api/v1/nowhere/else")):
        answer = shared_house.app.test_client().open(path, method=method)
        assert answer.mimetype == "application/problem+json"
        assert answer.status_code == (404 if "nowhere" in path else 401)
        assert ("WWW-Authenticate" in answer.headers) == (answer.status_code == 401)
    wrong = {"Authorization": "Bearer brg_wrong"}
    assert shared_house.app.test_client().get("/api/v1/me", headers=wrong).status_code == 401
