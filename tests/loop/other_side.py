"""The two fake servers, or relays before the real ones, as processes of their own behind a Gate; and their client.

Run: python -m tests.loop.other_side request_tracker|redmine|URL   (prints its port)
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.connectors.fake_api import FakeApi, Reply, Request
from tests.connectors.redmine.fake import FakeRedmine
from tests.connectors.relay import Relay
from tests.connectors.request_tracker.fake import FakeRequestTracker
from tests.loop.gate import Gate

ROOT = Path(__file__).resolve().parents[2]
POLL_S = 0.005
FAKES: dict[str, Callable[[], FakeRequestTracker | FakeRedmine]] = {
    "request_tracker": FakeRequestTracker,
    "redmine": FakeRedmine,
}


def until(come: Callable[[], bool], seconds: float) -> bool:
    """Whether it came true in time. The one place where these tests wait."""
    end = time.monotonic() + seconds
    while not come():
        if time.monotonic() > end:
            return False
        time.sleep(POLL_S)
    return True


@dataclass
class OtherSide:
    """A running server as the test steers it: ``control`` seeds, shows and restores a fake, ``gate`` holds requests."""

    url: str
    session: requests.Session = field(default_factory=requests.Session)

    def control(self, verb: str, body: Any = None) -> Any:
        """seed, state or restore; see fake_process."""
        method = "GET" if body is None else "POST"
        return self._ask(method, f"/_control/{verb}", body)

    def gate(self, verb: str, **body: Any) -> dict[str, Any]:
        """catch, release or look."""
        told: dict[str, Any] = self._ask("POST", f"/_gate/{verb}", body)
        return told

    def _ask(self, method: str, path: str, body: Any) -> Any:
        self.session.trust_env = False
        answer = self.session.request(method, self.url + path, json=body, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None


@contextmanager
def other_side(what: str) -> Iterator[OtherSide]:
    """A fake by its vendor's name, or a relay before the real server at a URL."""
    command = [sys.executable, "-m", "tests.loop.other_side", what]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout is not None
        yield OtherSide(f"http://127.0.0.1:{int(process.stdout.readline())}")
    finally:
        process.kill()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def _restorable(fake: FakeRequestTracker | FakeRedmine) -> FakeApi:
    @fake.api.route("POST", "/_control/restore")
    def restore(request: Request) -> Reply:
        fake.data.clear()
        fake.data.update(request.json())
        return Reply(204)

    return fake.api


def main(what: str) -> None:
    """Serve until SIGTERM or SIGINT."""
    api = _restorable(FAKES[what]()) if what in FAKES else Relay(what)
    Gate(api)
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    with api:
        print(api.url.rpartition(":")[2], flush=True)
        over.wait()


if __name__ == "__main__":
    main(sys.argv[1])
