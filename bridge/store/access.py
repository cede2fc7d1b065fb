"""The people who may decide, and the doors by which they come in: passwords, links, sessions, tokens.

Rule: no secret is stored. A password is kept as argon2, everything random as its SHA-256.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Integer
from sqlmodel import Field, SQLModel

from bridge.store.columns import instant, json_field


def _of_user(*, index: bool = True) -> Column[int]:
    return Column(Integer, ForeignKey("app_user.id", ondelete="CASCADE"), nullable=False, index=index)


class User(SQLModel, table=True):
    """``connections`` an agent may read tickets of, ``accounts`` (ids) of a csm; None: all connections, no accounts.

    ``identity`` is "issuer subject" of a single sign-on; such a user may have no password.

    ``theme``: auto, light or dark.
    """

    __tablename__ = "app_user"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    role: str
    supplier_id: int | None = Field(default=None, foreign_key="supplier.id")
    disabled: bool = False
    email: str | None = Field(default=None, unique=True)
    password_hash: str | None = None
    identity: str | None = Field(default=None, unique=True)
    connections: list[str] | None = json_field(None)
    accounts: list[int] | None = json_field(None)
    theme: str = "auto"
    created_at: datetime | None = instant()
    seen_at: datetime | None = instant()


class AccessLink(SQLModel, table=True):
    """A link that lets its holder set a password, once."""

    __tablename__ = "access_link"

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(sa_column=_of_user())
    token_hash: str = Field(unique=True)
    expires_at: datetime = instant(nullable=False)
    used_at: datetime | None = instant()


class WebSession(SQLModel, table=True):
    """A signed-in browser. ``sid_hash`` of the random id in its cookie."""

    __tablename__ = "web_session"

    id: int | None = Field(default=None, primary_key=True)
    sid_hash: str = Field(unique=True)
    user_id: int = Field(sa_column=_of_user())
    by: str
    created_at: datetime = instant(nullable=False)
    seen_at: datetime = instant(nullable=False)
    expires_at: datetime = instant(nullable=False)
    revoked_at: datetime | None = instant()


class ApiToken(SQLModel, table=True):
    """``prefix`` is the shown beginning, ``scopes`` narrow what the owner's role may do."""

    __tablename__ = "api_token"

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(sa_column=_of_user())
    name: str
    prefix: str
    token_hash: str = Field(unique=True)
    scopes: list[str] = json_field(list)
    created_at: datetime = instant(nullable=False)
    expires_at: datetime = instant(nullable=False)
    last_used_at: datetime | None = instant()
    revoked_at: datetime | None = instant()


class SignInAttempt(SQLModel, table=True):
    """A failed sign-in. ``key_hash`` names the account or the address that it counts against."""

    __tablename__ = "sign_in_attempt"

    id: int | None = Field(default=None, primary_key=True)
    key_hash: str = Field(index=True)
    at: datetime = instant(nullable=False, index=True)


class SavedView(SQLModel, table=True):
    """A list of issues that a person keeps: the filters of its address, ``query`` without the question mark."""

    __tablename__ = "saved_view"

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(sa_column=_of_user())
    name: str
    query: str
    created_at: datetime = instant(nullable=False)


class Watch(SQLModel, table=True):
    """A person wants to hear when an issue's plan changes. ``seen_revision`` is the one they know."""

    user_id: int = Field(sa_column=Column(Integer, ForeignKey("app_user.id", ondelete="CASCADE"), primary_key=True))
    cluster_id: int = Field(sa_column=Column(Integer, ForeignKey("cluster.id"), primary_key=True))
    seen_revision: int = 0
    at: datetime = instant(nullable=False)
