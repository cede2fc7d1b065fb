"""``bridge export``: data for other programs."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Annotated, Any

import typer

from bridge.cli.output import money, print_json, say, table
from bridge.cli.workspace import AsJson, AsName, actor_of, now, opened
from bridge.service.errors import ServiceError
from bridge.service.ranking import Which, export
from bridge.words import display_id

AsOf = Annotated[
    str | None, typer.Option("--as-of", help="The last stored ranking before this day's end or this instant.")
]
Snapshot = Annotated[int | None, typer.Option("--snapshot", min=1, help="The stored ranking of this number.")]
ConfigVersion = Annotated[
    int | None, typer.Option("--config-version", min=1, help="The last ranking with this version of the constants.")
]

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def group() -> None:
    """Write the ranking, with every number explained."""


@app.command()
def ranking(
    ctx: typer.Context,
    as_of: AsOf = None,
    snapshot: Snapshot = None,
    config_version: ConfigVersion = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows of the table; JSON has all.")] = 20,
    as_json: AsJson = False,
    as_name: AsName = None,
) -> None:
    """The ranked issues, best first. The score is a planning weight, not a churn prediction; uncalibrated."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.read() as session:
            found = export(session, actor, now=now(), which=which(as_of, snapshot, config_version))
    if as_json:
        print_json(found)
        return
    show_ranking(found, limit)


def show_ranking(found: dict[str, Any], limit: int) -> None:
    """The table of a ranking, and which it is."""
    number = f", snapshot {found['snapshot']}" if found["snapshot"] else ""
    say(f"as of {found['as_of']} ({found['source']}{number}, constants version {found['config_version']})")
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


def which(as_of: str | None, snapshot: int | None, config_version: int | None) -> Which:
    """Raises ServiceError for an ``as_of`` that is neither a day nor an instant."""
    return Which(snapshot, _instant(as_of), config_version)


def _instant(text: str | None) -> datetime | None:
    """A day means its end (UTC)."""
    if text is None:
        return None
    try:
        if len(text) == len("2026-11-01"):
            return datetime.combine(date.fromisoformat(text), time.max, UTC)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ServiceError(
            f"--as-of {text!r} is no instant: write it like 2026-11-01 or 2026-11-01T00:00:00Z"
        ) from None
    if moment.tzinfo is None:
        raise ServiceError(f"--as-of {text!r} has no offset: write it like 2026-11-01T00:00:00Z")
    return moment
