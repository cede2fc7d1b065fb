"""Turns planned tickets into rows of a help desk's export: ids, queue, agent, times, rating and loose fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from bridge.demo import planted
from bridge.demo.company import COMPANY_DOMAIN, Contact, names
from bridge.demo.compose import Written, write
from bridge.demo.moments import created_at, life
from bridge.demo.plan import Planned
from bridge.demo.wording import VERSIONS

GOLD_QUEUE_SINCE_DAYS = 58
_CHANNELS = (("email", "web", "chat", "phone"), (63, 14, 13, 10))
_FIRST_ID = 48211
# Median-ish days to solve relative to the average team, and ratings 1 to 5 that its customers give.
_SLOWNESS: Mapping[str, float] = {"Premium Care": 0.4, "Public Sector Desk": 0.7, "Gold Queue": 1.9, "Tier 1": 1.2}
_RATINGS: Mapping[str, tuple[int, ...]] = {"Premium Care": (1, 2, 6, 30, 61), "Gold Queue": (24, 22, 24, 20, 10)}
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


@dataclass(slots=True)
class _Seen:
    bodies: set[str] = field(default_factory=set)


def tickets(planned: list[Planned], anchor: datetime, rng: Random) -> list[Ticket]:
    """Rows in order of creation; no two share a body, but for the empty ones."""
    timed = [(created_at(anchor, ticket.age, rng), index) for index, ticket in enumerate(planned)]
    seen = _Seen()
    found = []
    number = _FIRST_ID
    for created, index in sorted(timed):
        number += rng.randint(1, 4)
        found.append(_ticket(f"{number}", planned[index], created, anchor, rng, seen))
    return found


def _ticket(
    ticket_id: str, ticket: Planned, created: datetime, anchor: datetime, rng: Random, seen: _Seen
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
        "language": ticket.matter.language if rng.random() < 0.7 else "",
        "tags": ";".join(_tags(ticket, rng, kept)),
        "url": _url(ticket_id, ticket.contact, rng, kept),
        "csat": _csat(times.status, group, rng),
        "last_customer_at": times.last_customer.isoformat() if rng.random() < 0.6 else "",
        "subject": written.subject,
        "body": written.body,
        "product_version": rng.choice(VERSIONS) if rng.random() < 0.4 else "",
        "callback": _callback(ticket.contact, channel, rng, kept),
    }
    return Ticket(row, ticket.key, ticket.title, ticket.also, tuple(kept))


def _fresh(ticket: Planned, channel: str, rng: Random, seen: _Seen) -> Written:
    """A message nobody has sent yet. Raises RuntimeError where a wording has too few free places for that."""
    for _ in range(_ATTEMPTS):
        written = write(ticket.matter, ticket.contact, channel, rng)
        body = written.body.casefold()
        if not body or body not in seen.bodies:
            seen.bodies.add(body)
            return written
    raise RuntimeError(f"texts/issues/{ticket.key}.txt: {_ATTEMPTS} tries gave no new text; add another wording")


def _group(ticket: Planned, created: datetime, anchor: datetime, rng: Random) -> str:
    """Since the Gold Queue opened, the premium customers' tickets go to the cheapest supplier."""
    account = ticket.contact.account
    draw = rng.random()
    if draw < 0.02:
        return ""
    if ticket.area == "api" and draw < 0.3:
        return "Engineering Escalations"
    if account is not None and account.segment == "public sector":
        return "Public Sector Desk"
    if account is not None and account.premium:
        moved = created >= anchor - timedelta(days=GOLD_QUEUE_SINCE_DAYS)
        return "Gold Queue" if moved else "Premium Care"
    if ticket.matter.language != "en":
        return "Continental Languages"
    return "Business Support" if account is not None and account.segment == "mid-market" else "Tier 1"


def _account(contact: Contact, rng: Random) -> str:
    """What the desk knows: often nothing, often the name, now and then the id of the CRM."""
    if contact.account is None:
        return ""
    draw = rng.random()
    if draw < 0.08 and contact.account.external_id:
        return contact.account.external_id
    return contact.account.name if draw < 0.45 else ""


def _assignee(status: str, rng: Random, kept: list[str]) -> str:
    if status == "new" and rng.random() < 0.8:
        return ""
    name = rng.choice(names()["agents"])
    if rng.random() > 0.1:
        return name
    email = f"{name.replace(' ', '.').lower()}@{COMPANY_DOMAIN}"
    kept.append(email)
    return email


def _tags(ticket: Planned, rng: Random, kept: list[str]) -> list[str]:
    tags = [ticket.area.replace(" ", "-")] if ticket.area and rng.random() < 0.35 else []
    if rng.random() < 0.1:
        tags.append(rng.choice(("vip", "callback", "follow-up", "2nd-level", "imported")))
    if rng.random() < 0.01:
        tags.append(ticket.contact.email)
        kept.append(ticket.contact.email)
    return tags


def _url(ticket_id: str, contact: Contact, rng: Random, kept: list[str]) -> str:
    url = f"https://desk.{COMPANY_DOMAIN}/tickets/{ticket_id}"
    if rng.random() > 0.02:
        return url
    kept.append(contact.email)
    return f"{url}?requester={contact.email}"


def _callback(contact: Contact, channel: str, rng: Random, kept: list[str]) -> str:
    if rng.random() > (0.4 if channel == "phone" else 0.02):
        return ""
    number = planted.phone(rng, contact.language)
    kept.append(number)
    return number


def _csat(status: str, group: str, rng: Random) -> str:
    if status not in ("solved", "closed") or rng.random() > 0.35:
        return ""
    return str(rng.choices((1, 2, 3, 4, 5), _RATINGS.get(group, _USUAL_RATINGS))[0])
