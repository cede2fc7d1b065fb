"""Fills the free places of a wording: ``{a|b}`` chooses, ``<name>`` becomes a plausible number or day."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from random import Random

VERSIONS = ("4.1.3", "4.1.5", "4.1.7", "4.2.0")
_CHOICE = re.compile(r"\{([^{}]*)\}")
_SLOT = re.compile(r"<([a-z]+)>")
_SHORTEST_MISTYPED = 5
_DAYS: Mapping[str, tuple[str, ...]] = {
    "en": ("Monday", "Tuesday", "yesterday", "Thursday", "last week", "the weekend"),
    "de": ("Montag", "gestern", "Mittwoch", "letzter Woche", "vorgestern"),
    "fr": ("lundi", "hier", "jeudi", "la semaine dernière"),
    "es": ("el lunes", "ayer", "la semana pasada"),
}
_BROWSERS = ("Firefox", "Chrome", "Edge", "Safari")


def _amount(rng: Random, language: str) -> str:
    value = f"{rng.randint(40, 48000):,}.{rng.randint(0, 99):02d}"
    if language == "en":
        return value + rng.choice((" EUR", " euros", ""))
    return value.translate(str.maketrans(",.", ".,")) + " €"


_SLOTS: Mapping[str, Callable[[Random, str], str]] = {
    "inv": lambda rng, _: rng.choice(("RE-", "INV-", "", "R")) + str(rng.randint(20400, 98700)),
    "order": lambda rng, _: rng.choice(("order ", "no. ", "")) + str(rng.randint(110000, 990000)),
    "amount": _amount,
    "cents": lambda rng, language: f"0{'.' if language == 'en' else ','}0{rng.randint(1, 8)}",
    "n": lambda rng, _: str(rng.choice((9, 12, 17, 23, 31, 40, 55, 60, 85, 120, 140, 200, 260, 400))),
    "day": lambda rng, language: rng.choice(_DAYS[language]),
    "time": lambda rng, _: f"{rng.randint(6, 17)}:{rng.choice(('00', '10', '15', '30', '40', '45'))}",
    "browser": lambda rng, _: rng.choice(_BROWSERS),
    "ver": lambda rng, _: rng.choice(VERSIONS),
    "rid": lambda rng, _: f"req-{rng.randrange(16**6):06x}",
}


def fill(text: str, language: str, rng: Random) -> str:
    """Raises KeyError where a wording names a place that does not exist."""
    chosen = _CHOICE.sub(lambda match: rng.choice(match[1].split("|")), text)
    return _SLOT.sub(lambda match: _SLOTS[match[1]](rng, language), chosen)


def mistype(text: str, rng: Random, errors: int) -> str:
    """Swap, drop or double a letter inside ``errors`` longer words."""
    words = text.split(" ")
    candidates = [i for i, word in enumerate(words) if len(word) >= _SHORTEST_MISTYPED and word.isalpha()]
    for index in rng.sample(candidates, min(errors, len(candidates))):
        word = words[index]
        at = rng.randrange(1, len(word) - 2)
        words[index] = rng.choice(
            (
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                word[:at] + word[at + 1 :],
                word[:at] + word[at] + word[at:],
            )
        )
    return " ".join(words)
