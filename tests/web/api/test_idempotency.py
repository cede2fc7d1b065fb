"""The same key any number of times is one effect and one answer; what is kept holds no secret."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import func, select

from bridge.service import idempotency
from bridge.store.access import ApiToken, User
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.requests import IdempotentAnswer
from bridge.words import Role
from tests.web.api.asking import Program, program
from tests.web.house import House

TOKEN = {"name": "job", "scopes": ["read"], "days": 7}


def count(house: House, table: type[Any]) -> int:
    with house.db.read() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def kept(house: House) -> str:
    with house.db.read() as session:
        return "".join(f"{row.who} {row.status} {row.answer}" for row in session.exec(select(IdempotentAnswer)))


@pytest.fixture(scope="module")
def admin(shared_house: House) -> Program:
    return program(shared_house, Role.ADMIN)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=255), st.integers(1, 4))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_same_key_any_number_of_times_is_one_effect(shared_house: House, admin: Program, key: str, times: int) -> None:
    body = {"name": f"user {key}"[:80].strip(), "role": "agent"}
    answers = [admin.post("/users", body, key=key) for _ in range(times)]
    assert len({answer.status_code for answer in answers}) == 1
    assert all(answer.headers.get("Idempotency-Replayed") == "true" for answer in answers[1:])
    with shared_house.db.read() as session:
        same = session.exec(select(func.count()).select_from(User).where(User.name == " ".join(body["name"].split())))
        assert same.one() == 1


def test_secret_is_shown_once_and_never_kept(shared_house: House, admin: Program) -> None:
    before = count(shared_house, ApiToken)
    first, again = (admin.post("/tokens", TOKEN, key="make-a-token") for _ in range(2))
    assert first.status_code == again.status_code == 201
    secret = first.get_json()["secret"]
    assert secret.startswith("brg_")
    assert again.get_json() == {**first.get_json(), "secret": None}
    assert secret not in kept(shared_house)
    assert count(shared_house, ApiToken) == before + 1
    link, replay = (admin.post("/users/the-csm/reset", key="reset-it") for _ in range(2))
    assert "/welcome/" in link.get_json()["link"]
    assert replay.get_json()["link"] is None
    assert link.get_json()["link"].rpartition("/")[2] not in kept(shared_house)


def test_key_belongs_to_one_request_and_one_caller(shared_house: House, admin: Program) -> None:
    assert admin.post("/tokens", TOKEN, key="mine").status_code == 201
    other = admin.post("/tokens", {**TOKEN, "days": 8}, key="mine")
    assert other.status_code == 422
    assert "Idempotency-Key" in other.get_json()["detail"]
    assert admin.post("/users/the-agent/enable", key="mine").status_code == 422
    somebody = program(shared_house, Role.AGENT)
    fresh = somebody.post("/tokens", TOKEN, key="mine")
    assert fresh.status_code == 201
    assert fresh.get_json()["secret"]


def test_refusal_is_answered_again_and_leaves_nothing(house: House) -> None:
    who = program(house, Role.ADMIN)
    body = {"name": "somebody", "role": "supplier_agent", "supplier": "Nobody Ltd"}
    events = count(house, Event)
    first, again = (who.post("/users", body, key="k") for _ in range(2))
    assert first.status_code == again.status_code == 409
    assert first.get_json() == again.get_json()
    assert again.mimetype == "application/problem+json"
    assert again.headers["Idempotency-Replayed"] == "true"
    assert count(house, Event) == events


def test_wrong_request_takes_no_key(house: House) -> None:
    who = program(house, Role.ADMIN)
    wrong = who.post("/users", {"name": "a", "role": "king"}, key="k")
    assert wrong.status_code == 422
    assert wrong.get_json()["errors"][0]["pointer"] == "/role"
    assert who.post("/users", {"name": "a", "role": "agent"}, key="k").status_code == 201
    assert who.post("/users", {"name": "b", "role": "agent"}, key="two words").status_code == 400
    assert who.post("/users", {"name": "b", "role": "agent"}, key="k" * 256).status_code == 400


def test_fault_between_decision_and_answer_leaves_neither(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    who, users = program(house, Role.ADMIN), count(house, User)

    def broken(*_: Any) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "keep", broken)
        assert who.post("/users", {"name": "new", "role": "agent"}, key="k").status_code == 500
    assert count(house, User) == users
    assert who.post("/users", {"name": "new", "role": "agent"}, key="k").status_code == 201
    assert count(house, User) == users + 1


def test_two_at_once_decide_once(house: House) -> None:
    who, codes = program(house, Role.ADMIN), []
    users = count(house, User)
    start = threading.Barrier(4)

    def send() -> None:
        start.wait()
        codes.append(who.post("/users", {"name": "twin", "role": "agent"}, key="k").status_code)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert codes == [201] * 4
    assert count(house, User) == users + 1


def test_answer_is_kept_a_day(db: Database) -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    answer = idempotency.Answer(200, {"done": True})
    with db.write() as session:
        assert idempotency.take(session, "token:1", "k", "h", at) is None
        idempotency.keep(session, "token:1", "k", "h", answer, at)
    with db.write() as session:
        assert idempotency.take(session, "token:1", "k", "h", at + timedelta(hours=24)) == answer
        with pytest.raises(idempotency.KeyReused):
            idempotency.take(session, "token:1", "k", "other", at)
    with db.write() as session:
        assert idempotency.take(session, "token:1", "k", "other", at + timedelta(hours=25)) is None


def test_erasing_lets_go_of_answers_but_not_of_its_own(house: House) -> None:
    who = program(house, Role.ADMIN)
    who.post("/users/the-agent/enable", key="before")
    body = {"kind": "ticket", "name": "desk/301", "reason": "asked for by the customer"}
    first, again = (who.post("/erasures", body, key="erase") for _ in range(2))
    assert first.status_code == 200
    assert first.get_json()["tickets"] == 1
    assert again.get_json() == first.get_json()
    assert count(house, IdempotentAnswer) == 1
