"""Every route with every role, generated from the URL map: a route that nobody put into the table below fails."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from bridge.web.guard import rule_of
from bridge.words import Role
from tests.web.house import House, csrf_of, furnished_house
from tests.web.tour import MAY, MORE, R, pages, routes

LEAVES = {"auth.leave", "auth.enter", "webhooks.receive"}
"""Not sent: they end or change the session that the walk goes on with, or have a door of their own."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = furnished_house(Path(tmp_path_factory.mktemp("roles")) / "home")
    yield made
    made.db.dispose()


def send(client: FlaskClient, path: str, method: str, token: str | None) -> Any:
    headers = {"X-CSRFToken": token, "Referer": "http://localhost/"} if token else {}
    body = {"json": {}} if path.startswith("/api/") and method != "GET" else {}
    return client.open(path, method=method, headers=headers, **body)


def test_every_route_has_a_rule_and_a_place_in_the_table(house: House) -> None:
    endpoints = {route.endpoint for route, *_ in routes(house)}
    assert {name for name in endpoints if rule_of(house.app, name) is None} == set()
    assert endpoints - set(MAY) == set()
    assert set(MAY) - endpoints == set()


@pytest.mark.parametrize("role", [*Role, None])
def test_role_gets_where_it_may_and_nowhere_else(house: House, role: Role | None) -> None:
    client = house.client(role)
    token = csrf_of(client, "/signin" if role is None else "/me")
    wrong = []
    for route, path, method in routes(house):
        if route.endpoint in LEAVES:
            continue
        allowed = MAY[route.endpoint]
        answer = send(client, path, method, token)
        if role is None and allowed is not None:
            right = answer.status_code == 401 or (answer.status_code, answer.headers.get("Location", "")[:7]) == (
                303,
                "/signin",
            )
        elif allowed is None or role in allowed:
            down = 503 if route.endpoint == "health.ready" else 500
            right = answer.status_code not in (401, 403) and answer.status_code <= down and answer.status_code != 500
        else:
            right = answer.status_code == 403
        if not right:
            wrong.append(f"{method} {path}: {answer.status_code}")
    assert wrong == []


def test_every_further_address_of_the_tour_is_a_page(house: House) -> None:
    """Else whoever walks through the pages would pass it by."""
    assert {address for more in MORE.values() for address in more} - set(pages(house, R.ADMIN)) == set()


def test_unmarked_view_opens_for_nobody(house: House) -> None:
    from bridge.web.app import create_app

    app = create_app(house.bridge)
    app.add_url_rule("/forgotten", "forgotten", lambda: "data")
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["sid"] = house.session(Role.ADMIN)
    assert client.get("/forgotten").status_code == 403


@pytest.mark.parametrize("role", [R.SUPPLIER_AGENT, R.SUPPLIER_CONTACT])
def test_nothing_secret_reaches_a_supplier(house: House, role: Role) -> None:
    """Every page and answer that the role can open, searched for values, names and notes."""
    from tests.web.house import SECRET_NAMES, SECRET_NOTE, SECRET_VALUE

    client = house.client(role)
    money = {f"{SECRET_VALUE:,.0f}", f"{SECRET_VALUE:.0f}", "7.65m", "281,576", "281576", "281.6k"}
    secrets = {SECRET_NOTE, *SECRET_NAMES, *money, "Acme", "Borealis"}
    for route, path, method in routes(house):
        allowed = MAY[route.endpoint]
        if method == "GET" and (allowed is None or role in allowed):
            text = client.get(path).get_data(as_text=True)
            assert {word for word in secrets if word in text} == set(), path


class Balance(HTMLParser):
    """Notes tags that close what is not open. Tags that HTML lets one leave open are left out."""

    VOID = frozenset(
        ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
    )
    OPTIONAL = frozenset(["li", "dt", "dd", "p", "option", "tr", "td", "th", "thead", "tbody", "tfoot"])
    SHAPES = frozenset(["rect", "circle", "path", "line", "polyline", "polygon", "use", "stop", "ellipse"])

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in self.VOID | self.OPTIONAL | self.SHAPES:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if tag in self.VOID | self.OPTIONAL | self.SHAPES:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> in line {self.getpos()[0]}")


@pytest.mark.parametrize("role", [R.ADMIN, R.AGENT, R.SUPPLIER_AGENT])
def test_markup_closes_what_it_opens(house: House, role: Role) -> None:
    client = house.client(role)
    wrong = {}
    for path in pages(house, role):
        parser = Balance()
        parser.feed(client.get(path).get_data(as_text=True))
        if parser.wrong or parser.open:
            wrong[path] = parser.wrong[:3] or parser.open
    assert wrong == {}
