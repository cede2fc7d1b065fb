"""The bridge is killed anywhere and goes on: in the end nothing is missing and nothing is there twice."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.failpoint import NAMES
from tests.loop.ends import End, check_end
from tests.loop.kills import INSIDE, Killer, histogram
from tests.loop.stage import (
    REMEDIED,
    Stage,
    Vectors,
    cluster_of,
    database,
    forget_vector,
    late_joiner,
    stage,
    until_quiet,
    vectors_of_all,
)
from tests.services.postgres import PostgresServer

KILLS = 10
BACKENDS = [pytest.param(kind, marks=pytest.mark.xdist_group(f"crashes {kind}")) for kind in ("sqlite", "postgres")]
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
    seed = int(os.environ.get("BRIDGE_CRASH_SEED", "20"))
    dice = random.Random(seed)
    with set_stage.restored(tmp_path / "home") as running, database(running) as db:
        killer = Killer(running, (set_stage.desk, set_stage.tracker), dice)
        cluster = cluster_of(db, REMEDIED)
        for number in range(KILLS):
            set_stage.desk.control("seed", [late_joiner(60 - 2 * number - n) for n in range(1, 3)])
            if number == KILLS // 2:
                running.run("remedy", "edit", f"IB-{cluster}", "--set", "say=Version 1.0 repairs it for everybody.")
                running.run("remedy", "approve", f"IB-{cluster}", "--owner", "Ada Product")
            killer.kill(db)
        killer.end()
        until_quiet(running)
        end = check_end(db, set_stage.world())
    with capsys.disabled():
        print(f"\nseed {seed}, where {KILLS} kills fell:\n{histogram(killer.where)}")
    joined = [source_id for source_id, found in end.clusters.items() if found == cluster]
    assert len(joined) >= 10 + 2 * KILLS
    assert any(name.startswith(INSIDE) for name in killer.where), "no kill fell inside a send: this run proves nothing"
