"""Helpers do the same as one thread would: same results, same order, also when one of them dies."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bridge.engine import HERE
from bridge.engine.local import Local

PARENT = os.getpid()


def doubled(batch: list[int]) -> list[int]:
    return [2 * n for n in batch]


def dies_elsewhere(batch: list[int]) -> list[int]:
    if os.getpid() != PARENT and "pytest" not in sys.modules:
        os._exit(9)
    return doubled(batch)


def refuses(batch: list[int]) -> list[int]:
    raise ValueError(f"batch of {len(batch)}")


BATCHES = [[n, n + 1] for n in range(0, 40, 2)]


@pytest.mark.parametrize("work", [doubled, dies_elsewhere])
def test_results_are_those_of_one_thread(work) -> None:
    with Local(helpers=1) as engine:
        assert engine.map(work, BATCHES) == HERE.map(doubled, BATCHES)
        assert engine.map(doubled, BATCHES) == HERE.map(doubled, BATCHES)


def test_error_of_a_batch_is_raised_here() -> None:
    with Local(helpers=1) as engine, pytest.raises(ValueError, match="batch of 2"):
        engine.map(refuses, BATCHES)


def test_few_batches_and_one_core_start_nobody() -> None:
    before = len(psutil.Process().children())
    with Local(helpers=1) as few, Local(helpers=0) as alone:
        assert few.map(doubled, BATCHES[:2]) == HERE.map(doubled, BATCHES[:2])
        assert alone.map(doubled, BATCHES) == HERE.map(doubled, BATCHES)
        assert len(psutil.Process().children()) == before


def test_helper_ends_with_a_killed_parent(tmp_path: Path) -> None:
    program = tmp_path / "parent.py"
    program.write_text(
        "import os, time\n"
        "from bridge.engine.local import Local\n"
        "def slow(batch):\n"
        "    print(os.getpid(), flush=True)\n"
        "    time.sleep(600)\n"
        "if __name__ == '__main__':\n"
        "    with Local(helpers=1) as engine:\n"
        "        engine._started().submit(slow, 1).result()\n"
    )
    root = Path(__file__).resolve().parents[2]
    parent = subprocess.Popen(
        [sys.executable, program], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(root)}
    )
    try:
        assert parent.stdout is not None
        helper = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        gone, _ = psutil.wait_procs([helper], timeout=30)
        assert gone
    finally:
        parent.kill()
        parent.wait(30)
