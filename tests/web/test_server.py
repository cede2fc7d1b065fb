"""Where the service may listen, and what that makes of its cookies; both parts of `bridge up` end together."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from bridge.bootstrap import build
from bridge.settings import load_settings
from bridge.web.app import create_app
from bridge.web.server import ServerError, check
from bridge.words import Role
from tests.services.ports import free_port
from tests.web.house import USERS, House

START_S = 120
LOOK_S = 0.1


def settings(home: Path, **web: Any) -> Any:
    (home / "config.toml").touch()
    return load_settings(home, {f"BRIDGE__WEB__{key.upper()}": str(value) for key, value in web.items()})


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_this_machine_needs_no_https(tmp_path: Path, host: str) -> None:
    check(settings(tmp_path, host=host))


@pytest.mark.parametrize(
    "web",
    [
        {"host": "0.0.0.0"},
        {"host": "192.168.1.5"},
        {"host": "0.0.0.0", "url": "https://bridge.example"},
        {"host": "0.0.0.0", "proxies": 1, "url": "http://bridge.example"},
        {"certificate": "cert.pem"},
        {"host": "0.0.0.0", "certificate": "cert.pem", "key": "key.pem"},
    ],
)
def test_nothing_crosses_a_network_in_the_clear(tmp_path: Path, web: dict[str, Any]) -> None:
    with pytest.raises(ServerError, match=r"section \[web\]"):
        check(settings(tmp_path, **web))


def test_other_addresses_take_a_certificate_or_a_proxy(tmp_path: Path) -> None:
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("x")
    check(settings(tmp_path, host="0.0.0.0", certificate="cert.pem", key="key.pem"))
    check(settings(tmp_path, host="0.0.0.0", proxies=1, url="https://bridge.example"))


def test_cookie_on_https_is_bound_to_this_host(bare_house: House) -> None:
    own = settings(bare_house.bridge.settings.home, url="https://bridge.example", proxies=1)
    app = create_app(build(own))
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "bridge.example", "X-Forwarded-For": "10.0.0.9"}
    answer = app.test_client().get("/signin", headers=forwarded)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-bridge=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


def test_up_serves_and_works_until_it_is_told_to_stop(bare_house: House) -> None:
    """The real command: it answers, a worker leads, sign-ins come last, and after SIGTERM nobody is left."""
    home = bare_house.bridge.settings.home
    doors = {USERS[Role.AGENT]: "velvet anchor teapot", "somebody-who-left": "pebble"}
    (home / "sign-ins.json").write_text(json.dumps(doors))
    bare_house.db.dispose()
    port = free_port()
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root), "BRIDGE__WEB__PORT": str(port)}
    environment |= {"BRIDGE__WEB__PRELOAD_MODEL": "false", "BRIDGE__WEB__PROCESSES": "1"}
    command = [sys.executable, "-m", "bridge", "--home", str(home), "up"]
    out = home / "said"
    with out.open("w") as stdout:
        process = subprocess.Popen(command, env=environment, stdout=stdout)
    children: list[psutil.Process] = []
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", process)
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) >= 3
        wait_until(lambda: doors[USERS[Role.AGENT]] in out.read_text(), process, "no sign-in was printed")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        first, _, last = out.read_text().partition("Ready: ")
        assert last.startswith(f"http://127.0.0.1:{port}")
        assert all(f"http://127.0.0.1:{port}/welcome/" in said for said in (first, last))
        assert "pebble" not in last
        assert psutil.wait_procs(children, timeout=30)[1] == []
    finally:
        for child in [*children, *([process] if process.poll() is None else [])]:
            try:
                child.kill()
            except psutil.NoSuchProcess:
                continue


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    def answers() -> bool:
        try:
            return requests.get(url, timeout=5).ok
        except requests.ConnectionError:
            return False

    wait_until(answers, process, f"{url} did not answer")


def wait_until(done: Callable[[], bool], process: subprocess.Popen[bytes], otherwise: str) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        if done():
            return
        time.sleep(LOOK_S)
    raise AssertionError(otherwise)
