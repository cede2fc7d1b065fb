"""A ticket export straight in, no connection configured: the same pull, from one file."""

from __future__ import annotations

from pathlib import Path

from bridge.bootstrap import Bridge, Connection
from bridge.pipeline.pull import Source, pull
from bridge.progress import Progress, StepReport
from bridge.service.access import Actor, Permission, require
from bridge.service.errors import ServiceError
from bridge.settings import ConnectionSettings
from bridge.store.leases import database_clock, held
from connectors.files_desk import FilesDesk, FilesOptions

IMPORT = "import"


def import_tickets(
    bridge: Bridge,
    actor: Actor,
    path: Path,
    *,
    connection: str | None = None,
    timezone: str | None = None,
    progress: Progress,
) -> StepReport:
    """Read an export (CSV or JSON Lines). Records already known and unchanged are skipped, bad ones set aside."""
    require(actor, Permission.OPERATE)
    if not path.exists():
        raise ServiceError(f"{path} is not there: name a CSV or JSON Lines file")
    name = connection or IMPORT
    try:
        options = FilesOptions(path=path.resolve(), timezone=timezone)
    except ValueError as error:
        raise ServiceError(f"--timezone {timezone!r}: {error}") from None
    source = Source(name, FilesDesk(options, name=name), bridge.reading(_words_of(bridge, name, options)))
    with held(bridge.db, f"step:pull:{name}", bridge.settings.worker.lease_seconds) as lease:
        if lease is None:
            raise ServiceError(f"connection {name!r} is being pulled by another worker: try again in a minute")
        return pull(bridge.db, source, lease=lease, now=database_clock(bridge.db), progress=progress)


def _words_of(bridge: Bridge, name: str, options: FilesOptions) -> Connection:
    """The words of a configured connection of that name, else the documented ones."""
    configured = bridge.connections.get(name)
    own = configured.settings if configured else ConnectionSettings(type="files")
    return Connection(name, own, FilesDesk(options, name=name), frozenset({"help_desk"}))
