"""``bridge serve``: the pages and the API."""

from __future__ import annotations

import typer

from bridge.cli.output import say
from bridge.cli.workspace import opened
from bridge.web.app import create_app
from bridge.web.server import check, serve

app = typer.Typer(add_completion=False)


@app.command(name="serve")
def serve_(ctx: typer.Context) -> None:
    """Serve pages and API until SIGTERM or Ctrl-C. The loop itself is `bridge worker`; both at once: `bridge up`."""
    with opened(ctx.obj) as bridge:
        check(bridge.settings)
        web = bridge.settings.web
        say(f"Issue Bridge on {web.address}")
        bridge.db.dispose()
        serve(lambda: create_app(bridge), bridge.settings)
