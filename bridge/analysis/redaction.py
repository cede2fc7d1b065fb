"""Takes personal data and secrets out of texts before they are stored, logged or sent.

Rule: whoever redacts twice gets the same text, and where two kinds claim one place the first in ``DETECTORS`` has it.
Personal names are found only where the caller knows them (``known``); postal addresses are not found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bridge.analysis.characters import fold, visible
from bridge.analysis.identity import FREE_MAIL, domain_of, is_free_mail, pseudonym
from bridge.analysis.redaction_names import emails, names
from bridge.analysis.redaction_numbers import cards, ibans, ip_addresses, social_security
from bridge.analysis.redaction_phones import phones
from bridge.analysis.redaction_secrets import secrets

__all__ = ["DETECTORS", "FREE_MAIL", "Redacted", "domain_of", "is_free_mail", "pseudonym", "redact", "redact_tree"]

Detector = Callable[[str], Iterator[tuple[int, int]]]
Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]

DETECTORS: tuple[tuple[str, Detector], ...] = (
    ("key", secrets),
    ("email", emails),
    ("iban", ibans),
    ("card", cards),
    ("ip", ip_addresses),
    ("ssn", social_security),
    ("phone", phones),
)
NUMERIC = frozenset({"iban", "card", "ip", "ssn", "phone"})
PLACEHOLDER = re.compile(r"\[(?:key|email|iban|card|ip|ssn|phone|name)\]")
_DIGIT = re.compile(r"\d")
_TELLING_KEY = re.compile(
    r"pass|pwd|secret|token|key|auth|cookie|phone|fax|mobil|handy|\btel|otp|pin\b|kennwort|clave|cvv|cvc|ssn",
    re.IGNORECASE,
)
_PASSES = 4
_DEEPEST = 60


@dataclass(frozen=True, slots=True)
class Redacted:
    """``counts``: placeholders put in, by kind."""

    text: str
    counts: Mapping[str, int] = field(default_factory=dict)


def redact(text: str, known: Sequence[str] = ()) -> Redacted:
    """Put ``[email] [phone] [card] [iban] [ip] [ssn] [key] [name]`` in place of what was found.

    The text also comes back in NFC, without control and invisible characters (one inside a number would hide it).
    Decode HTML and entities first. A placeholder changes what its neighbours mean, so the text is searched again.
    """
    if not text:
        return Redacted("")
    counts: dict[str, int] = {}
    text = visible(text)
    for _ in range(_PASSES):
        spans = _find(text, known)
        if not spans:
            break
        for _, _, kind in spans:
            counts[kind] = counts.get(kind, 0) + 1
        text = _replaced(text, spans)
    return Redacted(text, counts)


def _find(text: str, known: Sequence[str]) -> list[tuple[int, int, str]]:
    shadow = _masked(fold(text), [match.span() for match in PLACEHOLDER.finditer(text)]) if "[" in text else fold(text)
    found: list[tuple[int, int, str]] = []
    detectors = (*DETECTORS, ("name", lambda shown: names(shown, known))) if known else DETECTORS
    for kind, detector in detectors:
        if kind in NUMERIC and not _DIGIT.search(shadow):
            continue
        spans = _disjoint(detector(shadow))
        if spans:
            found += [(start, end, kind) for start, end in spans]
            shadow = _masked(shadow, spans)
    return sorted(found)


def _disjoint(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping spans are joined: no half of a secret stays."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        elif end > start:
            joined.append((start, end))
    return joined


def _masked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """NUL over each span, so that no later detector reads in it: ``visible`` left none elsewhere."""
    pieces, done = [], 0
    for start, end in spans:
        pieces += [text[done:start], "\0" * (end - start)]
        done = end
    return "".join([*pieces, text[done:]])


def _replaced(text: str, spans: Iterable[tuple[int, int, str]]) -> str:
    pieces, done = [], 0
    for start, end, kind in spans:
        pieces += [text[done:start], f"[{kind}]"]
        done = end
    return "".join([*pieces, text[done:]])


def redact_tree(value: Json, known: Sequence[str] = ()) -> Json:
    """The same lists and objects with every string, key and telling number redacted.

    A key lends its meaning to its value: ``{"password": "tulip"}`` loses the tulip. Equal new keys are numbered.
    What lies deeper than 60 levels is replaced by "[too deep]".
    """
    return _branch(value, known, "", _DEEPEST)


def _branch(value: Json, known: Sequence[str], key: str, depth: int) -> Json:
    if depth == 0:
        return "[too deep]"
    if isinstance(value, Mapping):
        out: dict[str, Json] = {}
        for name, inner in value.items():
            out[_free_key(redact(str(name), known).text, out)] = _branch(inner, known, str(name), depth - 1)
        return out
    if isinstance(value, str):
        return _leaf(value, known, key)
    if isinstance(value, Sequence):
        return [_branch(inner, known, key, depth - 1) for inner in value]
    if isinstance(value, bool) or value is None:
        return value
    told = _leaf(str(value), known, key)
    return value if told == str(value) else told


def _leaf(value: str, known: Sequence[str], key: str) -> str:
    if key and _TELLING_KEY.search(key) and "\n" not in value:
        head = f"{key}: "
        told = redact(head + value, known).text
        if told.startswith(head):
            value = told.removeprefix(head)
    return redact(value, known).text


def _free_key(key: str, taken: Mapping[str, Json]) -> str:
    free, number = key, 2
    while free in taken:
        free, number = f"{key} {number}", number + 1
    return free
