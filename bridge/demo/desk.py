"""Turns planned tickets into rows of an export: ids, queue, agent, times, rating and loose fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from bridge.demo import planted
from bridge.demo.chance import chance
from bridge.demo.company import COMPANY_DOMAIN, Contact, names, opened_days_ago
from bridge.demo.compose import Written, write
from bridge.demo.moments import created_at, life
from bridge.demo.plan import Planned
from bridge.demo.wording import VERSIONS

_CHANNELS = (("email", "web", "chat", "phone"), (63, 14, 13, 10))
_FIRST_ID = 48211
_SLOWNESS: Mapping[str, float] = {
    "Premium Care": 0.4,
    "Public Sector Desk": 0.7,
    "Gold Queue": 1.9,
    "Tier 1": 1.2,
}
"""Time to solve, relative to the other groups."""
_RATINGS: Mapping[str, tuple[int, ...]] = {
    "Premium Care": (1, 2, 6, 30, 61),
    "Gold Queue": (24, 22, 24, 20, 10),
}
"""How often customers give 1, 2, 3, 4 and 5 of five."""
_USUAL_RATINGS = (6, 8, 18, 38, 30)
_ATTEMPTS = 200


@dataclass(frozen=True, slots=True)
class Ticket:
    """A row of the export, the truth about it, and the personal data somebody planted in it."""

    row: Mapping[str, str]
    key: str
    title: str
    also: str
    planted: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.row["id"]


def tickets(planned: list[Planned], anchor: datetime, rng: Random) -> list[Ticket]:
    """Rows in order of creation; no two share a body, but for the empty ones."""
    timed = [(created_at(anchor, ticket.age, rng), index) for index, ticket in enumerate(planned)]
    seen: set[str] = set()
    found = []
    number = _FIRST_ID
    for created, index in sorted(timed):
        number += rng.randint(1, 4)
        found.append(_ticket(f"{number}", planned[index], created, anchor, rng=rng, seen=seen))
    return found


def _ticket(
    ticket_id: str, ticket: Planned, created: datetime, anchor: datetime, *, rng: Random, seen: set[str]
) -> Ticket:
    channel = "email" if ticket.matter.bare else rng.choices(*_CHANNELS)[0]
    written = _fresh(ticket, channel, rng, seen)
    group = _group(ticket, created, anchor, rng)
    times = life(anchor, created, _SLOWNESS.get(group, 1.0), rng)
    kept = [*written.planted, ticket.contact.email]
    row = {
        "id": ticket_id,
        "created_at": times.created.isoformat(),
        "updated_at": times.updated.isoformat(),
        "status": times.status,
        "priority": ticket.priority,
        "requester": ticket.contact.email,
        "account": _account(ticket.contact, rng),
        "group": group,
        "assignee": _assignee(times.status, rng, kept),
        "channel": channel,
        "language": ticket.matter.language if chance(rng, 0.7) else "",
        "tags": ";".join(_tags(ticket, rng, kept)),
        "url": _url(ticket_id, ticket.contact, rng, kept),
        "csat": _csat(times.status, group, rng),
        "last_customer_at": times.last_customer.isoformat() if chance(rng, 0.6) else "",
        "subject": written.subject,
        "body": written.body,
        "product_version": rng.choice(VERSIONS) if chance(rng, 0.4) else "",
        "callback": _callback(ticket.contact, channel, rng, kept),
    }
    return Ticket(row, ticket.key, ticket.title, ticket.also, tuple(kept))


def _fresh(ticket: Planned, channel: str, rng: Random, seen: set[str]) -> Written:
    """A message nobody has sent yet. Raises RuntimeError where a wording has too few free places for that."""
    for _ in range(_ATTEMPTS):
        written = write(ticket.matter, ticket.contact, channel, rng)
        body = written.body.casefold()
        if not body or body not in seen:
            seen.add(body)
            return written
    raise RuntimeError(f"{ticket.key}: {_ATTEMPTS} tries gave no new text; add a wording in texts/")


def _group(ticket: Planned, created: datetime, anchor: datetime, rng: Random) -> str:
    """Since the Gold Queue opened, the premium customers' tickets go to the cheapest supplier."""
    account = ticket.contact.account
    if chance(rng, 0.02):
        return ""
    if ticket.area == "api" and chance(rng, 0.3):
        return "Engineering Escalations"
    if account is not None and account.segment == "public sector":
        return "Public Sector Desk"
    if account is not None and account.premium:
        opened = anchor - timedelta(days=opened_days_ago("Gold Queue"))
        return "Gold Queue" if created.date() >= opened.date() else "Premium Care"
    if ticket.matter.language != "en":
        return "Continental Languages"
    return "Business Support" if account is not None and account.segment == "mid-market" else "Tier 1"


def _account(contact: Contact, rng: Random) -> str:
    """What the desk knows: often nothing, often the name, now and then the id of the CRM."""
    if contact.account is None:
        return ""
    if contact.account.external_id and chance(rng, 0.08):
        return contact.account.external_id
    return contact.account.name if chance(rng, 0.4) else ""


def _assignee(status: str, rng: Random, kept: list[str]) -> str:
    if status == "new" and chance(rng, 0.8):
        return ""
    name = rng.choice(names()["agents"])
    if not chance(rng, 0.1):
        return name
    email = f"{name.replace(' ', '.').lower()}@{COMPANY_DOMAIN}"
    kept.append(email)
    return email


def _tags(ticket: Planned, rng: Random, kept: list[str]) -> list[str]:
    tags = [ticket.area.replace(" ", "-")] if ticket.area and chance(rng, 0.35) else []
    if chance(rng, 0.1):
        tags.append(rng.choice(("vip", "callback", "follow-up", "2nd-level", "imported")))
    if chance(rng, 0.01):
        tags.append(ticket.contact.email)
        kept.append(ticket.contact.email)
    return tags


def _url(ticket_id: str, contact: Contact, rng: Random, kept: list[str]) -> str:
    url = f"https://desk.{COMPANY_DOMAIN}/tickets/{ticket_id}"
    if not chance(rng, 0.02):
        return url
    kept.append(contact.email)
    return f"{url}?requester={contact.email}"


def _callback(contact: Contact, channel: str, rng: Random, kept: list[str]) -> str:
    if not chance(rng, 0.4 if channel == "phone" else 0.02):
        return ""
    number = planted.phone(rng, contact.language)
    kept.append(number)
    return number


def _csat(status: str, group: str, rng: Random) -> str:
    if status not in ("solved", "closed") or not chance(rng, 0.35):
        return ""
    return str(rng.choices((1, 2, 3, 4, 5), _RATINGS.get(group, _USUAL_RATINGS))[0])
