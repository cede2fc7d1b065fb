"""A ticket export straight in, no connection configured: the same pull, from one file."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from pydantic import ValidationError

from bridge.analysis.redaction import redact
from bridge.bootstrap import Bridge, Connection
from bridge.pipeline.pull import Source, pull
from bridge.progress import Progress, StepReport
from bridge.service.access import Actor, Permission, require
from bridge.service.errors import ServiceError
from bridge.settings import ConnectionSettings
from bridge.settings.model import NAME
from bridge.store.leases import database_clock, held
from connectors.files_desk import FilesDesk, FilesOptions

IMPORT = "import"
_HEAD = 1 << 16
STREAM = "file"
"""An import leaves the cursor of a configured connection of the same name alone."""


def import_tickets(
    bridge: Bridge,
    actor: Actor,
    path: Path,
    *,
    connection: str | None = None,
    timezone: str | None = None,
    progress: Progress,
) -> StepReport:
    """Read an export (CSV or JSON Lines) whole. Records already known and unchanged are skipped, bad ones set aside.

    Raises ServiceError for what is no file with something in it, and for a wrong name or time zone.
    """
    require(actor, Permission.OPERATE)
    _refuse(path)
    name = connection or IMPORT
    if not re.fullmatch(NAME, name):
        raise ServiceError(f"--connection {name!r}: a name has lower-case letters, digits and single underscores")
    try:
        options = FilesOptions(path=path.resolve(), timezone=timezone)
    except ValidationError as error:
        said = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise ServiceError(f"--timezone {timezone!r}: {said}") from None
    desk, reading = FilesDesk(options, name=name), bridge.reading(_words_of(bridge, name, options))
    source = Source(name, desk, reading, stream=STREAM, file=redact(options.path.name).text)
    with held(bridge.db, f"step:pull:{name}", bridge.settings.worker.lease_seconds) as lease:
        if lease is None:
            raise ServiceError(f"connection {name!r} is being pulled by another worker: try again in a minute")
        report = pull(bridge.db, source, lease=lease, now=database_clock(bridge.db), progress=progress)
    if report.ok and not (report.done or report.skipped or report.failed):
        report.notes.append(f"{path} holds no rows below its first line")
    return report


def _refuse(path: Path) -> None:
    """Raises ServiceError."""
    if not path.exists():
        raise ServiceError(f"{path} is not there: name a CSV or JSON Lines file")
    if not path.is_file():
        raise ServiceError(f"{path} is no file: name one CSV or JSON Lines file, or make the folder a connection")
    try:
        with path.open("rb") as file:
            blank = not file.read(_HEAD).removeprefix(codecs.BOM_UTF8).strip()
    except OSError as error:
        raise ServiceError(f"{path} cannot be read ({error.strerror}): mend its permissions") from None
    if blank and path.stat().st_size <= _HEAD:
        raise ServiceError(f"{path} is empty: name an export with one row a ticket")


def _words_of(bridge: Bridge, name: str, options: FilesOptions) -> Connection:
    """The words of a configured connection of that name, else the documented ones."""
    configured = bridge.connections.get(name)
    own = configured.settings if configured else ConnectionSettings(type="files")
    return Connection(name, own, FilesDesk(options, name=name), frozenset({"help_desk"}))
