"""Takes the names of customers out of a line that some customer wrote. Rule: the card names no other customer."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from bridge.analysis import customer_names
from bridge.analysis.customer_names import PUT_INSTEAD, Name, name_words, names_of
from bridge.service.cached import Cached
from bridge.store.customer_names import account_names
from bridge.store.sync import data_version

_names: Cached[frozenset[Name]] = Cached()


def without_names(session: Session, texts: Sequence[str], own: str | None = None, put: str = PUT_INSTEAD) -> list[str]:
    """The texts with ``put`` in place of any account's name but the reader's ticket's ``own``."""
    known = _names.get(session, data_version(session, "accounts"), lambda: names_of(account_names(session)))
    kept = name_words(own or "")
    return [customer_names.without_names(text, known, kept, put) for text in texts]
