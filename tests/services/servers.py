"""Real Request Tracker and Redmine for tests, as session fixtures.

Rule: nobody's machine is changed unasked. Servers come from packages that are installed already; apt is run only
where BRIDGE_REQUIRE contains "servers", and then a server that cannot be had fails the test instead of skipping it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.require import missing, required
from tests.services.ports import free_port
from tests.services.smtp_sink import SmtpSink

RECIPES = Path(__file__).parent
OWN = ("webshop", "wholesale", "warranty", "workshop", "wares")
"""Projects of the tracker that a test may have to itself, and, capitalised, queues of the help desk."""
INSTALL_S, START_S, STOP_S = 1500, 300, 40


class UnavailableError(Exception):
    """Why a server cannot be had."""


@dataclass(frozen=True)
class RequestTrackerServer:
    """``tokens`` by user: bridge, narrow (may only read), distant (lives in another time zone)."""

    url: str
    tokens: dict[str, str]
    mail: SmtpSink

    @property
    def api(self) -> str:
        return f"{self.url}/REST/2.0"

    def session(self, user: str) -> requests.Session:
        """root, agent1, or the customers alice (Acme Corp) and bob (Globex)."""
        passwords = {"root": "rootpass", "agent1": "agent1pass", "alice": "alicepass1", "bob": "bobpass1"}
        made = requests.Session()
        made.trust_env = False
        made.auth = (user, passwords[user])
        return made

    def options(self, user: str = "bridge") -> dict[str, Any]:
        return {**_loopback(self.url), "token": self.tokens[user]}


@dataclass(frozen=True)
class RedmineServer:
    """``keys``: ADMIN_KEY, BRIDGE_KEY, DEV_KEY, OUTSIDER_KEY. Projects shop and app, and those of OWN; versions 1.0, 1.1 and 2.0."""

    url: str
    keys: dict[str, str]
    mail: SmtpSink
    marker_field: int = 1

    def session(self, key: str = "DEV_KEY") -> requests.Session:
        made = requests.Session()
        made.trust_env = False
        made.headers["X-Redmine-API-Key"] = self.keys[key]
        return made

    def options(self, key: str = "BRIDGE_KEY") -> dict[str, Any]:
        return {**_loopback(self.url), "api_key": self.keys[key], "project": "shop"}


def _loopback(url: str) -> dict[str, Any]:
    return {"base_url": url, "allow_http": True, "allow_private_networks": ["127.0.0.0/8"], "timeout_s": 30.0}


@contextmanager
def running(recipe: str, folder: Path, smtp: str) -> Iterator[tuple[str, Path]]:
    """(URL, state folder) of a server that is stopped at the end. Raises UnavailableError."""
    port = free_port()
    env = {**os.environ, "SVC_DIR": str(folder), "SVC_PORT": str(port), "SVC_SMTP": smtp}
    _make_available(recipe, env)
    try:
        _run(recipe, "start", env, START_S)
        yield f"http://127.0.0.1:{port}", folder
    finally:
        subprocess.run(["bash", RECIPES / recipe, "stop"], env=env, timeout=STOP_S, check=False)


def _make_available(recipe: str, env: dict[str, str]) -> None:
    if shutil.which("dpkg-query") is None or shutil.which("bash") is None:
        raise UnavailableError(f"{recipe} needs Debian's packages")
    if (
        subprocess.run(["bash", RECIPES / recipe, "installed"], env=env, check=False, capture_output=True).returncode
        == 0
    ):
        return
    if not required("servers"):
        raise UnavailableError(
            f"the packages of {recipe} are not installed; BRIDGE_REQUIRE=servers lets the test install them"
        )
    if os.geteuid() != 0:
        raise UnavailableError(f"the packages of {recipe} are not installed and only root may install them")
    _run(recipe, "install", env, INSTALL_S)


def _run(recipe: str, verb: str, env: dict[str, str], seconds: int) -> None:
    """Output goes to a file: a daemon that inherited a pipe would keep it open."""
    log = Path(env["SVC_DIR"]) / f"{verb}.log"
    with log.open("wb") as out:
        try:
            code = subprocess.run(
                ["bash", RECIPES / recipe, verb], env=env, timeout=seconds, check=False, stdout=out, stderr=out
            ).returncode
        except subprocess.TimeoutExpired:
            code = -1
    if code:
        raise UnavailableError(f"{recipe} {verb} failed ({code}):\n{log.read_text('utf-8', 'replace')[-3000:]}")


@pytest.fixture(scope="session")
def request_tracker_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RequestTrackerServer]:
    folder = tmp_path_factory.mktemp("rt5")
    with SmtpSink() as mail:
        try:
            with running("rt5.sh", folder, mail.address) as (url, state):
                lines = (state / "token").read_text().split("\n")
                yield RequestTrackerServer(url, dict(line.split(" ", 1) for line in lines if line), mail)
        except UnavailableError as reason:
            missing("servers", str(reason))


@pytest.fixture(scope="session")
def redmine_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedmineServer]:
    folder = tmp_path_factory.mktemp("redmine")
    with SmtpSink() as mail:
        try:
            with running("redmine.sh", folder, mail.address) as (url, state):
                lines = (state / "keys").read_text().split("\n")
                yield RedmineServer(url, dict(line.split("=", 1) for line in lines if line), mail)
        except UnavailableError as reason:
            missing("servers", str(reason))


@pytest.fixture(scope="session")
def oidc_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The issuer of a certified OpenID provider; whoever signs in as NAME is in the group bridge-NAME."""
    try:
        with running("oidc.sh", tmp_path_factory.mktemp("oidc"), "") as (url, _):
            yield url
    except UnavailableError as reason:
        missing("servers", str(reason))
