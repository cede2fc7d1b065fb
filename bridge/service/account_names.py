"""Takes the names of customers out of a line that some customer wrote. Rule: the card names no other customer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlmodel import Session, select

from bridge.service.cached import Cached
from bridge.store.accounts import Account
from bridge.store.sync import data_version

SHORTEST = 4
"""Shorter names may be ordinary words, as in the lint of plans."""
LONGEST = 6
"""Words of a name that are looked for."""
PUT_INSTEAD = "[customer]"
_WORD = re.compile(r"\w+(?:[-'’&.]\w+)*|&")
_names: Cached[frozenset[tuple[str, ...]]] = Cached()


def without_names(session: Session, texts: Sequence[str], own: str | None = None, put: str = PUT_INSTEAD) -> list[str]:
    """The texts with ``put`` in place of any account's name but the reader's ticket's ``own``."""
    known = _names.get(session, data_version(session, "accounts"), lambda: _load(session))
    kept = _words(own or "")
    return [_without(text, known, kept, put) for text in texts]


def _load(session: Session) -> frozenset[tuple[str, ...]]:
    return frozenset(_words(name) for name in session.exec(select(Account.name)) if len(name) >= SHORTEST)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in _WORD.findall(text))


def _without(text: str, known: frozenset[tuple[str, ...]], kept: tuple[str, ...], put: str) -> str:
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
