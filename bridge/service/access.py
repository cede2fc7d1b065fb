"""Who asks, and whether they may. The one ``require`` of the house; what is not allowed here is forbidden.

The table is domain.md 6.4: columns are roles, rows are permissions. Which tickets' text a person may read is a
question of scope, not of permission: service/scope.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session, select

from bridge.errors import BridgeError
from bridge.store.access import User
from bridge.words import Role


class Permission(StrEnum):
    """What a person can do. Values are words for error messages."""

    READ_CARD = "look up what to tell a customer"
    GIVE_FEEDBACK = "say how a remedy went"
    READ_CLUSTERS = "read issues"
    READ_SUMS = "read sums of account values"
    READ_VALUE = "read the value and the names of accounts"
    READ_INTERNAL = "read internal notes and causes"
    READ_STATUS = "read the state of connections"
    EDIT_VALUES = "change segments, uplifts and whose account a requester belongs to"
    DECIDE_CLUSTERS = "publish, merge, split or move issues"
    EDIT_REMEDY = "edit remedy plans"
    APPROVE_REMEDY = "approve remedy plans"
    EDIT_SCORING = "change the constants of the score"
    OPERATE = "operate the outbox, the database and imports"
    ADMINISTER = "manage people and tokens, read the audit log and erase data"


class Scope(StrEnum):
    """What an API token may be used for; the owner's role still decides within it."""

    READ = "read"
    DECIDE = "decide"
    OPERATE = "operate"
    ADMIN = "admin"
    METRICS = "metrics"


_P = Permission
_CARD = frozenset({_P.READ_CARD, _P.GIVE_FEEDBACK})
_INSOURCED = _CARD | {_P.READ_CLUSTERS, _P.READ_INTERNAL}
ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.AGENT: _INSOURCED,
    Role.SUPPLIER_AGENT: _CARD,
    Role.SUPPLIER_CONTACT: _CARD,
    Role.PRODUCT_MANAGER: _INSOURCED
    | {_P.READ_SUMS, _P.READ_VALUE, _P.READ_STATUS, _P.EDIT_VALUES, _P.DECIDE_CLUSTERS}
    | {_P.EDIT_REMEDY, _P.APPROVE_REMEDY, _P.EDIT_SCORING},
    Role.SUPPLIER_MANAGER: _CARD | {_P.READ_CLUSTERS, _P.READ_SUMS, _P.READ_STATUS},
    Role.CSM: _INSOURCED | {_P.READ_SUMS, _P.READ_VALUE},
    Role.ADMIN: frozenset(Permission),
}

IN_SCOPE: dict[Scope, frozenset[Permission]] = {
    Scope.READ: frozenset(
        {_P.READ_CARD, _P.READ_CLUSTERS, _P.READ_SUMS, _P.READ_VALUE, _P.READ_INTERNAL, _P.READ_STATUS}
    ),
    Scope.DECIDE: frozenset(
        {_P.GIVE_FEEDBACK, _P.EDIT_VALUES, _P.DECIDE_CLUSTERS, _P.EDIT_REMEDY, _P.APPROVE_REMEDY, _P.EDIT_SCORING}
    ),
    Scope.OPERATE: frozenset({_P.OPERATE}),
    Scope.ADMIN: frozenset({_P.ADMINISTER}),
    Scope.METRICS: frozenset(),
}


class Forbidden(BridgeError):
    """The actor may not do this; the message says who may."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person who reads or decides, or a program in their name.

    ``connections`` (None: all) and ``accounts`` bound which tickets' text they read; ``scopes`` (None: no token)
    narrow what the role may do.
    """

    name: str
    role: Role
    supplier_id: int | None = None
    user_id: int | None = None
    connections: frozenset[str] | None = None
    accounts: frozenset[int] = frozenset()
    scopes: frozenset[Scope] | None = None

    @property
    def is_outsourced(self) -> bool:
        return self.role in (Role.SUPPLIER_AGENT, Role.SUPPLIER_CONTACT)


def may(actor: Actor, permission: Permission) -> bool:
    """Whether the actor's role allows it, and the token, where one is used."""
    if permission not in ALLOWED[actor.role]:
        return False
    return actor.scopes is None or any(permission in IN_SCOPE[scope] for scope in actor.scopes)


def require(actor: Actor, permission: Permission) -> None:
    """Raises Forbidden unless ``may``."""
    if may(actor, permission):
        return
    if permission in ALLOWED[actor.role]:
        needed = next(scope for scope in Scope if permission in IN_SCOPE[scope])
        raise Forbidden(f"this token may not {permission.value}: use one with the scope {needed.value!r}")
    able = ", ".join(role.value for role in Role if permission in ALLOWED[role])
    raise Forbidden(f"{actor.name} ({actor.role.value}) may not {permission.value}: ask somebody who is {able}")


def actor_for(user: User, scopes: frozenset[Scope] | None = None) -> Actor:
    """The actor that a user is. Raises Forbidden for a disabled one."""
    if user.disabled:
        raise Forbidden(f"{user.name} is disabled: use another name, or have an admin enable it")
    connections = None if user.connections is None else frozenset(user.connections)
    accounts = frozenset(user.accounts or ())
    return Actor(user.name, Role(user.role), user.supplier_id, user.id, connections, accounts, scopes)


def local_actor(session: Session, name: str) -> Actor:
    """Who decides at the command line. A known user acts in their role; anybody else who can run commands in the
    workspace holds its files already and acts as admin. Raises Forbidden for a disabled user.
    """
    user = session.exec(select(User).where(User.name == name)).first()
    return Actor(name, Role.ADMIN) if user is None else actor_for(user)
