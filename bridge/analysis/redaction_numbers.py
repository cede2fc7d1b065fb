"""Numbers that identify a person or an account: payment cards, IBANs, US social security numbers, IP addresses.

Rule: a shape alone is never enough; a check digit, a range or a word beside it has to agree. Each function takes folded
text and yields (start, end), in time linear in the text.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from itertools import accumulate

_DIGITS = re.compile(r"\d+")
_CARD_GAP = re.compile(r"[ \t.\-_/]{1,3}|[ \t]{0,2}\r?\n[ \t]{0,2}")
_THIRTEEN_DIGITS = re.compile(r"\d(?:[ \t.\-_/\r\n]{0,4}\d){12}")
_CARD_GROUP = 3
_CARD_MIN, _CARD_MAX = 13, 19
_CARD_FIRST = "23456"
_CARD_BRAND = re.compile(
    r"""3[47]\d{13}                          # American Express
    | 3(?:0[0-5]|[689]\d)\d{11}             # Diners Club
    | 4\d{15}(?:\d{3})?                     # Visa
    | (?:5[1-8]|50|2[2-7]|6\d)\d{14}        # Mastercard, Maestro, Discover, UnionPay
    | (?:5[06-8]|6\d)\d{15,17}              # Maestro, UnionPay, Discover
    | 35(?:2[89]|[3-8]\d)\d{12}             # JCB""",
    re.VERBOSE,
)
_CARD_CODE = re.compile(
    r"\b(?:cvv2?|cvc2?|csc|card security code|pr(?:ü|ue)fziffer)\W{0,3}(?:is |ist )?(\d{3,4})\b", re.IGNORECASE
)
_OLD_VISA = re.compile(r"4\d{12}")
_CARD_WORD = re.compile(r"card|karte|carte|kaart|tarjeta|visa|pan\b", re.IGNORECASE)

IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SD": 18,
    "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22,
    "VG": 24, "XK": 20,
}  # fmt: skip
_NEVER = 99
_NO_ALNUM = re.compile(r"[^A-Za-z0-9]+")
_IBAN = re.compile(
    r"(?=((?:(?<=iban)|(?<![a-z0-9]))[a-z]{2}[ \-]?\d[ \-]?\d(?:[ \t.\-]{0,2}[a-z0-9]|\r?\n[a-z0-9]){11,30}))",
    re.IGNORECASE,
)

_SSN = re.compile(r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")
_SSN_NAMED = re.compile(
    r"\b(?:ssn|social security)(?:[ #:.\-]|number|no|is|#){0,8}(\d{3}[ -]?\d{2}[ -]?\d{4})(?!\d)", re.IGNORECASE
)

_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_IPV6 = re.compile(
    r"(?:(?<![\w:.])|(?<=[a-z]{3}:))(?=[0-9a-f]*:)[0-9a-f:]{2,39}(?:\d{1,3}(?:\.\d{1,3}){3})?(?![\w:])", re.IGNORECASE
)
_VERSION_BEFORE = re.compile(
    r"(?:\bv|[a-z]/|\b(?:version|ver\.?|release|build|firmware|patch|update|section|oid|assembly|sdk|driver)s?\W{1,3}"
    r"(?:[\d.]{5,15}\W{0,3}(?:and|or|to|und|oder|bis|et|y|en)?[ \t]{0,2}){0,3})$",
    re.IGNORECASE,
)
_SHORTEST_IPV6 = 5


def cards(text: str) -> Iterator[tuple[int, int]]:
    """Card numbers of a known brand and length whose Luhn digit is right, in one piece or even groups; card codes."""
    for run in _runs(text) if _THIRTEEN_DIGITS.search(text) else ():
        digits = "".join(text[start:end] for start, end in run)
        ends = {end: group for group, end in enumerate(accumulate(end - start for start, end in run))}
        place, done = 0, 0
        for first, (start, end) in enumerate(run):
            if place >= done and digits[place] in _CARD_FIRST:
                last = _card_end(text, run, first, digits=digits[place : place + _CARD_MAX], place=place, ends=ends)
                if last is not None:
                    yield start, run[last][1]
                    done = place + sum(group_end - group_start for group_start, group_end in run[first : last + 1])
            place += end - start
    for match in _CARD_CODE.finditer(text):
        yield match.span(1)


def _runs(text: str) -> Iterator[list[tuple[int, int]]]:
    """Digit groups that stand only a card gap apart."""
    run: list[tuple[int, int]] = []
    for match in _DIGITS.finditer(text):
        if run and not _CARD_GAP.fullmatch(text, run[-1][1], match.start()):
            yield run
            run = []
        run.append(match.span())
    if run:
        yield run


def _card_end(
    text: str, run: list[tuple[int, int]], first: int, *, digits: str, place: int, ends: Mapping[int, int]
) -> int | None:
    """The last group of the longest card number that begins with group ``first``, the run's digit ``place``."""
    for length in range(len(digits), _CARD_MIN - 1, -1):
        last = ends.get(place + length)
        if last is not None and _is_card(text, run[first : last + 1], digits[:length]):
            return last
    return None


def _is_card(text: str, groups: list[tuple[int, int]], digits: str) -> bool:
    start = groups[0][0]
    if not _CARD_BRAND.fullmatch(digits) and not (
        _OLD_VISA.fullmatch(digits) and _CARD_WORD.search(text, max(0, start - 30), start)
    ):
        return False
    sizes = [end - start for start, end in groups]
    if len(sizes) == 1 and start and text[start - 1] in ".,":
        return False  # the digits behind a decimal point
    even = len(sizes) == 1 or min(sizes[:-1]) >= _CARD_GROUP or len(set(sizes[:-1])) == 1
    return even and len(set(digits)) > 1 and luhn(digits)


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 check digit."""
    odd = sum(map(int, digits[-1::-2]))
    even = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (odd + even) % 10 == 0


def ibans(text: str) -> Iterator[tuple[int, int]]:
    """IBANs of the registered length whose ISO 7064 mod-97 check agrees, grouped or not, in either case."""
    for match in _IBAN.finditer(text):
        found = match.group(1)
        length = IBAN_LENGTHS.get(found[:2].upper(), _NEVER)
        compact = _NO_ALNUM.sub("", found)[:length].upper()
        if len(compact) < length or not mod97(compact):
            continue
        places = [place for place, char in enumerate(found) if char.isalnum()]
        end = match.start(1) + places[length - 1] + 1
        if not text[end : end + 1].isalnum():
            yield match.start(1), end


def mod97(iban: str) -> bool:
    return int("".join(str(int(char, 36)) for char in iban[4:] + iban[:4])) % 97 == 1


def social_security(text: str) -> Iterator[tuple[int, int]]:
    """US numbers of the ranges that are issued, or any that is named so."""
    for match in _SSN.finditer(text):
        yield match.span()
    for match in _SSN_NAMED.finditer(text):
        yield match.span(1)


def ip_addresses(text: str) -> Iterator[tuple[int, int]]:
    """IPv4 and IPv6 addresses that could be somebody's: not versions, loopback or unspecified."""
    for match in _IPV4.finditer(text):
        if not _VERSION_BEFORE.search(text[max(0, match.start() - 60) : match.start()]) and _personal(match.group()):
            yield match.span()
    if "::" in text or text.count(":") >= 7:  # noqa: PLR2004 - a full IPv6 address has seven
        for match in _IPV6.finditer(text):
            address = match.group()
            if len(address) >= _SHORTEST_IPV6 and any(map(str.isdigit, address)) and _personal(address):
                yield match.span()


def _personal(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not (parsed.is_loopback or parsed.is_unspecified)
