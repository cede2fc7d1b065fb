"""Fixtures of the whole suite: databases of both kinds, and a guard that keeps the tests on this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from bridge.store.db import Database
from bridge.store.tables import metadata
from tests import quick
from tests.guard import loopback_only
from tests.require import missing
from tests.services.postgres import CannotStartError, PostgresServer, postgres_server
from tests.services.servers import (  # noqa: F401  fixtures, found by name
    oidc_server,
    redmine_server,
    request_tracker_server,
)

# Speed is measured in benchmarks: a loaded machine, or a model loaded at the first example, is no failure.
settings.register_profile("no clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# A run that insists on everything (CI) says the same twice: it draws the same examples, a developer's ever new ones.
settings.register_profile("no chance", settings.get_profile("no clock"), derandomize=True)
settings.load_profile("no chance" if os.environ.get("BRIDGE_REQUIRE") else "no clock")

quick.hurry()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.spreading import Spreading

    return None if config.getvalue("dist") == "each" else Spreading(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        from tests.spreading import longest_first

        longest_first(items)


@pytest.fixture(scope="session", autouse=True)
def _socket_guard() -> Iterator[None]:
    with loopback_only():
        yield


@pytest.fixture(scope="session")
def _postgres_or_reason() -> Iterator[PostgresServer | str]:
    try:
        with postgres_server() as server:
            yield server
    except CannotStartError as error:
        yield str(error)


@pytest.fixture(scope="session")
def postgres(_postgres_or_reason: PostgresServer | str) -> PostgresServer:
    """The server of this session (of this worker, where there are several)."""
    if isinstance(_postgres_or_reason, str):
        missing("postgres", _postgres_or_reason)
    return _postgres_or_reason


@pytest.fixture(params=["sqlite", "postgres"])
def backend(request: pytest.FixtureRequest) -> str:
    """The kind of database; ``db`` and ``database_url`` of one test are of the same kind."""
    return str(request.param)


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database without tables; a child process may open it too."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def db(backend: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A fresh database with all tables, once on each kind."""
    if backend == "sqlite":
        yield request.getfixturevalue("sqlite_db")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create(template=request.getfixturevalue("_postgres_template"))
    database = Database(server.url(name))
    yield database
    database.dispose()
    server.drop(name)


@pytest.fixture
def sqlite_db(_sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A fresh SQLite database with all tables."""
    path = tmp_path / "bridge.db"
    shutil.copyfile(_sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "bridge.db"
    _create_all(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def _postgres_template(_postgres_or_reason: PostgresServer | str) -> str:
    assert isinstance(_postgres_or_reason, PostgresServer)
    name = _postgres_or_reason.create()
    _create_all(_postgres_or_reason.url(name))
    return name


def _create_all(url: str) -> None:
    database = Database(url)
    metadata.create_all(database.engine)
    database.dispose()
