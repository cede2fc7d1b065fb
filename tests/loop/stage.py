"""A stage that is set once and restored for each kill: a workspace in the middle of its work, and both fakes.

The bridge has published issues; the tracker has moved some since; a remedy is approved but not yet told; new tickets
wait in the desk, of known issues and of new ones. One ``sync`` passes every step with something to do. The vectors of
all texts are there already, so that no process loads the model unless ``forget_vector`` asks for it.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert
from sqlmodel import Session, select

from bridge.store.clusters import Membership
from bridge.store.db import Database
from bridge.store.outbox import TrackerLink
from bridge.store.tickets import Ticket
from bridge.store.vectors import Vector
from tests.connectors.redmine.fake import KEY
from tests.connectors.request_tracker.fake import TOKEN
from tests.loop.ends import World, fake_world
from tests.loop.other_side import OtherSide, other_side, until
from tests.loop.wording import ISSUES, Wording, single, wording
from tests.loop.workspace import Bridges, Ends, Workspace, bridges
from tests.services.postgres import PostgresServer

FIRST, LATER = tuple(ISSUES)[:5], tuple(ISSUES)[5:8]
REMEDIED = FIRST[0]
ACCOUNTS = 10
QUIET_S = 90

Vectors = list[dict[str, Any]]


def accounts_csv() -> str:
    """Ten accounts from 5,000 to 2.5 million a year."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["account", "domains", "arr", "currency"])
    for number in range(ACCOUNTS):
        rows.writerow([f"Account {number}", f"account{number}.test", 5000 * 2**number, "EUR"])
    return out.getvalue()


def ticket(words: Wording, number: int, *, status: str = "new") -> dict[str, Any]:
    """What the fake desk is seeded with; ``number`` picks the account."""
    account = f"account{number % ACCOUNTS}.test"
    people = {"requestor": f"user{number}@{account}", "organization": ""}
    return {"subject": words.subject, "body": words.body, "status": status, **people}


def until_quiet(running: Bridges) -> int:
    """Sync until nothing is left to do and nothing waits. The number of syncs."""
    syncs = 0

    def quiet() -> bool:
        nonlocal syncs
        syncs += 1
        steps = running.sync()
        errors = [f"{step['step']}: {step['error']}" for step in steps if step["error"]]
        assert errors == [], errors
        waits = [note for step in steps if step["step"] == "deliver" for note in step["notes"]]
        return not waits and not any(step["done"] for step in steps)

    assert until(quiet, QUIET_S), f"not quiet after {QUIET_S} s: {running.sync()}"
    return syncs


@dataclass(frozen=True)
class Stage:
    """``home`` is the folder as it was set; ``template`` names the database to copy, or is empty for SQLite."""

    home: Path
    ends: Ends
    desk: OtherSide
    tracker: OtherSide
    desk_data: dict[str, Any]
    tracker_data: dict[str, Any]
    postgres: PostgresServer | None = None
    template: str = ""

    @contextmanager
    def restored(self, home: Path) -> Iterator[Bridges]:
        """Everything as it was set, in a folder of its own; all processes are dead after the block."""
        self.desk.control("restore", self.desk_data)
        self.tracker.control("restore", self.tracker_data)
        shutil.copytree(self.home, home, ignore=shutil.ignore_patterns("*.log"))
        workspace = Workspace(home, self.ends)
        if self.postgres is None:
            with bridges(workspace) as running:
                yield running
            return
        name = self.postgres.create(template=self.template)
        try:
            with bridges(replace(workspace, database_url=self.postgres.url(name))) as running:
                yield running
        finally:
            self.postgres.drop(name)

    def world(self) -> World:
        return fake_world(self.desk.control("state"), self.tracker.control("state"))


@contextmanager
def database(running: Bridges) -> Iterator[Database]:
    db = Database(running.workspace.url)
    try:
        yield db
    finally:
        db.dispose()


def cluster_of(db: Database, issue: str) -> int:
    """The cluster of an issue's tickets: nearly all must lie in one."""
    with db.read() as session:
        query = select(Membership.cluster_id).join(Ticket, Membership.ticket_id == Ticket.id)  # type: ignore[arg-type]
        found = list(session.exec(query.where(Ticket.subject == ISSUES[issue][0])))
    best = max(set(found), key=found.count)
    assert found.count(best) >= 0.8 * len(found), f"{issue} was not grouped: {sorted(found)}"
    return best


