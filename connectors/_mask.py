"""Hides secrets in whatever may be logged or raised.

Rule: a secret is hidden by its value, and in a URL by its parameter's name too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, quote_plus, urlencode, urlsplit, urlunsplit

MASK = "***"
_SHORTEST_SECRET = 4
_SECRET_NAME = re.compile(
    r"token|key|secret|passw|signature|^sig$|auth|credential|session|^code$|^pass$", re.IGNORECASE
)


def mask_url(url: str) -> str:
    """The URL without user info, and with the values of secret parameters hidden."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    shown = [(name, MASK if _SECRET_NAME.search(name) else value) for name, value in pairs]
    return urlunsplit((parts.scheme, host, parts.path, urlencode(shown, safe="*:/"), ""))


def mask_values(text: str, secrets: Iterable[str]) -> str:
    """``text`` with every secret hidden, plain or percent-encoded; longest first, so that no part stays."""
    forms = {
        form
        for secret in secrets
        if len(secret) >= _SHORTEST_SECRET
        for form in (secret, quote(secret, safe=""), quote_plus(secret))
    }
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def secrets_of(headers: Iterable[str]) -> set[str]:
    """Secrets in header values: the whole value, and what follows a scheme ("Bearer x" -> "x")."""
    found: set[str] = set()
    for value in headers:
        found.add(value)
        found.add(value.partition(" ")[2] or value)
        if "token=" in value:
            found.add(value.partition("token=")[2].strip('"'))
    return found
