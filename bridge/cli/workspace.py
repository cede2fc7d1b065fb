"""Opening a workspace for a command: settings, parts, a database that is up to date, and who is asking."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import DatabaseError

from bridge.analysis.redaction import redact
from bridge.bootstrap import Bridge, build
from bridge.errors import BridgeError
from bridge.service.access import Actor, local_actor
from bridge.settings import load_settings
from bridge.store.revision import current, head

AsName = Annotated[
    str | None,
    typer.Option("--as", help="Who decides; a known user acts in their role.", envvar="BRIDGE_AS", show_default="you"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why; kept with the decision.")]


class Unusable(BridgeError):
    """The database cannot be used as it is."""

    exit_code = 3


@contextmanager
def opened(home: Path) -> Iterator[Bridge]:
    """The installation of a workspace folder, with its database at head."""
    with unchecked(home) as bridge:
        _at_head(bridge, home)
        yield bridge


@contextmanager
def unchecked(home: Path) -> Iterator[Bridge]:
    """The installation of a workspace folder, whatever its database is like."""
    bridge = build(load_settings(home))
    try:
        yield bridge
    except DatabaseError as error:
        raise Unusable(f"the database {_shown(bridge)} cannot be used: {why(error)}") from None
    finally:
        bridge.db.dispose()


def why(error: DatabaseError) -> str:
    """What the database itself said, on one line."""
    return redact(" ".join(str(error.orig).split())).text


def _at_head(bridge: Bridge, home: Path) -> None:
    at = current(bridge.db)
    if at is None:
        raise Unusable(f"the database {_shown(bridge)} is empty: run `bridge --home {home} init`")
    if at != head():
        raise Unusable(
            f"the database {_shown(bridge)} is at revision {at}, this program needs {head()}: "
            f"run `bridge --home {home} db upgrade`"
        )


def _shown(bridge: Bridge) -> str:
    return bridge.db.url.render_as_string(hide_password=True)


def actor_of(bridge: Bridge, name: str | None) -> Actor:
    """Who decides: the name given, or whoever runs the command."""
    with bridge.db.read() as session:
        return local_actor(session, name or _login())


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"


def now() -> datetime:
    """The clock of the command line: everything below gets its time handed in."""
    return datetime.now(UTC)
