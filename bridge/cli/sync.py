"""``bridge sync``: the whole loop once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.output import print_json, progress, say, show_report
from bridge.cli.workspace import AsJson, opened
from bridge.jobs import STEPS, Jobs
from bridge.progress import SYNC
from bridge.service.errors import ServiceError

app = typer.Typer(add_completion=False)


@app.command()
def sync(
    ctx: typer.Context,
    connection: Annotated[str | None, typer.Option(help="Only this connection's pull, publish and track.")] = None,
    step: Annotated[list[str] | None, typer.Option(help=f"Only this step: {', '.join(STEPS)}.")] = None,
    as_json: AsJson = False,
) -> int:
    """Run the loop once: pull, embed, group, rank, publish, deliver, track, plan, push, deliver.

    Running it again is always safe: each step finds what is left to do. Exit code 1: a step failed.
    """
    home: Path = ctx.obj
    if wrong := set(step or ()) - set(STEPS):
        raise typer.BadParameter(f"no such step: {', '.join(sorted(wrong))}; there are {', '.join(STEPS)}")
    steps = tuple(name for name in SYNC if not step or name in step)
    with opened(home) as bridge, progress(shown=not as_json) as show:
        if connection and connection not in bridge.connections:
            there = ", ".join(bridge.connections) or "none"
            raise ServiceError(f"there is no enabled connection {connection!r}: config.toml has {there}")
        reports = []
        for report in Jobs(bridge, progress=show, only=connection).each(steps):
            reports.append(report)
            if not as_json:
                show_report(report)
    ok = all(report.ok for report in reports)
    if as_json:
        print_json({"steps": [report.to_dict() for report in reports]})
    elif ok and not any(report.done for report in reports):
        say("nothing was left to do")
    return 0 if ok else 1
