"""What is wrong with the texts of a plan before it is approved (domain.md 3.2).

Rule: every text that may leave the house is looked at, whatever field it stands in.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from bridge.analysis.redaction import redact
from bridge.analysis.remedy_fields import FIELDS, Fields, may_leave

SHORT_NAME = 3
"""An account's name of so many characters may be an ordinary word."""
SAID = ("say", "say_short")
VERSIONS = ("fix_version", "fixed_in_channels")
"""Where numbers with dots are no dates."""


@dataclass(frozen=True, slots=True)
class Problem:
    """``level`` error stops the approval; warning is shown."""

    level: Literal["error", "warning"]
    field: str
    message: str


_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
TYPED_DATE = re.compile(
    rf"\b(?:\d{{4}}[-/]\d{{1,2}}[-/]\d{{1,2}}|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}|Q[1-4]\s*/?\s*20\d\d"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\.?\s+(?:of\s+)?{_MONTH}"
    rf"|{_MONTH}\.?\s+(?:\d{{1,2}}(?:st|nd|rd|th)?|20\d\d)"
    rf"|(?:in|by|until|before|early|mid|late|end\s+of)\s+(?:{_MONTH}|Q[1-4]))\b",
    re.IGNORECASE,
)
_STANDARDS = "IB|UTF|ISO|IEC|DIN|EN|SHA|MD|AES|TLS|RFC|CVE|HTTP|USB|COVID"
_TICKET_KEY = re.compile(rf"\b(?!(?:{_STANDARDS})-)[A-Z][A-Z0-9]{{1,9}}-\d+\b")
_INTERNAL_HOST = re.compile(r"\b[\w-]+\.(?:internal|local|intra|corp)\b", re.IGNORECASE)
_URL = re.compile(r"https?://\S+", re.IGNORECASE)
_WILL = re.compile(r"\bwill\b|\b\w+[\'’]ll\b", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_KNOWN = ("eta", "fix_version", "review_due")


def lint(fields: Fields, account_names: Collection[str]) -> list[Problem]:
    """What must not stand in the texts for customers (domain.md 3.2). An account name of one short word is not held
    against a text: it may be an ordinary word.
    """
    return [
        Problem("error" if fatal else "warning", name, message)
        for name, fatal, message in _found(fields, account_names)
    ]


def _found(fields: Fields, account_names: Collection[str]) -> Iterator[tuple[str, bool, str]]:
    for name, text in _texts(fields):
        for fatal, message in (*_in_text(name, text), *_placeholders(name, text, fields)):
            yield name, fatal, message
        lowered = text.lower()
        for account in account_names:
            name_in_it = len(account) > SHORT_NAME and account.lower() in lowered
            if name_in_it and re.search(rf"(?<!\w){re.escape(account.lower())}(?!\w)", lowered):
                yield name, True, f"names the account {account!r}: other customers will read it"


def _texts(fields: Fields) -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        if name not in FIELDS or not may_leave(name) or FIELDS[name].choices:
            continue
        if isinstance(value, str) and value:
            yield name, value
        elif isinstance(value, list):
            yield from ((name, str(text)) for channel in value for text in dict(channel).values())


def _in_text(name: str, text: str) -> Iterator[tuple[bool, str]]:
    found = set(redact(text).counts) - ({"ip"} if name in VERSIONS else set())
    if found:
        yield True, f"holds personal data or a secret ({', '.join(sorted(found))})"
    if name not in VERSIONS and (match := TYPED_DATE.search(text)):
        yield True, f"holds the typed date {match.group()!r}: use {{eta}} or {{review_due}} in say"
    if match := _TICKET_KEY.search(text):
        yield True, f"holds the ticket key {match.group()!r}: customers cannot follow it"
    if match := _INTERNAL_HOST.search(text):
        yield True, f"holds the internal address {match.group()!r}: customers cannot open it"
    elif match := _URL.search(text):
        yield False, f"holds the address {match.group()!r}: is it public?"


def _placeholders(name: str, text: str, fields: Fields) -> Iterator[tuple[bool, str]]:
    used = _PLACEHOLDER.findall(text)
    if name not in SAID:
        for word in dict.fromkeys(word for word in used if word in _KNOWN):
            yield True, f"uses {{{word}}}, which is filled in only in say"
        return
    for word in dict.fromkeys(word for word in used if word not in _KNOWN):
        yield True, f"uses {{{word}}}, which nothing fills in: there are {{eta}}, {{fix_version}}, {{review_due}}"
    if "eta" in used and not fields.get("eta.shareable"):
        yield True, "uses {eta}, but eta.shareable is not yes"
    if "eta" in used and _WILL.search(text) and fields.get("eta.confidence") != "high":
        yield True, 'says "will" beside {eta}, but eta.confidence is not high'
