"""Passwords: how good they must be, how they are kept, and how many tries there are."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func
from sqlmodel import Session, col, select
from zxcvbn import zxcvbn

from bridge.errors import BridgeError
from bridge.service.errors import ServiceError
from bridge.store.access import SignInAttempt

SHORTEST, LONGEST = 10, 128
WEAKEST = 3
"""Of zxcvbn's scores 0..4: safe against unthrottled online guessing."""

LIMITS = ((timedelta(minutes=1), 5), (timedelta(hours=1), 20))
"""Failed tries for one account from one address. Per pair, so that nobody can lock another person out."""

ADDRESS_LIMITS = ((timedelta(minutes=1), 30), (timedelta(hours=1), 200))
"""Failed tries from one address, whatever the account: an office behind one address must still get in."""

_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody's password")


class TooManyTries(BridgeError):
    """Come back later."""


def check_strength(password: str, name: str) -> None:
    """Raises ServiceError with what to do better."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ServiceError(f"a password has {SHORTEST} to {LONGEST} characters, this one has {len(password)}")
    found = zxcvbn(password[:72], user_inputs=[name, "issue bridge", *name.split()])
    if found["score"] < WEAKEST:
        advice = found["feedback"]["warning"] or "add a word or two that do not belong together"
        raise ServiceError(f"this password is easy to guess: {advice[0].lower()}{advice[1:].rstrip('.')}")


def hashed(password: str) -> str:
    """Argon2id with the library's parameters (RFC 9106, second recommended option)."""
    return _hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Takes as long for a user who is not there or has no password."""
    try:
        _hasher.verify(password_hash or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def count_try(session: Session, name: str, address: str, at: datetime) -> None:
    """Count a sign-in before its password is looked at; a right one takes its tries back. Raises TooManyTries."""
    longest = max(window for window, _ in LIMITS + ADDRESS_LIMITS)
    session.exec(delete(SignInAttempt).where(col(SignInAttempt.at) < at - longest))
    for key, limits in ((_pair(name, address), LIMITS), (_address(address), ADDRESS_LIMITS)):
        for window, most in limits:
            since = col(SignInAttempt.at) > at - window
            query = select(func.count(col(SignInAttempt.id))).where(SignInAttempt.key_hash == key, since)
            if session.exec(query).one() >= most:
                minutes = int(window.total_seconds() // 60)
                raise TooManyTries(f"too many tries: wait {minutes} min, or ask an admin for a new link")
        session.add(SignInAttempt(key_hash=key, at=at))


def forget_tries(session: Session, name: str, address: str) -> None:
    keys = (_pair(name, address), _address(address))
    session.exec(delete(SignInAttempt).where(col(SignInAttempt.key_hash).in_(keys)))


def _pair(name: str, address: str) -> str:
    return hashlib.sha256(f"{name.strip().casefold()}\n{address}".encode()).hexdigest()


def _address(address: str) -> str:
    return hashlib.sha256(f"\n{address}".encode()).hexdigest()
