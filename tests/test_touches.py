"""Two days of traffic through the whole loop into a stand-in for Redmine: touched for facts, never for noise."""

from __future__ import annotations

from pathlib import Path

from benchmarks.touches import a_week, tracker_of
from bridge.store.db import Database
from bridge.store.outbox import OutboxRow
from tests.pipeline.loop import Loop


def test_days_of_traffic_touch_little_and_nothing_flaps(sqlite_db: Database, tmp_path: Path) -> None:
    with tracker_of("fake", tmp_path) as (tracker, edit, journals):
        loop = Loop(sqlite_db)
        loop.tracker = tracker  # type: ignore[assignment]
        told = a_week(loop, days=1, people=edit, issues=12, accounts=30, tickets=30)
        assert journals() == told["touched"] + told["comments"] + 1, "one change a write, and the person's"
    assert told["priorities that went back within two days"] == 0
    assert 0 < told["touched"] < told["if every change of the text were written"] / 2
    assert told["not sent"] == told["fields left to people"] == 0
    assert told["comments"] == 2
    assert {row.state for row in loop.rows(OutboxRow)} <= {"sent", "superseded"}
