"""``bridge outbox``: what is on its way out, and what a person must decide."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from bridge.cli.output import print_json, say, table
from bridge.cli.workspace import AsJson, AsName, Limit, Reason, actor_of, now, opened
from bridge.service import outbox

app = typer.Typer(no_args_is_help=True, add_completion=False)

Row = Annotated[int, typer.Argument(metavar="ROW", help="The row's number, as `outbox list` shows it.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Sent and superseded ones, too.")] = False,
    limit: Limit = 50,
    as_json: AsJson = False,
    as_name: AsName = None,
) -> None:
    """Writes that wait, are under way, or are dead."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        view = "all" if everything else "open"
        with bridge.db.read() as session:
            lines = outbox.outbox_page(session, actor, now(), view=view, limit=limit).lines
            counts = outbox.counts(session, actor)
    if as_json:
        print_json({"counts": counts, "rows": [_shown(line) for line in lines]})
        return
    cells = [(r.id, r.kind, r.connection, r.state, r.tries, f"{r.due_at:%Y-%m-%d %H:%M}", r.error) for r in lines]
    table(("row", "what", "connection", "state", "tries", "due", "why"), cells, right=("row", "tries"))
    say(", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "nothing has left yet")


@app.command()
def retry(
    ctx: typer.Context,
    row: Row,
    surely_absent: Annotated[
        bool, typer.Option("--surely-absent", help="You have looked: it does not exist on the other side.")
    ] = False,
    as_name: AsName = None,
) -> None:
    """Try a dead write again. What may exist already is looked up first."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            outbox.retry(session, actor, row, now(), surely_absent=surely_absent)
    say(f"row {row} goes out with the next sync")


@app.command()
def discard(ctx: typer.Context, row: Row, reason: Reason = None, as_name: AsName = None) -> None:
    """Give a write up: it will not be sent, and what waits behind it goes on."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            outbox.discard(session, actor, row, now(), reason)
    say(f"row {row} is given up")


def _shown(line: outbox.Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "key": line.key,
        "kind": line.kind,
        "connection": line.connection,
        "state": line.state,
        "attempts": line.tries,
        "due_at": line.due_at,
        "remote_id": line.remote_id,
        "remote_url": line.url,
        "error": line.error,
    }
