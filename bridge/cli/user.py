"""``bridge user``: who may sign in."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlmodel import col, select

from bridge.bootstrap import Bridge
from bridge.cli.output import print_json, say, table
from bridge.cli.workspace import AsJson, AsName, actor_of, now, opened
from bridge.service import people
from bridge.service.access import Actor
from bridge.store.access import User
from bridge.words import Role

app = typer.Typer(no_args_is_help=True, add_completion=False)

FIRST = "admin"
Name = Annotated[str, typer.Argument(metavar="NAME", help="The name that they sign in with.")]


def link_to(bridge: Bridge, secret: str) -> str:
    """The address of a one-time link."""
    return f"{bridge.settings.web.address}/welcome/{secret}"


def first_link(bridge: Bridge) -> str | None:
    """A one-time link for the first admin; None where somebody who administers can sign in already."""
    with bridge.db.write() as session:
        admins = select(User).where(User.role == Role.ADMIN, col(User.disabled).is_(False))
        found = list(session.exec(admins))
        if any(user.password_hash or user.identity for user in found):
            return None
        house = Actor("bridge up", Role.ADMIN)
        if found:
            return link_to(bridge, people.reset(session, house, found[0].name, at=now()))
        return link_to(bridge, people.add_user(session, house, FIRST, Role.ADMIN, at=now())[1])


@app.command()
def add(
    ctx: typer.Context,
    name: Name,
    role: Annotated[Role, typer.Option(help="What they may see and do.")],
    supplier: Annotated[str | None, typer.Option(help="For a supplier's people: which one.")] = None,
    email: Annotated[str | None, typer.Option(help="Where they are reached.")] = None,
    as_name: AsName = None,
) -> None:
    """Add a user and print the one-time link by which they set their password."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            user, secret = people.add_user(session, actor, name, role, supplier=supplier, email=email, at=now())
        say(f"{user.name} is {role.value}. Within 24 hours they set their password here: {link_to(bridge, secret)}")


@app.command()
def reset(ctx: typer.Context, name: Name, as_name: AsName = None) -> None:
    """Take a password away, end the user's sessions, and print a new one-time link."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            secret = people.reset(session, actor, name, at=now())
        say(f"{name} is signed out. Within 24 hours they set a new password here: {link_to(bridge, secret)}")


@app.command()
def disable(ctx: typer.Context, name: Name, as_name: AsName = None) -> None:
    """Let a user in no more: sessions and tokens end at once."""
    _set_disabled(ctx, name, as_name, disabled=True)
    say(f"{name} is disabled; `bridge user enable` takes it back")


@app.command()
def enable(ctx: typer.Context, name: Name, as_name: AsName = None) -> None:
    """Let a disabled user in again."""
    _set_disabled(ctx, name, as_name, disabled=False)
    say(f"{name} may sign in again")


@app.command()
def address(
    ctx: typer.Context,
    name: Name,
    email: Annotated[str, typer.Argument(metavar="ADDRESS", help="Where they are reached; empty takes it away.")],
    as_name: AsName = None,
) -> None:
    """Say where a user is reached: alerts and the digest go there."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            people.set_address(session, actor, name, email.strip() or None, at=now())
    say(f"{name} is reached at {email}" if email.strip() else f"{name} is reached nowhere: no message goes to them")


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False, as_name: AsName = None) -> None:
    """Everybody, with role and state."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.read() as session:
            found = people.users(session, actor)
    if as_json:
        keep = {"name", "role", "supplier_id", "email", "disabled", "seen_at"}
        print_json([user.model_dump(include=keep, mode="json") for user in found])
        return
    rows = [(user.name, user.role, _state(user), user.seen_at and f"{user.seen_at:%Y-%m-%d %H:%M}") for user in found]
    table(("name", "role", "state", "last seen"), rows)


def _state(user: User) -> str:
    if user.disabled:
        return "disabled"
    return "may sign in" if user.password_hash or user.identity else "has no password yet"


def _set_disabled(ctx: typer.Context, name: str, as_name: str | None, *, disabled: bool) -> None:
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            people.set_disabled(session, actor, name, disabled=disabled, at=now())
