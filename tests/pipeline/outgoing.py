"""Puts rows into an outbox and delivers them, for the tests of the step."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest
from sqlmodel import select

from bridge.pipeline.deliver import courier, deliver
from bridge.progress import StepReport
from bridge.settings import DeliverSettings
from bridge.store.clusters import Cluster
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.outbox import OutboxRow, TrackerLink
from bridge.store.outbox_queries import enqueue
from tests.pipeline.other_side import START, Clock, OtherSide

SETTINGS = DeliverSettings(request_timeout=5, max_attempts=4, first_retry=30)
LEASE_S = 11
DRAFT = {"title": "Login fails", "body": "12 customers", "priority": "top", "labels": ["bridge"]}


class Crash(BaseException):
    """The end of the process, as far as the code under test can tell."""


def crash_at(patch: pytest.MonkeyPatch, point: str, times: int = 1) -> None:
    """End the process at the next passages of the failpoint."""
    left = [times]

    def failpoint(name: str) -> None:
        if name == point and left[0]:
            left[0] -= 1
            raise Crash(name)

    patch.setattr(courier, "failpoint", failpoint)


def add_cluster(db: Database) -> int:
    with db.write() as session:
        found = len(session.exec(select(Cluster)).all())
        cluster = Cluster(uid=f"uid-{found}", title="Login fails", created_at=START)
        session.add(cluster)
        session.flush()
        assert cluster.id is not None
        return cluster.id


def put(db: Database, kind: str, payload: dict[str, Any], **values: Any) -> int:
    """Enqueue a row and return its id."""
    with db.write() as session:
        values = {"key": f"key-{random.random()}", "stream": f"alone-{random.random()}", "at": START} | values
        row = enqueue(session, kind=kind, payload=payload, **({"connection": "other"} | values))
        assert row is not None
        assert row.id is not None
        return row.id


def put_issue(db: Database, key: str = "k1", connection: str = "other", **values: Any) -> int:
    cluster_id = add_cluster(db)
    payload = {"cluster_id": cluster_id, "draft": DRAFT}
    stream = f"issue:{cluster_id}:{connection}"
    return put(db, "create_issue", payload, **({"key": key, "stream": stream, "connection": connection} | values))


def put_update(db: Database, cluster_id: int, key: str = "u1", **draft: Any) -> int:
    stream = f"issue:{cluster_id}:other"
    payload = {"cluster_id": cluster_id, "remote_id": None, "marker": "k1", "draft": draft}
    return put(db, "update_issue", payload, key=key, stream=stream)


def run(
    db: Database, sinks: OtherSide | Mapping[str, object], clock: Clock, owner: str = "w1", **parts: Any
) -> StepReport:
    sinks = {sinks.name: sinks} if isinstance(sinks, OtherSide) else sinks
    parts = {"settings": SETTINGS, "rng": random.Random(7)} | parts
    return deliver(db, sinks, owner=owner, now=clock, **parts)


def row_of(db: Database, row_id: int) -> OutboxRow:
    with db.read() as session:
        row = session.get_one(OutboxRow, row_id)
        session.expunge_all()
        return row


def link_of(db: Database, cluster_id: int) -> TrackerLink | None:
    with db.read() as session:
        link = session.get(TrackerLink, (cluster_id, "other"))
        session.expunge_all()
        return link


def events_of(db: Database, kind: str) -> list[Event]:
    with db.read() as session:
        found = list(session.exec(select(Event).where(Event.kind == kind)).all())
        session.expunge_all()
        return found
