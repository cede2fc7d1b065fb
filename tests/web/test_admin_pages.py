"""Accounts, segments, users, tokens, the audit log and erasing: who may open them, what they show and do."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import select

from bridge.service import accounts as service
from bridge.service.access import Actor, Forbidden
from bridge.store.access import ApiToken, User, WebSession
from bridge.store.accounts import Account
from bridge.store.tickets import Ticket
from bridge.words import Role
from tests.web.house import SECRET_NAMES, USERS, House

ADMIN_ONLY = ("/users", "/tokens", "/audit", "/erase")
OF_VALUE = ("/accounts", "/accounts/1", "/segments")
VALUERS = {Role.PRODUCT_MANAGER, Role.CSM, Role.ADMIN}


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_its_own_pages_only(house: House, role: Role) -> None:
    client = house.client(role)
    for path in OF_VALUE:
        page = client.get(path)
        assert page.status_code == (200 if role in VALUERS else 403), path
        assert (SECRET_NAMES[0] in page.get_data(as_text=True)) == (role in VALUERS and "segments" not in path)
    for path in ADMIN_ONLY:
        assert client.get(path).status_code == (200 if role is Role.ADMIN else 403), path
    assert client.get("/me").status_code == 200
    for path in ("/audit/verify", "/erase", "/erase/preview", "/users", "/users/x/reset", "/users/x/disable"):
        answer = house.post(client, path, kind="ticket", name="desk/101", confirm="desk/101", reason="r")
        assert (answer.status_code == 403) == (role is not Role.ADMIN), path
    if role is not Role.ADMIN:
        with house.db.read() as session:
            assert session.exec(select(Ticket).where(Ticket.source_id == "101")).one().subject


def text(house: House, path: str, role: Role = Role.ADMIN) -> str:
    return str(house.client(role).get(path).get_data(as_text=True))


def test_accounts_are_found_sorted_and_paged(house: House) -> None:
    with house.db.write() as session:
        old = datetime.now(UTC) - timedelta(days=100)
        session.add_all(Account(name=f"Account {n:03}", arr=1000.0 + n, source="crm.csv", as_of=old) for n in range(60))
    page = text(house, "/accounts")
    names = re.findall(r'<a class="ib-title"[^>]*>([^<]+)</a>', page)
    assert len(names) == 50
    assert names[:3] == [SECRET_NAMES[0], "Acme", SECRET_NAMES[1]]
    assert "Page 1 of 2" in page
    assert len(re.findall('class="ib-title"', text(house, "/accounts?page=2"))) == 15
    assert len(re.findall('class="ib-title"', text(house, "/accounts?page=99"))) == 15
    assert re.findall('class="ib-title"[^>]*>([^<]+)<', text(house, "/accounts?find=acm")) == ["Acme"]
    assert re.findall('class="ib-title"[^>]*>([^<]+)<', text(house, "/accounts?only=imputed")) == ["Cobalt"]
    assert "Page 1 of 2" in text(house, "/accounts?only=stale&sort=age")
    assert "No account matches" in text(house, "/accounts?find=nobody%25")
    assert "stale" in text(house, "/accounts?find=Account+001")


def test_an_account_tells_what_hurts_it_and_what_is_imputed(house: House) -> None:
    with house.db.read() as session:
        ids = {name: id_ for id_, name in session.exec(select(Account.id, Account.name))}
    page = text(house, f"/accounts/{ids['Acme']}", Role.PRODUCT_MANAGER)
    assert "2 issues hurt it" in page
    assert "PDF invoice shows wrong VAT total" in page
    assert "VAT in the PDF is wrong" in page
    assert "imputed" in text(house, f"/accounts/{ids['Cobalt']}")
    assert house.client(Role.ADMIN).get("/accounts/999").status_code == 404


def test_a_csm_reads_the_words_of_their_own_accounts_tickets_only(house: House) -> None:
    with house.db.write() as session:
        acme = session.exec(select(Account.id).where(Account.name == "Acme")).one()
        other = session.exec(select(Account.id).where(Account.name == "Borealis")).one()
        session.exec(select(User).where(User.name == USERS[Role.CSM])).one().accounts = [acme]
    assert "VAT in the PDF is wrong" in text(house, f"/accounts/{acme}", Role.CSM)
    page = text(house, f"/accounts/{other}", Role.CSM)
    assert "Wrong VAT total on invoices" not in page
    assert "103" in page


def test_segments_hold_every_account_once(house: House) -> None:
    with house.db.read() as session:
        rows, currency = service.segments(session, house.actor(Role.ADMIN), at=datetime.now(UTC))
        assert (sum(row.accounts for row in rows), currency) == (5, "EUR")
        assert sum(row.imputed for row in rows) == 1
        page = service.accounts(session, house.actor(Role.ADMIN), service.Filters(), at=datetime.now(UTC))
        assert sum(row.value for row in rows) == pytest.approx(sum(row.value for row in page.rows))
        with pytest.raises(Forbidden):
            service.segments(session, Actor("x", Role.AGENT), at=datetime.now(UTC))


def test_pages_ask_as_much_for_fifty_as_for_five(house: House) -> None:
    def queries(path: str) -> int:
        client, seen = house.client(Role.ADMIN), []
        event.listen(house.db.engine, "before_cursor_execute", lambda *_: seen.append(1))
        client.get(path)
        return len(seen)

    few = {path: queries(path) for path in ("/accounts", "/users", "/audit?everything=1", "/tokens")}
    with house.db.write() as session:
        session.add_all(Account(name=f"More {n}", source="s", as_of=datetime.now(UTC)) for n in range(60))
        session.add_all(User(name=f"user {n}", role="agent") for n in range(60))
    assert {path: queries(path) for path in few} == pytest.approx(few, abs=45)


def link_in(page: str) -> str:
    found = re.search(r"http://[^<\s]+/welcome/([\w-]+)", page)
    assert found, page
    return f"/welcome/{found[1]}"


def test_an_admin_adds_resets_disables_and_the_link_shows_once(house: House) -> None:
    admin = house.client(Role.ADMIN)
    page = house.post(admin, "/users", "/users", name="New Person", role="agent", email="n@ours.example")
    link = link_in(page.get_data(as_text=True))
    assert house.client().get(link).status_code == 200
    assert "/welcome/" not in admin.get("/users").get_data(as_text=True)
    again = link_in(house.post(admin, "/users/New Person/reset", "/users").get_data(as_text=True))
    assert house.client().get(link).status_code == 400
    assert house.client().get(again).status_code == 200
    house.post(admin, "/users/New Person/disable", "/users", disabled="1")
    assert "disabled" in admin.get("/users").get_data(as_text=True)
    assert house.client().get(again).status_code == 400
    page = house.post(admin, "/users", "/users", name="Supplier Person", role="supplier_agent")
    assert (page.status_code, page.headers["Location"]) == (303, "/users")
    assert "belongs to a supplier" in admin.get("/users").get_data(as_text=True)


def test_sessions_and_tokens_are_ended_from_the_pages(house: House) -> None:
    agent, admin = house.client(Role.AGENT), house.client(Role.ADMIN)
    assert agent.get("/me").status_code == 200
    with house.db.read() as session:
        user = session.exec(select(User).where(User.name == USERS[Role.AGENT])).one()
        own = session.exec(select(WebSession.id).where(WebSession.user_id == user.id)).first()
    other = house.client(Role.PRODUCT_MANAGER)
    assert house.post(other, f"/sessions/{own}/revoke").status_code == 403
    assert house.post(admin, f"/sessions/{own}/revoke", **{"from": "users"}).headers["Location"] == "/users"
    assert agent.get("/me").status_code == 303

    agent = house.client(Role.AGENT)
    page = house.post(agent, "/tokens", "/me", name="my script", scopes="read", days="30", **{"from": "me"})
    assert re.search(r"brg_[\w-]{30,}", page.get_data(as_text=True))
    shown = agent.get("/me").get_data(as_text=True)
    assert "my script" in shown
    assert not re.search(r"brg_[\w-]{30,}", shown)
    with house.db.read() as session:
        token = session.exec(select(ApiToken.id)).one()
    assert house.post(other, f"/tokens/{token}/revoke").status_code == 403
    house.post(agent, f"/tokens/{token}/revoke", **{"from": "me"})
    assert "revoked" in agent.get("/me").get_data(as_text=True)


def test_an_agent_makes_no_token_for_another(house: House) -> None:
    fields: dict[str, Any] = {"name": "x", "scopes": "read", "days": "3", "from": "tokens", "owner": USERS[Role.ADMIN]}
    assert house.post(house.client(Role.AGENT), "/tokens", **fields).status_code == 403
    assert house.post(house.client(Role.ADMIN), "/tokens", **fields).status_code == 200


def test_the_audit_log_is_filtered_paged_and_verified(house: House) -> None:
    admin = house.client(Role.ADMIN)
    page = text(house, "/audit")
    assert "Remedy plan approved" in page
    assert "Tickets read" not in page.partition("</form>")[2].partition("<table")[2]
    assert "Tickets read" in text(house, "/audit?everything=1").partition("<table")[2]
    vat = house.ids["vat"]
    about = text(house, f"/audit?about=IB-{vat}&kind=plan.approved").partition("<table")[2]
    assert about.count("<tr data-row") == 1
    assert "No event matches" in text(house, "/audit?who=nobody")
    assert admin.get("/audit?since=yesterday").status_code == 400
    assert "Older" not in page
    page = house.post(admin, "/audit/verify", "/audit")
    assert page.status_code == 303
    assert "The log is whole" in admin.get("/audit").get_data(as_text=True)
    assert "whole to event" in admin.get("/audit").get_data(as_text=True)


def test_erasing_asks_shows_and_does(house: House) -> None:
    admin = house.client(Role.ADMIN)
    page = house.post(admin, "/erase/preview", "/erase", kind="ticket", name="desk/101")
    assert "Erase 1 ticket for good" in page.get_data(as_text=True)
    wrong = {"kind": "ticket", "name": "desk/101", "confirm": "desk", "reason": "letter 7"}
    assert "to confirm; you typed desk" in house.post(admin, "/erase", "/erase", **wrong).get_data(as_text=True)
    right = {**wrong, "confirm": "desk/101"}
    assert (
        "give the reason"
        in house.post(admin, "/erase", "/erase", **{**right, "reason": ""}).get_data(as_text=True).lower()
    )
    with house.db.read() as session:
        assert session.exec(select(Ticket).where(Ticket.source_id == "101")).one().subject
    done = house.post(admin, "/erase", "/erase", **right).get_data(as_text=True)
    assert "Erased: 1 ticket" in done
    assert "https://desk.example/tickets/101" in done
    with house.db.read() as session:
        assert session.exec(select(Ticket).where(Ticket.source_id == "101")).one().subject == ""
    log = text(house, "/audit?kind=data.erased")
    assert "letter 7" in log
    assert "PDF invoice" not in log
    assert house.post(admin, "/erase/preview", "/erase", kind="ticket", name="desk/999").status_code == 404
    assert house.post(admin, "/erase/preview", "/erase", kind="nonsense", name="x").status_code == 303
