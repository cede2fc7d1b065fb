"""Personal data that redaction must find, from ranges reserved for fiction, tests or examples.

The one rule: a value that gets into a ticket is kept in the list beside the data exactly as it was written.
"""

from __future__ import annotations

import string
from random import Random

from bridge.demo.chance import chance

# Numbers that payment providers publish for tests; all pass the Luhn check and none can be charged.
_CARDS = (
    "4111111111111111",
    "5555555555554444",
    "4012888888881881",
    "5105105105105100",
    "378282246310005",
    "6011111111111117",
    "3530111333300000",
    "4222222222222220",
)
# Examples of the IBAN registry.
_IBANS = (
    "DE89370400440532013000",
    "GB29NWBK60161331926819",
    "FR1420041010050500013M02606",
    "ES9121000418450200051332",
    "NL91ABNA0417164300",
    "AT611904300234573201",
    "CH9300762011623852957",
    "BE68539007547034",
)


def card(rng: Random) -> str:
    number = rng.choice(_CARDS)
    joint = rng.choice(("", " ", "-"))
    if len(number) == len("378282246310005"):
        return joint.join((number[:4], number[4:10], number[10:]))
    return joint.join(number[i : i + 4] for i in range(0, 16, 4))


def iban(rng: Random) -> str:
    number = rng.choice(_IBANS)
    if chance(rng, 0.5):
        return number
    return " ".join(number[i : i + 4] for i in range(0, len(number), 4))


def phone(rng: Random, language: str) -> str:
    """A number kept free for drama: 555-01xx, 020 7946 0xxx, 030 23125 xxx, 01 99 00 xx xx."""
    n = rng.randrange(100)
    if language == "de":
        return rng.choice((f"+49 30 23125 {n:03d}", f"+4930 23125{n:03d}", f"+49 (0)30 23125-{n:03d}"))
    if language == "fr":
        return rng.choice((f"+33 1 99 00 27 {n:02d}", f"+33199002{n:03d}"))
    return rng.choice(
        (
            f"+44 20 7946 0{n:03d}",
            f"+442079460{n:03d}",
            f"+1 415-555-01{n:02d}",
            f"+1 (415) 555-01{n:02d}",
            f"+1.415.555.01{n:02d}",
        )
    )


def secret(rng: Random) -> str:
    """A random key in the shape of a well-known vendor's, or of the sample company's own."""
    shape, length, alphabet = rng.choice(
        (
            ("twk_live_", 32, "0123456789abcdef"),
            ("sk_live_", 24, string.ascii_letters + string.digits),
            ("ghp_", 36, string.ascii_letters + string.digits),
            ("AKIA", 16, string.ascii_uppercase + "234567"),
        )
    )
    return shape + "".join(rng.choices(alphabet, k=length))
