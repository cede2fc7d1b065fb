"""Decides who writes about what: every ticket's true issue, contact, age and wording."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import cycle
from random import Random

from bridge.demo.chance import chance
from bridge.demo.company import (
    FREE_MAIL_DOMAINS,
    LOUD_ACCOUNT,
    UNKNOWN_DOMAINS,
    Account,
    Contact,
    accounts,
    contacts,
    person,
)
from bridge.demo.compose import Matter
from bridge.demo.moments import age_days
from bridge.demo.texts import LANGUAGES, Family, Needs, Way, families, needs, singles

SINGLE = "single"
_TWO_MATTERS = 0.04
_STRANGERS = 0.05
_EMPTY_BODIES = 0.008


@dataclass(frozen=True, slots=True)
class Planned:
    """One ticket to write: ``key`` is the true issue or ``single``, ``also`` the one mentioned in passing."""

    key: str
    title: str
    area: str
    contact: Contact
    matter: Matter
    age: float
    priority: str
    also: str = ""


class People:
    """The contacts of every account, drawn once, so that the same person writes again."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._of: Mapping[str, tuple[Contact, ...]] = {a.name: contacts(a, rng) for a in accounts()}

    def loud(self) -> Contact:
        return self._of[LOUD_ACCOUNT][0]

    def affected(self, who: Mapping[str, int]) -> Contact:
        """Somebody of an account whose segment is weighted in ``who``; now and then a stranger."""
        if chance(self._rng, _STRANGERS):
            return self._stranger("en")
        pool = [a for a in accounts() if _slug(a.segment) in who and a.name != LOUD_ACCOUNT]
        weights = [a.weight * who[_slug(a.segment)] for a in pool]
        return self._rng.choice(self._of[self._rng.choices(pool, weights)[0].name])

    def speaking(self, language: str) -> Contact:
        if chance(self._rng, _STRANGERS):
            return self._stranger(language)
        pool = [a for a in accounts() if language in a.languages and a.name != LOUD_ACCOUNT]
        account: Account = self._rng.choices(pool, [a.weight for a in pool])[0]
        return replace(self._rng.choice(self._of[account.name]), language=language)

    def _stranger(self, language: str) -> Contact:
        domain = self._rng.choice((*FREE_MAIL_DOMAINS, *UNKNOWN_DOMAINS))
        return person(language, domain, None, self._rng)


def plan(rng: Random) -> list[Planned]:
    """All tickets, in no order of time."""
    people = People(rng)
    known = families()
    planned = [ticket for family in known for ticket in _of_family(family, known, people, rng)]
    planned += [_single(way, people, rng) for way in singles()]
    planned += [single for kind in needs() for single in _of_needs(kind, people, rng)]
    return planned


def _slug(segment: str) -> str:
    return segment.replace(" ", "-")


def _of_family(family: Family, known: tuple[Family, ...], people: People, rng: Random) -> Iterator[Planned]:
    rounds = {language: cycle(_shuffled(family, language, rng)) for language in LANGUAGES}
    for index in range(family.size):
        contact = people.loud() if index < family.loud else people.affected(family.who)
        language = _language(family, contact, rng)
        way = next(rounds[language])
        talks_of_more = index >= family.loud and chance(rng, _TWO_MATTERS)
        also = _another(family, known, contact, language, rng) if talks_of_more else None
        yield Planned(
            key=family.key,
            title=family.title,
            area=family.area,
            contact=contact,
            matter=_matter(way, _details(family, language, rng), also, rng),
            age=age_days(family.when, rng),
            priority=rng.choice(family.priorities),
            also=also.key if also else "",
        )


def _matter(way: Way, details: tuple[str, ...], also: Family | None, rng: Random) -> Matter:
    if also is None and chance(rng, _EMPTY_BODIES):
        return Matter(way.language, max(way.subjects, key=len), "", bare=True)
    second = _way(also, way.language, rng).body if also else ""
    return Matter(way.language, rng.choice(way.subjects), way.body, details, second)


def _shuffled(family: Family, language: str, rng: Random) -> list[Way]:
    ways = [way for way in family.ways if way.language == language]
    return rng.sample(ways, len(ways))


def _language(family: Family, contact: Contact, rng: Random) -> str:
    """Mostly the contact's own, less often where few wordings exist in it, so that none is repeated too much."""
    spoken = sum(way.language == contact.language for way in family.ways)
    return contact.language if spoken and chance(rng, min(0.85, 0.35 + 0.2 * spoken)) else "en"


def _details(family: Family, language: str, rng: Random) -> tuple[str, ...]:
    pool = family.details.get(language, ())
    return tuple(rng.sample(pool, min(len(pool), rng.choices((0, 1, 2), (40, 42, 18))[0])))


def _another(family: Family, known: tuple[Family, ...], contact: Contact, language: str, rng: Random) -> Family | None:
    """An issue of another area that this customer may well have too."""
    segment = _slug(contact.account.segment) if contact.account else "self-serve"
    pool = [
        other
        for other in known
        if other.area != family.area and segment in other.who and any(way.language == language for way in other.ways)
    ]
    return rng.choice(pool) if pool else None


def _way(family: Family, language: str, rng: Random) -> Way:
    return rng.choice([way for way in family.ways if way.language == language])


def _single(way: Way, people: People, rng: Random) -> Planned:
    return _alone(Matter(way.language, way.subjects[0], way.body, bare=way.bare), people, rng)


def _of_needs(kind: Needs, people: People, rng: Random) -> Iterator[Planned]:
    for clause in kind.clauses:
        frame = rng.choice(kind.frames)
        text = frame.replace("[need]", clause)
        words = clause.split()
        subject = " ".join(words[: rng.randint(3, 6)]) if chance(rng, 0.7) else f"question on {words[-1]}"
        yield _alone(Matter("en", subject, text[0].upper() + text[1:]), people, rng)


def _alone(matter: Matter, people: People, rng: Random) -> Planned:
    return Planned(
        key=SINGLE,
        title="",
        area="",
        contact=people.speaking(matter.language),
        matter=matter,
        age=age_days("steady", rng),
        priority=rng.choices(("low", "normal", "high", "urgent", ""), (30, 50, 10, 2, 8))[0],
    )
