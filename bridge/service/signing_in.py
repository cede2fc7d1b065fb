"""Sessions of browsers: opened by a sign-in, kept on the server, ended by their owner, an admin or time."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from bridge.errors import BridgeError
from bridge.service import passwords
from bridge.service.access import Actor, Permission, require
from bridge.service.errors import UnknownId
from bridge.service.people import digest
from bridge.store.access import User, WebSession
from bridge.store.db import Database
from bridge.store.events import record

IDLE = timedelta(hours=8)
SEEN_EVERY = timedelta(minutes=5)
"""``seen_at`` moves at most so often: a page view is no write."""


class SignInRefused(BridgeError):
    """Name or password is wrong: which of the two, nobody learns."""


def sign_in(db: Database, name: str, password: str, address: str, *, at: datetime, lives: timedelta) -> str:
    """The secret of a new session. Raises SignInRefused and TooManyTries."""
    with db.write() as session:
        passwords.count_try(session, name, address, at)
    with db.read() as session:
        user = session.exec(select(User).where(User.name == name.strip())).first()
    right = passwords.matches(user.password_hash if user else None, password)
    if user is None or not right or user.disabled:
        with db.write() as session:
            record(session, "user.sign_in_refused", f"user:{user.id if user else 0}", actor="door", at=at)
        raise SignInRefused("name or password is wrong")
    with db.write() as session:
        passwords.forget_tries(session, name, address)
        return open_session(session, user, "password", at=at, lives=lives)


def open_session(session: Session, user: User, by: str, *, at: datetime, lives: timedelta) -> str:
    """A new session of the user; ``by``: password, link or oidc. Returns the secret for the cookie."""
    secret = secrets.token_urlsafe(32)
    row = WebSession(
        sid_hash=digest(secret), user_id=user.id or 0, by=by, created_at=at, seen_at=at, expires_at=at + lives
    )
    session.add(row)
    record(session, "user.signed_in", f"user:{user.id}", actor=user.name, at=at, after={"by": by})
    return secret


def session_of(session: Session, secret: str, at: datetime) -> tuple[WebSession, User] | None:
    """The living session of a cookie and whose it is."""
    query = select(WebSession, User).where(
        WebSession.sid_hash == digest(secret),
        WebSession.user_id == User.id,
        col(WebSession.revoked_at).is_(None),
        col(WebSession.expires_at) > at,
        col(WebSession.seen_at) > at - IDLE,
        col(User.disabled).is_(False),
    )
    found = session.exec(query).first()
    return (found[0], found[1]) if found else None


def touch(session: Session, session_id: int, at: datetime) -> None:
    row = session.get_one(WebSession, session_id)
    row.seen_at = at
    user = session.get_one(User, row.user_id)
    user.seen_at = at
    session.add_all((row, user))


def sign_out(session: Session, secret: str, at: datetime) -> None:
    row = session.exec(select(WebSession).where(WebSession.sid_hash == digest(secret))).first()
    if row is not None and row.revoked_at is None:
        row.revoked_at = at
        session.add(row)
        user = session.get_one(User, row.user_id)
        record(session, "user.signed_out", f"user:{user.id}", actor=user.name, at=at)


def sessions(session: Session, actor: Actor, user_id: int, at: datetime) -> list[WebSession]:
    """Living sessions, newest first: one's own, or with ADMINISTER anybody's."""
    if user_id != actor.user_id:
        require(actor, Permission.ADMINISTER)
    living = (col(WebSession.revoked_at).is_(None), col(WebSession.expires_at) > at)
    query = select(WebSession).where(WebSession.user_id == user_id, *living).order_by(col(WebSession.id).desc())
    return list(session.exec(query))


def revoke(session: Session, actor: Actor, session_id: int, *, at: datetime) -> None:
    """End a session. Raises UnknownId, and Forbidden for somebody else's."""
    row = session.get(WebSession, session_id)
    if row is None:
        raise UnknownId(f"there is no session {session_id}")
    if row.user_id != actor.user_id:
        require(actor, Permission.ADMINISTER)
    row.revoked_at = row.revoked_at or at
    session.add(row)
    record(session, "user.session_revoked", f"user:{row.user_id}", actor=actor.name, at=at)
