"""Seconds and bytes of the pages under eight readers: python -m benchmarks.service HOME [--requests N] [--only KIND]

HOME is a workspace of benchmarks.crowd. The real ``bridge serve`` runs on a free port; people of several roles sign in
with their passwords and read as fast as they are answered, no pause in between: first one kind of page at a time, then
all kinds at once. Server times are the service's own (Server-Timing); redirects of one look count together.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import numpy as np
import requests

from benchmarks.crowd import DATABASE, PASSWORD, name_of
from benchmarks.service_kinds import HOOK_SECRET, KINDS, Kind, Targets, targets
from bridge.bootstrap import build
from bridge.settings import load_settings
from bridge.words import Role

ROOT = Path(__file__).resolve().parents[1]
CLIENTS = 8
WARM_UP = 40
START_S = 60
_TIMED = re.compile(r'app;dur=([\d.]+), sql;dur=([\d.]+);desc="(\d+) statements"')
_OWN = re.compile(r'<(?:link[^>]+rel="stylesheet"[^>]+href|script[^>]+src)="([^"]+)"')


class Look:
    """One look at a page as it was answered."""

    def __init__(self, path: str, answer: requests.Response, client_ms: float) -> None:
        answers = [*answer.history, answer]
        told = [_TIMED.search(one.headers.get("Server-Timing", "")) for one in answers]
        if answer.status_code not in (200, 202) or "/signin" in answer.url or not all(told):
            raise SystemExit(f"{path}: {answer.status_code} {answer.url} is no page of the service")
        self.path, self.client_ms = path, client_ms
        self.server_ms = sum(float(one[1]) for one in told if one)
        self.sql_ms = sum(float(one[2]) for one in told if one)
        self.statements = sum(int(one[3]) for one in told if one)


@contextmanager
def served(home: Path) -> Iterator[str]:
    """``bridge serve`` as people start it. Gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "bridge", "--home", str(home.resolve()), "serve"]
    environment = {**os.environ, "BRIDGE__WEB__PORT": str(port), "BRIDGE__WEB__URL": ""}
    environment["BRIDGE__CONNECTIONS__DESK__WEBHOOK_SECRET"] = HOOK_SECRET
    log = (home / "service.log").open("wb")
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        base = f"http://127.0.0.1:{port}"
        _wait(process, base)
        yield base
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        log.close()


def _wait(process: subprocess.Popen[bytes], base: str) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            requests.get(f"{base}/signin", timeout=5)
            return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise SystemExit("the service did not start")


def signed_in(base: str, role: Role) -> requests.Session:
    reader = requests.Session()
    reader.headers["Accept-Encoding"] = "br, gzip"
    door = reader.get(f"{base}/signin", timeout=60).text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', door)
    form = {"name": name_of(role), "password": PASSWORD, "csrf_token": token[1] if token else ""}
    answer = reader.post(f"{base}/signin", data=form, timeout=60, allow_redirects=False)
    if answer.status_code != 303:
        raise SystemExit(f"{name_of(role)} cannot sign in: {answer.status_code}")
    return reader


class Clients:
    """Eight readers; each has a session of every role that a page is read in."""

    def __init__(self, base: str, there: Targets) -> None:
        self.base, self.there = base, there
        roles = sorted({role for kind in KINDS for role in kind.roles})
        self.sessions = [{role: signed_in(base, role) for role in roles} for _ in range(CLIENTS)]

    def run(self, kinds: Sequence[Kind], requests_: int) -> dict[str, list[Look]]:
        """Every client reads until ``requests_`` looks of each kind are done."""
        each = [kind for kind in kinds for _ in range(requests_)]
        random.Random(1).shuffle(each)
        with ThreadPoolExecutor(CLIENTS) as pool:
            parts = pool.map(self._reader, range(CLIENTS), (each[n::CLIENTS] for n in range(CLIENTS)))
            looks: dict[str, list[Look]] = defaultdict(list)
            for part in parts:
                for kind, look in part:
                    looks[kind].append(look)
        return looks

    def _reader(self, client: int, kinds: Sequence[Kind]) -> list[tuple[str, Look]]:
        chance = random.Random(f"client {client} {len(kinds)}")
        return [(kind.name, self.look(client, kind, chance)) for kind in kinds]

    def look(self, client: int, kind: Kind, chance: random.Random) -> Look:
        path = kind.path(self.there, chance)
        reader = self.sessions[client][chance.choice(kind.roles)]
        began = time.perf_counter()
        if kind.posts:
            headers = {"X-Bridge-Webhook-Secret": HOOK_SECRET, "X-Bridge-Delivery": uuid4().hex}
            answer = reader.post(self.base + path, json={"ticket": "1"}, headers=headers, timeout=60)
        else:
            answer = reader.get(self.base + path, timeout=60)
        return Look(path, answer, 1000 * (time.perf_counter() - began))


