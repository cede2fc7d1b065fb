"""A replay reads the source again: what is well by now comes in, what is not stays set aside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from bridge.analysis.intake import Reading
from bridge.pipeline.pull import Source, pull
from bridge.progress import StepReport
from bridge.service.access import Actor, Forbidden
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.set_aside import list_set_aside, replay
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.leases import held
from bridge.store.sync import SyncState
from bridge.words import Role
from connectors.base import Account, Page, Rejected, Ticket

AT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
ADA = Actor("ada", Role.ADMIN)


class Export:
    """A desk with one page; ``bad`` records of it cannot be read."""

    name = "desk"

    def __init__(self) -> None:
        self.bad = {"line 3", "line 4"}

    def check(self) -> None:
        """There is nothing that could be wrong."""

    def pull_tickets(self, cursor: str | None) -> Iterator[Page[Ticket]]:
        if cursor is not None:
            return
        lines = ["line 2", "line 3", "line 4"]
        items = tuple(
            Ticket(id=line, created_at=AT, updated_at=AT, subject=line) for line in lines if line not in self.bad
        )
        yield Page(items, "end", tuple(Rejected(line, "no date", f"{line},x@y.example") for line in sorted(self.bad)))

    def pull_accounts(self, cursor: str | None) -> Iterator[Page[Account]]:
        yield from ()


def pulled(db: Database, desk: Export, at: datetime) -> StepReport:
    source = Source("desk", desk, Reading(b"key", {}, {}))  # type: ignore[arg-type]
    with held(db, "pull", 60) as lease:
        assert lease is not None
        return pull(db, source, lease=lease, now=lambda: at)


def test_replay_brings_in_what_is_well_by_now(db: Database) -> None:
    desk = Export()
    assert (pulled(db, desk, AT).done, pulled(db, desk, AT).done) == (1, 0)
    with db.read() as session:
        assert {row.ref for row in list_set_aside(session)} == {"line 3", "line 4"}
    desk.bad = {"line 4"}
    assert pulled(db, desk, AT + timedelta(hours=1)).done == 0

    with db.write() as session:
        replay(session, ADA, "desk", "tickets", at=AT)
    report = pulled(db, desk, AT + timedelta(hours=2))

    assert (report.done, report.skipped, report.failed) == (1, 1, 1)
    with db.read() as session:
        [left] = list_set_aside(session)
        assert (left.ref, left.first_seen_at, left.last_seen_at) == ("line 4", AT, AT + timedelta(hours=2))
        event = session.exec(select(Event).where(Event.kind == "intake.replayed")).one()
        assert (event.actor, event.subject) == ("ada", "connection:desk")


def test_what_cannot_be_replayed_says_why(db: Database) -> None:
    with db.write() as session:
        session.add(SyncState(connection="desk", stream="tickets", cursor="7"))
    with db.write() as session:
        with pytest.raises(UnknownId, match="desk tickets"):
            replay(session, ADA, "desk", "issues", at=AT)
        with pytest.raises(ServiceError, match="import it again"):
            replay(session, ADA, "import", "accounts", at=AT)
        with pytest.raises(Forbidden):
            replay(session, Actor("bob", Role.AGENT), "desk", "tickets", at=AT)
    with db.read() as session:
        assert session.get_one(SyncState, ("desk", "tickets")).cursor == "7"
