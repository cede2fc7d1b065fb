"""What a view needs of its request: who asks, what time it is, and the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import cast

from flask import current_app, g, request
from sqlmodel import Session

from bridge.bootstrap import Bridge
from bridge.service.access import Actor, Permission
from bridge.service.access import may as actor_may
from bridge.store.access import User


def bridge() -> Bridge:
    return cast(Bridge, current_app.extensions["bridge"])


def signed_in() -> Actor | None:
    """Who asks; None for a stranger."""
    return cast("Actor | None", g.get("actor"))


def actor() -> Actor:
    """Who asks, on a page that the guard lets nobody else into."""
    return cast(Actor, g.actor)


def caller() -> str:
    """The token or the user that a request is counted for: what one was answered, another is never shown."""
    token = g.get("token_id")
    return f"token:{token}" if token is not None else f"user:{actor().user_id}"


def user() -> User | None:
    """The user behind a browser's session; None for a stranger and for a token."""
    return cast("User | None", g.get("user"))


def may(permission: Permission) -> bool:
    """For links and buttons that a page leaves out; what happens is decided by the service."""
    who = signed_in()
    return who is not None and actor_may(who, permission)


def now() -> datetime:
    """One instant for the whole request."""
    if "now" not in g:
        g.now = datetime.now(UTC)
    return cast(datetime, g.now)


@contextmanager
def reading() -> Iterator[Session]:
    with bridge().db.read() as session:
        yield session


@contextmanager
def writing() -> Iterator[Session]:
    """Committed at the end of the block, rolled back if it raises."""
    with bridge().db.write() as session:
        yield session


def address() -> str:
    """Where the request came from, as the trusted proxies say, if there are any."""
    return request.remote_addr or "unknown"
