"""Users and tokens. Rule: no password, hash or address of a session; a secret stands in one answer, once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from bridge.service.access import Permission, Scope
from bridge.service.tokens import MOST_DAYS
from bridge.web.api.paging import Page
from bridge.web.api.schemas.common import In, Line, Out
from bridge.words import Role

Address = Annotated[str, StringConstraints(pattern=r"^[^@\s\x00]{1,64}@[^@\s\x00]{1,190}$")]


class MeOut(Out):
    """Who asks, and what they may do with what they sent."""

    name: str
    role: Role
    scopes: list[Scope] | None
    permissions: list[Permission]


class UserOut(Out):
    name: str
    role: Role
    supplier_id: int | None
    disabled: bool
    email: str | None
    single_sign_on: bool
    has_password: bool
    connections: list[str] | None
    accounts: list[int] | None
    created_at: datetime | None
    seen_at: datetime | None


class Users(Out):
    items: list[UserOut]
    next: str | None


class NewUser(In):
    """``supplier`` is asked for with the roles of suppliers, and only then."""

    name: Line
    role: Role
    supplier: Line | None = None
    email: Address | None = None


class Invited(Out):
    """``link`` sets the password, once, within a day. It is shown in this answer only: a replay has null."""

    name: str
    role: Role
    link: str | None


class TokenOut(Out):
    """``prefix`` is the shown beginning."""

    id: int
    name: str
    owner: str
    prefix: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class Tokens(Out):
    items: list[TokenOut]
    next: str | None


class TokenQuery(Page):
    everybody: bool = Field(False, description="Those of everybody, for admins; else one's own")


class NewToken(In):
    """``owner``: for admins only; else it is one's own."""

    name: Line
    scopes: set[Scope] = Field(min_length=1)
    days: int = Field(ge=1, le=MOST_DAYS)
    owner: Line | None = None


class TokenMade(TokenOut):
    """``secret`` is shown in this answer only: a replay has null."""

    secret: str | None


class SessionOut(Out):
    """A browser that is signed in. ``by``: how."""

    id: int
    by: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


class Sessions(Out):
    items: list[SessionOut]