def remote_id(db: Database, cluster_id: int) -> str:
    with db.read() as session:
        number = session.get_one(TrackerLink, (cluster_id, "tracker")).remote_id
    assert number is not None
    return number


@contextmanager
def stage(folder: Path, vectors: Vectors, postgres: PostgresServer | None) -> Iterator[Stage]:
    """Set it, without loading the model: see ``vectors_of_all``."""
    with fakes() as (desk, tracker, ends):
        name = postgres.create() if postgres else ""
        url = postgres.url(name) if postgres else ""
        workspace = Workspace(folder / "stage", ends, url)
        workspace.write_config()
        with bridges(workspace) as running:
            running.run("init", "--yes")
            save_vectors(running, vectors)
            _play(running, desk, tracker)
        data = desk.control("state"), tracker.control("state")
        yield Stage(workspace.home, ends, desk, tracker, *data, postgres, name)


@contextmanager
def fakes() -> Iterator[tuple[OtherSide, OtherSide, Ends]]:
    with other_side("request_tracker") as desk, other_side("redmine") as tracker:
        yield desk, tracker, Ends(desk.url, TOKEN, tracker.url, KEY)


def vectors_of_all(folder: Path) -> Vectors:
    """The vectors of every text of the stage and of late joiners, made by the bridge with the real model."""
    with fakes() as (desk, _, ends):
        workspace = Workspace(folder, ends)
        workspace.write_config()
        desk.control("seed", [*_first_tickets(), *_later_tickets(), *(late_joiner(n) for n in range(60))])
        with bridges(workspace) as running:
            running.run("init", "--yes")
            running.run("sync", "--step", "pull", "--step", "embed")
            with database(running) as db, db.read() as session:
                return [row.model_dump() for row in session.exec(select(Vector)).all()]


def _first_tickets() -> list[dict[str, Any]]:
    words = [wording(issue, number) for issue in FIRST for number in range(7)] + [single(n) for n in range(5)]
    return [ticket(w, n, status="resolved" if n % 7 == 3 else "new") for n, w in enumerate(words)]


def _later_tickets() -> list[dict[str, Any]]:
    late = [wording(issue, number) for issue in LATER for number in range(5)]
    late += [wording(REMEDIED, number) for number in range(7, 10)]
    return [ticket(w, n) for n, w in enumerate(late, 40)]


def late_joiner(number: int) -> dict[str, Any]:
    """A further ticket of the remedied issue; its text has a vector already."""
    return ticket(wording(REMEDIED, number), number)


def _play(running: Bridges, desk: OtherSide, tracker: OtherSide) -> None:
    desk.control("seed", _first_tickets())
    csv_file = running.workspace.home / "accounts.csv"
    csv_file.write_text(accounts_csv(), "utf-8")
    running.run("import", "accounts", str(csv_file))
    until_quiet(running)
    with database(running) as db:
        remedied, other = (cluster_of(db, issue) for issue in FIRST[:2])
        tracker.control("seed", {"version": 1, "status": "closed"})
        tracker.control("seed", {"id": int(remote_id(db, remedied)), "status": "Closed", "version": 1})
        until_quiet(running)
        running.run("remedy", "edit", f"IB-{remedied}", "--set", "say=Version 1.0 repairs it. Please update.")
        running.run("remedy", "approve", f"IB-{remedied}", "--owner", "Ada Product")
        tracker.control("seed", {"id": int(remote_id(db, other)), "status": "In Progress"})
    desk.control("seed", _later_tickets())


def save_vectors(running: Bridges, vectors: Vectors) -> None:
    with database(running) as db, db.write() as session:
        session.execute(insert(Vector), vectors)


def forget_vector(running: Bridges) -> None:
    """Leave one text of a ticket without its vector, so that the model has something to do."""
    with database(running) as db, db.write() as session:
        _forget(session)


def _forget(session: Session) -> None:
    ticket_hash = session.exec(select(Ticket.embed_hash).where(Ticket.subject == ISSUES[REMEDIED][0])).first()
    assert session.execute(delete(Vector).where(Vector.content_hash == ticket_hash)).rowcount == 1  # type: ignore[arg-type,attr-defined]
