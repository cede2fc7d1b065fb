"""The production server: gunicorn, a few processes with threads. Each process makes its own application.

What may listen where is decided here: passwords and ticket text never cross a network without https.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger as GunicornLogger
from threadpoolctl import threadpool_limits

from bridge.errors import BridgeError
from bridge.settings import Settings
from bridge.settings.model import LOOPBACK
from bridge.web import measuring

PATIENCE_S = 30
KEPT_S = 75
"""An idle connection is kept so long: longer than a reverse proxy keeps it, so that it never writes to a closed one."""


class ServerError(BridgeError):
    """The service cannot listen as it is configured."""

    exit_code = 3


def check(settings: Settings) -> None:
    """Raises ServerError for an address that others reach in the clear."""
    web = settings.web
    if bool(web.certificate) != bool(web.key):
        raise ServerError("section [web]: certificate and key belong together: name both files or none")
    for name in (web.certificate, web.key):
        if name and not (settings.home / name).is_file():
            raise ServerError(f"section [web]: {settings.home / name} is not there: name a file in PEM form")
    if web.host in LOOPBACK or web.certificate or (web.proxies and web.is_https):
        return
    raise ServerError(
        f"section [web]: host {web.host!r} is reached by others, and passwords would cross the network in the clear: "
        "name a certificate and its key, or put a reverse proxy in front, set proxies = 1 and an https:// url"
    )


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn with our options; its own command line and configuration file are left out."""

    def __init__(self, make: Callable[[], Flask], options: dict[str, Any]) -> None:
        self._make, self._options = make, options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Threads of the linear algebra library would only take the cores from the other requests."""
        threadpool_limits(1, user_api="blas")
        return self._make()


def serve(make: Callable[[], Flask], settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C. ``make`` is called once in each process. Raises ServerError."""
    check(settings)
    with TemporaryDirectory(prefix="bridge-measures-") as folder:
        measuring.share(Path(folder))
        _Server(make, _options(settings)).run()


class _Log(GunicornLogger):  # type: ignore[misc]  # gunicorn has no types
    """What the server itself says goes the way of all other lines."""

    def setup(self, cfg: Any) -> None:
        del cfg
        self.error_log.propagate = True
        self.error_log.setLevel(logging.INFO)


def _options(settings: Settings) -> dict[str, Any]:
    web, host = settings.web, settings.web.host
    options: dict[str, Any] = {
        "bind": f"[{host}]:{web.port}" if ":" in host else f"{host}:{web.port}",
        "workers": web.processes,
        "threads": web.threads,
        "worker_class": "gthread",
        "timeout": PATIENCE_S,
        "graceful_timeout": 8,
        "keepalive": KEPT_S,
        "proc_name": "issue-bridge",
        "logger_class": _Log,
        "control_socket_disable": True,
        "forwarded_allow_ips": "*" if web.proxies else "",
    }
    if web.certificate:
        options |= {"certfile": str(settings.home / web.certificate), "keyfile": str(settings.home / web.key)}
    shm = Path("/dev/shm")  # noqa: S108 - gunicorn's heartbeat file must not block on a disk
    return options | ({"worker_tmp_dir": str(shm)} if shm.is_dir() else {})
