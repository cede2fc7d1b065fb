"""Ranking at volume: python -m benchmarks.ranking [--tickets N] [--clusters N] [--accounts N] [--postgres] [--json]

Writes tickets, places, accounts and plans straight into a new database, no model and no texts; then ranks from cold, after
new tickets, after changed ones, and a day later. Clusters and accounts are drawn by a power of their rank (-0.8).
Rule: same seed, same data; every ranking goes through the step that the worker runs, and is stored.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import func, update
from sqlmodel import col, select

from bridge.pipeline.rank import rank
from bridge.ranked import records
from bridge.service.seeds import seed
from bridge.store.accounts import Account, AccountDomain
from bridge.store.clusters import Cluster, Membership, Score
from bridge.store.db import Database
from bridge.store.leases import held
from bridge.store.memberships import CHUNK
from bridge.store.ranking import last_run, scores_of
from bridge.store.sync import bump
from bridge.store.tables import metadata
from bridge.store.tickets import Ticket
from bridge.store.upsert import insert_rows
from tests.services.postgres import postgres_server

AT = datetime(2026, 6, 1, 6, tzinfo=UTC)
DAYS = 730
POWER = 0.8
AT_A_TIME = 20_000
STRANGERS = 0.05
"""Share of tickets whose requester no account claims."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of one ranking; ``cpu`` is this process's, the database server's is not in it."""

    name: str
    wall: float
    cpu: float
    clusters: int
    load: float
    peak_mb: int


@dataclass(frozen=True, slots=True)
class Size:
    tickets: int
    clusters: int
    accounts: int


class Maker:
    """Draws the data."""

    def __init__(self, size: Size, seed_: int) -> None:
        self.size, self.rng, self.made = size, np.random.default_rng(seed_), 0

    def fill(self, db: Database) -> None:
        rng, size = self.rng, self.size
        bands, tiers = (None, "low", "normal", "elevated", "high"), (None, "premium", "standard", "self_serve")
        with db.write() as session:
            seed(session, currency="EUR", internal_domains=["ours.example"], at=AT)
            worth = rng.lognormal(9.5, 1.5, size.accounts)
            accounts = [
                {
                    "id": n + 1,
                    "name": f"Account {n + 1}",
                    "arr": None if n % 10 == 0 else round(float(worth[n])),
                    "margin": None,
                    "risk_band": bands[int(rng.integers(5))],
                    "expectation_tier": tiers[int(rng.integers(4))],
                    "renewal_date": (AT + timedelta(days=int(rng.integers(-40, 400)))).date() if n % 3 else None,
                    "languages": [],
                    "strategic_uplift": 0.0,
                    "lifecycle": "active",
                    "source": "benchmark",
                    "as_of": AT,
                }
                for n in range(size.accounts)
            ]
            insert_rows(session, Account, accounts)
            insert_rows(
                session,
                AccountDomain,
                [{"domain": f"a{n + 1}.example", "account_id": n + 1} for n in range(size.accounts)],
            )
            clusters = [
                {"id": n + 1, "uid": f"c{n}", "title": f"Issue {n}", "title_by": "model", "titled_of": 0, "phrases": [],
                 "created_at": AT - timedelta(days=DAYS)}
                for n in range(size.clusters)
            ]  # fmt: skip
            insert_rows(session, Cluster, clusters)
        for start in range(0, size.tickets, AT_A_TIME):
            self.add(db, min(AT_A_TIME, size.tickets - start), lambda n: self.rng.uniform(0, DAYS, n))

    def add(self, db: Database, count: int, ages: Callable[[int], Any]) -> None:
        """``ages`` in days before AT."""
        rng = self.rng
        cluster, account = (self._drawn(n, count) for n in (self.size.clusters, self.size.accounts))
        age = ages(count)
        signal = np.maximum(age - rng.exponential(3, count), 0.01)
        is_open = rng.random(count) < np.where(age < 14, 0.6, 0.04)
        q = np.where(rng.random(count) < 0.3, 1.0, rng.uniform(0.6, 1, count))
        priority = rng.choice(["urgent", "high", "normal", "low"], count, p=[0.03, 0.15, 0.62, 0.2])
        stranger = rng.random(count) < STRANGERS
        first = self.made + 1
        self.made += count
        tickets, places = [], []
        for n in range(count):
            key = int(account[n]) + 1
            domain = (
                "gmail.com" if stranger[n] and n % 2 else f"s{key % 997}.example" if stranger[n] else f"a{key}.example"
            )
            tickets.append(
                {"id": first + n, "connection": "desk", "source_id": str(first + n), "subject": "", "embed_text": "",
                 "record_hash": "", "status": "open" if is_open[n] else "closed", "priority": str(priority[n]),
                 "requester_key": f"r{key}-{n % 3}", "requester_domain": domain, "requester_free_mail": False,
                 "tags": [], "attributes": {}, "created_at": AT - timedelta(days=float(age[n])),
                 "updated_at": AT, "last_customer_at": AT - timedelta(days=float(signal[n]))}
            )  # fmt: skip
            places.append(
                {"ticket_id": first + n, "cluster_id": int(cluster[n]) + 1, "q": float(q[n]), "origin": "model",
                 "zone": "automatic", "part": None, "since": AT}
            )  # fmt: skip
        with db.write() as session:
            insert_rows(session, Ticket, tickets)
            insert_rows(session, Membership, places)
            bump(session, "tickets")

    def touch(self, db: Database, count: int, at: datetime) -> None:
        """New messages in some tickets, and every fifth is closed."""
        ids = [int(id_) for id_ in self.rng.choice(self.made, count, replace=False) + 1]
        with db.write() as session:
            for some, values in ((ids, {"last_customer_at": at}), (ids[::5], {"status": "closed"})):
                for start in range(0, len(some), CHUNK):
                    part = col(Ticket.id).in_(some[start : start + CHUNK])
                    session.execute(update(Ticket).where(part).values(**values))
            bump(session, "tickets")

    def _drawn(self, of: int, count: int) -> Any:
        weights = np.arange(1, of + 1) ** -POWER
        return self.rng.choice(of, count, p=weights / weights.sum())


