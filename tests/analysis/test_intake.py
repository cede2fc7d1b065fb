"""What is kept of a pulled ticket: nothing personal, every word in a known vocabulary, and a hash that sees all."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.intake import Prepared, Reading, prepare, record_hash
from connectors.base import Event, Message, Side, Ticket

T0 = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
READING = Reading(b"secret", {"wartend": "pending"}, {"p1": "urgent"})
CANARIES = {
    "email": "lena.kern@canary.example",
    "phone": "+49 30 1234567",
    "card": "4111 1111 1111 1111",
    "iban": "DE89 3704 0044 0532 0130 00",
    "key": "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
}
TRACES = ("lena.kern", "1234567", "1111 1111", "0532 0130", "4eC39HqLyj", "Quentin", "Zwiebel")


def message(body: str, n: int = 1, author: Side = Side.CUSTOMER, **values: Any) -> Message:
    return Message(f"m{n}", author, public=True, created_at=T0 + timedelta(hours=n), body=body, **values)


def ticket(**values: Any) -> Ticket:
    return Ticket(**({"id": "1", "created_at": T0, "updated_at": T0, "subject": "Login fails"} | values))


def read(item: Ticket) -> Prepared:
    return prepare(item, READING, record_hash(item, READING.secret))


def poisoned(secret: str) -> Ticket:
    """A ticket with the secret wherever a vendor lets people write."""
    says = f"Quentin says {secret} ok"
    return ticket(
        subject=says,
        messages=(message(says), message(f"<p>Hi <b>Quentin Zwiebel</b> {secret}</p>", 2, content_type="text/html")),
        events=(
            Event("e1", "assignee", T0, Side.AGENT, secret, "Quentin Zwiebel"),
            Event("e2", "group", T0, Side.AGENT, secret, says),
        ),
        status=secret,
        priority=secret,
        requester=CANARIES["email"],
        requester_name="Quentin Zwiebel",
        account=secret,
        group=secret,
        assignee=secret,
        channel=secret,
        language=secret,
        tags=(secret, f"tag {secret}"),
        url=f"https://desk.example/t/1?user={CANARIES['email']}&x={secret}",
        csat=says,
        attributes={"note": says, secret: "key", "nested": {"deep": [secret, {"deeper": says}]}},
    )


@pytest.mark.parametrize("kind", CANARIES)
def test_nothing_personal_is_in_any_prepared_column(kind: str) -> None:
    prepared = read(poisoned(CANARIES[kind]))
    kept = repr((prepared.ticket, prepared.messages, prepared.events, prepared.unknown_words))
    for trace in (*TRACES, CANARIES[kind]):
        assert trace not in kept
    assert prepared.ticket["requester_domain"] == "canary.example"
    assert len(prepared.ticket["requester_key"]) == 64


def test_personal_data_spelled_as_entities_is_found_after_html() -> None:
    body = "<p>lena&#46;kern&#64;canary&period;example</p><p>4111<b></b> 1111 1111&nbsp;1111</p>"
    prepared = read(ticket(messages=(message(body, content_type="text/html"),)))
    assert "lena" not in prepared.messages[0]["text"]
    assert "1111" not in prepared.messages[0]["text"]


@pytest.mark.parametrize(
    ("status", "priority", "words", "unknown"),
    [
        ("Pending", "HIGH", ("pending", "high"), []),
        (" Wartend ", "P1", ("pending", "urgent"), []),
        (None, None, ("open", "normal"), []),
        ("", " ", ("open", "normal"), []),
        ("Limbo", "P9", ("open", "normal"), ["status 'Limbo'", "priority 'P9'"]),
    ],
)
def test_status_and_priority_are_of_our_words(
    status: str | None, priority: str | None, words: tuple[str, str], unknown: list[str]
) -> None:
    prepared = read(ticket(status=status, priority=priority))
    assert (prepared.ticket["status"], prepared.ticket["priority"]) == words
    assert prepared.unknown_words == unknown


def test_last_customer_signal() -> None:
    first, later = message("a", 1), message("b", 5)
    note = message("c", 9, Side.AGENT)
    assert read(ticket()).ticket["last_customer_at"] == T0
    assert read(ticket(messages=(first, later, note))).ticket["last_customer_at"] == later.created_at
    assert read(ticket(messages=(note,), updated_at=note.created_at)).ticket["last_customer_at"] == T0
    stated = T0 + timedelta(days=3)
    assert read(ticket(messages=(first,), last_customer_at=stated)).ticket["last_customer_at"] == stated


def test_text_to_group_is_the_customers_own() -> None:
    agent, customer = message("We will look", 1, Side.AGENT), message("The page stays white", 2)
    assert read(ticket(messages=(agent, customer))).ticket["embed_text"] == "Login fails\nThe page stays white"
    empty = read(ticket(subject=" ")).ticket
    assert (empty["embed_text"], empty["embed_hash"]) == ("", None)


def test_nobody_is_nobody() -> None:
    events = (Event("e", "assignee", T0, Side.AGENT, " ", None),)
    prepared = read(ticket(requester=" <> ", assignee=" ", events=events))
    assert (prepared.ticket["requester_key"], prepared.ticket["assignee"]) == (None, None)
    assert (prepared.events[0]["old"], prepared.events[0]["new"]) == (None, None)


CHANGED = {
    "id": "2", "created_at": T0 + timedelta(1), "updated_at": T0 + timedelta(1), "subject": "x", "status": "x",
    "priority": "x", "requester": "x", "requester_name": "x", "account": "x", "group": "x", "assignee": "x",
    "channel": "x", "language": "x", "tags": ("x",), "url": "x", "csat": "x", "attributes": {"x": "x"},
    "last_customer_at": T0, "deleted": True, "merged_into": "x", "messages": (message("x"),),
    "events": (Event("e", "status", T0, Side.AGENT, None, "x"),),
}  # fmt: skip


@pytest.mark.parametrize("name", [field.name for field in fields(Ticket)])
def test_hash_changes_with_every_field(name: str) -> None:
    assert record_hash(replace(ticket(), **{name: CHANGED[name]}), b"k") != record_hash(ticket(), b"k")


@pytest.mark.parametrize(
    "change", [{"body": "y"}, {"id": "m9"}, {"public": False}, {"author": Side.AGENT}, {"created_at": T0}]
)
def test_hash_changes_with_every_part_of_a_message(change: dict[str, Any]) -> None:
    before = ticket(messages=(message("x"),))
    assert record_hash(replace(before, messages=(replace(message("x"), **change),)), b"k") != record_hash(before, b"k")


@given(st.binary(min_size=1), st.binary(min_size=1))
def test_hash_is_keyed_and_stable(one: bytes, other: bytes) -> None:
    assert record_hash(ticket(), one) == record_hash(ticket(), one)
    if one.rstrip(b"\0") != other.rstrip(b"\0"):
        assert record_hash(ticket(), one) != record_hash(ticket(), other)


@pytest.mark.parametrize(
    "bad",
    [
        {"id": " "},
        {"id": "1\x00"},
        {"id": "\ud800"},
        {"merged_into": ""},
        {"messages": (replace(message("x"), id="\x00"),)},
        {"messages": (replace(message("x"), created_at=datetime(2027, 1, 1)),)},  # noqa: DTZ001 - the bad date is the case
        {"events": (Event("", "status", T0, Side.AGENT, None, None),)},
        {"updated_at": datetime(2027, 1, 1)},  # noqa: DTZ001 - the bad date is the case
    ],
)
def test_record_that_cannot_be_stored_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"without NUL|no time zone"):
        read(ticket(**bad))


@given(st.text(), st.text())
def test_any_text_can_be_read_and_stored(subject: str, body: str) -> None:
    prepared = read(ticket(subject=subject, messages=(message(body), message(body, 2, content_type="text/html"))))
    for text in (prepared.ticket["subject"], *(row["text"] for row in prepared.messages)):
        assert "\x00" not in text
        text.encode()
