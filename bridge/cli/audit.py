"""``bridge audit``: who decided what, and whether the log is whole."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from bridge.cli.output import print_json, say, table
from bridge.cli.workspace import AsJson, AsName, Limit, actor_of, now, opened
from bridge.service import audit as service
from bridge.service.errors import ServiceError

app = typer.Typer(no_args_is_help=True, add_completion=False)

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


@app.command("list")
def list_(
    ctx: typer.Context,
    who: Annotated[str, typer.Option(help="Only of this person or step.")] = "",
    kind: Annotated[str, typer.Option(help="Only of this kind, such as cluster.merged.")] = "",
    subject: Annotated[str, typer.Option(help="Only about this: IB-12, user:3, connection:desk.")] = "",
    since: Day = None,
    until: Day = None,
    people: Annotated[bool, typer.Option("--people", help="Without what the program does by itself.")] = False,
    before: Annotated[int | None, typer.Option(help="Older than this event.")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
    as_name: AsName = None,
) -> None:
    """Decisions, newest first: who, what, before, after, why."""
    first, last = (day.date() if day else None for day in (since, until))
    filters = service.Filters(who, kind, subject, first, last, people)
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.read() as session:
            page = service.audit(session, actor, filters, before, limit)
    if as_json:
        print_json({"events": [asdict(entry) for entry in page.entries], "older": page.older})
        return
    rows = [(e.id, f"{e.at:%Y-%m-%d %H:%M}", e.who, e.what, e.about, e.after, e.why) for e in page.entries]
    table(("event", "when", "who", "what", "about", "after", "why"), rows, right=("event",))
    if page.older:
        say(f"there are older ones: --before {page.older}")


@app.command()
def verify(
    ctx: typer.Context,
    anchor: Annotated[
        str | None, typer.Option(help="POSITION:HASH, as an earlier run told it: the chain must still contain it.")
    ] = None,
    as_json: AsJson = False,
    as_name: AsName = None,
) -> int:
    """Walk the chain of the log and say where it breaks. Keep the line that it prints outside of this machine."""
    with opened(ctx.obj) as bridge:
        found = service.verified(bridge.db, actor_of(bridge, as_name), at=now(), anchor=_anchor(anchor))
    if as_json:
        print_json(asdict(found))
    elif found.breaks:
        say(f"the audit log is broken: {found.breaks}; compare with a backup")
    else:
        say(f"the audit log is whole: {found.events} events, {found.position}:{found.hash}")
    return 1 if found.breaks else 0


def _anchor(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    position, _, noted = text.partition(":")
    if not position.isdecimal() or not noted:
        raise ServiceError(f"--anchor {text!r}: write POSITION:HASH, as `bridge audit verify` prints it")
    return int(position), noted.strip()
