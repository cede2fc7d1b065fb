"""A pulled ticket -> the row that may be stored. Nothing leaves this file that redaction would have removed."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from bridge.analysis.characters import visible
from bridge.analysis.facets import facets
from bridge.analysis.lesson import NOTHING, Lesson
from bridge.analysis.redaction import domain_of, is_free_mail, pseudonym, redact, redact_tree
from bridge.analysis.text import content_hash, language_of, looks_like_html, to_text
from bridge.words import Priority, TicketStatus
from connectors.base import Event, Message, Side, Ticket

READER_VERSION = "1"
"""Part of every record hash: raise it when the reading of records changes, and a pull from the start reads anew."""

SHORT = 16
LONGEST_ID = 500
"""Characters of an id or an account's name: an index of PostgreSQL takes no more than some 2,700 bytes."""
_FIELDS: dict[type[object], tuple[str, ...]] = {
    kind: tuple(item.name for item in fields(kind)) for kind in (Ticket, Message, Event)
}


@dataclass(frozen=True, slots=True)
class Reading:
    """How one connection's records are read. ``secret`` keys the hashes of people; words map lower-case words.

    ``lesson``: what was learned last from the collection, with the same key.
    """

    secret: bytes
    status_words: Mapping[str, str]
    priority_words: Mapping[str, str]
    lesson: Lesson = NOTHING


@dataclass(frozen=True, slots=True)
class Prepared:
    """Columns of the ticket row, its messages and events, and the vendor words that nobody has mapped."""

    ticket: dict[str, Any]
    messages: list[dict[str, Any]]
    events: list[dict[str, Any]]
    unknown_words: list[str] = field(default_factory=list)


def record_hash(ticket: Ticket, secret: bytes) -> str:
    """A keyed hash over the whole raw record: equal exactly when there is nothing new to read."""
    raw = _RECORD.encode(ticket)
    return hmac.digest(secret, f"{READER_VERSION}\n{raw}".encode(), "sha256").hex()


def check_record(ticket: Ticket) -> None:
    """Raises ValueError where ids or times cannot be stored or compared as they are."""
    ids = [("a ticket", ticket.id), *(("a message", m.id) for m in ticket.messages)]
    ids += [("an event", e.id) for e in ticket.events]
    ids += [("the ticket that this one was merged into", ticket.merged_into)] if ticket.merged_into is not None else []
    for what, text in ids:
        if not text.strip() or "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
            raise ValueError(f"{what} needs an id without NUL characters and lone surrogates, got {text!r}")
        if len(text) > LONGEST_ID:
            raise ValueError(f"{what} has an id of {len(text)} characters: at most {LONGEST_ID} can be kept")
    if len(ticket.account or "") > LONGEST_ID:
        raise ValueError(f"the account's name has more than {LONGEST_ID} characters")
    times = [ticket.created_at, ticket.updated_at, *(m.created_at for m in ticket.messages)]
    times += [e.at for e in ticket.events]
    times += [ticket.last_customer_at] if ticket.last_customer_at is not None else []
    for time in times:
        if time.tzinfo is None:
            raise ValueError(f"the time {time.isoformat()} has no time zone")


def _plain(value: object) -> object:
    """A dataclass as its fields, shallow: ``asdict`` would copy every value of a record that is only hashed."""
    names = _FIELDS.get(type(value))
    return str(value) if names is None else {name: getattr(value, name) for name in names}


_RECORD = json.JSONEncoder(default=_plain, sort_keys=True)


