"""What is dear is set up once: the shares are whole, and every process of a run gets whole ones."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.spreading import CLI_FOLDER, CRASH_FILE, LONGEST, ON_SERVERS, Spreading, longest_first, share_of

ROOT = Path(__file__).resolve().parents[1]
REAL = {"redmine_server", "request_tracker_server"}


class Node:
    """A process, as the scheduler sees it: ``got`` are the places of the tests it was given."""

    shutting_down = False

    def __init__(self, name: str) -> None:
        self.gateway = SimpleNamespace(id=name)
        self.got: list[int] = []

    def send_runtest_some(self, places: list[int]) -> None:
        self.got += places

    def shutdown(self) -> None:
        self.shutting_down = True


def spread(tests: list[str]) -> dict[str, set[str]]:
    """Share -> the processes that ran its tests, of two."""
    options: Any = SimpleNamespace(getvalue=lambda _: ["popen", "popen"], option=SimpleNamespace(), hook=None)
    spreading, nodes = Spreading(options), [Node("first"), Node("second")]
    for node in nodes:
        spreading.add_node(cast("Any", node))
    for node in nodes:
        spreading.add_node_collection(cast("Any", node), tests)
    spreading.schedule()
    ran: dict[str, set[str]] = {}
    done = 0
    while done < len(tests):
        for node in nodes:
            for place in node.got:
                ran.setdefault(share_of(tests[place]), set()).add(node.gateway.id)
                spreading.mark_test_complete(cast("Any", node), place)
                done += 1
                node.got.remove(place)
                break
    return ran


def test_every_share_is_run_by_one_process_and_all_work() -> None:
    files = [f"tests/test_{name}.py::test_{n}" for name in "abcd" for n in range(5)]
    servers = [f"{file}::test_{n}" for n in range(3) for file in ON_SERVERS[:3]]
    ran = spread([*servers, *files, f"{CRASH_FILE}::test_x[postgres-1]", f"{CRASH_FILE}::test_x[sqlite-1]"])
    assert len(ran) == 6
    assert {len(processes) for processes in ran.values()} == {1}
    assert set.union(*ran.values()) == {"first", "second"}


def test_real_servers_are_started_in_one_process(request: pytest.FixtureRequest) -> None:
    """Of the tests of this very run."""
    asking = [item for item in request.session.items if REAL & set(getattr(item, "fixturenames", ()))]
    assert len({share_of(item.nodeid) for item in asking}) <= 1


def test_longest_shares_begin_first() -> None:
    items = [SimpleNamespace(nodeid=f"tests/{name}::test_x") for name in ("a.py", "cli/b.py", "test_end_to_end.py")]
    longest_first(cast("list[pytest.Item]", items))
    assert [item.nodeid.split("::")[0] for item in items] == [
        "tests/test_end_to_end.py",
        "tests/cli/b.py",
        "tests/a.py",
    ]


def test_what_is_named_is_there() -> None:
    named = {place.partition("::")[0] for place in (*ON_SERVERS, CRASH_FILE, CLI_FOLDER, *LONGEST) if "/" in place}
    assert [place for place in named if not (ROOT / place).exists()] == []
