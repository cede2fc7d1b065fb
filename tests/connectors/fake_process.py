"""Runs a vendor's fake as a process of its own, for tests that kill the bridge and look what is left.

Rule: the first line on standard output is the port; control routes below /_control/ never fail and need no token.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from tests.connectors.fake_api import FakeApi, Reply, Request

READ_FAULTS = ("500", "503", "disconnect", "truncated")
WRITE_FAULTS = ("500", "disconnect", "lost_reply", "500_after", "truncated_after")


class Fake(Protocol):
    """``data`` is plain JSON; ``seed`` takes what /_control/seed gets and returns what was made."""

    api: FakeApi
    data: dict[str, Any]

    def seed(self, record: dict[str, Any]) -> dict[str, Any]: ...


def add_control(fake: Fake) -> None:
    """Routes to seed, to look and to break: POST seed, GET state, POST fault, POST mend."""

    @fake.api.route("POST", "/_control/seed")
    def seed(request: Request) -> Reply:
        records = request.json()
        return Reply(201, [fake.seed(record) for record in (records if isinstance(records, list) else [records])])

    @fake.api.route("GET", "/_control/state")
    def state(_request: Request) -> Reply:
        return Reply(200, fake.data)

    @fake.api.route("POST", "/_control/fault")
    def fault(request: Request) -> Reply:
        fake.api.fault(**{"path": "^(?!/_control/)", **request.json()})
        return Reply(204)

    @fake.api.route("POST", "/_control/mend")
    def mend(_request: Request) -> Reply:
        fake.api.mend()
        return Reply(204)


def is_control(request: Request) -> bool:
    return request.path.startswith("/_control/")


def break_at_random(api: FakeApi, rate: float, seed: int) -> None:
    """Let about ``rate`` of all requests fail, the same ones for the same seed and order of requests."""
    dice = random.Random(seed)

    def maybe(request: Request) -> None:
        if not is_control(request) and dice.random() < rate:
            kinds = READ_FAULTS if request.method == "GET" else WRITE_FAULTS
            api.fault(dice.choice(kinds), times=1, headers={"Retry-After": "0"})

    api.on_request = maybe


def keep_state(fake: Fake, path: Path) -> None:
    """Write ``data`` to ``path`` after each request that may have changed it; start from what is there."""
    if path.exists():
        fake.data.update(json.loads(path.read_text("utf-8")))
    handle = fake.api._handle

    def handle_and_keep(request: Request) -> Reply:
        reply = handle(request)
        if request.method != "GET":
            fresh = path.with_suffix(".new")
            fresh.write_text(json.dumps(fake.data), "utf-8")
            fresh.replace(path)
        return reply

    fake.api._handle = handle_and_keep  # type: ignore[method-assign]


def main(make: Callable[[str], Fake], default_token: str) -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--token", default=default_token)
    parser.add_argument("--state", type=Path, help="a JSON file that outlives the process")
    parser.add_argument("--fault-rate", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    fake = make(given.token)
    if given.state:
        keep_state(fake, given.state)
    if given.fault_rate:
        break_at_random(fake.api, given.fault_rate, given.seed)
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    with fake.api as api:
        print(api.url.rpartition(":")[2], flush=True)
        over.wait()
