"""The doors: who gets in, what a cookie is worth, and what never works."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from bridge.service import people, signing_in, tokens
from bridge.service.access import Scope
from bridge.store.access import AccessLink, ApiToken, User, WebSession
from bridge.web import sessions
from bridge.words import Role
from tests.web.house import PASSWORD, USERS, House, csrf_of

NAME = USERS[Role.ADMIN]


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def link(bare_house: House) -> str:
    with bare_house.db.write() as session:
        return people.reset(session, bare_house.actor(Role.ADMIN), NAME, at=now())


@pytest.fixture
def known(bare_house: House, link: str) -> House:
    """A house whose admin has a password."""
    with bare_house.db.write() as session:
        people.set_password(session, link, PASSWORD, at=now())
    return bare_house


def enter(house: House, name: str = NAME, password: str = PASSWORD, **form: str):
    client = house.app.test_client()
    token = csrf_of(client, "/signin")
    return client, client.post("/signin", data={"csrf_token": token, "name": name, "password": password, **form})


def test_one_time_link_sets_a_password_once(bare_house: House, link: str) -> None:
    client = bare_house.app.test_client()
    token = csrf_of(client, f"/welcome/{link}")
    weak = client.post(
        f"/welcome/{link}", data={"csrf_token": token, "password": "issue bridge", "again": "issue bridge"}
    )
    assert "easy to guess" in weak.get_data(as_text=True)
    done = client.post(f"/welcome/{link}", data={"csrf_token": token, "password": PASSWORD, "again": PASSWORD})
    assert done.status_code == 303
    assert client.get("/me").status_code != 303
    again = bare_house.app.test_client().get(f"/welcome/{link}")
    assert again.status_code == 400
    assert "used up" in again.get_data(as_text=True)


def test_no_secret_is_stored(known: House) -> None:
    client, done = enter(known)
    assert done.status_code == 303
    with known.db.write() as session:
        _, secret = tokens.create_token(
            session, known.actor(Role.ADMIN), "t", frozenset({Scope.READ}), days=1, at=now()
        )
        link = people.reset(session, known.actor(Role.ADMIN), USERS[Role.AGENT], at=now())
    with client.session_transaction() as cookie:
        sid = cookie["sid"]
    with known.db.read() as session:
        dump = "".join(
            str(row) for kind in (User, WebSession, ApiToken, AccessLink) for row in session.exec(select(kind))
        )
    assert not [name for name, text in locals().items() if name in ("secret", "link", "sid") and text in dump]
    assert PASSWORD not in dump


def test_wrong_name_and_wrong_password_say_the_same(known: House) -> None:
    texts = [enter(known, name, "wrong password")[1] for name in (NAME, "nobody")]
    assert [t.status_code for t in texts] == [401, 401]
    pages = [t.get_data(as_text=True).replace(NAME, "X").replace("nobody", "X") for t in texts]
    assert all("Name or password is wrong." in page for page in pages)


def test_sixth_try_in_a_minute_must_wait_and_another_address_need_not(known: House) -> None:
    codes = [enter(known, password=f"wrong {n}")[1].status_code for n in range(6)]
    assert codes == [401] * 5 + [429]
    assert enter(known)[1].status_code == 429
    other = known.app.test_client()
    token = csrf_of(other, "/signin")
    form = {"csrf_token": token, "name": NAME, "password": PASSWORD}
    assert other.post("/signin", data=form, environ_base={"REMOTE_ADDR": "127.0.0.9"}).status_code == 303


def test_right_password_takes_its_tries_back(known: House) -> None:
    for _ in range(8):
        assert enter(known)[1].status_code == 303


def test_form_without_its_token_is_refused(known: House) -> None:
    client = known.app.test_client()
    assert client.post("/signin", data={"name": NAME, "password": PASSWORD}).status_code == 400
    inside = known.client(Role.ADMIN)
    assert inside.post("/me/theme", data={"theme": "dark"}).status_code == 400
    stolen = csrf_of(known.app.test_client(), "/signin")
    assert inside.post("/me/theme", data={"theme": "dark", "csrf_token": stolen}).status_code == 400


def test_session_of_before_the_sign_in_is_worth_nothing_after(known: House) -> None:
    client = known.app.test_client()
    token = csrf_of(client, "/signin")
    with client.session_transaction() as cookie:
        cookie["sid"] = "fixed by an attacker"
    client.post("/signin", data={"csrf_token": token, "name": NAME, "password": PASSWORD})
    with client.session_transaction() as cookie:
        assert cookie["sid"] != "fixed by an attacker"
        assert cookie.get("csrf_token") != token


def test_session_ends_by_sign_out_revocation_disabling_idleness_and_age(known: House) -> None:
    admin = known.actor(Role.ADMIN)

    def is_in(sid: str, at: datetime) -> bool:
        with known.db.read() as session:
            return signing_in.session_of(session, sid, at) is not None

    first, second, third = (known.session(Role.AGENT) for _ in range(3))
    assert is_in(first, now())
    assert not is_in(first, now() + timedelta(hours=2))
    with known.db.write() as session:
        row = session.exec(select(WebSession).where(WebSession.sid_hash == people.digest(third))).one()
        row.expires_at = now() + timedelta(days=9)
    assert not is_in(third, now() + signing_in.IDLE + timedelta(minutes=1))
    with known.db.write() as session:
        signing_in.sign_out(session, first, now())
        mine = signing_in.sessions(session, admin, row.user_id, now())
        signing_in.revoke(session, admin, max(r.id or 0 for r in mine if r.id != row.id), at=now())
    assert not is_in(first, now())
    assert not is_in(second, now())
    with known.db.write() as session:
        people.set_disabled(session, admin, USERS[Role.AGENT], disabled=True, at=now())
    assert not is_in(third, now())


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "\\\\evil",
    ],
)
def test_nobody_is_sent_elsewhere(known: House, wanted: str) -> None:
    _, done = enter(known, next=wanted)
    assert done.headers["Location"] == "/"


@given(st.text())
def test_local_addresses_stay_here(path: str) -> None:
    from urllib.parse import urljoin, urlsplit

    if sessions.is_local(path):
        assert urlsplit(urljoin("http://here.example/signin", path)).netloc == "here.example"


def test_token_opens_the_api_only_and_within_its_scope(known: House) -> None:
    with known.db.write() as session:
        row, secret = tokens.create_token(
            session, known.actor(Role.ADMIN), "t", frozenset({Scope.READ}), days=1, at=now()
        )
        assert row.token_hash == people.digest(secret)
        assert tokens.token_of(session, secret, now()) is not None
        assert tokens.token_of(session, secret, now() + timedelta(days=2)) is None
        tokens.revoke_token(session, known.actor(Role.ADMIN), row.id or 0, at=now())
        assert tokens.token_of(session, secret, now()) is None
    page = known.app.test_client().get("/", headers={"Authorization": f"Bearer {secret}"})
    assert page.status_code == 303


@given(st.integers(4, 46), st.sampled_from("abcXYZ019_-"))
def test_mistyped_token_is_known_as_such(position: int, other: str) -> None:
    secret = tokens.new_secret()
    typed = secret[:position] + other + secret[position + 1 :]
    assert tokens.is_well_formed(secret)
    assert tokens.is_well_formed(typed) == (typed == secret)


def test_another_host_name_is_refused(known: House) -> None:
    assert known.app.test_client().get("/signin", headers={"Host": "evil.example"}).status_code == 400


def test_every_answer_carries_its_headers(known: House) -> None:
    for path in ("/signin", "/nowhere", "/me"):
        headers = known.app.test_client().get(path).headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
    cookie = enter(known)[1].headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
