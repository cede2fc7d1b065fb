"""The part of a tracker's text that is ours, and the line that signs a comment or note of ours.

Rule: only what stands between our two marker lines is ever rewritten; everything else belongs to people. The
markers are plain words in brackets: they survive Textile, Markdown and plain text, where a comment would be
shown or dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from connectors.base import Permanent

_KEY = r"[A-Za-z0-9][A-Za-z0-9._:-]{0,199}"
_OPEN = r"\\?\[issue-bridge:"
_BEGIN = re.compile(rf"^[ \t]*{_OPEN}(?P<key>{_KEY}) begin\b[^\n]*$", re.MULTILINE)
_SIGNED = re.compile(rf"^[ \t]*{_OPEN}(?P<key>{_KEY})\\?\][ \t]*\r?$", re.MULTILINE)
_FORGED = re.compile(r"\\*\[(\s*issue-bridge\s*):", re.IGNORECASE)


def wrap(block: str, key: str) -> str:
    """``block`` between marker lines that carry ``key``. Raises Permanent if ``key`` cannot be a marker."""
    _require_key(key)
    text = strip_markers(block).replace("\r\n", "\n").strip("\n")
    opening = f"[issue-bridge:{key} begin, kept up to date; write above or below]"
    return f"{opening}\n\n{text}\n\n[issue-bridge:{key} end]"


def with_labels(present: Iterable[str], wanted: Iterable[str], dropped: Iterable[str]) -> tuple[str, ...]:
    """The labels of an issue after a draft: people's stay where they are, ours come last."""
    gone = set(dropped) - set(wanted)
    return tuple(dict.fromkeys(label for label in (*present, *wanted) if label not in gone))


def find_key(text: str) -> str | None:
    """The key of the first block of ours that begins in ``text``."""
    found = _BEGIN.search(text)
    return found["key"] if found else None


def block_of(text: str) -> str | None:
    """The text of our first block, without markers, line ends made LF; None if a marker is missing."""
    key = find_key(text)
    span = _span(text, key) if key else None
    if span is None:
        return None
    lines = text[slice(*span)].replace("\r\n", "\n").split("\n")
    return "\n".join(lines[1:-1]).strip("\n")


def replace_block(body: str, block: str, key: str) -> str | None:
    """``body`` with our block made anew and all else as it was; None where a person removed a marker."""
    span = _span(body, key)
    return None if span is None else body[: span[0]] + wrap(block, key) + body[span[1] :]


def sign(text: str, key: str) -> str:
    """``text`` with a last line that carries ``key``: for comments and notes."""
    _require_key(key)
    return f"{strip_markers(text).rstrip()}\n\n[issue-bridge:{key}]"


def is_signed(text: str, key: str) -> bool:
    """Whether some line of ``text`` is the signature of ``key``."""
    return any(found["key"] == key for found in _SIGNED.finditer(text))


def strip_markers(text: str) -> str:
    """``text`` with everything that could pass for a marker of ours made harmless."""
    return _FORGED.sub(r"(\1:", text)


def _require_key(key: str) -> None:
    if not re.fullmatch(_KEY, key):
        raise Permanent(f"{key!r} cannot be a marker: expected letters, digits and . _ : -")


def _span(text: str, key: str) -> tuple[int, int] | None:
    begin = next((found for found in _BEGIN.finditer(text) if found["key"] == key), None)
    if begin is None:
        return None
    ending = re.compile(rf"^[ \t]*{_OPEN}{re.escape(key)} end\\?\]", re.MULTILINE)
    end = ending.search(text, begin.end())
    return (begin.start(), end.end()) if end else None
