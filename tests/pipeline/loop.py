"""A whole installation in memory for step tests: a desk, a tracker, a clock that only moves when told, every step."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
from sqlmodel import Session, SQLModel, select

from bridge.analysis.embedding import Vectors
from bridge.analysis.intake import Reading
from bridge.pipeline.deliver import deliver
from bridge.pipeline.embed import embed
from bridge.pipeline.group import group
from bridge.pipeline.plan import plan
from bridge.pipeline.publish import Policy, publish
from bridge.pipeline.pull import Source, pull
from bridge.pipeline.push import SinkPolicy, push
from bridge.pipeline.rank import rank
from bridge.pipeline.track import track
from bridge.progress import StepReport
from bridge.service.access import Actor
from bridge.service.seeds import seed
from bridge.settings import DeliverSettings
from bridge.store.accounts import Account, AccountDomain
from bridge.store.clusters import Membership
from bridge.store.db import Database
from bridge.store.leases import Lease, held
from bridge.store.memberships import Place, open_cluster, place
from bridge.store.sync import bump
from bridge.store.tickets import Ticket as StoredTicket
from bridge.words import Role
from connectors.base import Message, Side, Ticket
from connectors.memory import MemoryDesk
from connectors.memory_tracker import MemoryTracker
from tests.pipeline.other_side import START, Clock

PM = Actor("R. Diaz", Role.PRODUCT_MANAGER)
AGENT = Actor("A. Gent", Role.AGENT)
APPROVE = Policy(automatic=False, top=20, min_accounts=2)
AUTOMATIC = Policy(automatic=True, top=20, min_accounts=2)
MODEL = "words@1"


class WordBag:
    """Vectors of hashed words: the same words, the same vector."""

    model_id, dim = MODEL, 64

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str], progress: object = None) -> Vectors:
        return np.array([self._vector(text) for text in texts], dtype=np.float32)

    def encode_batches(
        self, items: Sequence[tuple[Any, str]], batch_size: int = 2, progress: object = None
    ) -> Iterator[list[tuple[Any, Vectors]]]:
        for start in range(0, len(items), batch_size):
            chunk = items[start : start + batch_size]
            self.encoded += [text for _, text in chunk]
            yield [(key, self._vector(text)) for key, text in chunk]

    def _vector(self, text: str) -> Vectors:
        vector = np.zeros(self.dim, dtype=np.float32)
        for word in text.lower().split():
            vector[hashlib.sha256(word.encode()).digest()[0] % self.dim] += 1
        return vector / max(float(np.linalg.norm(vector)), 1e-9)


def ticket(id_: str, subject: str = "Login fails", **values: Any) -> Ticket:
    """A ticket of the desk with one message of a customer of acme.example."""
    at = values.pop("at", START - timedelta(days=2))
    body = values.pop("body", f"{subject} for us")
    message = Message(f"{id_}-1", Side.CUSTOMER, public=True, created_at=at, body=body)
    base = {"status": "open", "priority": "high", "requester": f"u{id_}@acme.example", "messages": (message,)}
    return Ticket(**({"id": id_, "created_at": at, "updated_at": at, "subject": subject} | base | values))


@dataclass
class Loop:
    db: Database
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.desk = MemoryDesk(name="desk", clock=self.clock)
        self.tracker = MemoryTracker(name="tracker", clock=self.clock)
        self.bag = WordBag()
        self.source = Source("desk", self.desk, Reading(b"secret", self.desk.status_words, self.desk.priority_words))
        with self.db.write() as session:
            seed(session, currency="EUR", internal_domains=["ours.example"], at=START)

    @contextmanager
    def lease(self) -> Iterator[Lease]:
        with held(self.db, "step", 60) as lease:
            assert lease is not None
            yield lease

    def pull(self, **values: Any) -> StepReport:
        with self.lease() as lease:
            return pull(self.db, self.source, lease=lease, now=self.clock, **values)

    def embed(self, stop: Callable[[], bool] = lambda: False) -> StepReport:
        with self.lease() as lease:
            return embed(self.db, MODEL, lambda: self.bag, lease=lease, batch_size=2, stop=stop)

    def group(self, **values: Any) -> StepReport:
        with self.lease() as lease:
            return group(self.db, MODEL, lease=lease, now=self.clock, **values)

    def rank(self) -> StepReport:
        with self.lease() as lease:
            return rank(self.db, lease=lease, now=self.clock)

    def publish(self, policy: Policy = APPROVE) -> StepReport:
        with self.lease() as lease:
            return publish(self.db, "tracker", policy, lease=lease, now=self.clock)

    def track(self) -> StepReport:
        with self.lease() as lease:
            return track(self.db, "tracker", self.tracker, lease=lease, now=self.clock)

    def plan(self, kind: str = "memory") -> StepReport:
        with self.lease() as lease:
            return plan(self.db, {"tracker": kind}, lease=lease, now=self.clock)

    def push(self, policy: SinkPolicy | None = None) -> StepReport:
        with self.lease() as lease:
            return push(self.db, {"desk": policy or SinkPolicy()}, lease=lease, now=self.clock)

    def deliver(self) -> StepReport:
        sinks = {"desk": self.desk, "tracker": self.tracker}
        return deliver(self.db, sinks, owner="w1", settings=DeliverSettings(), now=self.clock, rng=random.Random(7))

    def send(self, policy: Policy = APPROVE) -> StepReport:
        """Publish, deliver, and see in the tracker what came of it."""
        report = self.publish(policy)
        self.deliver()
        self.clock.pass_(60)
        self.track()
        return report

    def put(self, *tickets: Ticket) -> None:
        for item in tickets:
            self.desk.put(item)

    def account(self, name: str, arr: float | None, domain: str) -> int:
        with self.db.write() as session:
            account = Account(name=name, arr=arr, source="test", as_of=START)
            session.add(account)
            session.flush()
            assert account.id is not None
            session.add(AccountDomain(domain=domain, account_id=account.id))
            bump(session, "accounts")
            return account.id

    def cluster(self, title: str, *source_ids: str) -> int:
        """A cluster of pulled tickets, as the model would have placed them."""
        with self.db.write() as session:
            cluster = open_cluster(session, title, self.clock())
            ids = self.ids(session)
            place(session, [Place(ids[s], cluster.id or 0, 0.9, "model") for s in source_ids], self.clock())
            bump(session, "clusters")
            return cluster.id or 0

    def ids(self, session: Session) -> dict[str, int]:
        rows = session.exec(select(StoredTicket.source_id, StoredTicket.id))
        return {source_id: id_ or 0 for source_id, id_ in rows}

    def id_of(self, source_id: str) -> int:
        with self.db.read() as session:
            return self.ids(session)[source_id]

    def places(self) -> dict[str, int]:
        """Cluster by source id."""
        query = select(StoredTicket.source_id, Membership.cluster_id).join(Membership)
        with self.db.read() as session:
            return dict(session.exec(query).all())

    def decide(self, act: Callable[..., Any], *args: Any, actor: Actor = PM, **values: Any) -> Any:
        """A decision of the service layer, in a transaction of its own."""
        with self.db.write() as session:
            return act(session, actor, *args, at=self.clock(), **values)

    def rows(self, kind: type[SQLModel], /, **where: Any) -> list[Any]:
        with self.db.read() as session:
            found = list(session.exec(select(kind).filter_by(**where)).all())
            session.expunge_all()
            return found


def three_issues(loop: Loop) -> tuple[int, int, int]:
    """Pulled tickets of three accounts in three ranked clusters, the dearest first."""
    for name, arr in (("Acme", 240_000.0), ("Borealis", 60_000.0), ("Cobalt", 20_000.0)):
        loop.account(name, arr, f"{name.lower()}.example")
    loop.put(
        ticket("1", requester="a@acme.example"),
        ticket("2", requester="b@borealis.example"),
        ticket("3", "Export is slow", requester="b@borealis.example"),
        ticket("4", "Export is slow", requester="c@cobalt.example"),
        ticket("5", "Typo in footer", requester="c@cobalt.example", priority="low"),
    )
    loop.pull()
    found = loop.cluster("Login fails", "1", "2"), loop.cluster("Export is slow", "3", "4"), loop.cluster("Typo", "5")
    loop.rank()
    return found
