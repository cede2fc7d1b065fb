"""``bridge aside``: records that could not be read."""

from __future__ import annotations

from typing import Annotated

import typer

from bridge.cli.output import print_json, say, table
from bridge.cli.workspace import AsJson, AsName, actor_of, now, opened
from bridge.service.access import Permission, require
from bridge.service.set_aside import list_set_aside
from bridge.service.set_aside import replay as read_again

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False, as_name: AsName = None) -> None:
    """What was set aside, where it stood and why."""
    with opened(ctx.obj) as bridge:
        require(actor_of(bridge, as_name), Permission.OPERATE)
        with bridge.db.read() as session:
            rows = list_set_aside(session)
    if as_json:
        print_json({"set_aside": [row.model_dump(mode="json", exclude={"hash"}) for row in rows]})
        return
    cells = [(r.connection, r.stream, r.ref, r.reason, r.excerpt) for r in rows]
    table(("connection", "stream", "where", "why", "excerpt"), cells)


@app.command()
def replay(
    ctx: typer.Context,
    connection: Annotated[str, typer.Argument(help="The connection's name.")],
    stream: Annotated[str, typer.Option(help="tickets or issues.")] = "tickets",
    as_name: AsName = None,
) -> None:
    """Read a connection's source again from the start with the next sync; what is known and unchanged is skipped."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            read_again(session, actor, connection, stream, at=now())
    say(f"the next sync reads {stream} of {connection} from the start")
