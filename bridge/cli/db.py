"""``bridge db``: the database's revisions and copies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.output import say
from bridge.cli.workspace import now, opened, unchecked
from bridge.service.seeds import seed
from bridge.store.backup import backup as copy
from bridge.store.backup import mark_restored
from bridge.store.migrate import downgrade as step_down
from bridge.store.migrate import upgrade as step_up
from bridge.store.revision import current

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command()
def upgrade(ctx: typer.Context) -> None:
    """Bring the database to what this program needs, keeping all data."""
    with unchecked(ctx.obj) as bridge:
        step_up(bridge.db)
        workspace = bridge.settings.workspace
        with bridge.db.write() as session:
            seed(session, currency=workspace.currency, internal_domains=workspace.internal_domains, at=now())
        say(f"the database is at revision {current(bridge.db)}")


@app.command()
def downgrade(ctx: typer.Context, revision: Annotated[str, typer.Argument(help="For example 0001.")]) -> None:
    """Bring the database back to an earlier revision. Make a backup first: newer columns are lost."""
    with unchecked(ctx.obj) as bridge:
        step_down(bridge.db, revision)
        say(f"the database is at revision {current(bridge.db) or 'none: it is empty'}")


@app.command()
def backup(ctx: typer.Context, target: Annotated[Path, typer.Argument(help="A new file.")]) -> None:
    """Copy the database while it is in use. Keep workspace.key and config.toml with it."""
    with opened(ctx.obj) as bridge:
        copy(bridge.db, target)
    say(f"wrote {target}; keep workspace.key and config.toml with it")


@app.command()
def restored(ctx: typer.Context) -> None:
    """Say that this database was put back from a copy: everything is looked up before it is created again."""
    with opened(ctx.obj) as bridge, bridge.db.write() as session:
        mark_restored(session)
    say("from now on every create is looked up on the other side first")
