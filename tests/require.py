"""Which parts of the outside world a run insists on: a part that is missing skips, or fails where it is required.

``BRIDGE_REQUIRE`` is a comma list of shared, servers, postgres, browser. Only a required part may change the machine
(install packages, add users).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

PARTS = frozenset({"shared", "servers", "postgres", "browser"})


def required(name: str) -> bool:
    """Whether this run insists on the part. Raises ValueError for a part that nobody knows."""
    wanted = {part.strip() for part in os.environ.get("BRIDGE_REQUIRE", "").split(",")} - {""}
    if unknown := (wanted | {name}) - PARTS:
        raise ValueError(f"BRIDGE_REQUIRE: unknown part {sorted(unknown)}: use some of {sorted(PARTS)}")
    return name in wanted


def missing(name: str, reason: str) -> NoReturn:
    """Skip the test with the reason, or fail it where the part is required."""
    if required(name):
        pytest.fail(f"{name} is required by BRIDGE_REQUIRE, but {reason}", pytrace=False)
    pytest.skip(reason)


def shared_dir() -> Path:
    """The folder of shared specifications and data: ``BRIDGE_SHARED``, by default beside the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("BRIDGE_SHARED") or beside)
    if not folder.is_dir():
        missing("shared", f"there is no shared folder at {folder}: set BRIDGE_SHARED")
    return folder
