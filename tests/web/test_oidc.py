"""Single sign-on against a certified provider, and against one that lies."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from flask import Flask, jsonify, redirect
from flask import request as asked
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlmodel import select
from werkzeug.serving import make_server

from bridge.settings.oidc import OidcSettings
from bridge.store.access import User
from bridge.store.events import Event
from bridge.web.app import create_app
from tests.web.house import SUPPLIER, House

GROUPS = (
    {"group": "bridge-pam", "role": "product_manager"},
    {"group": "bridge-sue", "role": "supplier_agent", "supplier": SUPPLIER},
    {"group": "bridge-ann", "role": "agent"},
)


@contextmanager
def served(house: House, issuer: str, roles: tuple[dict[str, str], ...] = GROUPS) -> Iterator[str]:
    """The house's service with this provider, at an address of its own."""
    settings = OidcSettings(issuer=issuer, client_id="bridge", client_secret="bridgesecret", roles=roles)
    server = make_server("127.0.0.1", 0, Flask("none"), threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    web = house.bridge.settings.web.model_copy(update={"url": url})
    house.bridge = type(house.bridge)(
        house.bridge.settings.model_copy(update={"oidc": settings, "web": web}), house.db, house.bridge.connections
    )
    house.app = server.app = create_app(house.bridge)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield url
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def browser() -> requests.Session:
    made = requests.Session()
    made.trust_env = False
    return made


def come(session: requests.Session, url: str, login: str, next_: str = "/me") -> requests.Response:
    """Through the provider's own forms, as a person would."""
    page = session.get(f"{url}/signin/oidc", params={"next": next_}, timeout=20)
    for _ in range(3):
        form = re.search(r'<form[^>]*action="([^"]+)"', page.text)
        if page.url.startswith(url) or form is None:
            break
        prompt = re.search(r'name="prompt" value="(\w+)"', page.text)
        fields = {"prompt": prompt[1] if prompt else "", "login": login, "password": "any"}
        page = session.post(requests.compat.urljoin(page.url, form[1]), data=fields, timeout=20)
    return page


def users(house: House, **where: Any) -> list[User]:
    with house.db.read() as session:
        return list(session.exec(select(User).filter_by(**where)))


def test_a_person_of_a_known_group_comes_in_and_goes_where_they_wanted(bare_house: House, oidc_server: str) -> None:
    with served(bare_house, oidc_server) as url, browser() as person:
        assert "Sign in with your company account" in person.get(f"{url}/signin", timeout=20).text
        page = come(person, url, "pam", "/accounts?sort=name")
        assert page.url == f"{url}/accounts?sort=name"
        [pam] = users(bare_house, identity=f"{oidc_server} pam")
        assert (pam.name, pam.role, pam.email, pam.password_hash) == (
            "Pam",
            "product_manager",
            "pam@example.test",
            None,
        )
        with browser() as again:
            come(again, url, "pam")
        assert len(users(bare_house, identity=f"{oidc_server} pam")) == 1


def test_groups_decide_the_role_at_every_sign_in(bare_house: House, oidc_server: str) -> None:
    with served(bare_house, oidc_server) as url, browser() as person:
        come(person, url, "sue")
    [sue] = users(bare_house, name="Sue")
    assert (sue.role, sue.supplier_id) == ("supplier_agent", 1)
    with (
        served(bare_house, oidc_server, ({"group": "bridge-sue", "role": "agent"},)) as url,
        browser() as person,
    ):
        come(person, url, "sue")
    assert (users(bare_house, name="Sue")[0].role, users(bare_house, name="Sue")[0].supplier_id) == ("agent", None)
    with bare_house.db.read() as session:
        assert session.exec(select(Event).where(Event.kind == "user.role")).one().before["role"] == "supplier_agent"


def test_without_a_group_or_disabled_nobody_comes_in(bare_house: House, oidc_server: str) -> None:
    with served(bare_house, oidc_server) as url:
        with browser() as stranger:
            page = come(stranger, url, "mallory")
            assert (page.status_code, "none of the groups" in page.text) == (403, True)
            assert stranger.get(f"{url}/me", timeout=20).url.startswith(f"{url}/signin")
        assert users(bare_house, name="Mallory") == []
        with browser() as person:
            come(person, url, "ann")
        with bare_house.db.write() as session:
            session.exec(select(User).where(User.name == "Ann")).one().disabled = True
        with browser() as person:
            page = come(person, url, "ann")
            assert (page.status_code, "is disabled here" in page.text) == (403, True)


def test_a_name_that_somebody_has_links_nobody(bare_house: House, oidc_server: str) -> None:
    with bare_house.db.write() as session:
        session.add(User(name="Ann", role="admin"))
    with served(bare_house, oidc_server) as url, browser() as person:
        come(person, url, "ann")
    assert [user.role for user in users(bare_house, name="Ann")] == ["admin"]
    assert [user.role for user in users(bare_house, name="Ann (2)")] == ["agent"]


def test_an_answer_that_nobody_asked_for_is_refused(bare_house: House, oidc_server: str) -> None:
    with served(bare_house, oidc_server) as url, browser() as person:
        page = person.get(f"{url}/signin/oidc/back", params={"code": "stolen", "state": "guessed"}, timeout=20)
        assert page.status_code == 401
        assert "Begin again" in page.text


@contextmanager
def liar(change: Callable[[dict[str, Any]], None], *, other_key: bool = False) -> Iterator[str]:
    """A provider whose ID token is right but for one thing."""
    app = Flask("liar")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    issuer = f"http://127.0.0.1:{server.server_port}"
    key, forged = (RSAKey.generate_key(2048, {"kid": "k"}) for _ in range(2))
    seen: dict[str, str] = {}

    @app.get("/.well-known/openid-configuration")
    def metadata() -> Any:
        return jsonify(issuer=issuer, authorization_endpoint=f"{issuer}/auth", token_endpoint=f"{issuer}/token",
                       jwks_uri=f"{issuer}/jwks", id_token_signing_alg_values_supported=["RS256"])  # fmt: skip

    @app.get("/jwks")
    def jwks() -> Any:
        return jsonify(keys=[key.as_dict(private=False)])

    @app.get("/auth")
    def authorize() -> Any:
        assert asked.args["code_challenge_method"] == "S256"
        seen["nonce"] = asked.args["nonce"]
        return redirect(f"{asked.args['redirect_uri']}?code=c&state={asked.args['state']}")

    @app.post("/token")
    def token() -> Any:
        assert asked.form["code_verifier"]
        now = int(time.time())
        claims = {"iss": issuer, "aud": "bridge", "sub": "pam", "name": "Pam", "groups": ["bridge-pam"],
                  "nonce": seen["nonce"], "iat": now, "exp": now + 60}  # fmt: skip
        change(claims)
        signed = jwt.encode({"alg": "RS256", "kid": "k"}, claims, forged if other_key else key)
        return jsonify(access_token="a", token_type="Bearer", id_token=signed)

    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def _set(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda claims: claims.update(values)


@pytest.mark.parametrize(
    ("change", "other_key", "status"),
    [
        (_set(), False, 200),
        (_set(iss="https://elsewhere.example"), False, 401),
        (_set(aud="another-service"), False, 401),
        (_set(nonce="replayed"), False, 401),
        (lambda claims: claims.pop("nonce"), False, 401),
        (_set(exp=int(time.time()) - 3600), False, 401),
        (_set(), True, 401),
    ],
    ids=["sound", "issuer", "audience", "replayed", "no nonce", "too old", "signature"],
)
def test_a_token_counts_only_if_it_is_whole(
    bare_house: House, change: Callable[[dict[str, Any]], None], other_key: bool, status: int
) -> None:
    with liar(change, other_key=other_key) as issuer, served(bare_house, issuer) as url, browser() as person:
        assert person.get(f"{url}/signin/oidc", params={"next": "/me"}, timeout=20).status_code == status
    assert bool(users(bare_house, name="Pam")) == (status == 200)


def test_nobody_is_sent_elsewhere(bare_house: House) -> None:
    with liar(_set()) as issuer, served(bare_house, issuer) as url, browser() as person:
        page = person.get(f"{url}/signin/oidc", params={"next": "https://evil.example/"}, timeout=20)
        assert page.url.startswith(url)


def test_a_provider_that_does_not_answer_is_told(bare_house: House) -> None:
    with served(bare_house, "http://127.0.0.1:9") as url, browser() as person:
        page = person.get(f"{url}/signin/oidc", timeout=20)
        assert (page.status_code, "does not answer" in page.text) == (502, True)


def test_without_a_provider_there_is_no_door(bare_house: House) -> None:
    assert bare_house.client().get("/signin/oidc").status_code == 404
    assert "company account" not in bare_house.client().get("/signin").get_data(as_text=True)
