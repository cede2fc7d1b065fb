"""/me, /users and /tokens."""

from __future__ import annotations

from typing import Any

from flask import url_for
from sqlmodel import Session

from bridge.service import people, signing_in, tokens
from bridge.service.access import Permission, may
from bridge.store.access import ApiToken, User
from bridge.web import here
from bridge.web.api.asked import row_id
from bridge.web.api.blueprint import read, write
from bridge.web.api.paging import Page, paged
from bridge.web.api.schemas.common import DONE, Done
from bridge.web.api.schemas.people import (
    Invited,
    MeOut,
    NewToken,
    NewUser,
    SessionOut,
    Sessions,
    TokenMade,
    TokenOut,
    TokenQuery,
    Tokens,
    UserOut,
    Users,
)

TAG = "People and tokens"
_P = Permission


@read("/me", None, MeOut, tag=TAG)
def me() -> MeOut:
    """Who asks."""
    actor = here.actor()
    scopes = None if actor.scopes is None else sorted(actor.scopes)
    return MeOut(name=actor.name, role=actor.role, scopes=scopes, permissions=[p for p in Permission if may(actor, p)])


@read("/users", _P.ADMINISTER, Users, query=Page, tag=TAG)
def users(query_data: Page) -> Users:
    """Users by their names."""
    with here.reading() as session:
        rows, following = paged(people.users(session, here.actor()), lambda user: (user.name,), query_data)
    return Users(items=[_user(row) for row in rows], next=following)


@write("/users", _P.ADMINISTER, Invited, body=NewUser, status=201, shown_once="link", tag=TAG)
def add_user(session: Session, json_data: NewUser) -> Invited:
    """A new user, and the link by which they set their password."""
    new = json_data
    user, secret = people.add_user(
        session, here.actor(), new.name, new.role, at=here.now(), supplier=new.supplier, email=new.email
    )
    return _invited(user, secret)


@write("/users/<name>/reset", _P.ADMINISTER, Invited, shown_once="link", tag=TAG)
def reset(session: Session, name: str) -> Invited:
    """Take the password away, end all sessions, and make a new link."""
    secret = people.reset(session, here.actor(), name, at=here.now())
    return _invited(people.find_user(session, name), secret)


@write("/users/<name>/disable", _P.ADMINISTER, Done, tag=TAG)
def disable(session: Session, name: str) -> Done:
    """The user is out at once: their sessions, links and tokens end."""
    people.set_disabled(session, here.actor(), name, disabled=True, at=here.now())
    return DONE


@write("/users/<name>/enable", _P.ADMINISTER, Done, tag=TAG)
def enable(session: Session, name: str) -> Done:
    """Let the user in again."""
    people.set_disabled(session, here.actor(), name, disabled=False, at=here.now())
    return DONE


@read("/tokens", None, Tokens, query=TokenQuery, tag=TAG)
def list_tokens(query_data: TokenQuery) -> Tokens:
    """Tokens, the newest first."""
    with here.reading() as session:
        found = tokens.tokens(session, here.actor(), everybody=query_data.everybody)
        rows, following = paged(found, lambda pair: (-(pair[0].id or 0),), query_data)
    return Tokens(items=[TokenOut(**_token(row, owner)) for row, owner in rows], next=following)


@write("/tokens", None, TokenMade, body=NewToken, status=201, shown_once="secret", tag=TAG)
def create_token(session: Session, json_data: NewToken) -> TokenMade:
    """A token. Its secret is shown once."""
    actor, new = here.actor(), json_data
    row, secret = tokens.create_token(
        session, actor, new.name, frozenset(new.scopes), days=new.days, at=here.now(), owner=new.owner
    )
    return TokenMade(**_token(row, new.owner or actor.name), secret=secret)


@write("/tokens/<token>/revoke", None, Done, tag=TAG)
def revoke_token(session: Session, token: str) -> Done:
    """End a token: one's own, or as an admin any."""
    tokens.revoke_token(session, here.actor(), row_id(token, "token"), at=here.now())
    return DONE


@read("/sessions", None, Sessions, tag=TAG)
def sessions() -> Sessions:
    """One's own browsers that are signed in."""
    actor = here.actor()
    with here.reading() as session:
        rows = signing_in.sessions(session, actor, actor.user_id or 0, here.now())
    return Sessions(items=[SessionOut(**row.model_dump(include=set(SessionOut.model_fields))) for row in rows])


@write("/sessions/<session_id>/revoke", None, Done, tag=TAG)
def revoke_session(session: Session, session_id: str) -> Done:
    """Sign a browser out: one's own, or as an admin any."""
    signing_in.revoke(session, here.actor(), row_id(session_id, "session"), at=here.now())
    return DONE


def _user(row: User) -> UserOut:
    return UserOut(
        **row.model_dump(include=set(UserOut.model_fields)),
        single_sign_on=row.identity is not None,
        has_password=row.password_hash is not None,
    )


def _invited(user: User, secret: str) -> Invited:
    return Invited(name=user.name, role=user.role, link=url_for("auth.link", secret=secret, _external=True))


def _token(row: ApiToken, owner: str) -> dict[str, Any]:
    return {**row.model_dump(include=set(TokenOut.model_fields)), "owner": owner}
