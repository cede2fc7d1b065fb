"""A ranking that reads only what changed says, byte for byte, what one says that reads everything anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from bridge.analysis.record import canonical_json
from bridge.analysis.scoring import ScoringConfig
from bridge.pipeline.rank import compute
from bridge.pipeline.rank.standing import Standing, standing
from bridge.pipeline.rank.storing import store
from bridge.ranked import inputs, records
from bridge.store import memberships
from bridge.store.accounts import Account, AccountDomain
from bridge.store.clusters import Cluster, Membership, RankRun, ScoringConfigVersion
from bridge.store.db import Database
from bridge.store.rank_cache import RankCache
from bridge.store.ranking import last_run
from bridge.store.remedies import PlanRevision, RemedyPlan
from bridge.store.sync import WorkspaceFact, bump
from bridge.store.tables import metadata
from bridge.store.tickets import Ticket
from tests.analysis.small_workspaces import Rows, Workspace, crowds, workspaces
from tests.pipeline.loop import Loop, three_issues, ticket


@pytest.fixture
def loop(db: Database) -> Loop:
    return Loop(db)


START = datetime(2026, 3, 1, tzinfo=UTC)
DOMAINS = ("c0.example", "c0.example", "c1.example", "corp0.example", "ours.example", "gmail.com", None)
HOURS = (-200, -48, -1, 0, 0, 30)
NUMBERS = st.integers(0, 7)


@dataclass
class World:
    """A database, its clock, and what every run said when it was made."""

    session: Session
    now: datetime
    said: dict[int, str] = field(default_factory=dict)
    tickets: int = 0

    def pick(self, kind: Any, n: int) -> Any:
        rows = self.session.exec(select(kind)).all()
        return rows[n % len(rows)] if rows else None

    def new_ticket(self, n: int, m: int) -> None:
        cluster = self.living(n % 2)
        at = self.now + timedelta(hours=HOURS[(n + m) % len(HOURS)])
        self.tickets += 1
        ticket = Ticket(
            connection="new", source_id=str(self.tickets), subject="", embed_text="", record_hash="", status="open",
            priority=("urgent", "high", "normal", "low")[n % 4], created_at=at, updated_at=at, last_customer_at=at,
            requester_domain=DOMAINS[m % len(DOMAINS)], requester_key=f"key-{n % 3}",
        )  # fmt: skip
        self.session.add(ticket)
        self.session.flush()
        q = (1.0, 0.3, 0.9)[n % 3]
        place = memberships.Place(ticket.id or 0, cluster.id or 0, q, "model")
        memberships.place(self.session, [place], self.now)

    def living(self, n: int) -> Cluster:
        rows = self.session.exec(select(Cluster).where(col(Cluster.merged_into).is_(None))).all()
        return rows[n % len(rows)]

    def message(self, n: int, _: int) -> None:
        self._change(n, last_customer_at=self.now)

    def status(self, n: int, m: int) -> None:
        self._change(n, status=("open", "closed", "solved", "new")[m % 4])

    def priority(self, n: int, m: int) -> None:
        self._change(n, priority=("urgent", "high", "normal", "low")[m % 4])

    def owner(self, n: int, m: int) -> None:
        self._change(n, requester_domain=DOMAINS[m % len(DOMAINS)], account_ref=None)

    def delete(self, n: int, m: int) -> None:
        self._change(n, deleted_at=self.now if m % 2 else None)

    def unplace(self, n: int, _: int) -> None:
        place = self.pick(Membership, n)
        if place:
            memberships.unplace(self.session, [place.ticket_id])

    def _change(self, n: int, **values: Any) -> None:
        ticket = self.pick(Ticket, n)
        self.session.execute(update(Ticket).where(col(Ticket.id) == ticket.id).values(**values))

    def move(self, n: int, m: int) -> None:
        place = self.pick(Membership, n)
        if place:
            new = memberships.Place(place.ticket_id, self.living(m).id or 0, 1.0, "human")
            memberships.place(self.session, [new], self.now)

    def sure(self, n: int, m: int) -> None:
        place = self.pick(Membership, n)
        if place:
            place.q = (1.0, 0.3, 0.9)[m % 3]
            self.session.add(place)

    def merge(self, n: int, m: int) -> None:
        loser, winner = self.living(n), self.living(m)
        if loser.id != winner.id:
            memberships.merge(self.session, loser, winner)

    def override(self, n: int, m: int) -> None:
        cluster = self.living(n)
        cluster.severity_override = (None, "S1", "S3")[m % 3]
        self.session.add(cluster)

    def release(self, n: int, m: int) -> None:
        plan = self.pick(RemedyPlan, n)
        plan.approved_revision, plan.released_at = 1, self.now + timedelta(days=(-30, -1, 0, 2)[m % 4])
        revision = self.session.exec(select(PlanRevision).where(PlanRevision.plan_id == plan.id)).one()
        revision.state = ("released", "triage", "verified")[m % 3]
        self.session.add_all((plan, revision))

    def resolution(self, n: int, m: int) -> None:
        known = self.session.exec(select(AccountDomain).where(AccountDomain.domain == DOMAINS[n % 3])).all()
        for row in known:
            self.session.delete(row)
        if not known:
            account = self.pick(Account, m)
            self.session.add(AccountDomain(domain=DOMAINS[n % 3], account_id=account.id))

    def worth(self, n: int, m: int) -> None:
        account = self.pick(Account, n)
        account.arr, account.risk_band = (None, 5_000.0, 240_000.0)[m % 3], (None, "high", "low")[m % 3]
        self.session.add(account)
        bump(self.session, "accounts")

    def constants(self, n: int, m: int) -> None:
        newest = self.session.exec(
            select(ScoringConfigVersion).order_by(col(ScoringConfigVersion.version).desc())
        ).first()
        assert newest
        config = ScoringConfig.from_dict(newest.params)
        severities = dict(config.priority_severity, normal=("S3", "S2")[n % 2])
        config = replace(config, priority_severity=severities, kappa=(0.5, 0.0, 1.0)[m % 3])
        params = config.to_dict()
        self.session.add(ScoringConfigVersion(params=params, at=self.now, actor="test", why="test"))
        bump(self.session, "scoring")

    def time(self, n: int, _: int) -> None:
        self.now += timedelta(hours=(1, 24, 24 * 7, 24 * 29, 24 * 100)[n % 5])

    def spoil(self, n: int, m: int) -> None:
        """The kept numbers are damaged, in one of the ways in which that can be seen."""
        row = self.pick(RankCache, n)
        if row is None:
            return
        ways: list[Callable[[], Any]] = [
            lambda: setattr(row, "pile", row.pile[:-3]),
            lambda: setattr(row, "pile", row.pile[:9] + b"\x07" + row.pile[10:]),
            lambda: setattr(row, "recent", row.recent + bytes(12)),
            lambda: setattr(row, "open_tickets", row.open_tickets + 1),
            lambda: self.session.delete(row),
            lambda: self.session.execute(delete(WorkspaceFact)),
            lambda: self.session.execute(delete(RankCache)),
        ]
        ways[m % len(ways)]()

    def rank(self, _n: int, _m: int) -> None:
        self.session.flush()
        before = last_run(self.session, kept=True)
        warm = standing(self.session, self.now, before)
        cold = standing(self.session, self.now, before, cold=True)
        assert figures(warm) == figures(cold)
        inputs_before = inputs(self.session, before) if before else {}
        alone = compute(self.session, self.now, inputs_before)
        store(self.session, warm, actor="test")
        run = last_run(self.session, kept=True)
        assert run
        assert run.id
        stored = records(self.session, run)
        assert [e.cluster_id for e in alone.explanations] == list(stored)
        for e in alone.explanations:
            assert canonical_json(stored[e.cluster_id].explanation) == canonical_json(e.to_dict())
            assert canonical_json(stored[e.cluster_id].inputs) == canonical_json(e.inputs)
        self.said[run.id] = self.say(run)
        self.check()

    def say(self, run: RankRun) -> str:
        return "\n".join(canonical_json(record.explanation) for record in records(self.session, run).values())

    def check(self) -> None:
        """Every run says what it said."""
        for id_, said in self.said.items():
            assert self.say(self.session.get_one(RankRun, id_)) == said


def figures(found: Standing) -> Any:
    return found.scored, found.together, found.facts, found.sides, found.renewals


OPERATIONS = [
    World.new_ticket, World.new_ticket, World.new_ticket, World.new_ticket, World.new_ticket, World.message, World.status, World.priority, World.owner, World.delete,
    World.unplace, World.move, World.sure, World.merge, World.override, World.release, World.resolution, World.worth,
    World.constants, World.time, World.spoil, World.rank, World.rank, World.rank,
]  # fmt: skip
steps = st.lists(st.tuples(st.sampled_from(OPERATIONS), NUMBERS, NUMBERS), min_size=10, max_size=30)


def live_through(session: Session, workspace: Workspace, life: list[tuple[Any, int, int]]) -> World:
    Rows(session).write(workspace)
    world = World(session, workspace.as_of)
    world.rank(0, 0)
    for operation, n, m in life:
        operation(world, n, m)
        session.flush()
    world.rank(0, 0)
    return world


@settings(max_examples=20, deadline=None)
@given(workspaces() | crowds(), steps)
def test_reading_what_changed_is_reading_everything(workspace: Workspace, life: list[tuple[Any, int, int]]) -> None:
    with TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{Path(folder) / 'db.sqlite'}")
        metadata.create_all(db.engine)
        with Session(db.engine) as session:
            live_through(session, workspace, life)
        db.dispose()


def test_a_ticket_that_fell_behind_another_is_still_told_of(loop: Loop) -> None:
    """The severity of a ticket that decided falls below that of another: that is a severity change, not decay."""
    at = loop.clock() - timedelta(days=3)
    loop.put(ticket("1", priority="urgent", at=at), ticket("2", priority="high", at=at))
    loop.pull()
    loop.cluster("One", "1", "2")
    loop.rank()
    loop.clock.pass_(60)
    with loop.db.write() as session:
        session.execute(update(Ticket).where(col(Ticket.source_id) == "1").values(priority="low"))
        bump(session, "tickets")
        before = last_run(session)
        assert before
        alone = compute(session, loop.clock(), inputs(session, before))
    loop.rank()
    with loop.db.read() as session:
        [record] = records(session, session.get_one(RankRun, 2)).values()
    causes = {part["cause"]: part["amount"] for part in record.explanation["delta_vs_previous"]["causes"]}
    assert causes["severity change"] < 0
    assert abs(causes["decay"]) < 1
    assert canonical_json(record.explanation) == canonical_json(alone.explanations[0].to_dict())


WAYS = range(7)


@pytest.mark.parametrize("way", WAYS)
def test_numbers_that_were_damaged_are_read_again(loop: Loop, way: int) -> None:
    three_issues(loop)
    loop.clock.pass_(60)
    with loop.db.write() as session:
        world = World(session, loop.clock())
        for n in range(3):
            world.spoil(n, way)
            if way == 1:
                world.message(n, 0)
        session.flush()
        before = last_run(session)
        assert figures(standing(session, world.now, before)) == figures(standing(session, world.now, before, cold=True))


def test_a_ticket_that_is_not_yet_opened_counts_when_its_time_has_come(loop: Loop) -> None:
    three_issues(loop)
    loop.put(ticket("soon", at=loop.clock() + timedelta(hours=2)))
    loop.pull()
    loop.cluster("Soon", "soon")
    seen = []
    for _ in range(3):
        loop.clock.pass_(3600)
        with loop.db.write() as session:
            bump(session, "tickets")
        loop.rank()
        with loop.db.read() as session:
            run = last_run(session)
            assert run
            seen.append(run.clusters)
    assert seen == [3, 4, 4]


def test_what_changed_alone_is_read(loop: Loop) -> None:
    three_issues(loop)
    loop.put(ticket("new", at=loop.clock()))
    loop.pull()
    loop.cluster("New", "new")
    with loop.db.read() as session:
        before = last_run(session)
        kept = standing(session, loop.clock(), before).keeping
        everything = standing(session, loop.clock(), before, cold=True).keeping
    assert (kept.cold, kept.read) == (False, 1)
    assert everything.cold
    assert everything.read == len(loop.rows(Membership))
