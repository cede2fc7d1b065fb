"""``bridge import``: accounts, currency rates, tickets and suppliers from files."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.output import print_json, progress, say, show_report
from bridge.cli.workspace import AsJson, AsName, actor_of, now, opened
from bridge.service.account_import import import_accounts
from bridge.service.errors import ServiceError
from bridge.service.import_file import ImportReport, rejected_csv
from bridge.service.rates_import import import_rates
from bridge.service.supplier_import import import_suppliers
from bridge.service.ticket_import import import_tickets

app = typer.Typer(no_args_is_help=True, add_completion=False)

File = Annotated[Path, typer.Argument(metavar="FILE", help="UTF-8; docs/formats.md lists the columns.")]


Rejected = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the rejected rows there as CSV, each with its reason.")
]


@app.command()
def accounts(
    ctx: typer.Context, file: File, rejected: Rejected = None, as_json: AsJson = False, as_name: AsName = None
) -> int:
    """Accounts with their value, expectations, risk and renewal. A rejected row never stops the others."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            report = import_accounts(session, actor, file, at=now())
    _write_rejected(rejected, file, report)
    return _tell("accounts", report, as_json=as_json)


@app.command()
def rates(
    ctx: typer.Context, file: File, rejected: Rejected = None, as_json: AsJson = False, as_name: AsName = None
) -> int:
    """Rates of currencies to the reporting currency: date, currency, rate. Accounts of later imports use them."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            report = import_rates(session, actor, file, at=now())
    _write_rejected(rejected, file, report)
    return _tell("rates", report, as_json=as_json)


@app.command()
def suppliers(ctx: typer.Context, file: File, as_json: AsJson = False, as_name: AsName = None) -> int:
    """Support suppliers and the help-desk groups that are theirs."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            report = import_suppliers(session, actor, file, at=now())
    return _tell("suppliers", report, as_json=as_json)


@app.command()
def tickets(
    ctx: typer.Context,
    file: File,
    connection: Annotated[str | None, typer.Option(help='Name of the connection; "import" if none.')] = None,
    timezone: Annotated[str | None, typer.Option(help="Of times without offset, e.g. Europe/Berlin.")] = None,
    as_json: AsJson = False,
    as_name: AsName = None,
) -> int:
    """A ticket export, CSV or JSON Lines. `bridge sync` then groups and ranks."""
    with opened(ctx.obj) as bridge, progress(shown=not as_json) as show:
        actor = actor_of(bridge, as_name)
        report = import_tickets(bridge, actor, file, connection=connection, timezone=timezone, progress=show)
    if as_json:
        print_json(report.to_dict())
    else:
        show_report(report)
        if report.failed:
            say("`bridge aside list` shows the records that were set aside, with line and reason")
    return 0 if report.ok and not report.failed else 1


def _write_rejected(to: Path | None, file: Path, report: ImportReport) -> None:
    """The rows are customers' data: only the owner may read the file."""
    if to is None:
        return
    try:
        with open(to, "w", encoding="utf-8", newline="", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
            out.write(rejected_csv(file, report))
    except OSError as error:
        raise ServiceError(f"the import is done, but {to} cannot be written: {error.strerror}") from error


def _tell(what: str, report: ImportReport, *, as_json: bool) -> int:
    if as_json:
        print_json({**asdict(report), "rejected": [row._asdict() for row in report.rejected]})
    else:
        say(
            f"{report.read} {what} read: {report.created} new, {report.updated} changed, "
            f"{report.unchanged} unchanged, {len(report.rejected)} rejected"
        )
        for row in report.rejected:
            say(f"  line {row.line}: {row.reason}")
        for note in report.notes:
            say(f"  {note}")
    return 1 if report.rejected else 0
