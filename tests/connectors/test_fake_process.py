"""The fakes run as processes of their own: they are seeded, broken and looked at over control routes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.connectors.redmine.fake import KEY
from tests.connectors.request_tracker.fake import TOKEN

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def running(vendor: str, *arguments: str) -> Iterator[str]:
    command = [sys.executable, "-m", f"tests.connectors.{vendor}.fake", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        try:
            process.wait(10)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


@pytest.mark.parametrize(
    ("vendor", "path", "headers", "things"),
    [
        ("request_tracker", "/REST/2.0/ticket/1", {"Authorization": f"token {TOKEN}"}, "tickets"),
        ("redmine", "/issues/1.json", {"X-Redmine-API-Key": KEY}, "issues"),
    ],
)
def test_its_state_outlives_the_process(vendor: str, path: str, headers: dict, things: str, tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state.json"))
    with running(vendor, *state) as url:
        assert requests.post(f"{url}/_control/seed", json=[{"subject": "a"}, {"subject": "b"}]).status_code == 201
    with running(vendor, *state) as url:
        assert len(requests.get(f"{url}/_control/state").json()[things]) == 2
        assert requests.get(url + path, headers=headers).status_code == 200
        assert requests.get(url + path).status_code == 401


def test_it_fails_at_random_by_seed_and_on_demand() -> None:
    def outcomes() -> list[int]:
        with running("redmine", "--fault-rate", "0.5", "--seed", "7") as url:
            return [status(url) for _ in range(20)]

    def status(url: str) -> int:
        try:
            return requests.get(f"{url}/issue_statuses.json", headers={"X-Redmine-API-Key": KEY}).status_code
        except requests.ConnectionError:
            return 0

    first = outcomes()
    assert first == outcomes()
    assert {200, 500} <= set(first)
    with running("redmine") as url:
        requests.post(f"{url}/_control/fault", json={"kind": "500", "times": 1})
        assert [status(url), status(url)] == [500, 200]
