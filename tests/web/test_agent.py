"""The box and the card through HTTP: what is found, who may, every button, what is sent and how much of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.service import remedies
from bridge.store.access import Watch
from bridge.store.clusters import Membership
from bridge.store.events import Event
from bridge.words import Role
from tests.web.house import SECRET_NAMES, SECRET_NOTE, House, without_tokens

CARD = "/t/desk/101"
WEIGHT = 50_000


def text_of(answer: Any) -> str:
    return without_tokens(answer.get_data(as_text=True))


@pytest.mark.parametrize("text", ["101", "#101", "ZD-101", "https://desk.example/tickets/101"])
def test_number_leads_straight_to_the_card(house: House, text: str) -> None:
    answer = house.client(Role.AGENT).get("/find", query_string={"q": text})
    assert (answer.status_code, answer.location) == (303, CARD)


def test_link_with_the_number_alone(house: House) -> None:
    client = house.client(Role.AGENT)
    assert client.get("/t/101").location == CARD
    assert client.get("/t/999").status_code == 404
    assert client.get("/find?q=999").status_code == 200
    assert "Nothing is called 999 here" in text_of(client.get("/find?q=999"))


def test_issue_id_and_words(house: House) -> None:
    client = house.client(Role.AGENT)
    assert client.get(f"/find?q=IB-{house.ids['vat']}").location == f"/i/IB-{house.ids['vat']}"
    page = text_of(client.get("/find?q=vat+total"))
    assert "We are looking into the VAT total on PDF invoices." in page
    assert "<mark>VAT</mark>" in page
    assert "Do not promise" not in page
    assert "No issue and no ticket matches these words" in text_of(client.get("/find?q=zebra"))
    assert client.get("/i/IB-999").status_code == 404
    assert client.get("/i/nonsense").status_code == 404


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPPLIER_AGENT])
def test_parts_stand_in_their_binding_order(house: House, role: Role) -> None:
    page = text_of(house.client(role).get(CARD))
    parts = ["Investigating", "OK to quote", "Tell the customer", "We are looking into the VAT", "Workaround",
             "Use the HTML invoice", ">Fix<", "No date to share", "Not for the customer", "</b> Do not promise", "Why this issue",
             "Wrong issue?", "matched on", "Escalate to", "Billing tier 2", "Notify me", "Ask owner", "Used it",
             "Still affected", "Fix confirmed"]  # fmt: skip
    assert [page.index(part) for part in parts] == sorted(page.index(part) for part in parts)


@pytest.mark.parametrize("role", list(Role))
def test_no_role_reads_money_names_or_notes_on_any_page(house: House, role: Role) -> None:
    client = house.client(role)
    for path in (CARD, "/t/desk/401", "/find?q=vat+export", f"/i/IB-{house.ids['vat']}"):
        page = text_of(client.get(path))
        assert SECRET_NOTE not in page
        assert "7654321" not in page.replace(",", "")
        assert not any(name in page for name in SECRET_NAMES)
        assert "EUR" not in page


def test_tickets_of_other_groups_look_unknown_to_a_supplier(house: House) -> None:
    client = house.client(Role.SUPPLIER_AGENT)
    hidden, missing = client.get("/t/desk/103"), client.get("/t/desk/999")
    assert hidden.status_code == missing.status_code == 404
    assert text_of(hidden).replace("103", "N") == text_of(missing).replace("999", "N")
    found, lost = text_of(client.get("/find?q=103")), text_of(client.get("/find?q=999"))
    varies = re.compile(r'103|999|(?<=name="csrf_token" value=")[^"]*')
    assert varies.sub("N", found) == varies.sub("N", lost)
    assert house.post(client, "/t/desk/103", CARD, act="used").status_code == 404
    assert client.get("/t/103").status_code == 404


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        ("used", "plan.used"),
        ("still_affected", "customer.still_affected"),
        ("fix_confirmed", "customer.fix_confirmed"),
        ("ask_owner", "plan.asked"),
    ],
)
def test_each_button_is_an_event_and_the_card_says_so(house: House, act: str, kind: str) -> None:
    client = house.client(Role.SUPPLIER_AGENT)
    for _ in range(2):
        assert house.post(client, CARD, CARD, act=act).location == CARD
    [event] = house.loop.rows(Event, kind=kind)
    assert event.actor == "the-supplier_agent"
    words = {"used": "You used it just now", "ask_owner": "You asked R. Diaz just now"}
    assert words.get(act, "just now") in text_of(client.get(CARD))


def test_watching_ends_in_news_on_the_box(house: House) -> None:
    client = house.client(Role.AGENT)
    house.post(client, CARD, CARD, act="watch")
    assert "You will be told" in text_of(client.get(CARD))
    assert "What you asked to be told" not in text_of(client.get("/find"))
    house.loop.decide(remedies.edit, house.ids["vat"], {"say_short": "We found why."})
    house.loop.decide(remedies.approve, house.ids["vat"])
    page = text_of(client.get("/find"))
    assert "What you asked to be told" in page
    assert "We found why." in page
    assert house.post(client, f"/find/seen/IB-{house.ids['vat']}", "/find").location == "/find"
    assert "What you asked to be told" not in text_of(client.get("/find"))
    house.post(client, CARD, CARD, act="unwatch")
    assert house.loop.rows(Watch) == []


def test_same_wrong_and_undo(house: House) -> None:
    client = house.client(Role.AGENT)
    alone = "/t/desk/401"
    assert "No issue yet" in text_of(client.get(alone))
    house.post(client, alone, alone, act=f"same IB-{house.ids['vat']}")
    page = text_of(client.get(alone))
    assert "Investigating" in page
    undo = re.search(r'value="(undo \d+)"', page)
    assert undo
    house.post(client, alone, alone, act=undo[1])
    assert "No issue yet" in text_of(client.get(alone))
    house.post(client, CARD, CARD, act="wrong")
    assert house.loop.id_of("101") not in {row.ticket_id for row in house.loop.rows(Membership)}
    assert "Undo “wrong issue”" in text_of(client.get(CARD))
    house.post(client, alone, alone, act="new")
    assert "Unreviewed" in text_of(client.get(alone))


def test_search_for_a_ticket_offers_same_issue(house: House) -> None:
    client = house.client(Role.AGENT)
    page = text_of(client.get("/find?q=vat&connection=desk&ticket=401"))
    assert f'value="same IB-{house.ids["vat"]}"' in page
    assert 'action="/t/desk/401"' in page


def test_what_no_card_has_is_refused_and_shown_on_the_card(house: House) -> None:
    client = house.client(Role.AGENT)
    answer = house.post(client, CARD, CARD, act="explode")
    assert (answer.status_code, answer.location) == (303, CARD)
    assert "nothing that can be told" in text_of(client.get(CARD))
    assert house.post(client, CARD, CARD, act="same nonsense").status_code == 404
    assert client.post(CARD, data={"act": "used"}).status_code == 400


def test_hostile_text_is_text(house: House) -> None:
    client = house.client(Role.AGENT)
    evil = "<script>alert(1)</script>"
    for path, query in (("/find", {"q": evil}), ("/find", {"q": "x", "connection": evil, "ticket": evil})):
        assert "<script>alert" not in text_of(client.get(path, query_string=query))
    assert "<script>alert" not in text_of(client.get(f"/t/{evil}"))


def test_card_with_style_and_scripts_is_light(house: House) -> None:
    client = house.client(Role.AGENT)
    page = text_of(client.get(CARD, headers={"Accept-Encoding": "identity"}))
    parts = re.findall(r'(?:href|src)="(/[^"]*static[^"]*)"', page)
    assert not any("bootstrap" in part for part in parts)
    sizes = {part: len(client.get(part, headers={"Accept-Encoding": "identity"}).data) for part in parts}
    assert len(page.encode()) + sum(sizes.values()) < WEIGHT, sizes
    assert "style=" not in page
    assert not re.search(r"<script(?![^>]*src)", page)


def test_pages_ask_the_database_little(house: House) -> None:
    from sqlalchemy import event

    client, counted = house.client(Role.AGENT), []
    for path in (CARD, "/find?q=vat"):
        client.get(path)
    event.listen(house.db.engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
    for path, most in ((CARD, 22), ("/t/desk/401", 26), ("/find?q=101", 8)):
        counted.clear()
        client.get(path)
        assert len(counted) <= most, (path, len(counted), counted)


def test_stale_card_says_when_tickets_were_read(house: House) -> None:
    from bridge.store.sync import SyncState

    with house.db.write() as session:
        session.get_one(SyncState, ("desk", "tickets")).last_success_at = datetime.now(UTC) - timedelta(hours=3)
    assert "Tickets were last read 3 h ago." in text_of(house.client(Role.AGENT).get(CARD))
