"""``bridge up``: pages and worker together, for one machine."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import typer

from bridge.cli.output import say
from bridge.cli.user import first_link
from bridge.cli.workspace import opened
from bridge.web.server import check
from bridge.worker import stopped_by_signals

app = typer.Typer(add_completion=False)

PATIENCE_S = 15
LOOK_S = 0.5


@app.command()
def up(ctx: typer.Context) -> int:
    """Serve the pages and run the loop until Ctrl-C: `bridge serve` and `bridge worker` as one."""
    with opened(ctx.obj) as bridge:
        check(bridge.settings)
        if link := first_link(bridge):
            say(f"There is no admin yet. Set the first one's password here, within 24 hours: {link}")
    return together(ctx.obj)


def together(home: Path) -> int:
    """Run both until a signal comes or one of them ends; then end the other. The worst exit code of the two."""
    stop = threading.Event()
    with stopped_by_signals(stop):
        children = [_start(home, part) for part in ("serve", "worker")]
        try:
            while not stop.wait(LOOK_S) and all(child.poll() is None for child in children):
                pass
            asked = stop.is_set()
        finally:
            codes = [_end(child) for child in children]
    return 0 if asked else max((abs(code) for code in codes), default=1) or 1


def _start(home: Path, part: str) -> subprocess.Popen[bytes]:
    """In a session of its own: a Ctrl-C reaches us, and we end both in order."""
    command = [sys.executable, "-m", "bridge", "--home", str(home), part]
    return subprocess.Popen(command, start_new_session=True)  # noqa: S603 - our own program


def _end(child: subprocess.Popen[bytes]) -> int:
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
    try:
        return child.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()
