"""Any sequence of writes, faults, crashes, pauses and waits ends with one thing for each key, none missing."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlmodel import select

from bridge.pipeline.deliver import courier
from bridge.settings import DeliverSettings
from bridge.store.db import Database
from bridge.store.outbox import OutboxRow
from bridge.store.outbox_queries import dead_letters, retry
from bridge.store.tables import metadata
from connectors.base import CreateGuarantee
from tests.pipeline.other_side import Clock, OtherSide
from tests.pipeline.outgoing import Crash, put_issue, put_update, row_of, run

POINTS = ("deliver.after_claim", "deliver.before_send", "deliver.after_send", "deliver.after_record")
FAULTS = ("", "lost", "lost", "doubt", "before", "rate", "auth", "permanent", "bug")
LOOK_FAULTS = ("", "before", "doubt", "rate", "auth", "bug")
SETTINGS = DeliverSettings(request_timeout=5, max_attempts=3, first_retry=30)
HOLD_S = 40.0


class Deliveries(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.db = Database(f"sqlite:///{Path(self.folder.name) / 'bridge.db'}")
        metadata.create_all(self.db.engine)
        self.patch = pytest.MonkeyPatch()
        self.clock = Clock()
        self.rows: list[int] = []
        self.rng = random.Random(1)
        self.event: tuple[str, float | None] | None = None
        self.patch.setattr(courier, "failpoint", self.pass_failpoint)

    @initialize(eventual=st.sampled_from([True, True, False]))
    def begin(self, eventual: bool) -> None:
        kind = CreateGuarantee("eventual_lookup", HOLD_S) if eventual else CreateGuarantee("consistent_lookup")
        self.other = OtherSide(self.clock, create_guarantee=kind, lag=HOLD_S if eventual else 0.0)

    def pass_failpoint(self, name: str) -> None:
        """The scripted event happens once: None ends the process, a number lets it sleep that long."""
        if self.event is None or self.event[0] != name:
            return
        seconds, self.event = self.event[1], None
        if seconds is None:
            raise Crash(name)
        self.clock.pass_(seconds)
        self.deliver_as("w2")

    def deliver_as(self, owner: str) -> None:
        run(self.db, self.other, self.clock, owner=owner, settings=SETTINGS, rng=self.rng)

    @rule(fault=st.sampled_from(FAULTS))
    def decide_to_create(self, fault: str) -> None:
        self.rows.append(put_issue(self.db, f"k{len(self.rows)}", at=self.clock()))
        self.other.faults.append(fault)
        self.deliver_as("w1")

    @rule(data=st.data())
    def decide_to_update(self, data: st.DataObject) -> None:
        creates = [n for n in self.rows if row_of(self.db, n).kind == "create_issue"]
        if creates:
            cluster_id = row_of(self.db, data.draw(st.sampled_from(creates))).payload["cluster_id"]
            self.rows.append(put_update(self.db, cluster_id, f"k{len(self.rows)}", body="more"))

    @rule(fault=st.sampled_from(FAULTS), look=st.sampled_from(LOOK_FAULTS))
    def script(self, fault: str, look: str) -> None:
        self.other.faults.append(fault)
        self.other.look_faults.append(look)

    @rule(
        point=st.sampled_from(POINTS),
        seconds=st.none() | st.sampled_from([1.0, 8.0, 12.0, 60.0]),
    )
    def deliver_with_event(self, point: str, seconds: float | None) -> None:
        self.event = (point, seconds)
        with suppress(Crash):
            self.deliver_as("w1")
        self.event = None

    @rule(seconds=st.sampled_from([1, 12, 30, 46, 1000]))
    def wait_and_deliver(self, seconds: int) -> None:
        self.clock.pass_(seconds)
        self.deliver_as("w1")

    @rule()
    def retry_the_dead(self) -> None:
        with self.db.write() as session:
            for row in dead_letters(session):
                retry(session, row, actor="ann", at=self.clock())

    @invariant()
    def nothing_is_there_twice(self) -> None:
        if self.rows:
            assert max(Counter(self.other.keys).values(), default=1) == 1

    def teardown(self) -> None:
        try:
            if self.rows:
                self.everything_arrives()
        finally:
            self.patch.undo()
            self.db.dispose()
            self.folder.cleanup()

    def everything_arrives(self) -> None:
        self.event = None
        self.other.faults.clear()
        self.other.look_faults.clear()
        for _ in range(4):
            self.retry_the_dead()
            self.clock.pass_(4000)
            self.deliver_as("w1")
        with self.db.read() as session:
            rows = session.exec(select(OutboxRow)).all()
            assert {row.state for row in rows} == {"sent"}
            wanted = {row.key: row.remote_id for row in rows if row.kind == "create_issue"}
        assert {thing.key: thing.id for thing in self.other.things} == wanted
        self.nothing_is_there_twice()


Deliveries.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
TestDeliveries = Deliveries.TestCase