def prepare(ticket: Ticket, reading: Reading, raw_hash: str) -> Prepared:
    """Redact and normalise one ticket. Raises ValueError for a record that cannot be a ticket."""
    check_record(ticket)
    known = known_names(ticket)
    messages = [_message(message, known) for message in ticket.messages]
    subject = redact(to_text(ticket.subject, "text/plain"), known).text
    from_customer = [row["text"] for row in messages if row["author"] == Side.CUSTOMER]
    unknown: list[str] = []
    requester = person_key(ticket.requester, reading.secret)
    domain = domain_of(ticket.requester) if ticket.requester else None
    free_mail = bool(domain and is_free_mail(domain))
    told = from_customer or [row["text"] for row in messages[:1]]
    text = reading.lesson.text(subject, told, writer_of(requester, domain, free_mail=free_mail), reading.secret)
    assignee = person_key(ticket.assignee, reading.secret)
    tags = [clean for tag in ticket.tags if (clean := _clean(tag, known))]
    attributes: Any = redact_tree(dict(ticket.attributes), known)
    about = facets(tags, attributes)
    row = {
        "source_id": ticket.id,
        "subject": subject,
        "embed_text": text,
        "embed_hash": content_hash(text) if text.strip() else None,
        "record_hash": raw_hash,
        "status": _word(ticket.status, reading.status_words, TicketStatus, TicketStatus.OPEN, "status", unknown),
        "priority": _word(ticket.priority, reading.priority_words, Priority, Priority.NORMAL, "priority", unknown),
        "raw_status": _clean(ticket.status, known),
        "raw_priority": _clean(ticket.priority, known),
        "requester_key": requester,
        "requester_domain": domain,
        "requester_free_mail": free_mail,
        "account_ref": _clean(ticket.account, ()),
        "group": _clean(ticket.group, ()),
        "assignee": assignee[:SHORT] if assignee else None,
        "channel": _clean(ticket.channel, ()),
        "language": _clean(ticket.language, ()) or language_of(text, None),
        "tags": tags,
        "attributes": attributes,
        "area": about.area,
        "type": about.type,
        "url": _clean(ticket.url, known),
        "csat": _clean(ticket.csat, known),
        "created_at": ticket.created_at,
        "updated_at": ticket.updated_at,
        "last_customer_at": _last_customer(ticket),
        "merged_into": ticket.merged_into,
    }
    events = [_event(event, known, reading.secret) for event in ticket.events]
    return Prepared(ticket=row, messages=messages, events=events, unknown_words=unknown)


def writer_of(requester: str | None, domain: str | None, *, free_mail: bool) -> str | None:
    """Of whom footers are learned: the company, by its domain; a person with a free address, by its pseudonym."""
    return requester if free_mail or domain is None else domain


def person_key(address: str | None, secret: bytes) -> str | None:
    """The pseudonym; None where the desk names nobody."""
    named = visible(address or "").strip(" \t\r\n<>\"'")
    return pseudonym(named, secret) if named else None


def known_names(ticket: Ticket) -> tuple[str, ...]:
    """People whom the desk names in this ticket: redaction takes them out wherever they stand."""
    return tuple(name for name in (ticket.requester_name, ticket.requester, ticket.assignee) if name)


def _clean(text: str | None, known: tuple[str, ...]) -> str | None:
    return redact(to_text(text, "text/plain"), known).text if text else None


def _message(message: Message, known: tuple[str, ...]) -> dict[str, Any]:
    """Exports say "plain text" of everything: what looks like HTML is read as such."""
    html = message.content_type == "text/html" or looks_like_html(message.body)
    return {
        "source_id": message.id,
        "author": message.author.value,
        "public": message.public,
        "created_at": message.created_at,
        "text": redact(to_text(message.body, "text/html" if html else "text/plain"), known).text,
    }


def _event(event: Event, known: tuple[str, ...], secret: bytes) -> dict[str, Any]:
    def value(text: str | None) -> str | None:
        if event.kind == "assignee":
            person = person_key(text, secret)
            return person[:SHORT] if person else None
        return _clean(text, known)

    return {
        "source_id": event.id,
        "kind": event.kind,
        "at": event.at,
        "side": event.side.value,
        "old": value(event.old),
        "new": value(event.new),
    }


def _word(
    raw: str | None,
    words: Mapping[str, str],
    kind: type[TicketStatus | Priority],
    default: str,
    name: str,
    unknown: list[str],
) -> str:
    if raw is None or not raw.strip():
        return str(default)
    key = raw.strip().lower()
    word = words.get(key, key)
    if word in set(kind):
        return word
    unknown.append(f"{name} {redact(raw).text[:60]!r}")
    return str(default)


def _last_customer(ticket: Ticket) -> datetime:
    if ticket.last_customer_at is not None:
        return ticket.last_customer_at
    return max((m.created_at for m in ticket.messages if m.author is Side.CUSTOMER), default=ticket.created_at)
