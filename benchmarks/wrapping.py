"""Labelled short texts as real support mail, and with typos: python benchmarks/wrapping.py TEXT [--seed N] prints some variants.

One rule: frozen. It was written before the cleaner it measures was looked at, and neither the texts nor the odds below are changed
because of a figure. A change made for another reason means that every figure measured with it is measured again.
Everything is drawn from the generator that is passed in: the same generator gives the same text, and the clock is never read.
"""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import wrapping_words as words

SLOT = re.compile(r"\{(\w+)\}")
SPEAKERS = ("en",) * 10 + ("de", "de", "de", "fr", "fr", "es", "nl", "it", "pt", "pl")
PER_COMPANY = 4


@dataclass(frozen=True)
class Sender:
    """A person who writes: its company (every mail of it ends with the same footer) and its own signature and habits."""

    given: str
    family: str
    firm: str
    domain: str
    language: str
    signature: tuple[str, ...]
    footer: tuple[str, ...]
    mobile: str
    formal: float
    "How likely each of greeting, closing and signature is, 0.3 to 1."
    by_form: bool
    "Writes through a web form instead of by mail."

    @property
    def address(self) -> str:
        return f"{self.given}.{self.family}@{self.domain}".lower().replace(" ", "").replace("'", "")


def people(count: int, seed: int = 0) -> list[Sender]:
    """``count`` senders of ``count / 4`` companies; one in four companies has no footer."""
    rng = np.random.default_rng([seed, 77])
    companies = [_company(rng, number) for number in range(max(1, count // PER_COMPANY))]
    return [_person(rng, *companies[int(rng.integers(len(companies)))]) for _ in range(count)]


def wrap(text: str, rng: np.random.Generator, sender: Sender | None = None) -> str:
    """``text`` unchanged (but for a hard line wrap in one of six mails) inside a mail or a form of ``sender``.

    Without a sender a stranger writes, with a company of its own.
    """
    if sender is None:
        sender = _person(rng, *_company(rng, int(rng.integers(1_000_000))))
    fill = _Filler(rng, sender)
    if sender.by_form and rng.random() < 0.8:
        return _form(text, rng, fill)
    parts = [_body(text, rng, sender, fill)]
    parts += _ending(rng, sender)
    if rng.random() < 0.35:
        parts += _thread(rng, fill)
    if rng.random() < 0.1:
        parts.insert(0, fill(_one(rng, words.DESK_LINES)))
    mail = "\n\n".join(part for part in parts if part)
    if rng.random() < 0.16:
        mail = "\n".join(textwrap.fill(line, 72) if len(line) > 72 else line for line in mail.split("\n"))
    return mail.replace("\n", "\r\n") if rng.random() < 0.1 else mail


def with_typos(text: str, rate: float, rng: np.random.Generator) -> str:
    """Each letter becomes, at ``rate``, one of four slips in equal parts: swapped with the next, dropped, doubled, a key beside it."""
    out: list[str] = []
    skip = False
    hits = rng.random(len(text)) < rate
    for place, letter in enumerate(text):
        if skip:
            skip = False
            continue
        if not hits[place] or not letter.isalpha():
            out.append(letter)
            continue
        kind = int(rng.integers(4))
        if kind == 0 and place + 1 < len(text) and text[place + 1].isalpha():
            out += (text[place + 1], letter)
            skip = True
        elif kind == 1:
            continue
        elif kind == 2:
            out += (letter, letter)
        else:
            out.append(_neighbour(letter, rng))
    return "".join(out)


def _neighbour(letter: str, rng: np.random.Generator) -> str:
    for above, row in enumerate(words.KEYS):
        place = row.find(letter.lower())
        if place < 0:
            continue
        near = row[max(0, place - 1) : place] + row[place + 1 : place + 2]
        near += "".join(words.KEYS[other][place : place + 1] for other in (above - 1, above + 1) if 0 <= other < 3)
        new = near[int(rng.integers(len(near)))]
        return new.upper() if letter.isupper() else new
    return letter + letter


def _one(rng: np.random.Generator, choices: Sequence[str]) -> str:
    return choices[int(rng.integers(len(choices)))]


def _some(rng: np.random.Generator, choices: Sequence[str], least: int, most: int) -> list[str]:
    picked = rng.choice(len(choices), int(rng.integers(least, most + 1)), replace=False)
    return [choices[int(place)] for place in picked]


def _digits(rng: np.random.Generator, least: int = 4, most: int = 8) -> str:
    return "".join(map(str, rng.integers(1, 10, int(rng.integers(least, most + 1)))))


def _company(rng: np.random.Generator, number: int) -> tuple[str, str, tuple[str, ...]]:
    name = f"{_one(rng, words.FIRMS)} {_one(rng, words.TRADES)}"
    firm = f"{name} {_one(rng, words.FORMS)}"
    domain = (
        re.sub(r"[^a-z]", "", name.lower())
        + f"{number % 97 or ''}"
        + _one(rng, (".com", ".de", ".co.uk", ".fr", ".io", ".eu"))
    )
    facts = {"firm": firm, "domain": domain, "given": _one(rng, words.GIVEN), "given2": _one(rng, words.GIVEN)}
    facts |= {"family": _one(rng, words.FAMILY), "city": _one(rng, words.CITIES), "digits": _digits(rng, 6, 9)}
    facts |= {
        "year": str(rng.integers(1960, 2025)),
        "mail": _one(rng, ("email", "e-mail", "message", "mail")),
        "n": _digits(rng, 1, 3),
    }
    facts |= {"weekday": _one(rng, words.FILLS["weekday"])}
    footer: list[str] = []
    if rng.random() < 0.75:
        address = f"{firm} | {_one(rng, words.STREETS)} {rng.integers(1, 200)} | {facts['city']}"
        legal = " ".join(_some(rng, words.LEGAL, 2, 5))
        options = [address, *_some(rng, words.MARKETING, 0, 2), legal]
        footer = [_fill(part, facts) for part in options if rng.random() < 0.8]
    return firm, domain, tuple(footer)


def _person(rng: np.random.Generator, firm: str, domain: str, footer: tuple[str, ...]) -> Sender:
    given, family = _one(rng, words.GIVEN), _one(rng, words.FAMILY)
    at = _one(rng, ("[email]", f"{given[0].lower()}.{family.split()[-1].lower()}@{domain}"))
    lines = [f"{given} {family}"]
    options = [
        _one(rng, words.TITLES),
        firm,
        f"{_one(rng, words.PHONE_WORDS)} {_one(rng, ('[phone]', f'+49 89 {_digits(rng)}', f'(0){_digits(rng, 9, 10)}'))}",
        f"{_one(rng, words.PHONE_WORDS)} [phone]",
        _one(rng, (at, f"E: {at}", f"{at} | www.{domain}")),
        f"www.{domain}",
    ]
    lines += [line for line in options if rng.random() < 0.55]
    if rng.random() < 0.2:
        lines = [_one(rng, (" | ", " · ", ", ")).join(lines)]
    if rng.random() < 0.25:
        lines.insert(0, _one(rng, ("--", "-- ", "___", "* * *", "~~~~")))
    return Sender(
        given=given,
        family=family,
        firm=firm,
        domain=domain,
        language=_one(rng, SPEAKERS),
        signature=tuple(lines) if rng.random() < 0.6 else (),
        footer=footer,
        mobile=_one(rng, words.MOBILE) if rng.random() < 0.25 else "",
        formal=float(rng.uniform(0.3, 1)),
        by_form=bool(rng.random() < 0.2),
    )


def _fill(text: str, facts: dict[str, str]) -> str:
    return SLOT.sub(lambda found: facts[found[1]], text)


class _Filler:
    """Fills the slots of a template: the sender's facts, else a new draw at every slot."""

    def __init__(self, rng: np.random.Generator, sender: Sender) -> None:
        self.rng = rng
        brand = words.BRANDS[len(sender.domain) % len(words.BRANDS)]
        agent = _one(rng, ("[name]", _one(rng, words.GIVEN), _one(rng, words.GIVEN)))
        self.facts = {
            "given": sender.given,
            "family": sender.family,
            "firm": sender.firm,
            "domain": sender.domain,
            "agent": agent,
        }
        self.facts |= {"brand": brand, "branddomain": f"{brand.lower()}.com", "given2": _one(rng, words.GIVEN)}
        self.facts["at"] = _one(rng, ("[email]", f"support@{brand.lower()}.com", "[email]"))
        self.facts["who"] = _one(rng, (f"{agent} ({brand})", f"{brand} Support", f"{agent} from {brand}", f"{brand}"))

    def __call__(self, text: str) -> str:
        rng = self.rng
        fresh = {"digits": _digits(rng), "code": _digits(rng, 3, 4) + "-" + _one(rng, "ABCDEFGH") + _digits(rng, 2, 3)}
        fresh |= {
            "wd": _one(rng, words.WEEKDAYS),
            "mon": _one(rng, words.MONTHS),
            "d": str(rng.integers(1, 29)),
            "m": f"{rng.integers(1, 13):02}",
        }
        fresh |= {"year": str(rng.integers(2023, 2026)), "city": _one(rng, words.CITIES)}
        fresh["time"] = f"{rng.integers(0, 24):02}:{rng.integers(0, 60):02}" + _one(rng, ("", " AM", " PM", ""))
        fresh |= {name: _one(rng, choices) for name, choices in words.FILLS.items()} | self.facts
        return _fill(text.replace("{subject}", _one(rng, words.SUBJECTS)), fresh)


def _body(text: str, rng: np.random.Generator, sender: Sender, fill: _Filler) -> str:
    greeting = ""
    if rng.random() < sender.formal:
        tongue = sender.language if rng.random() < 0.5 else "en"
        greeting = fill(_one(rng, words.GREETINGS[tongue]))
        greeting = greeting.lower() if sender.formal < 0.5 and rng.random() < 0.5 else greeting
    before = [fill(part) for part in _some(rng, words.OPENERS, 0, 2)] if rng.random() < 0.6 else []
    lead = [_one(rng, words.LEADS)] if rng.random() < 0.2 else []
    after = [fill(part) for part in _some(rng, words.ASIDES, 0, 3)] if rng.random() < 0.7 else []
    if rng.random() < 0.5:
        middle = " ".join(part for part in (*before, *lead, text, *after) if part)
    else:
        middle = "\n\n".join(
            part for part in (" ".join(before), " ".join((*lead, text)).strip(), " ".join(after)) if part
        )
    if not greeting:
        return middle
    return f"{greeting}{_one(rng, (',', '!', '.', '', ' -', ','))}{_one(rng, (chr(10) * 2, chr(10), ' ', chr(10) * 2))}{middle}"


def _ending(rng: np.random.Generator, sender: Sender) -> list[str]:
    parts: list[str] = []
    if rng.random() < sender.formal:
        tongue = sender.language if rng.random() < 0.6 else "en"
        closing = _one(rng, words.CLOSINGS[tongue]) + _one(rng, (",", "", "!", ",", "."))
        name = _one(rng, (sender.given, f"{sender.given} {sender.family}", sender.given[0], "", "[name]"))
        parts.append(f"{closing}{_one(rng, (chr(10), chr(10) * 2, ' '))}{name}".rstrip())
    if sender.signature and rng.random() < sender.formal + 0.2:
        parts.append("\n".join(sender.signature))
    if sender.mobile and rng.random() < 0.6:
        parts.append(sender.mobile)
    elif rng.random() < 0.9:
        parts += sender.footer
    return parts


def _thread(rng: np.random.Generator, fill: _Filler) -> list[str]:
    out: list[str] = []
    for _ in range(int(rng.integers(1, 3))):
        answer = " ".join(fill(part) for part in _some(rng, words.AGENT, 1, 4))
        answer = f"{fill(_one(rng, ('Hi {given},', 'Dear {given},', 'Hello,')))}\n\n{answer}\n\n{fill(_one(rng, ('Best, {agent}', '{agent}', 'The {brand} team', 'Kind regards')))}"
        if rng.random() < 0.5:
            answer = "\n".join(f"> {line}".rstrip() for line in answer.split("\n"))
        out.append(fill(_one(rng, words.HEADERS)) + _one(rng, ("\n", "\n\n")) + answer)
    if rng.random() < 0.2:
        out.append(fill(_one(rng, words.DESK_LINES)))
    return out


def _form(text: str, rng: np.random.Generator, fill: _Filler) -> str:
    picked = rng.choice(len(words.FIELDS), int(rng.integers(2, 7)), replace=False)
    colon = _one(rng, (": ", ":\n", " - ", ": "))
    rows = [f"{words.FIELDS[int(p)][0]}{colon}{fill(_one(rng, words.FIELDS[int(p)][1]))}" for p in picked]
    place = int(rng.integers(len(rows) + 1))
    rows.insert(place, f"{_one(rng, words.BODY_FIELDS)}{_one(rng, (colon, ':' + chr(10)))}{text}")
    return _one(rng, ("\n", "\n\n", "\n")).join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--typos", type=float, default=0.0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    for sender in people(8, options.seed):
        print(f"{'=' * 40} {sender.address}\n{wrap(with_typos(options.text, options.typos, rng), rng, sender)}")


if __name__ == "__main__":
    main()
