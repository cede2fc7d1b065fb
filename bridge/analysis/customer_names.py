"""Takes the names of customers out of lines that customers wrote. Pure; who is a customer, the caller knows."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

SHORTEST = 4
"""Shorter names may be ordinary words, as in the lint of plans."""
LONGEST = 6
"""Words of a name that are looked for."""
PUT_INSTEAD = "[customer]"
_WORD = re.compile(r"\w+(?:[-'’&.]\w+)*|&")

Name = tuple[str, ...]


def name_words(text: str) -> Name:
    """A name as it is compared: its words, folded."""
    return tuple(word.casefold() for word in _WORD.findall(text))


def names_of(texts: Iterable[str]) -> frozenset[Name]:
    return frozenset(name_words(text) for text in texts if len(text) >= SHORTEST)


def without_names(text: str, known: Collection[Name], kept: Name = (), put: str = PUT_INSTEAD) -> str:
    """The text with ``put`` in place of every known name but ``kept``."""
    found = list(_WORD.finditer(text))
    words = [match.group().casefold() for match in found]
    start, pieces, done = 0, [], 0
    while start < len(words):
        lengths = range(min(LONGEST, len(words) - start), 0, -1)
        size = next((n for n in lengths if tuple(words[start : start + n]) in known), 0)
        if size and tuple(words[start : start + size]) != kept:
            pieces += [text[done : found[start].start()], put]
            done = found[start + size - 1].end()
        start += size or 1
    return "".join([*pieces, text[done:]])
