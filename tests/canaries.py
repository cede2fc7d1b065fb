"""Personal data that nobody has: each value is made once, so that a leak says which place it was planted in.

A canary is looked for as it was written and without its separators; numbers pass the checks of the real thing.
"""

from __future__ import annotations

import random
import string
from dataclasses import dataclass, field

KINDS = ("email", "phone", "card", "iban", "key")


@dataclass
class Canaries:
    """``planted``: place -> the forms of its canary that must be nowhere afterwards."""

    planted: dict[str, list[str]] = field(default_factory=dict)
    _dice: random.Random = field(default_factory=lambda: random.Random(20090701))
    _made: int = 0

    def of_every_kind(self, place: str) -> str:
        """One sentence with a canary of each kind, each in its next spelling."""
        return " ".join(self.told(kind, place) for kind in KINDS)

    def told(self, kind: str, place: str) -> str:
        """A canary with the words around it that people write."""
        value = self.value(kind, place)
        said = {"email": "write to", "phone": "call", "card": "card", "iban": "IBAN", "key": "key"}[kind]
        return f"{said} {value}"

    def value(self, kind: str, place: str) -> str:
        self._made += 1
        number, spelling = self._made, self._made // len(KINDS)
        make = {"email": _email, "phone": _phone, "card": _card, "iban": _iban, "key": _key}[kind]
        written, forms = make(self._dice, number, spelling)
        self.planted[f"{place}: {kind} {written}"] = [written, *forms]
        return written

    def leaks(self, text: str) -> list[str]:
        """The places whose canary stands in the text."""
        return [place for place, forms in self.planted.items() if any(form in text for form in forms)]


def _email(_dice: random.Random, number: int, spelling: int) -> tuple[str, list[str]]:
    local = f"canary{number}.finch"
    written = (f"{local}@feathers.example", f"{local.title()}@Feathers.example", f"{local}+mail@mail.feathers.example")
    return written[spelling % len(written)], [local, local.title()]


def _phone(_dice: random.Random, number: int, spelling: int) -> tuple[str, list[str]]:
    n = f"{number:03d}"
    written = (f"+49 30 23125 {n}", f"+493023125{n}", f"+49 (0)30 23125-{n}", f"+44 20 7946 0{n}", f"0044 20 79460{n}")
    return written[spelling % len(written)], []


def _card(dice: random.Random, _number: int, spelling: int) -> tuple[str, list[str]]:
    digits = "4" + "".join(dice.choices(string.digits, k=14))
    doubled = sum(sum(divmod(int(d) * (2 - i % 2), 10)) for i, d in enumerate(digits))
    digits += str(-doubled % 10)
    joint = ("", " ", "-")[spelling % 3]
    return joint.join(digits[i : i + 4] for i in range(0, 16, 4)), [digits]


def _iban(dice: random.Random, _number: int, spelling: int) -> tuple[str, list[str]]:
    account = "".join(dice.choices(string.digits, k=18))
    whole = f"DE{98 - int(account + '131400') % 97:02d}{account}"
    grouped = " ".join(whole[i : i + 4] for i in range(0, len(whole), 4))
    return (whole, grouped, grouped.lower())[spelling % 3], [whole, account]


def _key(dice: random.Random, _number: int, spelling: int) -> tuple[str, list[str]]:
    secret = "".join(dice.choices(string.ascii_letters + string.digits, k=36))
    return ("ghp_", "sk_live_", "AKIA")[spelling % 2] + secret, [secret]
