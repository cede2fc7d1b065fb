"""How the tests of a run are spread over its processes: by file, so that what a file sets up is set up once.

Rule: what shares something dear (a real server, a prepared workspace) is one share, and the longest shares begin first,
so that no process waits for another at the end. Marks of pytest-xdist would say this, too, but pytest 9.2 ignores them
in silence (pytest-dev/pytest-xdist#1386).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from xdist.remote import Producer

SERVERS, POSTGRES_CRASHES, CLI = "real servers", "crashes postgres", "command line"
CRASH_FILE, CLI_FOLDER = "tests/test_crashes.py", "tests/cli/"
REAL_CRASHES = (f"{CRASH_FILE}::test_kills_between_real", f"{CRASH_FILE}::test_many_kills_between_real")
ON_SERVERS = (
    "tests/connectors/redmine/test_redmine_real.py",
    "tests/connectors/request_tracker/test_request_tracker_real.py",
    "tests/test_end_to_end.py",
    *REAL_CRASHES,
)
LONGEST = (
    SERVERS,
    POSTGRES_CRASHES,
    CLI,
    "tests/demo/test_demo.py",
    "tests/web/test_look.py",
    "tests/web/api/test_contract.py",
    "tests/test_canaries.py",
    "tests/web/test_hostile.py",
    "tests/test_garbage.py",
    "tests/test_wheel.py",
    "tests/pipeline/test_deliver_model.py",
)
"""By measurement; the others follow as they are collected."""


class Spreading(LoadScopeScheduling):
    """Gives a process the next share whole, when it has at most two tests left."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return share_of(nodeid)


def share_of(test: str) -> str:
    """The share to which a test (its node id) belongs."""
    if test.startswith(ON_SERVERS):
        return SERVERS
    if test.startswith(CLI_FOLDER):
        return CLI
    file = test.partition("::")[0]
    if file != CRASH_FILE:
        return file
    # On SQLite in the process that has made the vectors for the real servers.
    return POSTGRES_CRASHES if "[postgres" in test else SERVERS


def longest_first(items: list[pytest.Item]) -> None:
    """Sort the collected tests by when their share shall begin."""
    places = {share: place for place, share in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(share_of(item.nodeid), len(places)))
