"""The sample company's customers, their people and its support suppliers: from ``data/``, all invented."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random

from bridge.demo import planted
from bridge.demo.texts import sections

COMPANY = "Tumblewick"
COMPANY_DOMAIN = "tumblewick.example"
LOUD_ACCOUNT = "Dandelion Cycle Couriers"
FREE_MAIL_DOMAINS = ("freemail.example", "webmail.test")
UNKNOWN_DOMAINS = ("lonelypine.example", "nobodyknows.test", "ghostbakery.example", "halfmoon-vets.example")


@dataclass(frozen=True, slots=True)
class Account:
    """A row of data/accounts.csv; ``segment`` is the true one, exported only where ``named`` says yes."""

    name: str
    segment: str
    domains: tuple[str, ...]
    external_id: str | None
    languages: tuple[str, ...]
    weight: int
    row: Mapping[str, str]

    @property
    def premium(self) -> bool:
        return self.row["expectation_tier"] == "premium"


@dataclass(frozen=True, slots=True)
class Contact:
    """A person who writes. ``account`` is None where the domain belongs to nobody the company knows."""

    name: str
    email: str
    phone: str
    language: str
    account: Account | None


@cache
def accounts() -> tuple[Account, ...]:
    return tuple(_account(row) for row in _rows("accounts.csv"))


@cache
def suppliers() -> tuple[Mapping[str, str], ...]:
    return tuple(_rows("suppliers.csv"))


def opened_days_ago(group: str) -> int:
    """Since when a group takes tickets. Raises StopIteration where data/suppliers.csv has no such group."""
    return next(int(row["from_days"]) for row in suppliers() if row["group"] == group)


@cache
def names() -> Mapping[str, tuple[str, ...]]:
    return sections(files(__package__).joinpath("data", "people.txt").read_text("utf-8"))


def contacts(account: Account, rng: Random) -> tuple[Contact, ...]:
    """The people of an account: one in the smallest, up to five in the largest."""
    size = 1 if account.name == LOUD_ACCOUNT else min(5, max(1, account.weight - rng.randint(0, 2)))
    return tuple(person(rng.choice(account.languages), rng.choice(account.domains), account, rng) for _ in range(size))


def person(language: str, domain: str, account: Account | None, rng: Random) -> Contact:
    first = rng.choice(names()[f"{language} first"][0].split())
    last = rng.choice(names()[f"{language} last"][0].split())
    local = rng.choice((f"{first}.{last}", f"{first[0]}.{last}", f"{last}", f"{first}"))
    email = f"{_ascii(local).lower()}@{domain}"
    return Contact(f"{first} {last}", email, planted.phone(rng, language), language, account)


def _ascii(text: str) -> str:
    spelled = text.replace("ü", "ue").replace("ö", "oe").replace("ä", "ae")
    return unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode("ascii")


def _account(row: Mapping[str, str]) -> Account:
    return Account(
        name=row["account"],
        segment=row["segment"],
        domains=tuple(row["domains"].split(";")),
        external_id=row["external_ids"].split(";")[0] or None,
        languages=tuple(row["languages"].split(";")),
        weight=int(row["weight"]),
        row=row,
    )


def _rows(name: str) -> list[dict[str, str]]:
    text = files(__package__).joinpath("data", name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))
