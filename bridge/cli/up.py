"""``bridge up``: pages and worker together, for one machine."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import typer
from sqlmodel import select

from bridge.bootstrap import Bridge
from bridge.cli.demo import show_sign_ins
from bridge.cli.output import say
from bridge.cli.user import first_link
from bridge.cli.workspace import opened
from bridge.demo.sign_ins import kept
from bridge.store import runs
from bridge.store.access import User
from bridge.web.server import check
from bridge.words import Role
from bridge.worker import LEADER, stopped_by_signals

app = typer.Typer(add_completion=False)

PATIENCE_S = 15
LOOK_S = 0.5
START_S = 30.0
QUIET = 2


@app.command()
def up(ctx: typer.Context) -> int:
    """Serve the pages and run the loop until Ctrl-C: `bridge serve` and `bridge worker` as one."""
    with opened(ctx.obj) as bridge:
        check(bridge.settings)
        if link := first_link(bridge):
            say(f"There is no admin yet. Set the first one's password here, within 24 hours: {link}")
        with bridge.db.read() as session:
            people = {user.name: Role(user.role) for user in session.exec(select(User))}
        doors = {name: phrase for name, phrase in kept(ctx.obj).items() if name in people}
    web = bridge.settings.web

    def ready() -> None:
        """What was said before the start has scrolled away by now."""
        bridge.db.dispose()
        say(f"\nReady: {web.address} - Ctrl-C ends it.")
        if link:
            say(f"Set the first admin's password here: {link}")
        if doors:
            say("Sign in as one of these:")
            show_sign_ins(doors, people)

    return together(ctx.obj, lambda: _busy(bridge), ready)


def together(home: Path, busy: Callable[[], bool], ready: Callable[[], None]) -> int:
    """Run both until a signal comes or one of them ends; then end the other. The worst exit code of the two.

    ``ready`` is called once: when twice in a row nothing is ``busy``, or after half a minute.
    """
    stop = threading.Event()
    until, quiet = time.monotonic() + START_S, 0
    with stopped_by_signals(stop):
        children = [_start(home, part) for part in ("serve", "worker")]
        try:
            while not stop.wait(LOOK_S) and all(child.poll() is None for child in children):
                if quiet < QUIET:
                    quiet = QUIET if time.monotonic() > until else 0 if busy() else quiet + 1
                    if quiet == QUIET:
                        ready()
            asked = stop.is_set()
        finally:
            codes = [_end(child) for child in children]
    return 0 if asked else max((abs(code) for code in codes), default=1) or 1


def _busy(bridge: Bridge) -> bool:
    """Whether the service does not listen yet, or the worker is in the jobs that it begins with."""
    web = bridge.settings.web
    try:
        socket.create_connection((web.host, web.port), timeout=LOOK_S).close()
    except OSError:
        return True
    return not runs.resting(bridge.db, LEADER)


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
