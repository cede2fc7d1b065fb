"""A workspace as large as the targets say, of imaginary customers: python -m benchmarks.crowd HOME [--database URL]

100,000 tickets in 5,000 living issues of Zipf-like sizes, 20,000 accounts, plans in all states, two rankings a week
apart. The rows are written directly; only the rankings are computed by the pipeline. The same seed and the same
``--at`` give the same rows. The database must be empty.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import text
from sqlmodel import Session, SQLModel, select

from benchmarks.crowd_tickets import Crowd, Size, account_rows, cluster_rows, draw, ticket_rows, vector_rows
from benchmarks.crowd_work import Work, work
from bridge.bootstrap import Bridge, build, workspace_key
from bridge.pipeline.rank import rank
from bridge.service import people, seeds
from bridge.settings import load_settings
from bridge.store.access import User
from bridge.store.clusters import Cluster
from bridge.store.db import Database
from bridge.store.events import record
from bridge.store.leases import held
from bridge.store.migrate import upgrade
from bridge.store.models import Chosen, put_in_use
from bridge.store.suppliers import GroupMap, Supplier
from bridge.store.sync import bump, note_failure, note_success
from bridge.store.tables import metadata
from bridge.store.upsert import insert_rows
from bridge.words import Role

CONFIG = """\
[workspace]
internal_domains = ["ours.example"]

[connections.desk]
type = "files"
path = "desk"

[connections.abroad]
type = "files"
path = "abroad"

[connections.tracker]
type = "files_tracker"
path = "tracker"
"""
PASSWORD = "velvet anchor teapot"
BATCH = 5_000
DATABASE = "BRIDGE__DATABASE__URL"
WEEK = timedelta(days=7)


def name_of(role: Role) -> str:
    return f"the-{role.value}"


def make_home(home: Path, database: str | None = None) -> Bridge:
    """A workspace folder with an empty database of the present form."""
    (home / "desk").mkdir(parents=True)
    (home / "abroad").mkdir()
    (home / "config.toml").write_text(CONFIG, encoding="utf-8")
    workspace_key(home)
    bridge = build(load_settings(home, {DATABASE: database} if database else {}))
    upgrade(bridge.db)
    return bridge


def fill(bridge: Bridge, size: Size, *, at: datetime, seed: int = 7) -> Crowd:
    """Write everything but the rankings. ``at`` is the present of the data."""
    db = bridge.db
    crowd = draw(size, np.random.default_rng(seed), at)
    with db.write() as session:
        if session.exec(select(Cluster.id).limit(1)).first() is not None:
            raise SystemExit("the database holds issues already: name an empty one")
        seeds.seed(session, currency="EUR", internal_domains=["ours.example"], at=at - timedelta(days=400))
        _people(session, at)
    for table, rows in account_rows(crowd):
        _insert(db, table, rows)
    _insert(db, Cluster, cluster_rows(crowd))
    for table, rows in ticket_rows(crowd):
        _insert(db, table, rows)
    for table, rows in vector_rows(crowd, bridge.model_id):
        _insert(db, table, rows)
    _work(db, work(crowd))
    with db.write() as session:
        _streams(session, at)
        _follow_ids(session)
        put_in_use(session, Chosen(bridge.model_id, ""))
        for name in ("accounts", "clusters", "plans", "tickets", "vectors"):
            bump(session, name)
    return crowd


def rank_at(db: Database, at: datetime) -> int:
    """A ranking by the pipeline as of an instant; how many issues it ranked."""
    with held(db, "step", 600) as lease:
        if lease is None:
            raise SystemExit("a worker holds this database: stop it first")
        report = rank(db, lease=lease, now=lambda: at)
    if report.error:
        raise SystemExit(report.error)
    return report.done


def _insert(db: Database, table: type[SQLModel], rows: Iterable[Mapping[str, Any]]) -> None:
    for batch in _batches(rows):
        with db.write() as session:
            insert_rows(session, table, batch)


def _batches(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    batch: list[Mapping[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def _work(db: Database, done: Work) -> None:
    for table, rows in done.tables:
        _insert(db, table, rows)
    for batch in _batches(done.events):
        with db.write() as session:
            for event in batch:
                record(session, **event)


def _people(session: Session, at: datetime) -> None:
    """A user a role, all with ``PASSWORD``, and two suppliers with their groups."""
    suppliers = [Supplier(name=name, kind="outsourced") for name in ("Meridian Desk", "Northwind Care")]
    session.add_all(suppliers)
    session.flush()
    for supplier, group in zip(suppliers, ("partner-north", "partner-south"), strict=True):
        session.add(GroupMap(group=group, supplier_id=supplier.id or 0))
    outsourced = (Role.SUPPLIER_AGENT, Role.SUPPLIER_CONTACT)
    password = people.passwords.hashed(PASSWORD)
    for role in Role:
        supplier_id = suppliers[0].id if role in outsourced else None
        accounts = list(range(1, 41)) if role is Role.CSM else None
        session.add(
            User(
                name=name_of(role),
                role=role,
                supplier_id=supplier_id,
                accounts=accounts,
                password_hash=password,
                created_at=at,
            )
        )


def _streams(session: Session, at: datetime) -> None:
    for connection, stream in (("desk", "tickets"), ("abroad", "tickets"), ("tracker", "issues")):
        note_success(session, connection, stream, at - timedelta(minutes=3))
    note_failure(session, "abroad", "tickets", at, "the export folder cannot be read", auth=False)


def _follow_ids(session: Session) -> None:
    """PostgreSQL's own counters must follow the ids that were written."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None and not column.foreign_keys:
            quoted = f'"{table.name}"'
            counter = f"pg_get_serial_sequence('{quoted}', '{column.name}')"
            largest = f"(SELECT COALESCE(MAX({column.name}), 0) + 1 FROM {quoted})"
            session.connection().execute(text(f"SELECT setval({counter}, {largest}, false)"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path, help="folder of the new workspace")
    parser.add_argument("--database", help="URL of an empty database; by default SQLite in the workspace")
    parser.add_argument("--tickets", type=int, default=Size.tickets)
    parser.add_argument("--clusters", type=int, default=Size.clusters)
    parser.add_argument("--accounts", type=int, default=Size.accounts)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--at", type=datetime.fromisoformat, help="the present of the data, with its time zone")
    options = parser.parse_args()
    at = (options.at or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    began = time.perf_counter()
    bridge = make_home(options.home, options.database)
    fill(bridge, Size(options.tickets, options.clusters, options.accounts), at=at, seed=options.seed)
    print(f"rows written after {time.perf_counter() - began:.0f} s")
    for instant in (at - WEEK, at):
        ranked = rank_at(bridge.db, instant)
        print(f"{ranked} issues ranked as of {instant:%d %b} after {time.perf_counter() - began:.0f} s")
    bridge.db.dispose()


if __name__ == "__main__":
    main()
