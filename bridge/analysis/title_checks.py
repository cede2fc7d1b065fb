"""Whether a stranger's text may stand as a title. Rule: refused is safer than mended; the writer is not trusted."""

from __future__ import annotations

import re
import unicodedata

from bridge.analysis.redaction import redact
from bridge.analysis.titles import TITLE_LENGTH, WORD, is_hollow

_SHORTEST = 8
_MARKUP = re.compile(r"[<>{}\[\]`|\\]|\*\*|__|^#|&#?\w+;")
_ADDRESS = re.compile(
    r"https?:|www\.|://|\bjavascript:|\bdata:|\S@\S|\b[\w-]+\.(?:com|net|org|io|de|fr|es|nl|eu|example)\b",
    re.IGNORECASE,
)
_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget)\b.{0,40}\b(?:instruction|previous|above|prompt|rule)|\bsystem prompt\b|\bas an ai\b"
    r"|\bi (?:cannot|can't) (?:help|assist)|\bhere is\b.{0,20}\btitle\b|^title:|^sure\b",
    re.IGNORECASE,
)
_QUOTES = "\"'“”„«»‘’"


def refusal(title: str, quotes: str) -> str | None:
    """Why the text must not be shown even as a suggestion, or None. ``quotes``: what the model was shown, whose letters
    tell which scripts a title may be written in.
    """
    if not _SHORTEST <= len(title) <= TITLE_LENGTH:
        return f"it has {len(title)} characters: a title has {_SHORTEST} to {TITLE_LENGTH}"
    if any(unicodedata.category(char)[0] == "C" for char in title):
        return "it holds control or invisible characters"
    if _MARKUP.search(title):
        return "it holds markup"
    if _ADDRESS.search(title):
        return "it holds an address"
    if _ORDERS.search(title):
        return "it speaks to somebody instead of naming anything"
    if not WORD.search(title) or is_hollow(title):
        return "it says nothing about what is wrong"
    if redact(title).text != title:
        return "it holds personal data"
    if foreign := _scripts(title) - _scripts(quotes):
        return f"it is written in {', '.join(sorted(foreign))} letters, the quotes are not"
    return None


def trimmed(text: str) -> str:
    """Without the edges that models like to add: quotation marks, a full stop, spaces."""
    return text.strip().strip(_QUOTES).strip().rstrip(".").strip()


def _scripts(text: str) -> set[str]:
    return {unicodedata.name(char, "unknown").split()[0].lower() for char in text if char.isalpha()}
