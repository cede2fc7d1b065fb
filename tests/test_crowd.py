"""The generator of the large workspace: what it writes is whole, of the promised shape, and the same every time."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from sqlalchemy import func
from sqlmodel import Session, col, select

from benchmarks.crowd import PASSWORD, WEEK, fill, make_home, name_of, rank_at
from benchmarks.crowd_tickets import Crowd, Size, draw, sizes
from benchmarks.service_kinds import KINDS, targets
from bridge.bootstrap import Bridge
from bridge.ranked import records
from bridge.service import signing_in
from bridge.store.accounts import Account
from bridge.store.clusters import Cluster, Membership, RankRun, Score
from bridge.store.outbox import OutboxRow, TrackerLink
from bridge.store.remedies import Delivery, RemedyPlan
from bridge.store.tickets import Message, Ticket
from bridge.store.vectors import Vector
from bridge.web.app import create_app
from bridge.words import OutboxState, RemedyState, Role
from tests.services.postgres import PostgresServer

SMALL = Size(tickets=900, clusters=60, accounts=200)
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


def filled(home: Path, url: str | None = None) -> Bridge:
    bridge = make_home(home, url)
    fill(bridge, SMALL, at=AT)
    for instant in (AT - WEEK, AT):
        assert rank_at(bridge.db, instant) > SMALL.clusters // 2
    return bridge


def number(session: Session, table: type) -> int:
    return session.exec(select(func.count()).select_from(table)).one()


def test_sizes_are_those_of_a_long_tail() -> None:
    whole = sizes(Size())
    assert whole.sum() == Size.tickets
    assert len(whole) == Size.clusters
    assert 1_700 <= whole[0] <= 2_300
    assert np.median(whole) <= 10


def test_largest_issue_has_about_five_hundred_accounts() -> None:
    crowd = draw(Size(), np.random.default_rng(7), AT)
    largest = Counter(crowd.cluster.tolist()).most_common(1)[0][0]
    assert 430 <= len(set(crowd.account[crowd.cluster == largest].tolist())) <= 560


def test_same_seed_draws_the_same_crowd() -> None:
    first, second = (draw(SMALL, np.random.default_rng(3), AT) for _ in range(2))
    assert first.status == second.status
    assert _rows(first) == _rows(second) != _rows(draw(SMALL, np.random.default_rng(4), AT))


def _rows(crowd: Crowd) -> list[list[float]]:
    return [array.tolist() for array in (crowd.cluster, crowd.account, crowd.days, crowd.planned)]


def test_workspace_holds_everything_the_pages_show(tmp_path: Path) -> None:
    bridge = filled(tmp_path / "home")
    with bridge.db.read() as session:
        assert number(session, Ticket) == number(session, Membership) == number(session, Vector) == SMALL.tickets
        assert 2 * SMALL.tickets <= number(session, Message) <= 3 * SMALL.tickets
        assert number(session, Account) == SMALL.accounts
        assert number(session, Cluster) == SMALL.clusters + SMALL.tombstones
        assert set(session.exec(select(RemedyPlan.state))) == {state.value for state in RemedyState}
        assert {OutboxState.SENT, OutboxState.DEAD, OutboxState.PENDING} <= set(session.exec(select(OutboxRow.state)))
        assert number(session, Delivery)
        assert number(session, TrackerLink)
        runs = session.exec(select(RankRun).order_by(col(RankRun.as_of))).all()
        assert [run.as_of for run in runs] == [AT - WEEK, AT]
        last = session.exec(select(Score).where(Score.run_id == runs[1].id)).all()
        assert any(record.explanation["delta_vs_previous"] for record in records(session, runs[1]).values())
        assert last
    bridge.db.dispose()


def test_every_measured_page_is_there_for_each_of_its_readers(tmp_path: Path) -> None:
    bridge = filled(tmp_path / "home")
    app, there = create_app(bridge), targets(bridge.db)
    now = datetime.now(UTC)
    for kind in (kind for kind in KINDS if not kind.posts):
        for role in set(kind.roles):
            client = app.test_client()
            secret = signing_in.sign_in(bridge.db, name_of(role), PASSWORD, "127.0.0.1", at=now, lives=WEEK)
            with client.session_transaction() as cookie:
                cookie["sid"] = secret
            page = kind.path(there, random.Random(1)) if role is Role.SUPPLIER_AGENT else kind.heaviest(there)
            assert client.get(page, follow_redirects=True).status_code == 200, f"{page} as {role}"
    bridge.db.dispose()


def test_postgresql_counts_on_after_the_written_ids(tmp_path: Path, postgres: PostgresServer) -> None:
    name = postgres.create()
    bridge = filled(tmp_path / "home", postgres.url(name))
    with bridge.db.write() as session:
        session.add(Account(name="One more", source="test", as_of=AT))
        session.flush()
        assert number(session, Account) == SMALL.accounts + 1
    bridge.db.dispose()
    postgres.drop(name)