def measure(db: Database, name: str, at: datetime, *, cold: bool = False) -> Measured:
    with held(db, "step:rank", 600) as lease:
        assert lease is not None, "nobody else ranks here"
        wall, cpu = time.perf_counter(), time.process_time()
        report = rank(db, lease=lease, now=lambda: at, cold=cold)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if report.error:
        raise SystemExit(report.error)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Measured(name, wall, cpu, report.done, os.getloadavg()[0], peak)


def run(db: Database, size: Size, seed_: int, new: int) -> tuple[list[Measured], dict[str, Any]]:
    metadata.create_all(db.engine)
    maker, minute = Maker(size, seed_), timedelta(minutes=1)
    began = time.perf_counter()
    maker.fill(db)
    filled = time.perf_counter() - began
    if not db.is_sqlite:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
    found = [measure(db, "from cold", AT)]
    maker.add(db, new, lambda n: maker.rng.uniform(0, 0.005, n))
    found.append(measure(db, f"after {new:,} new tickets", AT + minute))
    maker.add(db, new, lambda n: maker.rng.uniform(0, 0.005, n))
    found.append(measure(db, f"after {new:,} more", AT + 2 * minute))
    maker.touch(db, new, AT)
    found.append(measure(db, f"after {new:,} changed tickets", AT + 3 * minute))
    found.append(measure(db, "a day later", AT + timedelta(days=1, minutes=4)))
    found.append(measure(db, "from cold again", AT + timedelta(days=1, minutes=5), cold=True))
    return found, {"fill_seconds": filled, **_facts(db)}


def _facts(db: Database) -> dict[str, Any]:
    with db.read() as session:
        newest = last_run(session)
        assert newest is not None, "six were stored"
        scores = scores_of(session, newest.id or 0)
        largest = scores[0].cluster_id
        pairs = sum(s["accounts"] for s in session.exec(select(Score.summary).where(Score.run_id == newest.id)))
        began = time.perf_counter()
        record = records(session, newest, [largest])[largest]
        seconds = time.perf_counter() - began
        tickets = session.exec(select(func.count()).select_from(Membership)).one()
    return {
        "tickets": tickets,
        "pairs": pairs,
        "top_accounts": record.explanation["accounts"],
        "top_record_seconds": seconds,
    }


@contextmanager
def database(postgres: bool, folder: str) -> Iterator[Database]:
    if not postgres:
        db = Database(f"sqlite:///{Path(folder) / 'bridge.db'}")
        yield db
        db.dispose()
        return
    with postgres_server() as server:
        db = Database(server.url(server.create()))
        yield db
        db.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (
        ("tickets", 1_000_000),
        ("clusters", 5_000),
        ("accounts", 20_000),
        ("new", 1_000),
        ("seed", 7),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--postgres", action="store_true", help="a server of its own, as the tests start it")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    size = Size(asked.tickets, asked.clusters, asked.accounts)
    with tempfile.TemporaryDirectory() as folder, database(asked.postgres, folder) as db:
        found, facts = run(db, size, asked.seed, asked.new)
        if db.is_sqlite:
            facts["file_mb"] = (Path(folder) / "bridge.db").stat().st_size // 2**20
    if asked.json:
        print(json.dumps({**asdict(size), "seed": asked.seed, **facts, "runs": [asdict(m) for m in found]}, indent=1))
        return
    print(f"{facts}\n\n| ranking | wall s | CPU s | load | peak MB |\n|---|---|---|---|---|")
    for m in found:
        print(f"| {m.name} | {m.wall:.1f} | {m.cpu:.1f} | {m.load:.1f} | {m.peak_mb} |")


if __name__ == "__main__":
    main()
