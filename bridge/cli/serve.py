"""``bridge serve``: the pages and the API."""

from __future__ import annotations

import typer
from flask import Flask

from bridge import logs
from bridge.bootstrap import Bridge
from bridge.cli.output import say
from bridge.cli.workspace import opened
from bridge.web import meaning
from bridge.web.app import create_app
from bridge.web.server import check, serve

app = typer.Typer(add_completion=False)


@app.command(name="serve")
def serve_(ctx: typer.Context) -> None:
    """Serve pages and API until SIGTERM or Ctrl-C. The loop itself is `bridge worker`; both at once: `bridge up`."""
    with opened(ctx.obj) as bridge:
        check(bridge.settings)
        logs.configure(bridge.settings.log.format)
        web = bridge.settings.web
        say(f"Issue Bridge on {web.address}")
        bridge.db.dispose()
        serve(lambda: _application(bridge), bridge.settings)


def _application(bridge: Bridge) -> Flask:
    """One for each process, which loads the model on the side."""
    made = create_app(bridge)
    if bridge.settings.web.preload_model:
        meaning.start(made, lambda: bridge.load_embedder(threads=1), lambda: bridge.model_id)
    return made
