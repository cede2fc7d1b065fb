"""``bridge alerts``: what people were told of, and looking for more of it now."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from bridge.cli.output import print_json, say, show_report, table
from bridge.cli.workspace import AsJson, AsName, actor_of, now, opened
from bridge.jobs import Jobs
from bridge.service.access import Permission, require
from bridge.service.notice_views import alert_lines

app = typer.Typer(add_completion=False)


@app.command()
def alerts(
    ctx: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=366, help="How far back.")] = 28,
    look: Annotated[bool, typer.Option("--look", help="Look at the newest ranking first, as the worker does.")] = False,
    as_json: AsJson = False,
    as_name: AsName = None,
) -> int:
    """Alerts of the last days, the newest first. Messages leave with the next delivery. Exit code 1: looking failed."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        reports = []
        if look:
            require(actor, Permission.OPERATE)
            reports = Jobs(bridge).run(("alert",))
        with bridge.db.read() as session:
            lines = alert_lines(session, actor, now() - timedelta(days=days))
    if as_json:
        rows = [{name: getattr(line, name) for name in line.__slots__} for line in lines]
        print_json({"alerts": rows, "steps": [report.to_dict() for report in reports]})
    else:
        for report in reports:
            show_report(report)
        if lines:
            cells = [(f"{x.at:%Y-%m-%d %H:%M}", x.issue, x.title, x.kind, x.said, x.times) for x in lines]
            table(("told at (UTC)", "id", "title", "kind", "why", "times"), cells, right=("times",))
        else:
            say(f"nobody was told of anything in the last {days} days")
    return 0 if all(report.ok for report in reports) else 1
