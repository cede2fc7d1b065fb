"""``bridge init``: a new workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bridge.bootstrap import workspace_key
from bridge.cli.output import say
from bridge.cli.workspace import now, unchecked
from bridge.service.errors import ServiceError
from bridge.service.seeds import seed
from bridge.settings import CONFIG_NAME
from bridge.settings.example import example_config
from bridge.store.migrate import upgrade

app = typer.Typer(add_completion=False)


@app.command()
def init(
    ctx: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing, take the defaults.")] = False,
) -> None:
    """Make a workspace in the folder given by --home: config.toml, the database and documented defaults.

    An existing config.toml is kept; running it again is safe.
    """
    home: Path = ctx.obj
    path = home / CONFIG_NAME
    if path.exists():
        say(f"{path} is there already: kept as it is")
    else:
        currency = "EUR" if yes else typer.prompt("Reporting currency of all account values", default="EUR")
        _write_config(home, currency)
        say(f"wrote {path}")
    with unchecked(home) as bridge:
        upgrade(bridge.db)
        workspace_key(home)
        own = bridge.settings.workspace
        with bridge.db.write() as session:
            seed(session, currency=own.currency, internal_domains=own.internal_domains, at=now())
    say(f"workspace {home.resolve()} is ready")
    say("next: `bridge import accounts FILE`, then `bridge import tickets FILE` or a connection in config.toml")


def _write_config(home: Path, currency: str) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
        text = example_config().replace('currency = "EUR"', f'currency = "{currency.strip().upper()[:3]}"')
        (home / CONFIG_NAME).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ServiceError(f"cannot write into {home}: {error.strerror}: name another folder by --home") from None
