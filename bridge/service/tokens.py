"""API tokens: ``brg_`` + 32 random bytes + a checksum. Shown once, stored hashed, scoped, expiring.

The checksum (CRC-32, hex) lets a mistyped token be refused, and a leaked one be found by a scanner, without a look
into the database.
"""

from __future__ import annotations

import secrets
import zlib
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from bridge.service.access import Actor, Permission, Scope, actor_for, require
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.people import digest, find_user
from bridge.store.access import ApiToken, User
from bridge.store.events import record

PREFIX = "brg_"
SHOWN = 10
MOST_DAYS = 366
USED_EVERY = timedelta(minutes=1)


def create_token(
    session: Session,
    actor: Actor,
    name: str,
    scopes: frozenset[Scope],
    *,
    days: int,
    at: datetime,
    owner: str | None = None,
) -> tuple[ApiToken, str]:
    """A token of one's own, or with ADMINISTER of ``owner``. Returns the row and the secret, which is shown once."""
    user = _owner(session, actor, owner)
    if not scopes:
        raise ServiceError(f"name at least one scope: {', '.join(Scope)}")
    if not 1 <= days <= MOST_DAYS:
        raise ServiceError(f"a token lives 1 to {MOST_DAYS} days, not {days}")
    name = " ".join(name.split())[:80]
    if not name:
        raise ServiceError("name the token after what will use it")
    secret = new_secret()
    row = ApiToken(
        user_id=user.id or 0,
        name=name,
        prefix=secret[:SHOWN],
        token_hash=digest(secret),
        scopes=sorted(scopes),
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    after = {"owner": user.id, "scopes": row.scopes, "days": days}
    record(session, "token.created", f"token:{row.id}", actor=actor.name, at=at, after=after)
    return row, secret


def new_secret() -> str:
    body = secrets.token_urlsafe(32)
    return f"{PREFIX}{body}{zlib.crc32(body.encode()):08x}"


def is_well_formed(secret: str) -> bool:
    """Whether the checksum holds."""
    body = secret.removeprefix(PREFIX)
    return secret.startswith(PREFIX) and f"{zlib.crc32(body[:-8].encode()):08x}" == body[-8:]


def token_of(session: Session, secret: str, at: datetime) -> tuple[ApiToken, Actor] | None:
    """The living token behind a secret and the actor that it is."""
    if not is_well_formed(secret):
        return None
    query = select(ApiToken, User).where(
        ApiToken.token_hash == digest(secret),
        ApiToken.user_id == User.id,
        col(ApiToken.revoked_at).is_(None),
        col(ApiToken.expires_at) > at,
        col(User.disabled).is_(False),
    )
    found = session.exec(query).first()
    if found is None:
        return None
    token, user = found
    return token, actor_for(user, frozenset(Scope(scope) for scope in token.scopes))


def note_use(session: Session, token_id: int, at: datetime) -> None:
    token = session.get_one(ApiToken, token_id)
    token.last_used_at = at
    session.add(token)


def tokens(session: Session, actor: Actor, *, everybody: bool = False) -> list[tuple[ApiToken, str]]:
    """Tokens with their owners' names, newest first: one's own, or with ADMINISTER all."""
    query = select(ApiToken, User.name).where(ApiToken.user_id == User.id).order_by(col(ApiToken.id).desc())
    if everybody:
        require(actor, Permission.ADMINISTER)
    else:
        query = query.where(ApiToken.user_id == actor.user_id)
    return [(row, name) for row, name in session.exec(query)]


def revoke_token(session: Session, actor: Actor, token_id: int, *, at: datetime) -> ApiToken:
    """End a token. Raises UnknownId, and Forbidden for somebody else's."""
    row = session.get(ApiToken, token_id)
    if row is None:
        raise UnknownId(f"there is no token {token_id}: `bridge token list` shows them")
    if row.user_id != actor.user_id:
        require(actor, Permission.ADMINISTER)
    if row.revoked_at is None:
        row.revoked_at = at
        session.add(row)
        record(session, "token.revoked", f"token:{row.id}", actor=actor.name, at=at)
    return row


def _owner(session: Session, actor: Actor, owner: str | None) -> User:
    user = session.get(User, actor.user_id) if actor.user_id else None
    if owner is not None and (user is None or owner != user.name):
        require(actor, Permission.ADMINISTER)
        user = find_user(session, owner)
    if user is None:
        raise ServiceError("say whose token it is: --owner NAME")
    return user
