"""Reads one cell of a table that a company exported. Rule: what cannot be meant is refused with what is allowed.

Nothing that redaction would remove comes out: names and ids that hold personal data are refused, since two of them
would become one; descriptions are redacted.
"""

from __future__ import annotations

import math
import re
from datetime import date
from enum import StrEnum
from functools import lru_cache

from bridge.analysis.identity import domain_of, is_free_mail
from bridge.analysis.redaction import redact

MOST_MONEY = 1e12
LONGEST_NAME = 200
LONGEST_TEXT = 2000
_REMEMBERED = 1 << 14
"""Names that need no second look for personal data: a file is read twice, and its words repeat."""
_NUMBER = re.compile(r"[0-9]{1,30}(?:\.[0-9]{0,30})?(?:[eE][+-]?[0-9]{1,3})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EXTERNAL_ID = re.compile(r"[^\s:;]+:\S(?:.*\S)?")
_SHOWN = 40


class CellError(ValueError):
    """The cell cannot be meant as it is; the message names the column, the value (redacted) and what is allowed."""


def shown(text: str) -> str:
    """The beginning of a value, as a message may quote it."""
    clean = redact(text[:LONGEST_TEXT]).text
    return repr(clean if len(clean) <= _SHOWN else clean[:_SHOWN] + "...")


def number(column: str, text: str, at_most: float = MOST_MONEY) -> float:
    """A number from 0 to ``at_most``, decimals by ".". Raises CellError."""
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not 0 <= value <= at_most:
        raise CellError(
            f"{column} {shown(text)}: expected a number from 0 to {at_most:.0f} without thousands separators, "
            "decimals by '.'"
        )
    return value


def day(column: str, text: str) -> date:
    """Raises CellError unless ``text`` is a day of the calendar, year-month-day."""
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise CellError(f"{column} {shown(text)}: expected a day as YYYY-MM-DD")


def word(column: str, text: str, words: type[StrEnum]) -> str:
    """One of the words, in any case. Raises CellError with all of them."""
    try:
        return words(text.lower()).value
    except ValueError:
        raise CellError(f"{column} {shown(text)}: expected one of {', '.join(words)}") from None


@lru_cache(maxsize=_REMEMBERED)
def name(column: str, text: str) -> str:
    """A name or id, on one line, in NFC, as tickets carry it. Raises CellError if it holds personal data."""
    if len(text) > LONGEST_NAME:
        raise CellError(f"{column} {shown(text)}: longer than {LONGEST_NAME} characters")
    found = redact(text)
    if found.counts:
        kinds = ", ".join(sorted(found.counts))
        raise CellError(
            f"{column} {shown(text)}: looks like personal data or a secret ({kinds}); use another id or name"
        )
    clean = " ".join(found.text.split())
    if not clean:
        raise CellError(f"{column} is empty")
    return clean


def description(column: str, text: str) -> str:
    """Free text, redacted. Raises CellError if it is too long."""
    if len(text) > LONGEST_TEXT:
        raise CellError(f"{column} {shown(text)}: longer than {LONGEST_TEXT} characters")
    return redact(text).text.strip()


def items(text: str) -> list[str]:
    """The parts of a list, each once."""
    return list(dict.fromkeys(part for raw in text.split(";") if (part := raw.strip())))


def external_id(column: str, text: str) -> str:
    """ "system:id". Raises CellError."""
    if not _EXTERNAL_ID.fullmatch(text):
        raise CellError(f"{column} {shown(text)}: expected system:id, several by ';'")
    return name(column, text)


def domain(column: str, text: str) -> str:
    """A mail domain that belongs to one company, lower case, as the domain of a requester is kept. Raises CellError."""
    found = domain_of(f"x@{text.removeprefix('@')}") if "@" not in text[1:] else None
    if found is None:
        raise CellError(f"{column} {shown(text)}: expected a mail domain such as example.com, several by ';'")
    if is_free_mail(found):
        raise CellError(f"{column} {shown(text)}: anybody can have an address there; leave the domain out")
    return found
