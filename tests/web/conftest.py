"""Fixtures of the service's tests: a house to walk through and a browser to walk with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.browser import chromium  # noqa: F401  a fixture, found by name
from tests.web.house import House, empty_house, furnished_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A service with issues in it, for one test."""
    made = furnished_house(tmp_path / "home")
    yield made
    made.db.dispose()


@pytest.fixture
def bare_house(tmp_path: Path) -> Iterator[House]:
    """A service that has not seen a ticket yet."""
    made = empty_house(tmp_path / "home")
    yield made
    made.db.dispose()
