"""``bridge token``: keys for programs."""

from __future__ import annotations

from typing import Annotated

import typer

from bridge.cli.output import print_json, say, table
from bridge.cli.workspace import AsJson, AsName, actor_of, now, opened
from bridge.service import tokens
from bridge.service.access import Scope

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command()
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What will use it.")],
    owner: Annotated[str, typer.Option(help="The user in whose name it acts.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may do; may be repeated.")],
    days: Annotated[int, typer.Option(help="How long it lives.")] = 90,
    as_name: AsName = None,
) -> None:
    """Make a token and print it: it is shown this once."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            row, secret = tokens.create_token(session, actor, name, frozenset(scope), days=days, owner=owner, at=now())
    say(f"token {row.id} of {owner} until {row.expires_at:%Y-%m-%d}, shown this once:")
    typer.echo(secret)


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False, as_name: AsName = None) -> None:
    """All tokens, without their secrets."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.read() as session:
            found = tokens.tokens(session, actor, everybody=True)
    if as_json:
        hidden = {"token_hash"}
        print_json([{"owner": owner, **row.model_dump(exclude=hidden, mode="json")} for row, owner in found])
        return
    rows = [
        (
            r.id,
            r.name,
            owner,
            r.prefix,
            " ".join(r.scopes),
            f"{r.expires_at:%Y-%m-%d}",
            "revoked" if r.revoked_at else "",
        )
        for r, owner in found
    ]
    table(("token", "name", "owner", "begins", "scopes", "until", ""), rows, right=("token",))


@app.command()
def revoke(ctx: typer.Context, token: Annotated[int, typer.Argument(metavar="TOKEN")], as_name: AsName = None) -> None:
    """End a token at once."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            row = tokens.revoke_token(session, actor, token, at=now())
    say(f"token {row.id} ({row.name}) is revoked")
