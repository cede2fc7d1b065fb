"""``bridge export``: data for other programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from bridge.cli.output import money, print_json, say, table
from bridge.cli.workspace import AsJson, AsName, actor_of, now, opened
from bridge.service.errors import ServiceError
from bridge.service.ranking import export
from bridge.words import display_id

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def group() -> None:
    """Write the ranking, with every number explained."""


@app.command()
def ranking(
    ctx: typer.Context,
    as_of: Annotated[str | None, typer.Option(help="An instant, e.g. 2026-11-01T00:00:00Z.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows of the table; JSON has all.")] = 20,
    as_json: AsJson = False,
    as_name: AsName = None,
) -> None:
    """The ranked issues, best first. The score is a planning weight, not a churn prediction; uncalibrated."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.read() as session:
            found = export(session, actor, as_of=_instant(as_of), now=now())
    if as_json:
        print_json(found)
        return
    say(f"as of {found['as_of']} ({found['source']})")
    rows = [
        (
            c["rank"],
            display_id(c["id"]),
            c["title"],
            money(c["score"], c["currency"]),
            c["accounts"],
            c["tickets"],
            ", ".join(c["badges"]),
        )
        for c in found["clusters"][:limit]
    ]
    table(
        ("rank", "id", "title", "value at risk", "accounts", "tickets", "notes"),
        rows,
        right=("rank", "value at risk", "accounts", "tickets"),
    )


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ServiceError(f"--as-of {text!r} is no instant: write it like 2026-11-01T00:00:00Z") from None
    if moment.tzinfo is None:
        raise ServiceError(f"--as-of {text!r} has no offset: write it like 2026-11-01T00:00:00Z")
    return moment