def weight(base: str, reader: requests.Session, path: str) -> tuple[int, int]:
    """(bytes as sent, bytes unpacked) of a page with the scripts and styles that it loads from us."""
    page = reader.get(base + path, timeout=60)
    own = {urljoin(page.url, address) for address in _OWN.findall(page.text)}
    answers = [page, *(reader.get(one, timeout=60) for one in sorted(own) if urlsplit(one).netloc in base)]
    sent = sum(_sent(reader, answer.url) for answer in answers)
    return sent, sum(len(answer.content) for answer in answers)


def _sent(reader: requests.Session, url: str) -> int:
    with reader.get(url, timeout=60, stream=True) as answer:
        return len(answer.raw.read(decode_content=False))


def table(looks: dict[str, list[Look]]) -> Iterator[str]:
    yield "| page | looks | server p50 | p95 | p99 | target p95 | SQL p95 | statements most | client p95 |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for kind in KINDS:
        if not (found := looks.get(kind.name)):
            continue
        p50, p95, p99 = np.percentile([look.server_ms for look in found], [50, 95, 99])
        sql, client = (np.percentile([getattr(look, name) for look in found], 95) for name in ("sql_ms", "client_ms"))
        most = max(look.statements for look in found)
        target = f"{kind.target_ms} ms" if kind.target_ms else ""
        figures = f"{p50:.0f} ms | **{p95:.0f} ms** | {p99:.0f} ms | {target} | {sql:.0f} ms | {most} | {client:.0f} ms"
        yield f"| {kind.name} | {len(found)} | {figures} |"
    slowest = sorted((look for found in looks.values() for look in found), key=lambda look: -look.server_ms)[:5]
    yield "\nSlowest: " + ", ".join(f"{look.path} {look.server_ms:.0f} ms" for look in slowest) + "\n"


def weights(clients: Clients, kinds: Sequence[Kind]) -> Iterator[str]:
    yield "| page | as sent, own script and style included | unpacked |"
    yield "|---|---|---|"
    for kind in (kind for kind in kinds if not kind.posts):
        path = kind.heaviest(clients.there)
        sent, unpacked = weight(clients.base, clients.sessions[0][kind.roles[0]], path)
        yield f"| {kind.name} `{path}` | {sent / 1000:.1f} kB | {unpacked / 1000:.1f} kB |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--database", help="URL of the database, if it is not the workspace's own SQLite file")
    parser.add_argument("--requests", type=int, default=400, help="looks of each kind")
    parser.add_argument("--only", action="append", help="a kind of page; may be given several times")
    options = parser.parse_args()
    if options.database:
        os.environ[DATABASE] = options.database
    kinds = [kind for kind in KINDS if not options.only or kind.name in options.only]
    bridge = build(load_settings(options.home))
    there = targets(bridge.db)
    bridge.db.dispose()
    print(f"load before: {os.getloadavg()[0]:.1f}, database: {bridge.db.url.get_backend_name()}\n")
    with served(options.home) as base:
        clients = Clients(base, there)
        clients.run(kinds, WARM_UP)
        alone = {name: looks for kind in kinds for name, looks in clients.run([kind], options.requests).items()}
        print("One kind at a time:\n", *table(alone), sep="\n")
        if len(kinds) > 1:
            print("All kinds at once:\n", *table(clients.run(kinds, options.requests)), sep="\n")
        print(*weights(clients, kinds), sep="\n")


if __name__ == "__main__":
    main()
