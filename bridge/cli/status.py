"""``bridge status``: how fresh, how complete, how healthy."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import typer

from bridge.cli.output import print_json, say
from bridge.cli.workspace import AsJson, opened
from bridge.service.status import status as read_status
from bridge.store.revision import current, head
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
        for line in _lines(found):
            say(line)
    return 1 if needs_a_person(found) else 0


def needs_a_person(found: dict[str, Any]) -> bool:
    """Whether a connection fails or a write is dead."""
    return bool(found["outbox"]["dead"]) or any(stream["last_error"] for stream in found["streams"])


def _lines(found: dict[str, Any]) -> Iterator[str]:
    """The same for people, worst news last, where they look first."""
    tickets, clusters, ranking = found["tickets"], found["clusters"], found["last_ranking"]
    waiting, unresolved = found["texts_without_vector"], _percent(tickets["unresolved_share"])
    yield f"tickets    {tickets['live']} ({tickets['open']} open), {waiting} texts wait for a vector"
    yield f"model      {_model(found['model'])}"
    yield f"issues     {clusters['issues']} with two or more tickets, {clusters['singles']} single tickets"
    yield f"accounts   {found['accounts']}; {unresolved} of the tickets belong to none of them"
    yield f"suppliers  {_percent(found['unmapped_share'])} of the tickets are in groups of no supplier"
    yield f"ranking    {'as of ' + ranking['as_of'] if ranking else 'none yet: run bridge sync'}"
    yield f"database   revision {found['database']['revision']}, this program needs {found['database']['needed']}"
    for stream in found["streams"]:
        name = f"{stream['connection']} {stream['stream']}"
        yield f"{name}: last success {stream['last_success_at'] or 'never'}"
        if stream["last_error"]:
            yield f"  MEND: {stream['last_error']} ({stream['last_error_at']})"
    for row in found["set_aside"]["by_stream"]:
        yield f"{row['connection']} {row['stream']}: {row['records']} records set aside: see `bridge aside list`"
    states = ", ".join(f"{count} {state}" for state, count in sorted(found["outbox"]["by_state"].items()))
    yield f"outbox     {states or 'empty'}"
    for row in found["outbox"]["dead"]:
        yield f"  DEAD row {row['id']} ({row['kind']} to {row['connection']}): {row['error']}"
        yield f"    {row['holds_back']} wait behind it: `bridge outbox retry {row['id']}` or `discard {row['id']}`"


def _model(told: dict[str, Any]) -> str:
    used = told["in_use"] or "none in use yet"
    follows = told["follows"]
    return f"{used}; re-embedding for {follows}: {math.floor(100 * told['share'])} %" if follows else used


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{share:.0%}"
