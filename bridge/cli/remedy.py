"""``bridge remedy``: what support may tell customers."""

from __future__ import annotations

from typing import Annotated

import typer

from bridge.cli.clusters_review import Id, issue_id
from bridge.cli.output import print_json, say
from bridge.cli.workspace import AsJson, AsName, Reason, actor_of, now, opened
from bridge.service import remedies
from bridge.service.errors import ServiceError
from bridge.words import display_id

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command()
def show(ctx: typer.Context, id_: Id, as_json: AsJson = False, as_name: AsName = None) -> None:
    """The plan of an issue, the note that agents get, and the history."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.read() as session:
            found = remedies.show(session, actor, issue_id(id_))
    if as_json:
        print_json(found)
        return
    say(f"{found['id']}: {found['title']}")
    say(f"state: {found['state']}")
    if found.get("conflict"):
        say(f"not quotable: {found['conflict']}; edit and approve again, or approve as it is")
    newest = found.get("newest")
    if newest and newest["confidence"] != "approved":
        say(f"revision {newest['revision']} waits for approval: {newest['state']}, by {newest['by']}")
        for name, value in newest["fields"].items():
            say(f"  {name} = {value}")
    if found.get("note"):
        say(f"\nthe note in the tickets:\n\n{found['note']}\n")
    for row in found["history"]:
        say(f"{row['at'][:16]}  revision {row['revision']}: {row['state']}, {row['confidence']}, by {row['by']}")


@app.command()
def edit(
    ctx: typer.Context,
    id_: Id,
    set_: Annotated[list[str], typer.Option("--set", metavar="FIELD=VALUE", help="May be repeated; empty clears.")],
    reason: Reason = None,
    as_name: AsName = None,
) -> None:
    """Change fields of the plan; the change waits for approval."""
    changes = {}
    for pair in set_:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ServiceError(f"--set {pair!r}: write FIELD=VALUE")
        changes[name.strip()] = value
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            row = remedies.edit(session, actor, issue_id(id_), changes, at=now(), reason=reason)
    say(f"revision {row.revision} ({row.state}) waits for `bridge remedy approve {id_} --owner NAME`")


@app.command()
def approve(
    ctx: typer.Context,
    id_: Id,
    owner: Annotated[str | None, typer.Option(help="The product person who answers for it.")] = None,
    as_name: AsName = None,
) -> None:
    """Approve the newest revision: every open ticket of the issue gets it with the next sync."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            row, problems = remedies.approve(session, actor, issue_id(id_), at=now(), owner=owner)
    for problem in problems:
        say(f"warning: {problem.field} {problem.message}")
    issue = display_id(issue_id(id_))
    say(f"{issue}: revision {row.revision} ({row.state}) is approved; the next sync tells the tickets")
