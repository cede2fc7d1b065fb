"""``bridge check``: is everything in place? Each line says what was found or what to mend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import typer
from sqlalchemy.exc import DatabaseError

from bridge.analysis.redaction import redact
from bridge.bootstrap import Bridge, build
from bridge.cli.output import print_json, say
from bridge.cli.workspace import AsJson, why
from bridge.errors import BridgeError
from bridge.settings import load_settings
from bridge.store.revision import current, head
from connectors.base import ConnectorError

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    ok: bool
    message: str


@app.command()
def check(ctx: typer.Context, as_json: AsJson = False) -> int:
    """Check configuration, database, model and an authenticated call to each connection.

    Exit code 1: something is to mend.
    """
    home: Path = ctx.obj
    bridge = build(load_settings(home))
    try:
        findings = list(_findings(bridge, home))
    finally:
        bridge.db.dispose()
    if as_json:
        print_json({"checks": [{"what": f.what, "ok": f.ok, "message": f.message} for f in findings]})
    else:
        for finding in findings:
            say(f"{'ok  ' if finding.ok else 'MEND'}  {finding.what}: {finding.message}")
    return 0 if all(f.ok for f in findings) else 1


def _findings(bridge: Bridge, home: Path) -> Iterator[Finding]:
    yield Finding("configuration", ok=True, message=str(home / "config.toml"))
    yield _try("database", lambda: _database(bridge, home))
    yield _try("model", lambda: bridge.configured.id)
    for name, connection in bridge.connections.items():
        roles = ", ".join(sorted(connection.roles))
        yield _try(f"{name} ({connection.settings.type}: {roles})", connection.connector.check)
    if not bridge.connections:
        yield Finding("connections", ok=True, message="none in config.toml: tickets come by `bridge import tickets`")


def _database(bridge: Bridge, home: Path) -> str:
    at = current(bridge.db)
    if at != head():
        command = "init" if at is None else "db upgrade"
        raise BridgeError(f"at revision {at or 'none'}, needs {head()}: run `bridge --home {home} {command}`")
    return f"{bridge.db.url.render_as_string(hide_password=True)} at revision {at}"


def _try(what: str, ask: Callable[[], str]) -> Finding:
    try:
        return Finding(what, ok=True, message=ask())
    except DatabaseError as error:
        return Finding(what, ok=False, message=why(error))
    except (BridgeError, ConnectorError) as error:
        return Finding(what, ok=False, message=redact(str(error)).text)
