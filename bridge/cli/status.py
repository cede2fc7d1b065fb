"""``bridge status``: how fresh, how complete, how healthy."""

from __future__ import annotations

import typer

from bridge.cli.output import print_json, say
from bridge.cli.workspace import AsJson, opened
from bridge.service.status import status as read_status
from bridge.store.migrate import current, head
from bridge.store.vectors import count_missing

app = typer.Typer(add_completion=False)


@app.command()
def status(ctx: typer.Context, as_json: AsJson = False) -> int:
    """Show counts, the age of each connection's last success, errors, what waits and what is dead.

    Exit code 1: something needs a person.
    """
    with opened(ctx.obj) as bridge:
        with bridge.db.read() as session:
            found = read_status(session)
            found["texts_without_vector"] = count_missing(session, bridge.model_id)
        found["database"] = {"revision": current(bridge.db), "needed": head()}
    if as_json:
        print_json(found)
    else:
        for line in status_lines(found):
            say(line)
    return 1 if needs_a_person(found) else 0


def needs_a_person(found: dict[str, object]) -> bool:
    """Whether a connection fails or a write is dead."""
    connections: list[dict[str, object]] = found["connections"]  # type: ignore[assignment]
    outbox: dict[str, object] = found["outbox"]  # type: ignore[assignment]
    return bool(outbox["dead"]) or any(c["last_error"] for c in connections)
