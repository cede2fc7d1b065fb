"""The token in an unsubscribe link: it names one reader and what ends, and nobody can make another.

Rule: it needs no sign-in and never gets old, since mails are kept for years; all that it can do is end messages.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable

from bridge.words import NoticeKind

_LETTERS = {kind: kind.value[0] for kind in NoticeKind}
_KINDS = {letter: kind for kind, letter in _LETTERS.items()}


def token(secret: bytes, user_id: int, kinds: Iterable[NoticeKind]) -> str:
    """``USER-KINDS-SIGNATURE``, safe in a path."""
    body = f"{user_id}-{''.join(sorted(_LETTERS[kind] for kind in set(kinds)))}"
    return f"{body}-{_signature(secret, body)}"


def read(secret: bytes, given: str) -> tuple[int, tuple[NoticeKind, ...]] | None:
    """(user, kinds) of a token that we made, else None."""
    body, _, signature = given.rpartition("-")
    if not given.isascii() or not hmac.compare_digest(signature, _signature(secret, body)):
        return None
    user, _, letters = body.partition("-")
    return int(user), tuple(_KINDS[letter] for letter in letters)


def _signature(secret: bytes, body: str) -> str:
    digest = hmac.digest(secret, b"unsubscribe\0" + body.encode(), hashlib.sha256)
    return base64.b32encode(digest[:20]).decode().lower()
