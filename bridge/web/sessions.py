"""The browser's cookie. It holds the secret of a session that lives on the server, signed; nothing in it counts alone.

On https the cookie's name begins with ``__Host-``, so that no other host or path can set it (RFC 6265bis, 4.1.3.2).
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import cast
from urllib.parse import urlsplit

from flask import Flask, session

from bridge.bootstrap import Bridge

_SID = "sid"


def install(app: Flask, bridge: Bridge) -> None:
    web = bridge.settings.web
    secure = web.is_https
    app.secret_key = hmac.new(bridge.secret, b"web session", hashlib.sha256).digest()
    app.config.update(
        SESSION_COOKIE_NAME="__Host-bridge" if secure else "bridge",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=web.session_hours),
        TRUSTED_HOSTS=trusted_hosts(web.url),
    )


def trusted_hosts(url: str) -> list[str]:
    """The names under which the service answers: another in the Host header would be an attacker's (DNS rebinding)."""
    own = urlsplit(url).hostname if url else None
    return ["localhost", "127.0.0.1", "[::1]", *([own] if own else [])]


def secret() -> str | None:
    return cast("str | None", session.get(_SID))


def begin(sid: str) -> None:
    """Everything that a stranger's cookie held is thrown away: no session can be fixed from outside."""
    session.clear()
    session[_SID] = sid
    session.permanent = True


def end() -> None:
    session.clear()


def is_local(path: str | None) -> bool:
    """Whether an address leads to our own pages: after a sign-in nobody is sent elsewhere."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")):
        return False
    if not path.isprintable() or "\\" in path:
        return False
    parts = urlsplit(path)
    return not parts.scheme and not parts.netloc
