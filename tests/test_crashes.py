"""The bridge is killed anywhere and goes on: in the end nothing is missing and nothing is there twice."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.failpoint import NAMES
from tests.loop.ends import End, check_end
from tests.loop.kills import WRITTEN, Killer
from tests.loop.other_side import OtherSide, other_side
from tests.loop.real import RealSides, Written
from tests.loop.stage import (
    FIRST,
    REMEDIED,
    Stage,
    Vectors,
    accounts_csv,
    cluster_of,
    database,
    forget_vector,
    late_joiner,
    remote_id,
    save_vectors,
    stage,
    until_quiet,
    vectors_of_all,
)
from tests.loop.wording import wording
from tests.loop.workspace import Bridges, Ends, Workspace, bridges
from tests.services.postgres import PostgresServer
from tests.services.servers import RedmineServer, RequestTrackerServer

SEED = int(os.environ.get("BRIDGE_CRASH_SEED", "20"))
KILLS = 10
REAL_TIMEOUT_S = 3.0
PLACES = {(False, "sqlite"): "wholesale", (True, "sqlite"): "warranty", (True, "postgres"): "workshop"}
BACKENDS = ("sqlite", "postgres")
LATER = [(name, nth) for name in NAMES if name.startswith("deliver.") for nth in (8, 9)]
"""The first passage is with an issue; these are with a note and with the tags of a ticket."""


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Vectors:
    return vectors_of_all(tmp_path_factory.mktemp("vectors"))


@pytest.fixture(scope="module", params=BACKENDS)
def set_stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, vectors: Vectors
) -> Iterator[Stage]:
    server: PostgresServer | None = None
    if request.param == "postgres":
        server = request.getfixturevalue("postgres")
    with stage(tmp_path_factory.mktemp(request.param), vectors, server) as made:
        yield made


@pytest.fixture(scope="module")
def undisturbed(set_stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> End:
    with set_stage.restored(tmp_path_factory.mktemp("undisturbed") / "home") as running:
        until_quiet(running)
        with database(running) as db:
            return check_end(db, set_stage.world())


@pytest.mark.parametrize(("point", "nth"), [*((name, 1) for name in NAMES), *LATER])
def test_a_kill_at_any_failpoint_changes_nothing_in_the_end(
    set_stage: Stage, undisturbed: End, point: str, nth: int, tmp_path: Path
) -> None:
    with set_stage.restored(tmp_path / "home") as running:
        if point.startswith("embed."):
            forget_vector(running)
        killed = running.start("sync", env={"BRIDGE_FAILPOINT": f"{point}:kill:{nth}"})
        assert killed.wait() == -signal.SIGKILL, killed.output
        until_quiet(running)
        with database(running) as db:
            assert check_end(db, set_stage.world()) == undisturbed


def test_random_kills_while_two_work_change_nothing_in_the_end(
    set_stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with set_stage.restored(tmp_path / "home") as running, database(running) as db:
        killer = Killer(running, (set_stage.desk, set_stage.tracker), random.Random(SEED))
        cluster = cluster_of(db, REMEDIED)
        for number in range(KILLS):
            set_stage.desk.control("seed", [late_joiner(60 - 2 * number - n) for n in range(1, 3)])
            if number == KILLS // 2:
                approve(running, cluster, "Version 1.0 repairs it for everybody.")
            killer.kill(db)
        killer.end()
        until_quiet(running)
        end = check_end(db, set_stage.world())
    assert max(map(len, end.clusters.values())) == 10 + 2 * KILLS, "the late joiners are not with their fellows"
    tell(capsys, killer)


def tell(capsys: pytest.CaptureFixture[str], killer: Killer) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\nseed {SEED}, {killer.told()}\n")


def approve(running: Bridges, cluster: int, say: str) -> None:
    running.run("remedy", "edit", f"IB-{cluster}", "--set", f"say={say}")
    running.run("remedy", "approve", f"IB-{cluster}", "--owner", "Ada Product")


@dataclass(frozen=True)
class Real:
    """A fresh workspace behind relays to the real servers, and the two relays."""

    sides: RealSides
    running: Bridges
    relays: tuple[OtherSide, OtherSide]


@pytest.fixture
def real(
    request_tracker_server: RequestTrackerServer,
    redmine_server: RedmineServer,
    backend: str,
    database_url: str,
    request: pytest.FixtureRequest,
    vectors: Vectors,
    tmp_path: Path,
) -> Iterator[Real]:
    desk, tracker = request_tracker_server, redmine_server
    with other_side(desk.url) as before_desk, other_side(tracker.url) as before_tracker:
        keys = desk.tokens["bridge"], tracker.keys["BRIDGE_KEY"]
        urls = before_desk.url, before_tracker.url
        own = PLACES[bool(request.node.get_closest_marker("crash")), backend]
        sides = RealSides(desk, tracker, own)
        ends = Ends(urls[0], keys[0], urls[1], keys[1], sides.queue, sides.project, REAL_TIMEOUT_S)
        workspace = Workspace(tmp_path / "home", ends, database_url)
        workspace.write_config()
        (tmp_path / "accounts.csv").write_text(accounts_csv(), "utf-8")
        with bridges(workspace) as running:
            running.run("init", "--yes")
            save_vectors(running, vectors)
            running.run("import", "accounts", str(tmp_path / "accounts.csv"))
            yield Real(sides, running, (before_desk, before_tracker))


def play_on_real_servers(real: Real, kills: int, capsys: pytest.CaptureFixture[str]) -> None:
    """A third of the kills until the issues are there, the rest while the remedy goes out and tickets still come in."""
    sides, running = real.sides, real.running
    written = [Written(wording(issue, n), f"account{n % 10}.test") for issue in FIRST[:3] for n in range(5)]
    tickets = sides.load(written)
    with database(running) as db:
        killer = Killer(running, real.relays, random.Random(SEED))
        for number in range(kills // 3):
            killer.kill(db, *((WRITTEN, real.relays[1]) if number == 0 else ()))
        killer.end()
        until_quiet(running)
        cluster = cluster_of(db, REMEDIED)
        sides.release(remote_id(db, cluster), "1.1")
        until_quiet(running)
        approve(running, cluster, "Version 1.1 repairs it.")
        for number in range(kills - kills // 3):
            tickets += sides.load([Written(wording(REMEDIED, 5 + number), f"account{number % 10}.test")])
            killer.kill(db, *((WRITTEN, real.relays[0]) if number == 0 else ()))
        killer.end()
        until_quiet(running)
        check_end(db, sides.world(tickets))
    tell(capsys, killer)


@pytest.mark.services
@pytest.mark.parametrize("backend", ["sqlite"])
def test_kills_between_real_servers(backend: str, real: Real, capsys: pytest.CaptureFixture[str]) -> None:
    play_on_real_servers(real, 3, capsys)


@pytest.mark.crash
@pytest.mark.services
def test_many_kills_between_real_servers(backend: str, real: Real, capsys: pytest.CaptureFixture[str]) -> None:
    play_on_real_servers(real, 30, capsys)
