"""``bridge digest``: the weekly digest as it would read now."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from bridge.analysis.letter import as_html, plain
from bridge.cli.output import print_json, say, show_report
from bridge.cli.workspace import AsJson, AsName, actor_of, now, opened
from bridge.jobs import Jobs
from bridge.service.access import Permission, require
from bridge.service.notice_views import digest_now

app = typer.Typer(add_completion=False)


@app.command()
def digest(
    ctx: typer.Context,
    send: Annotated[
        bool, typer.Option("--send", help="Send one now to everybody who gets it, beside those of the calendar.")
    ] = False,
    html: Annotated[bool, typer.Option("--html", help="Print it as a mail program shows it.")] = False,
    as_json: AsJson = False,
    as_name: AsName = None,
) -> int:
    """Print the digest as one's role reads it. Exit code 1: sending failed."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        if send:
            require(actor, Permission.OPERATE)
            reports = [*Jobs(bridge, digest_anyway=True).run(("digest",)), *Jobs(bridge).run(("deliver",))]
            if as_json:
                print_json({"steps": [report.to_dict() for report in reports]})
            else:
                for report in reports:
                    show_report(report)
            return 0 if all(report.ok for report in reports) else 1
        with bridge.db.read() as session:
            letter = digest_now(session, actor, bridge.composer, now())
    if as_json:
        print_json(asdict(letter))
    else:
        say(as_html(letter) if html else f"{letter.subject}\n\n{plain(letter)}")
    return 0
