"""Who a person from the company's OpenID provider is here. Rule: groups decide, at every sign-in; names link nobody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, select

from bridge.errors import BridgeError
from bridge.service.signing_in import open_session
from bridge.settings.oidc import GroupRole, OidcSettings
from bridge.store.access import User
from bridge.store.events import record
from bridge.store.suppliers import Supplier

ACTOR = "single sign-on"
_LONGEST = 80


class SsoRefused(BridgeError):
    """This person may not come in; the message says why, and whom to ask."""


def come_in(
    session: Session, settings: OidcSettings, claims: Mapping[str, Any], *, at: datetime, lives: timedelta
) -> str:
    """The secret of a new session for the person of these verified claims. Raises SsoRefused."""
    rule = _rule(settings, claims)
    supplier = _supplier(session, rule)
    identity = f"{settings.issuer} {claims['sub']}"
    user = session.exec(select(User).where(User.identity == identity)).first()
    if user is None:
        user = _added(session, settings, claims, identity, rule, supplier, at)
    elif user.disabled:
        raise SsoRefused(f"{user.name} is disabled here: ask an admin")
    elif (user.role, user.supplier_id) != (rule.role, supplier):
        before = {"role": user.role, "supplier": user.supplier_id}
        user.role, user.supplier_id = rule.role.value, supplier
        session.add(user)
        after = {"role": rule.role.value, "supplier": supplier}
        record(session, "user.role", f"user:{user.id}", actor=ACTOR, at=at, before=before, after=after)
    return open_session(session, user, "oidc", at=at, lives=lives)


def _rule(settings: OidcSettings, claims: Mapping[str, Any]) -> GroupRole:
    said = claims.get(settings.group_claim) or ()
    groups = {said} if isinstance(said, str) else set(map(str, said))
    for rule in settings.roles:
        if rule.group in groups:
            return rule
    raise SsoRefused("your account is in none of the groups that may use this service: ask an admin for one")


def _supplier(session: Session, rule: GroupRole) -> int | None:
    if rule.supplier is None:
        return None
    found = session.exec(select(Supplier.id).where(Supplier.name == rule.supplier)).first()
    if found is None:
        raise SsoRefused(f"your group belongs to the supplier {rule.supplier}, which is not known here: ask an admin")
    return found


def _added(
    session: Session,
    settings: OidcSettings,
    claims: Mapping[str, Any],
    identity: str,
    rule: GroupRole,
    supplier: int | None,
    at: datetime,
) -> User:
    user = User(name=_free_name(session, settings, claims), role=rule.role.value, supplier_id=supplier)
    user.identity, user.created_at = identity, at
    email = claims.get("email") if claims.get("email_verified") else None
    if email and session.exec(select(User.id).where(User.email == email)).first() is None:
        user.email = str(email)
    session.add(user)
    session.flush()
    after = {"role": user.role, "supplier": supplier}
    record(session, "user.identity", f"user:{user.id}", actor=ACTOR, at=at, after=after)
    return user


def _free_name(session: Session, settings: OidcSettings, claims: Mapping[str, Any]) -> str:
    """Somebody here who has the name already is somebody else."""
    said = claims.get(settings.name_claim) or claims.get("preferred_username") or claims["sub"]
    name = wanted = " ".join(str(said).split())[:_LONGEST] or "nameless"
    number = 1
    while session.exec(select(User.id).where(User.name == name)).first() is not None:
        number += 1
        name = f"{wanted[: _LONGEST - 6]} ({number})"
    return name
