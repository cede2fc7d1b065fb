"""Debian's Chromium for tests of pages. Installed by apt only where BRIDGE_REQUIRE contains "browser"."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.require import missing, required

logger = logging.getLogger(__name__)

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    # Containers give /dev/shm a few megabytes: a page that finds it full cannot be pictured, or dies.
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
APT = ("apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=900")
INSTALL_S = 900
NO_PICTURE = "Unable to capture screenshot"
"""What Chromium answers when its compositor has no frame yet, mostly on a loaded machine; asked again it has one."""
PICTURES = "BRIDGE_SCREENSHOTS"
"""Names the folder that keeps the pictures; without it none is taken."""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser that Playwright drives; contexts of it are the tests' own."""
    path = _path() or _installed()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def picture(page: Any, name: str, *, full_page: bool = True) -> None:
    """Keep what the page looks like as ``name``.png, where pictures are kept. A page that cannot be pictured is
    looked at once more, as a fresh page on the same address; what the page holds that no reload brings is then missing.
    """
    folder = os.environ.get(PICTURES)
    if not folder:
        return
    from playwright.sync_api import Error

    where = Path(folder) / f"{name}.png"
    where.parent.mkdir(parents=True, exist_ok=True)
    try:
        page.screenshot(path=str(where), full_page=full_page)
        return
    except Error as error:
        if NO_PICTURE not in str(error):
            raise
        logger.warning("%s: %s: tried again on a fresh page", page.url, NO_PICTURE)
    fresh = page.context.new_page()
    try:
        if page.viewport_size:
            fresh.set_viewport_size(page.viewport_size)
        fresh.goto(page.url)
        fresh.screenshot(path=str(where), full_page=full_page)
    finally:
        fresh.close()


def _path() -> str | None:
    return next((found for found in map(shutil.which, NAMES) if found), None)


def _installed() -> str:
    if not required("browser"):
        missing("browser", "there is no Chromium on this machine: apt-get install chromium")
    if os.getuid() or not shutil.which("apt-get"):
        missing("browser", "there is no Chromium, and only root on Debian can install it: apt-get install chromium")
    with Path(tempfile.gettempdir(), "bridge-apt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _path() is None:
            for command in ((*APT, "update"), (*APT, "install", "--no-install-recommends", "chromium")):
                done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=INSTALL_S)
                if done.returncode and "install" in command:
                    missing("browser", f"apt could not install chromium: {done.stderr[-300:]}")
    path = _path()
    if path is None:
        missing("browser", "apt installed chromium, but it is not on the path")
    return path
