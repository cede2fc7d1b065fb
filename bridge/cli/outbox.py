"""``bridge outbox``: what is on its way out, and what a person must decide."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlmodel import Session, col, select

from bridge.cli.output import print_json, say, table
from bridge.cli.workspace import AsJson, AsName, Limit, Reason, actor_of, now, opened
from bridge.service.access import Permission, require
from bridge.service.errors import UnknownId
from bridge.store import outbox_queries
from bridge.store.outbox import OutboxRow
from bridge.words import OutboxState

app = typer.Typer(no_args_is_help=True, add_completion=False)

OPEN = (OutboxState.PENDING, OutboxState.SENDING, OutboxState.DEAD)
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
        require(actor_of(bridge, as_name), Permission.OPERATE)
        with bridge.db.read() as session:
            query = select(OutboxRow).order_by(col(OutboxRow.id).desc()).limit(limit)
            if not everything:
                query = query.where(col(OutboxRow.state).in_(OPEN))
            rows = session.exec(query).all()
            counts = outbox_queries.counts(session)
    if as_json:
        keep = {"id", "key", "kind", "connection", "state", "attempts", "due_at", "remote_id", "remote_url", "error"}
        print_json({"counts": counts, "rows": [row.model_dump(include=keep, mode="json") for row in rows]})
        return
    cells = [(r.id, r.kind, r.connection, r.state, r.attempts, f"{r.due_at:%Y-%m-%d %H:%M}", r.error) for r in rows]
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
        require(actor, Permission.OPERATE)
        with bridge.db.write() as session:
            found = _row(session, row)
            outbox_queries.retry(session, found, actor=actor.name, at=now(), surely_absent=surely_absent)
    say(f"row {row} goes out with the next sync")


@app.command()
def discard(ctx: typer.Context, row: Row, reason: Reason = None, as_name: AsName = None) -> None:
    """Give a write up: it will not be sent, and what waits behind it goes on."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        require(actor, Permission.OPERATE)
        with bridge.db.write() as session:
            outbox_queries.discard(session, _row(session, row), actor=actor.name, at=now(), reason=reason)
    say(f"row {row} is given up")


def _row(session: Session, number: int) -> OutboxRow:
    row = session.get(OutboxRow, number)
    if row is None:
        raise UnknownId(f"there is no row {number} in the outbox: `bridge outbox list --all` shows them")
    return row
