"""Puts a matter into the words of one customer: what surrounds it, in which channel, how carefully typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from bridge.demo import planted
from bridge.demo.chance import chance
from bridge.demo.company import COMPANY, COMPANY_DOMAIN, Contact, names
from bridge.demo.letter import Letter, as_html, as_text
from bridge.demo.texts import phrases
from bridge.demo.wording import fill, mistype


@dataclass(frozen=True, slots=True)
class Matter:
    """What one ticket is about; ``second`` is a matter mentioned in passing, ``bare`` goes out as it is."""

    language: str
    subject: str
    text: str
    details: Sequence[str] = ()
    second: str = ""
    bare: bool = False


@dataclass(slots=True)
class Written:
    """A message as it goes into the export, with the personal data that was planted in it."""

    subject: str
    body: str
    planted: list[str] = field(default_factory=list)


def write(matter: Matter, contact: Contact, channel: str, rng: Random) -> Written:
    if matter.bare:
        return Written(fill(matter.subject, matter.language, rng), matter.text)
    writer = {"email": _email, "web": _web, "chat": _chat, "phone": _phone}[channel]
    written = writer(matter, contact, rng)
    written.subject = _subject(matter, channel, rng)
    return written


def _subject(matter: Matter, channel: str, rng: Random) -> str:
    if channel == "chat":
        return rng.choice(("", "Chat transcript", f"Chat with {COMPANY}"))
    if chance(rng, 0.14):
        return rng.choice(phrases(matter.language)["useless"])
    subject = fill(matter.subject, matter.language, rng)
    prefix = rng.choices(("", "Re: ", "Fwd: ", "[EXT] "), (84, 8, 4, 4))[0]
    return prefix + (subject.lower() if chance(rng, 0.12) else subject)


def _email(matter: Matter, contact: Contact, rng: Random) -> Written:
    say = phrases(matter.language)
    written = Written("", "")
    greeting = rng.choice(say["greeting"]) if chance(rng, 0.8) else ""
    signature = _signature(contact, matter.language, rng, written)
    quoted = chance(rng, 0.13)
    letter = Letter(
        paragraphs=_paragraphs(matter, contact, rng, written, chatty=0.45),
        greeting=greeting,
        closing=rng.choice(say["closing"]) if chance(rng, 0.8) else "",
        signature=signature,
        disclaimer=rng.choice(say["disclaimer"]) if chance(rng, 0.1) else "",
        quote_head=_quote_head(contact, rng, written) if quoted else "",
        quote=_earlier(say["reply"], rng) if quoted else (),
    )
    written.body = as_html(letter, rng) if chance(rng, 0.28) else as_text(letter)
    return written


def _web(matter: Matter, contact: Contact, rng: Random) -> Written:
    written = Written("", "")
    written.body = as_text(Letter(_paragraphs(matter, contact, rng, written, chatty=0.2)))
    return written


def _chat(matter: Matter, contact: Contact, rng: Random) -> Written:
    written = Written("", "")
    opening = [rng.choice(phrases(matter.language)["chat_opening"])] if chance(rng, 0.6) else []
    lines = [*opening, *_paragraphs(matter, contact, rng, written, chatty=0.1)]
    written.body = "\n".join(lines)
    return written


def _phone(matter: Matter, contact: Contact, rng: Random) -> Written:
    written = Written("", "")
    note = rng.choice(phrases(matter.language)["phone_note"])
    paragraphs = _paragraphs(matter, contact, rng, written, chatty=0.0)
    written.body = f"{note} " + "\n".join(paragraphs)
    if chance(rng, 0.3):
        written.body += f"\n{contact.name}, {contact.phone}"
        written.planted.append(contact.phone)
    return written


def _paragraphs(matter: Matter, contact: Contact, rng: Random, written: Written, *, chatty: float) -> tuple[str, ...]:
    say = phrases(matter.language)
    core = fill(matter.text, matter.language, rng)
    if chance(rng, 0.16):
        core = core.lower()
    extra = [fill(detail, matter.language, rng) for detail in matter.details]
    found = [" ".join([core, *extra]) if chance(rng, 0.6) else "\n".join([core, *extra])]
    if chance(rng, chatty):
        found.insert(0, fill(rng.choice(say["opening"]), matter.language, rng))
    if chance(rng, chatty + 0.1):
        found.append(fill(rng.choice(say["asking"]), matter.language, rng))
    if chance(rng, 0.06):
        found.insert(rng.randint(0, len(found)), rng.choice(say["angry"]))
    if matter.second:
        found.append(f"{rng.choice(say['second'])} {fill(matter.second, matter.language, rng)}")
    if chance(rng, 0.22):
        found = [mistype(paragraph, rng, rng.randint(1, 3)) for paragraph in found]
    if chance(rng, 0.12):
        found.append(_personal(contact, matter.language, rng, written))
    return tuple(found)


def _personal(contact: Contact, language: str, rng: Random, written: Written) -> str:
    kind = rng.choice(("card", "iban", "key", "phone", "email"))
    value = {
        "card": lambda: planted.card(rng),
        "iban": lambda: planted.iban(rng),
        "key": lambda: planted.secret(rng),
        "phone": lambda: planted.phone(rng, language),
        "email": lambda: contact.email,
    }[kind]()
    written.planted.append(value)
    return rng.choice(phrases(language)[kind]).replace(f"<{kind}>", value)


def _signature(contact: Contact, language: str, rng: Random, written: Written) -> tuple[str, ...]:
    say = phrases(language)
    style = rng.choices(("none", "name", "full", "mobile"), (20, 38, 32, 10))[0]
    if style == "none":
        return ()
    if style == "mobile":
        return (contact.name.split()[0], rng.choice(say["mobile"]))
    if style == "name":
        return (contact.name,)
    roles = say["role"]
    lines = [contact.name, roles[len(contact.email) % len(roles)]]
    if contact.account:
        lines.append(contact.account.name)
    lines.append(f"{rng.choice(('Tel.', 'T', 'Phone:', 'M:'))} {contact.phone}")
    written.planted.append(contact.phone)
    if chance(rng, 0.5):
        lines.append(contact.email)
        written.planted.append(contact.email)
    return tuple(lines)


def _earlier(replies: Sequence[str], rng: Random) -> tuple[str, ...]:
    return (rng.choice(replies), rng.choice(names()["agents"]), f"{COMPANY} Support")


def _quote_head(contact: Contact, rng: Random, written: Written) -> str:
    support = f"support@{COMPANY_DOMAIN}"
    if chance(rng, 0.5):
        return f"On {rng.choice(('Mon', 'Tue', 'Wed', 'Thu', 'Fri'))}, {COMPANY} Support <{support}> wrote:"
    written.planted.append(contact.email)
    return f"From: {COMPANY} Support To: {contact.email} Subject: Re: your request"
