"""``bridge``: the root of the command line. A command's module is imported when that command runs, not before."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from bridge.errors import BridgeError

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("bridge.cli.init", "Make a workspace: config.toml, database, defaults."),
    "demo": ("bridge.cli.demo", "Run the whole loop on sample data of a company that does not exist."),
    "check": ("bridge.cli.check", "Check database, model and every connection; say what to mend."),
    "sync": ("bridge.cli.sync", "Run the loop once: pull, group, rank, publish, track, push."),
    "worker": ("bridge.cli.worker", "Run the loop by the clock until stopped."),
    "serve": ("bridge.cli.serve", "Serve the pages and the API."),
    "up": ("bridge.cli.up", "Serve and work: pages and loop together, for one machine."),
    "user": ("bridge.cli.user", "Who may sign in: add, disable, reset."),
    "token": ("bridge.cli.token", "Keys for programs: create, list, revoke."),
    "status": ("bridge.cli.status", "Show how fresh, how complete and how healthy everything is."),
    "import": ("bridge.cli.import_", "Read accounts, tickets or suppliers from a file."),
    "export": ("bridge.cli.export", "Write the ranking, with every number explained."),
    "clusters": ("bridge.cli.clusters", "List, show, decide about and review issues; undo."),
    "monday": ("bridge.cli.monday", "The review of the Top 10: what is left, what moved, finish it."),
    "grouping": ("bridge.cli.grouping", "How fine tickets are grouped; questions about issues and their answers."),
    "scoring": ("bridge.cli.scoring", "The constants of the score: try, change, roll back."),
    "ticket": ("bridge.cli.ticket", "What support may tell the customer of a ticket now."),
    "publish": ("bridge.cli.publish", "What the trackers get, byte for byte; approve or decline what waits."),
    "remedy": ("bridge.cli.remedy", "Show, edit and approve what support may tell customers."),
    "alerts": ("bridge.cli.alerts", "Issues that people were told of; look for new ones now."),
    "digest": ("bridge.cli.digest", "The weekly digest as it would read now; send it."),
    "outbox": ("bridge.cli.outbox", "What is on its way out; retry or discard what is dead."),
    "aside": ("bridge.cli.aside", "Records that could not be read; read them again."),
    "audit": ("bridge.cli.audit", "Who decided what, and whether the log is whole."),
    "erase": ("bridge.cli.erase", "Erase a person, a ticket or an account for good."),
    "evaluate": ("bridge.cli.evaluate", "Measure the grouping on a labelled file, with other ways beside it."),
    "model": ("bridge.cli.model", "Which embedding model is in use; change it, compare it."),
    "db": ("bridge.cli.db", "Upgrade, downgrade and back up the database."),
}
"""Name -> (module with ``app``, one line of help), in the order in which a new user meets them."""


class LazyGroup(TyperGroup):
    """A group whose commands are names until one is called. Help shows the names' own lines."""

    def list_commands(self, ctx: Any) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """What help needs to know of a command."""
        del ctx
        return _named(cmd_name, COMMANDS[cmd_name][1]) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that is being called, whole."""
        name, _, rest = super().resolve_command(ctx, args)
        if name is None:
            return name, None, rest
        command = typer.main.get_command(import_module(COMMANDS[name][0]).app)
        command.name = name
        return name, command, rest


def _named(name: str, line: str) -> Any:
    """A command that is only its name and its line: what help lists."""
    stub = typer.Typer(add_completion=False)
    stub.command(name, help=line)(lambda: None)
    return typer.main.get_command(stub)


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The bridge between customer support and product development.",
    epilog="Exit codes: 0 done, 1 something failed and says so, 2 wrong usage, 3 configuration, 4 cannot be done.",
)


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import PackageNotFoundError  # noqa: PLC0415 - only this option needs it
        from importlib.metadata import version as installed  # noqa: PLC0415

        try:
            typer.echo(f"issue-bridge {installed('issue-bridge')}")
        except PackageNotFoundError:
            typer.echo("issue-bridge, run from its source without being installed")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    home: Annotated[
        Path,
        typer.Option(
            "--home", envvar="BRIDGE_HOME", help="Workspace folder: config.toml and all data.", show_default="."
        ),
    ] = Path(),
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,
) -> None:
    """The bridge between customer support and product development."""
    del version
    ctx.obj = home


def _unforeseen(error: Exception) -> str:
    """The traceback of a fault in the program, redacted."""
    import traceback  # noqa: PLC0415 - needed by nobody whose command works

    from bridge.analysis.redaction import redact  # noqa: PLC0415

    return redact("".join(traceback.format_exception(error))).text


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    try:
        result: Any = app(arguments, standalone_mode=False)
    except typer.TyperException as error:
        usage: Any = error
        usage.show()
        sys.exit(usage.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        typer.echo("stopped", err=True)
        sys.exit(130)
    except BridgeError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except Exception as error:  # noqa: BLE001 - shown whole, but for what a ticket may have put into it
        typer.echo(_unforeseen(error), err=True)
        sys.exit(1)
    sys.exit(result if isinstance(result, int) else 0)
