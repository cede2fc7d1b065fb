"""Characters that people cannot see or cannot tell apart.

Rule: what is shown stays (NFC, without invisible characters); what is searched is its ``fold``, which has the same
length, so that a place found in the fold is a place in the text.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_DROPPED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_KEPT_CONTROLS = "\t\n\v\f\r"
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_LINE_ENDS = frozenset("\x85\u2028\u2029")
_DASHES = frozenset("\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d")


def visible(text: str) -> str:
    """NFC text without control, zero-width, bidi, filler and variation characters and without lone surrogates."""
    if text.isascii():
        return _DROPPED.sub("", text)
    table = {ord(char): _shown(char) for char in set(text) if not char.isascii() or char < " " or char == "\x7f"}
    return unicodedata.normalize("NFC", text.translate(table))


def fold(text: str) -> str:
    """The same number of characters: digits, letters, spaces and dashes of other shapes become the ASCII ones."""
    if text.isascii():
        return text
    return text.translate({ord(char): _folded(char) for char in set(text) if not char.isascii()})


def lower(text: str) -> str:
    """Lower case of the same length, where ``str.lower`` may lengthen. Patterns on it need no IGNORECASE (faster)."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(c if len(c.lower()) > 1 else c.lower() for c in text)


@lru_cache(maxsize=8192)
def _shown(char: str) -> str:
    if char in _LINE_ENDS:
        return "\n"
    if char in _KEPT_CONTROLS:
        return char
    hidden = unicodedata.category(char) in ("Cc", "Cf", "Cs") or char in _FILLERS
    return "" if hidden or "\ufe00" <= char <= "\ufe0f" else char


@lru_cache(maxsize=8192)
def _folded(char: str) -> str:
    if char in _DASHES:
        return "-"
    if unicodedata.category(char) == "Zs":
        return " "
    if unicodedata.category(char) == "Nd":
        return str(unicodedata.digit(char))
    plain = unicodedata.normalize("NFKC", char)
    return plain if len(plain) == 1 and plain.isascii() else char
