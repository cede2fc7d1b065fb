"""Who asks, and whether they may. The one ``require`` of the house; what is not allowed here is forbidden."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session, select

from bridge.errors import BridgeError
from bridge.store.access import User
from bridge.words import Role


class Permission(StrEnum):
    """What a person can do. Values are words for error messages."""

    READ_CLUSTERS = "read issues"
    READ_VALUE = "read the value of accounts"
    DECIDE_CLUSTERS = "publish, merge, split or move issues"
    EDIT_REMEDY = "edit remedy plans"
    APPROVE_REMEDY = "approve remedy plans"
    OPERATE = "operate the outbox, the database and imports"


_P = Permission
ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.AGENT: frozenset({_P.READ_CLUSTERS}),
    Role.SUPPLIER_AGENT: frozenset(),
    Role.SUPPLIER_CONTACT: frozenset(),
    Role.PRODUCT_MANAGER: frozenset(
        {_P.READ_CLUSTERS, _P.READ_VALUE, _P.DECIDE_CLUSTERS, _P.EDIT_REMEDY, _P.APPROVE_REMEDY}
    ),
    Role.SUPPLIER_MANAGER: frozenset({_P.READ_CLUSTERS}),
    Role.CSM: frozenset({_P.READ_CLUSTERS, _P.READ_VALUE}),
    Role.ADMIN: frozenset(Permission),
}


class Forbidden(BridgeError):
    """The actor may not do this; the message says who may."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person who reads or decides."""

    name: str
    role: Role
    supplier_id: int | None = None


def require(actor: Actor, permission: Permission) -> None:
    """Raises Forbidden unless the actor's role allows it."""
    if permission in ALLOWED[actor.role]:
        return
    able = ", ".join(role.value for role in Role if permission in ALLOWED[role])
    raise Forbidden(f"{actor.name} ({actor.role.value}) may not {permission.value}: ask somebody who is {able}")


def local_actor(session: Session, name: str) -> Actor:
    """Who decides at the command line. A known user acts in their role; anybody else who can run commands in the
    workspace holds its files already and acts as admin. Raises Forbidden for a disabled user.
    """
    user = session.exec(select(User).where(User.name == name)).first()
    if user is None:
        return Actor(name, Role.ADMIN)
    if user.disabled:
        raise Forbidden(f"{name} is disabled: use another name, or have an admin enable it")
    return Actor(user.name, Role(user.role), user.supplier_id)
