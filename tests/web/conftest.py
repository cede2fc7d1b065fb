"""Fixtures of the service's tests: a house to walk through and a browser to walk with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.require import missing
from tests.web.house import House, empty_house, furnished_house

CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync")  # fmt: skip


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


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright."""
    path = next((path for path in CHROMIUM if Path(path).exists()), None)
    if path is None:
        missing("browser", "there is no Chromium on this machine: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()
