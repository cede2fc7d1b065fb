"""What somebody typed or pasted into the one box: an issue's id, a ticket's number or address, or words.

Rule: an id is only what stands alone; a sentence with a number in it is words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

_ISSUE = re.compile(r"ib-?(\d{1,9})", re.IGNORECASE)
_NUMBER = re.compile(r"(?:(?:ticket|case|request|vorgang)\s*)?(?:no\.?|nr\.?|n°)?\s*#?\s*(\d{1,18})", re.IGNORECASE)
_KEY = re.compile(r"#?(?=[\w.:-]*\d)([A-Za-z][A-Za-z0-9_]{0,15})([-:#])([\w-]{1,40})")
_BARE = re.compile(r"(?=\S*\d)[\w-]{4,60}")
_PART = re.compile(r"[^/?&=#;]+")
_WORKING_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """``issue``: the number of an issue. ``numbers``: ids that the ticket may have, likeliest first.

    ``connection`` is what stood before the number: the name of a connection, or a vendor's prefix. Nothing set: words.
    """

    text: str
    issue: int | None = None
    numbers: tuple[str, ...] = ()
    connection: str | None = None
    url: str | None = None

    @property
    def is_words(self) -> bool:
        return self.issue is None and not self.numbers and self.url is None


def read(text: str) -> Asked:
    """What is asked for. Never raises; what is too long to be an id is words."""
    text = " ".join(text.split())
    if not text or len(text) > _WORKING_LENGTH:
        return Asked(text)
    if text.lower().startswith(("http://", "https://")) and " " not in text:
        return Asked(text, numbers=_in_url(text), url=text)
    if match := _ISSUE.fullmatch(text):
        return Asked(text, issue=int(match.group(1)))
    if match := _NUMBER.fullmatch(text):
        return Asked(text, numbers=(match.group(1),))
    if match := _KEY.fullmatch(text):
        whole = text.removeprefix("#")
        return Asked(text, numbers=(whole, match.group(3)), connection=match.group(1).lower())
    bare = text.removeprefix("#")
    return Asked(text, numbers=(bare,)) if _BARE.fullmatch(bare) else Asked(text)


def _in_url(url: str) -> tuple[str, ...]:
    """Parts that may be an id, the last first: path, query and fragment alike."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ()
    pieces = [unquote(piece) for text in (parts.path, parts.query, parts.fragment) for piece in _PART.findall(text)]
    return tuple(dict.fromkeys(piece for piece in reversed(pieces) if re.search(r"\d", piece)))[:8]
