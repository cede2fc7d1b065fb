"""A workspace folder between a help desk and a tracker, and the commands that a test runs in it as processes.

Two ways: ``command`` starts ``python -m bridge`` as anybody does; ``Bridges`` forks from a process that has imported
the program already, which makes a kill matrix affordable. Every process is its own group and is ended at the end.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COMMAND_S = 300
PRELOADED = (
    *("bridge.cli.sync", "bridge.cli.worker", "bridge.cli.remedy", "bridge.cli.import_", "bridge.cli.init"),
    *("connectors.request_tracker", "connectors.redmine", "onnxruntime", "tokenizers", "tests.loop.child"),
)

_CONFIG = """\
[publish]
mode = "automatic"
bar = {{top = 20, min_accounts = 2}}

[deliver]
request_timeout = {timeout}
first_retry = 0.1
max_attempts = 20

[worker]
intake_minutes = 0.01
outgoing_minutes = 0.01
feedback_minutes = 0.01
lease_seconds = 2

[connections.desk]
type = "request_tracker"
base_url = "{desk}"
allow_http = true
allow_private_networks = ["127.0.0.0/8"]
timeout_s = {timeout}
queues = ["{queue}"]

[connections.tracker]
type = "redmine"
base_url = "{tracker}"
allow_http = true
allow_private_networks = ["127.0.0.0/8"]
timeout_s = {timeout}
project = "{project}"
marker_field = 1
"""


@dataclass(frozen=True)
class Ends:
    """Both other sides as a workspace knows them. ``timeout`` is that of a write, seconds."""

    desk: str
    token: str
    tracker: str
    api_key: str
    queue: str = "Support"
    project: str = "shop"
    timeout: float = 1.0


@dataclass(frozen=True)
class Workspace:
    """``home`` with its config.toml; the database is the one at ``database_url``, by default SQLite in ``home``."""

    home: Path
    ends: Ends
    database_url: str = ""

    @property
    def url(self) -> str:
        return self.database_url or f"sqlite:///{self.home / 'bridge.db'}"

    @property
    def secrets(self) -> dict[str, str]:
        """The environment of a command here."""
        return {
            "BRIDGE__DATABASE__URL": self.url,
            "BRIDGE__CONNECTIONS__DESK__TOKEN": self.ends.token,
            "BRIDGE__CONNECTIONS__TRACKER__API_KEY": self.ends.api_key,
        }

    def write_config(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        ends = self.ends
        (self.home / "config.toml").write_text(
            _CONFIG.format(
                timeout=ends.timeout, desk=ends.desk, tracker=ends.tracker, queue=ends.queue, project=ends.project
            ),
            "utf-8",
        )

    def command(self, *words: str, ok: tuple[int, ...] = (0,)) -> str:
        """Run ``bridge`` as a user does and return what it prints; other exit codes than ``ok`` are an error."""
        process = subprocess.Popen(
            [sys.executable, "-m", "bridge", "--home", str(self.home), *words],
            env={**os.environ, "PYTHONPATH": str(ROOT), **self.secrets},
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            out, err = process.communicate(timeout=COMMAND_S)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
        assert process.returncode in ok, f"bridge {' '.join(words)}: exit {process.returncode}\n{out}\n{err}"
        return out

    def json(self, *words: str) -> Any:
        return json.loads(self.command(*words, "--json"))


@dataclass
class Running:
    """A forked ``bridge`` process; ``output`` is what it printed so far."""

    process: ForkServerProcess
    log: Path

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    @property
    def exit_code(self) -> int | None:
        """Negative: the signal that ended it. None: it runs."""
        return self.process.exitcode

    @property
    def output(self) -> str:
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def wait(self, seconds: float = COMMAND_S) -> int:
        self.process.join(seconds)
        assert self.exit_code is not None, f"still running after {seconds:.0f} s:\n{self.output}"
        return self.exit_code

    def kill(self) -> None:
        if self.process.is_alive():
            os.kill(self.pid, signal.SIGKILL)
        self.process.join(10)


@dataclass
class Bridges:
    """Forks ``bridge`` processes of one workspace and remembers them all."""

    workspace: Workspace
    started: list[Running] = field(default_factory=list)

    def start(self, *words: str, env: Mapping[str, str] | None = None) -> Running:
        from tests.loop.child import run

        log = self.workspace.home / f"{len(self.started)}.log"
        arguments = ("--home", str(self.workspace.home), *words)
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(PRELOADED))
        process = context.Process(target=run, args=(arguments, {**self.workspace.secrets, **(env or {})}, str(log)))
        process.start()
        made = Running(process, log)
        self.started.append(made)
        return made

    def run(self, *words: str, ok: tuple[int, ...] = (0,), env: Mapping[str, str] | None = None) -> str:
        """Run to the end; other exit codes than ``ok`` are an error."""
        made = self.start(*words, env=env)
        code = made.wait()
        assert code in ok, f"bridge {' '.join(words)}: exit {code}\n{made.output}"
        return made.output

    def sync(self) -> list[dict[str, Any]]:
        """One ``bridge sync``: its reports. A step that failed is the caller's to judge."""
        steps: list[dict[str, Any]] = json.loads(self.run("sync", "--json", ok=(0, 1)))["steps"]
        return steps


@contextmanager
def bridges(workspace: Workspace) -> Iterator[Bridges]:
    """Processes that are all dead after the block."""
    made = Bridges(workspace)
    try:
        yield made
    finally:
        for running in made.started:
            running.kill()
