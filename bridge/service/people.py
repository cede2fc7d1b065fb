"""Users: who there is, what they are, and the one-time links by which they set their passwords."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col, select

from bridge.service import passwords
from bridge.service.access import Actor, Permission, require
from bridge.service.errors import ServiceError, UnknownId
from bridge.store.access import AccessLink, ApiToken, User, WebSession
from bridge.store.events import record
from bridge.store.suppliers import Supplier
from bridge.words import Role

LINK_LIVES = timedelta(hours=24)
THEMES = ("auto", "light", "dark")
_OUTSOURCED = (Role.SUPPLIER_AGENT, Role.SUPPLIER_CONTACT)


def digest(secret: str) -> str:
    """How a random secret is stored. Plain SHA-256 is enough for 256 random bits (OWASP ASVS 5.0, 11.4)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def users(session: Session, actor: Actor) -> list[User]:
    require(actor, Permission.ADMINISTER)
    return list(session.exec(select(User).order_by(col(User.name))))


def find_user(session: Session, name: str) -> User:
    """Raises UnknownId."""
    user = session.exec(select(User).where(User.name == name)).first()
    if user is None:
        raise UnknownId(f"there is no user {name!r}: `bridge user list` shows them")
    return user


def add_user(
    session: Session,
    actor: Actor,
    name: str,
    role: Role,
    *,
    at: datetime,
    supplier: str | None = None,
    email: str | None = None,
) -> tuple[User, str]:
    """A new user and the secret of their one-time link. Raises ServiceError."""
    require(actor, Permission.ADMINISTER)
    name = " ".join(name.split())
    if not 1 <= len(name) <= 80:  # noqa: PLR2004 - what fits into a line of a page
        raise ServiceError("a user's name has 1 to 80 characters")
    if session.exec(select(User.id).where(User.name == name)).first() is not None:
        raise ServiceError(f"there is a user {name!r} already: choose another name, or reset theirs")
    if email and session.exec(select(User.id).where(User.email == email)).first() is not None:
        raise ServiceError(f"another user has the address {email}: leave it out or correct it")
    user = User(name=name, role=role, supplier_id=_supplier(session, role, supplier), email=email or None)
    user.created_at = at
    session.add(user)
    session.flush()
    after = {"role": role.value, "supplier": user.supplier_id}
    record(session, "user.added", f"user:{user.id}", actor=actor.name, at=at, after=after)
    return user, _link(session, user, at)


def reset(session: Session, actor: Actor, name: str, *, at: datetime) -> str:
    """Take the password away, end all sessions, and return the secret of a new one-time link."""
    require(actor, Permission.ADMINISTER)
    user = find_user(session, name)
    user.password_hash = None
    session.add(user)
    _end_everything(session, user, at, tokens=False)
    record(session, "user.reset", f"user:{user.id}", actor=actor.name, at=at)
    return _link(session, user, at)


def set_disabled(session: Session, actor: Actor, name: str, *, disabled: bool, at: datetime) -> User:
    """A disabled user is out at once: their sessions, links and tokens end."""
    require(actor, Permission.ADMINISTER)
    user = find_user(session, name)
    if user.id is not None and user.id == actor.user_id:
        raise ServiceError("you cannot disable yourself: ask another admin")
    if user.disabled == disabled:
        return user
    user.disabled = disabled
    session.add(user)
    if disabled:
        _end_everything(session, user, at, tokens=True)
    kind = "user.disabled" if disabled else "user.enabled"
    record(session, kind, f"user:{user.id}", actor=actor.name, at=at)
    return user


def set_address(session: Session, actor: Actor, name: str, email: str | None, *, at: datetime) -> User:
    """Where a user is reached; None: nowhere. Raises ServiceError for an address that another user has."""
    require(actor, Permission.ADMINISTER)
    user = find_user(session, name)
    if email and session.exec(select(User.id).where(User.email == email, User.id != user.id)).first() is not None:
        raise ServiceError(f"another user has the address {email}: correct it")
    user.email = email or None
    session.add(user)
    record(session, "user.address", f"user:{user.id}", actor=actor.name, at=at, after={"has_address": bool(email)})
    return user


def link_user(session: Session, secret: str, at: datetime) -> User:
    """Whose one-time link this is. Raises ServiceError for one that is used, old or wrong."""
    return session.get_one(User, _open_link(session, secret, at).user_id)


def set_password(session: Session, secret: str, password: str, *, at: datetime) -> User:
    """Use a one-time link up. Raises ServiceError for a bad link or a weak password."""
    link = _open_link(session, secret, at)
    user = session.get_one(User, link.user_id)
    passwords.check_strength(password, user.name)
    user.password_hash, link.used_at = passwords.hashed(password), at
    session.add_all((user, link))
    _end_everything(session, user, at, tokens=False)
    record(session, "user.password_set", f"user:{user.id}", actor=user.name, at=at)
    return user


def set_theme(session: Session, actor: Actor, theme: str) -> None:
    """Light, dark, or as the reader's system says."""
    if theme not in THEMES:
        raise ServiceError(f"theme takes {', '.join(THEMES)}, not {theme!r}")
    if actor.user_id is not None:
        user = session.get_one(User, actor.user_id)
        user.theme = theme
        session.add(user)


def _supplier(session: Session, role: Role, name: str | None) -> int | None:
    if role not in _OUTSOURCED:
        if name:
            raise ServiceError(f"a {role} belongs to no supplier: leave it out")
        return None
    found = session.exec(select(Supplier.id).where(Supplier.name == name)).first()
    if found is None:
        known = ", ".join(session.exec(select(Supplier.name).order_by(Supplier.name))) or "none yet"
        raise ServiceError(f"a {role} belongs to a supplier; there are: {known}")
    return found


def _link(session: Session, user: User, at: datetime) -> str:
    """Older links of the user end."""
    former = update(AccessLink).where(col(AccessLink.user_id) == user.id, col(AccessLink.used_at).is_(None))
    session.exec(former.values(used_at=at))
    secret = secrets.token_urlsafe(32)
    session.add(AccessLink(user_id=user.id or 0, token_hash=digest(secret), expires_at=at + LINK_LIVES))
    return secret


def _open_link(session: Session, secret: str, at: datetime) -> AccessLink:
    link = session.exec(select(AccessLink).where(AccessLink.token_hash == digest(secret))).first()
    if link is None or link.used_at is not None or link.expires_at <= at:
        raise ServiceError("this link is used up or too old: ask an admin for a new one (`bridge user reset`)")
    if session.get_one(User, link.user_id).disabled:
        raise ServiceError("this user is disabled: ask an admin")
    return link


def _end_everything(session: Session, user: User, at: datetime, *, tokens: bool) -> None:
    for table in (WebSession, ApiToken) if tokens else (WebSession,):
        mine = update(table).where(col(table.user_id) == user.id, col(table.revoked_at).is_(None))
        session.exec(mine.values(revoked_at=at))
