"""A workspace whose issues people are told of: users, a mail box in memory, and the two steps."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bridge.analysis.emerging import Rules
from bridge.pipeline.deliver import deliver
from bridge.pipeline.notify import Composer, Reach, Weekly, alert, digest
from bridge.progress import StepReport
from bridge.settings import DeliverSettings
from bridge.store.access import User
from bridge.store.memberships import Place, place
from bridge.store.notices import NoticePreference, Subscription
from bridge.store.sync import bump
from bridge.words import NoticeChoice, NoticeKind, Role
from connectors.base import CreateGuarantee, Ref
from connectors.notices import Channel, Notice
from tests.pipeline.loop import Loop, ticket

SECRET = b"secret"
ADDRESS = "https://bridge.example"


@dataclass
class Box:
    """A notifier; what a second send of a key brings is the same message."""

    name: str = "mail"
    channel: Channel = "email"
    create_guarantee: CreateGuarantee = field(default_factory=lambda: CreateGuarantee("client_id"))
    sent: list[tuple[str, Notice]] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    def check(self) -> str:
        return "well"

    def send(self, notice: Notice, *, key: str) -> Ref:
        self.before()
        self.sent.append((key, notice))
        return Ref(key)

    def to(self, address: str | None) -> list[Notice]:
        return [notice for _, notice in self.sent if notice.to == address]


@dataclass
class Telling:
    loop: Loop
    mail: Box = field(default_factory=Box)
    room: Box = field(default_factory=lambda: Box("room", "slack"))
    rules: Rules = field(default_factory=Rules)
    weekly: Weekly = field(default_factory=Weekly)
    reach: Reach = field(default_factory=lambda: Reach(email="mail", channels=("room",)))

    def user(self, name: str, role: Role, **more: Any) -> int:
        address = more.pop("email", f"{name}@ours.example")
        with self.loop.db.write() as session:
            user = User(name=name, role=role, email=address, **more)
            session.add(user)
            session.flush()
            return user.id or 0

    def choose(self, user_id: int, kind: NoticeKind, choice: NoticeChoice) -> None:
        with self.loop.db.write() as session:
            session.merge(Subscription(user_id=user_id, kind=kind, choice=choice, at=self.loop.clock()))

    def prefer(self, user_id: int, **more: Any) -> None:
        with self.loop.db.write() as session:
            session.merge(NoticePreference(user_id=user_id, **more))

    def alert(self) -> StepReport:
        with self.loop.lease() as lease:
            return alert(self.loop.db, self.rules, self.reach, lease=lease, now=self.loop.clock)

    def digest(self, **more: Any) -> StepReport:
        with self.loop.lease() as lease:
            return digest(self.loop.db, self.weekly, self.reach, lease=lease, now=self.loop.clock, **more)

    def deliver(self, owner: str = "w1") -> StepReport:
        composer = Composer(SECRET, ADDRESS, calendar=self.rules.calendar)
        return deliver(
            self.loop.db,
            {"mail": self.mail, "room": self.room},
            owner=owner,
            settings=DeliverSettings(),
            now=self.loop.clock,
            rng=random.Random(7),
            compose=composer,
        )

    def pass_days(self, days: float) -> None:
        self.loop.clock.pass_(days * 86_400)

    def rank_and_alert(self) -> StepReport:
        self.loop.rank()
        return self.alert()

    def join(self, cluster: int, *who: str, start: int = 500, **more: Any) -> None:
        """New tickets of these domains, now, in the cluster."""
        now = self.loop.clock()
        ids = [f"{start + n}" for n in range(len(who))]
        self.loop.put(
            *(
                ticket(id_, requester=f"new@{domain}.example", at=now - timedelta(minutes=5), **more)
                for id_, domain in zip(ids, who, strict=True)
            )
        )
        self.loop.pull()
        with self.loop.db.write() as session:
            rows = self.loop.ids(session)
            place(session, [Place(rows[id_], cluster, 0.9, "model") for id_ in ids], now)
            bump(session, "clusters")
