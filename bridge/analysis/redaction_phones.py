"""Telephone numbers.

Rule: validation by ``phonenumbers`` costs about 0.1 ms a region, so it is asked only about candidates of the right
shape, and past ``CHECKS`` candidates in one text the shape decides alone: a flood of numbers is hidden rather than
looked up. Its own matcher is not used: it reads a text once for each region and misses numbers that only a word beside
them gives away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers

from bridge.analysis.characters import lower

REGIONS = ("DE", "GB", "FR", "NL", "AT", "CH", "IT", "BE", "AU")
CHECKS = 300
_FEWEST, _MOST = 7, 15
_GAP = r"[ \t().\-/]{0,3}"

_INTERNATIONAL = re.compile(rf"(?:(?<![\w+])\+|(?<![\w+])(?<!\d[ .\-])00)[ (]{{0,2}}[1-9](?:{_GAP}\d){{6,14}}(?!\d)")
_NATIONAL = re.compile(rf"(?<![\w.,\-/#=$€£+])(?<!\d[ .\-])\(?0[1-9](?:{_GAP}\d){{6,10}}(?!\w|[.,:\-/]\d)")
_NORTH_AMERICAN = re.compile(
    r"(?<![\w.,\-/#=$€£+])(?<!\d[ .\-])(?:\+?1[ .\-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d([ .\-]))\d{3}(?(1)\1"
    r"|[ .\-])\d{4}(?!\w|[.,\-]\d)"
)
_NAMED = re.compile(
    r"(?:tel(?:[eé]?(?:fon|ph(?:on)?e|foon)\w*|éfono)?|phone|fax|mobile?|mobil(?:nummer|telefon)?|móvil"
    r"|handy(?:nummer)?|cell"
    r"|whatsapp|gsm|portable|call (?:me|us|back|him|her|them)|reach (?:me|us)|erreichbar|ruf(?:en)? (?:sie )?(?:mich"
    r"|uns)|rückruf)"
    r"(?:[ \t:.=()\"'\-]{0,4}(?:(?:number|no|nr|num[eé]ro|nummer|is|ist|est|es|at|on|under|unter|au|al|op|an|ist:"
    r"|auf)(?![a-z]))?){0,4}"
    rf"[ \t:.=(\"']{{0,4}}(\+?\(?\d(?:{_GAP}\d){{5,14}})(?!\d)",
)
_NUMBERED_THING = re.compile(
    r"(?:order|bestell\w*|invoice|rechnung\w*|ticket|case|ref\w*|ids?|nr|no|art\w*|sku|serial\w*|error|fehler\w*|code"
    r"|build"
    r"|version|commande|facture|pedido|factura|bestelling|factuur|kunden\w*|customer|vorgang\w*|tracking|sendung\w*"
    r"|batch|lot"
    r"|imei|isbn|ean|vat|ust|part|model|row|line|port|pid|account|konto\w*|contract|vertrag\w*|job|request"
    r"|transaction|\#)"
    r"\W{0,4}(?:(?:no|nr|number|nummer|numéro|número|id|code|is|ist)\W{0,4}){0,2}$",
    re.IGNORECASE,
)
_SIX_DIGITS = re.compile(rf"\d(?:{_GAP}\d){{5}}")
_DATE = re.compile(r"\(?(?:\d{1,2}([./-])\d{1,2}\1(?:19|20)?\d\d(?!\d)|(?:19|20)\d\d([./-]?)[01]\d\2[0-3]\d)")
_LAST_GROUP = re.compile(r"[ \t().\-/]+\d+$")


def phones(text: str) -> Iterator[tuple[int, int]]:
    """Numbers with a country code, national ones that are valid or look North American, any that is named a phone."""
    if not _SIX_DIGITS.search(text):
        return
    for match in _NAMED.finditer(lower(text)):
        if not _DATE.match(match.group(1)):
            yield match.span(1)
    yield from _abroad(text)
    yield from _domestic(text)


def _abroad(text: str) -> Iterator[tuple[int, int]]:
    left = CHECKS
    for match in _INTERNATIONAL.finditer(text):
        left -= 1
        end = _international_end(match.group()) if left > 0 else len(match.group())
        if end:
            yield match.start(), match.start() + end


def _domestic(text: str) -> Iterator[tuple[int, int]]:
    left = CHECKS
    for match in _NORTH_AMERICAN.finditer(text):
        left -= 1
        spaced = match.group(1) == " "
        if not _numbers_a_thing(text, match.start()) and (not spaced or left <= 0 or _valid(match.group(), ("US",))):
            yield match.span()
    for match in _NATIONAL.finditer(text):
        if _DATE.match(match.group()) or _numbers_a_thing(text, match.start()):
            continue
        left -= 1
        if left <= 0 or _valid(match.group(), REGIONS):
            yield match.span()


def _numbers_a_thing(text: str, start: int) -> bool:
    return _NUMBERED_THING.search(text[max(0, start - 40) : start]) is not None


def _international_end(candidate: str) -> int:
    """Length of the longest head of whole groups that is a number somewhere, 0 for none."""
    while sum(map(str.isdigit, candidate)) >= _FEWEST:
        if _callable_abroad(candidate):
            return len(candidate)
        shorter = _LAST_GROUP.sub("", candidate)
        if shorter == candidate:
            break
        candidate = shorter
    return 0


def _callable_abroad(number: str) -> bool:
    """A "+" number needs a possible length, so that invented and new ranges go too; a "00" number must be valid."""
    if number.startswith("00"):
        return _valid("+" + number.removeprefix("00"), (None,))
    try:
        reason = phonenumbers.is_possible_number_with_reason(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return False
    return bool(reason == phonenumbers.ValidationResult.IS_POSSIBLE)


@lru_cache(maxsize=4096)
def _valid(number: str, regions: tuple[str | None, ...]) -> bool:
    for region in regions:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(number, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False
